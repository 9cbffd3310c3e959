// The functions of wasm.h, as a library has them that was loaded with dlopen. So there can be several in one process,
// and a program can be run with one that is chosen when it starts. It must not call the functions themselves, nor the
// inline functions of wasm.h, which do.

#ifndef API_H
#define API_H

#include "wasm.h"

// `wasm_func_call`, for example, is `api->func_call`.
typedef struct {
#define FUNCTION(name) __typeof__(wasm_##name)* name;
#include "functions.inc"
#undef FUNCTION
} api_t;

// Loads a library, so that its symbols are seen by nobody else. Ends the program if it lacks a function.
api_t api_load(const char* library);

// The same, but a function that the library lacks is NULL.
api_t api_load_partly(const char* library);

// A function that the library has besides; NULL if it has none of this name.
void (*api_other(const char* library, const char* name))(void);

// --- What most programs start with. Each ends the program if it fails. ---

// The bytes of <name>.wasm in the current folder. The caller owns them.
wasm_byte_vec_t api_read(const api_t* api, const char* name);

// A type of functions of these kinds, which are given as text: `i` i32, `I` i64, `f` f32, `F` f64, `r` externref,
// `c` funcref.
wasm_functype_t* api_functype(const api_t* api, const char* params, const char* results);

// An exported function by name, borrowed from `exports`.
wasm_func_t* api_export(const api_t* api, const wasm_module_t* module, const wasm_extern_vec_t* exports,
                        const char* name);

// Says what failed and ends the program.
_Noreturn void api_fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

#endif
