// What nearly every test starts with: an engine and a store, an instance of a module, and calls of its exports.
// Each of these functions ends the program if it does not succeed.

#ifndef GUEST_H
#define GUEST_H

#include "wasm.h"

typedef struct {
    wasm_engine_t* engine;
    wasm_store_t* store;
} world_t;

world_t world_new(void);
void world_delete(world_t* world);

// The bytes of wat/<name>.wat, in binary. The caller owns them.
wasm_byte_vec_t read_wasm(const char* name);

// Compiles wat/<name>.wat.
wasm_module_t* load_module(wasm_store_t* store, const char* name);

// A module that runs, with its exports.
typedef struct {
    wasm_module_t* module;
    wasm_instance_t* instance;
    wasm_extern_vec_t exports;
} guest_t;

// Compiles and instantiates wat/<name>.wat. The imports stay with the caller; NULL where there are none.
guest_t guest_new(wasm_store_t* store, const char* name, const wasm_extern_vec_t* imports);
void guest_delete(guest_t* guest);

// Exports by name, borrowed from the guest.
wasm_extern_t* guest_extern(const guest_t* guest, const char* name);
wasm_func_t* guest_func(const guest_t* guest, const char* name);
wasm_global_t* guest_global(const guest_t* guest, const char* name);
wasm_table_t* guest_table(const guest_t* guest, const char* name);
wasm_memory_t* guest_memory(const guest_t* guest, const char* name);

// Calls a function that takes as many int32_t as follow, and gives one i32 or nothing (then 0 is returned).
int32_t call_i32(const wasm_func_t* func, ...);

// The same for a call that must trap. The caller owns the trap.
wasm_trap_t* call_for_trap(const wasm_func_t* func, ...);

// Makes a host function of a callback. Consumes the type.
wasm_func_t* host_func(wasm_store_t* store, wasm_functype_t* type, wasm_func_callback_t callback);
wasm_func_t* host_func_with_env(wasm_store_t* store, wasm_functype_t* type, wasm_func_callback_with_env_t callback,
                                void* env);

// A host function without parameters that gives an i32: the address of an int32_t is its environment.
wasm_func_t* constant_func(wasm_store_t* store, int32_t* value);

// A trap of the host's making.
wasm_trap_t* host_trap(wasm_store_t* store, const char* text);

#endif
