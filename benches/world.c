#include "world.h"

#include <stdlib.h>
#include <string.h>

world_t world;

// wasm.h has no function to choose a compiler: what engines have instead, each with its number for it.
static const struct {
    const char *name, *function;
    int number;
} compilers[] = {
    {"winch", "wasmtime_config_strategy_set", 2},
    {"cranelift", "wasm_config_set_backend", 0},
    {"llvm", "wasm_config_set_backend", 1},
    {"singlepass", "wasm_config_set_backend", 2},
};

static wasm_engine_t* engine_with_compiler(const char* name) {
    for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
        if (strcmp(compilers[i].name, name) != 0) continue;
        void (*choose)(wasm_config_t*, int) =
            (void (*)(wasm_config_t*, int))api_other(world.library, compilers[i].function);
        if (choose == NULL) break;
        wasm_config_t* config = world.api.config_new();
        choose(config, compilers[i].number);
        return world.api.engine_new_with_config(config);
    }
    api_fail("%s has no compiler %s", world.library, name);
}

void world_open(const char* name, const char* library) {
    world.name = name;
    world.library = library;
    const char* end = strrchr(library, '.');
    world.program = end && strcmp(end, ".mjs") == 0;
    if (world.program) return;
    world.api = api_load_partly(library);
    if (world.api.engine_new == NULL) return;
    const char* compiler = getenv("BENCH_COMPILER");
    world.engine = compiler ? engine_with_compiler(compiler) : world.api.engine_new();
    if (world.engine == NULL) api_fail("%s makes no engine", library);
    world.set_fuel = (set_fuel_t)api_other(library, "wasmo_store_set_fuel");
    world.store = world_store_new();
}

wasm_store_t* world_store_new(void) {
    wasm_store_t* store = world.api.store_new(world.engine);
    if (store == NULL) api_fail("%s makes no store", world.library);
    if (world.set_fuel != NULL) world.set_fuel(store, UINT64_MAX);
    return store;
}

wasm_module_t* world_compile(const char* guest) {
    wasm_byte_vec_t bytes = api_read(&world.api, guest);
    wasm_module_t* module = world.api.module_new(world.store, &bytes);
    if (module == NULL) api_fail("%s does not compile %s", world.library, guest);
    world.api.byte_vec_delete(&bytes);
    return module;
}

const wasm_func_t* world_function(const char* guest, const char* function, const wasm_func_t* import) {
    // Without an import, an instance is as good as another.
    static const char* last = "";
    static const wasm_module_t* module;
    static wasm_extern_vec_t exports;
    const api_t* api = &world.api;
    if (import != NULL || strcmp(last, guest) != 0) {
        module = world_compile(guest);
        wasm_extern_t* externs[] = {import ? api->func_as_extern((wasm_func_t*)import) : NULL};
        const wasm_extern_vec_t imports = {import ? 1 : 0, externs};
        wasm_trap_t* trap = NULL;
        const wasm_instance_t* instance = api->instance_new(world.store, module, &imports, &trap);
        world_expect(trap, guest);
        if (instance == NULL) api_fail("%s does not instantiate %s", world.library, guest);
        // The functions belong to the exports, which stay.
        api->instance_exports(instance, &exports);
        last = guest;
    }
    return api_export(api, module, &exports, function);
}

void world_expect(wasm_trap_t* trap, const char* what) {
    if (trap == NULL) return;
    wasm_message_t message;
    world.api.trap_message(trap, &message);
    api_fail("%s: %s traps: %.*s", world.library, what, (int)message.size, message.data);
}

void world_wrong(const char* what, double result) { api_fail("%s: %s gives %.0f", world.library, what, result); }
