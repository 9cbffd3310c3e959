// What a probe has to work with. A probe does something with an engine and says what it saw, in lines that are the same
// for every engine that behaves the same: so they hold no address, and of a message only what the standard knows of it.
//
// Each probe runs in a process of its own, which may end as it likes, and which frees what is left.

#ifndef PROBE_H
#define PROBE_H

#include "api.h"

typedef struct {
    const char* name;
    void (*run)(void);
} probe_t;

#define PROBE(function) {#function, function}

// The probes of each file; the last one has no name.
extern const probe_t type_probes[], vector_probes[], module_probes[], instance_probes[], function_probes[],
    trap_probes[], global_probes[], table_probes[], memory_probes[], reference_probes[], null_probes[];

// The engine that is probed.
extern const api_t* api;

// What the host says when it traps.
extern const char host_message[];

// --- What was seen ---

// Prints a line, behind the name of the probe.
void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

// These texts stay until some more were made.
const char* text_of_kind(wasm_valkind_t kind);
const char* text_of_value(const wasm_val_t* value);
const char* text_of_limits(const wasm_limits_t* limits);
const char* text_of_valtypes(const wasm_valtype_vec_t* types);
const char* text_of_type(const wasm_externtype_t* type);
// In quotes, and printable.
const char* text_of_name(const wasm_name_t* name);
// The words of the specification, or those of `host_message`, that the message has.
const char* text_of_trap(const wasm_trap_t* trap);

// --- What is probed ---

// A store of an engine of its own.
wasm_store_t* new_store(void);

typedef struct {
    wasm_module_t* module;
    wasm_instance_t* instance;
    wasm_extern_vec_t exports;
} guest_t;

// An instance of <name>.wasm with these imports, which must be right.
guest_t new_guest(wasm_store_t* store, const char* name, size_t count, wasm_extern_t* imports[]);

wasm_func_t* guest_func(const guest_t* guest, const char* name);

// A host function of a type as api_functype has it.
wasm_func_t* new_func(wasm_store_t* store, const char* params, const char* results,
                      wasm_func_callback_with_env_t callback, void* env);

wasm_trap_t* new_trap(wasm_store_t* store, const char* message);

// Calls a function with these arguments, and says what it gives or how it traps. Frees the trap.
void say_call(const char* what, const wasm_func_t* func, size_t count, const wasm_val_t arguments[]);

// For arguments in place: I32(1), F64(0.5) …
#define I32(i) ((wasm_val_t)WASM_I32_VAL(i))
#define I64(i) ((wasm_val_t)WASM_I64_VAL(i))
#define F32(f) ((wasm_val_t)WASM_F32_VAL(f))
#define F64(f) ((wasm_val_t)WASM_F64_VAL(f))
#define ARGUMENTS(...) sizeof((wasm_val_t[]){__VA_ARGS__}) / sizeof(wasm_val_t), (wasm_val_t[]) { __VA_ARGS__ }
#define NO_ARGUMENTS 0, NULL

#endif
