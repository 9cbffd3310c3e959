#include "guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { MOST_ARGUMENTS = 8 };

world_t world_new(void) {
    world_t world;
    world.engine = wasm_engine_new();
    CHECK(world.engine != NULL);
    world.store = wasm_store_new(world.engine);
    CHECK(world.store != NULL);
    return world;
}

void world_delete(world_t* world) {
    wasm_store_delete(world->store);
    wasm_engine_delete(world->engine);
}

wasm_byte_vec_t read_wasm(const char* name) {
    char path[256];
    snprintf(path, sizeof path, "%s.wasm", name);
    FILE* file = fopen(path, "rb");
    if (file == NULL) check_failed(path, 0, "the file can be opened");
    CHECK(fseek(file, 0, SEEK_END) == 0);
    const long size = ftell(file);
    CHECK(size > 0);
    rewind(file);
    wasm_byte_vec_t bytes;
    wasm_byte_vec_new_uninitialized(&bytes, (size_t)size);
    CHECK(fread(bytes.data, 1, bytes.size, file) == bytes.size);
    fclose(file);
    return bytes;
}

wasm_module_t* load_module(wasm_store_t* store, const char* name) {
    wasm_byte_vec_t binary = read_wasm(name);
    wasm_module_t* module = wasm_module_new(store, &binary);
    CHECK(module != NULL);
    wasm_byte_vec_delete(&binary);
    return module;
}

guest_t guest_new(wasm_store_t* store, const char* name, const wasm_extern_vec_t* imports) {
    guest_t guest;
    guest.module = load_module(store, name);
    const wasm_extern_vec_t none = WASM_EMPTY_VEC;
    wasm_trap_t* trap = NULL;
    guest.instance = wasm_instance_new(store, guest.module, imports ? imports : &none, &trap);
    // Shows the reason before it fails.
    if (trap) CHECK_MESSAGE(trap, "no trap at all");
    CHECK(guest.instance != NULL);
    wasm_instance_exports(guest.instance, &guest.exports);
    return guest;
}

void guest_delete(guest_t* guest) {
    wasm_extern_vec_delete(&guest->exports);
    wasm_instance_delete(guest->instance);
    wasm_module_delete(guest->module);
}

wasm_extern_t* guest_extern(const guest_t* guest, const char* name) {
    wasm_exporttype_vec_t types;
    wasm_module_exports(guest->module, &types);
    CHECK_EQUAL(types.size, guest->exports.size);
    wasm_extern_t* found = NULL;
    for (size_t i = 0; i < types.size; i++) {
        const wasm_name_t* export = wasm_exporttype_name(types.data[i]);
        if (export->size == strlen(name) && memcmp(export->data, name, export->size) == 0) {
            found = guest->exports.data[i];
        }
    }
    wasm_exporttype_vec_delete(&types);
    if (found == NULL) check_failed(name, 0, "the guest has this export");
    return found;
}

wasm_func_t* guest_func(const guest_t* guest, const char* name) {
    wasm_func_t* func = wasm_extern_as_func(guest_extern(guest, name));
    CHECK(func != NULL);
    return func;
}

wasm_global_t* guest_global(const guest_t* guest, const char* name) {
    wasm_global_t* global = wasm_extern_as_global(guest_extern(guest, name));
    CHECK(global != NULL);
    return global;
}

wasm_table_t* guest_table(const guest_t* guest, const char* name) {
    wasm_table_t* table = wasm_extern_as_table(guest_extern(guest, name));
    CHECK(table != NULL);
    return table;
}

wasm_memory_t* guest_memory(const guest_t* guest, const char* name) {
    wasm_memory_t* memory = wasm_extern_as_memory(guest_extern(guest, name));
    CHECK(memory != NULL);
    return memory;
}

static wasm_trap_t* call_with(const wasm_func_t* func, int32_t* result, va_list numbers) {
    wasm_val_t values[MOST_ARGUMENTS];
    const wasm_val_vec_t arguments = {wasm_func_param_arity(func), values};
    CHECK(arguments.size <= MOST_ARGUMENTS);
    for (size_t i = 0; i < arguments.size; i++) values[i] = (wasm_val_t)WASM_I32_VAL(va_arg(numbers, int32_t));

    wasm_val_t value = WASM_INIT_VAL;
    wasm_val_vec_t results = {wasm_func_result_arity(func), &value};
    CHECK(results.size <= 1);
    wasm_trap_t* trap = wasm_func_call(func, &arguments, &results);
    if (trap == NULL && results.size == 1) CHECK_EQUAL(value.kind, WASM_I32);
    *result = trap == NULL && results.size == 1 ? value.of.i32 : 0;
    return trap;
}

int32_t call_i32(const wasm_func_t* func, ...) {
    int32_t result;
    va_list numbers;
    va_start(numbers, func);
    wasm_trap_t* trap = call_with(func, &result, numbers);
    va_end(numbers);
    if (trap) CHECK_MESSAGE(trap, "no trap at all");
    return result;
}

wasm_trap_t* call_for_trap(const wasm_func_t* func, ...) {
    int32_t result;
    va_list numbers;
    va_start(numbers, func);
    wasm_trap_t* trap = call_with(func, &result, numbers);
    va_end(numbers);
    CHECK(trap != NULL);
    return trap;
}

wasm_func_t* host_func(wasm_store_t* store, wasm_functype_t* type, wasm_func_callback_t callback) {
    wasm_func_t* func = wasm_func_new(store, type, callback);
    CHECK(func != NULL);
    wasm_functype_delete(type);
    return func;
}

wasm_func_t* host_func_with_env(wasm_store_t* store, wasm_functype_t* type, wasm_func_callback_with_env_t callback,
                                void* env) {
    wasm_func_t* func = wasm_func_new_with_env(store, type, callback, env, NULL);
    CHECK(func != NULL);
    wasm_functype_delete(type);
    return func;
}

static wasm_trap_t* give_constant(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    const int32_t* value = env;
    results->data[0] = (wasm_val_t)WASM_I32_VAL(*value);
    return NULL;
}

wasm_func_t* constant_func(wasm_store_t* store, int32_t* value) {
    return host_func_with_env(store, wasm_functype_new_0_1(wasm_valtype_new_i32()), give_constant, value);
}

wasm_trap_t* host_trap(wasm_store_t* store, const char* text) {
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, text);
    wasm_trap_t* trap = wasm_trap_new(store, &message);
    CHECK(trap != NULL);
    wasm_byte_vec_delete(&message);
    return trap;
}
