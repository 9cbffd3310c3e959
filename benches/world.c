#define _POSIX_C_SOURCE 200809L
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
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
    world.wait_for_tier_up = (wait_for_tier_up_t)api_other(library, "wasmo_module_wait_for_tier_up");
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

// What `world_function` compiled last.
static const wasm_module_t* last_module;

const wasm_func_t* world_function(const char* guest, const char* function, const wasm_func_t* import) {
    static const char* last_guest = "";
    static const wasm_func_t* last_import;
    static wasm_extern_vec_t exports;
    const api_t* api = &world.api;
    if (import != last_import || strcmp(last_guest, guest) != 0) {
        last_module = world_compile(guest);
        wasm_extern_t* externs[] = {import ? api->func_as_extern((wasm_func_t*)import) : NULL};
        const wasm_extern_vec_t imports = {import ? 1 : 0, externs};
        // The functions belong to the exports, which stay.
        api->instance_exports(world_instantiate(world.store, last_module, &imports, guest), &exports);
        last_guest = guest;
        last_import = import;
    }
    return api_export(api, last_module, &exports, function);
}

bool world_settle(void) {
    if (world.wait_for_tier_up == NULL || last_module == NULL) return false;
    if (!world.wait_for_tier_up(last_module)) api_fail("%s: code was not made", world.library);
    return true;
}

wasm_instance_t* world_instantiate(wasm_store_t* store, const wasm_module_t* module, const wasm_extern_vec_t* imports,
                                   const char* guest) {
    wasm_trap_t* trap = NULL;
    wasm_instance_t* instance = world.api.instance_new(store, module, imports, &trap);
    world_expect(trap, guest);
    if (instance == NULL) api_fail("%s does not instantiate %s", world.library, guest);
    return instance;
}

// --- Stand-ins for imports ---

static wasm_trap_t* refuse(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    (void)args;
    (void)results;
    static char text[] = "only here to be imported";
    const wasm_message_t message = {sizeof text, text};
    return world.api.trap_new(world.store, &message);
}

static wasm_extern_t* stand_in(const wasm_externtype_t* type) {
    const api_t* api = &world.api;
    switch (api->externtype_kind(type)) {
        case WASM_EXTERN_FUNC:
            return api->func_as_extern(api->func_new(world.store, api->externtype_as_functype_const(type), refuse));
        case WASM_EXTERN_GLOBAL: {
            const wasm_globaltype_t* global = api->externtype_as_globaltype_const(type);
            const wasm_val_t zero = {.kind = api->valtype_kind(api->globaltype_content(global))};
            return api->global_as_extern(api->global_new(world.store, global, &zero));
        }
        case WASM_EXTERN_TABLE:
            return api->table_as_extern(api->table_new(world.store, api->externtype_as_tabletype_const(type), NULL));
        case WASM_EXTERN_MEMORY:
            return api->memory_as_extern(api->memory_new(world.store, api->externtype_as_memorytype_const(type)));
        default: api_fail("an import of a kind that wasm.h has no function for");
    }
}

wasm_extern_vec_t world_stand_ins(const wasm_module_t* module) {
    const api_t* api = &world.api;
    wasm_importtype_vec_t types;
    api->module_imports(module, &types);
    wasm_extern_vec_t imports;
    api->extern_vec_new_uninitialized(&imports, types.size);
    for (size_t i = 0; i < types.size; i++) imports.data[i] = stand_in(api->importtype_type(types.data[i]));
    return imports;
}

// --- Programs ---

int world_program(double* numbers, int most, const char* arguments, ...) {
    char command[1024];
    // For node, its flags are what chooses a compiler; there can be several.
    int length = snprintf(command, sizeof command, "node $BENCH_COMPILER '%s' ", world.library);
    va_list values;
    va_start(values, arguments);
    length += vsnprintf(command + length, sizeof command - (size_t)length, arguments, values);
    va_end(values);
    if ((size_t)length >= sizeof command) api_fail("a long command: %s", command);
    FILE* output = popen(command, "r");
    if (output == NULL) api_fail("%s", command);
    int count = 0;
    while (count < most && fscanf(output, "%lf", &numbers[count]) == 1) count++;
    if (pclose(output) != 0) api_fail("%s", command);
    return count;
}

void world_expect(wasm_trap_t* trap, const char* what) {
    if (trap == NULL) return;
    wasm_message_t message;
    world.api.trap_message(trap, &message);
    api_fail("%s: %s traps: %.*s", world.library, what, (int)message.size, message.data);
}

void world_wrong(const char* what, double result) { api_fail("%s: %s gives %.0f", world.library, what, result); }
