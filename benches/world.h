// The engine of this process, and what nearly every measurement starts with. Each of these functions ends the program
// if it does not succeed.

#ifndef WORLD_H
#define WORLD_H

#include "api.h"

typedef bool (*set_fuel_t)(wasm_store_t*, uint64_t);
typedef bool (*wait_for_tier_up_t)(const wasm_module_t*);

typedef struct {
    // As in the report.
    const char* name;
    const char* library;
    // Whether it is no library, but a program that measures by itself.
    bool program;
    // NULL if the library has no such function.
    set_fuel_t set_fuel;
    wait_for_tier_up_t wait_for_tier_up;
    // Functions that the library lacks are NULL.
    api_t api;
    // NULL if the library is that of the native kernels, which is no engine, or a program.
    wasm_engine_t* engine;
    wasm_store_t* store;
} world_t;

extern world_t world;

// Loads the library of an engine, or of the native kernels. BENCH_COMPILER in the environment says which compiler an
// engine is to use that has several; see world.c.
void world_open(const char* name, const char* library);

// A new store, with all the fuel that there can be if the engine has its code pay with that.
wasm_store_t* world_store_new(void);

// Compiles a guest.
wasm_module_t* world_compile(const char* guest);

// Compiles and instantiates a guest, whose only import is `import` unless that is NULL; unless it did so just before.
// Returns one of its functions. Nothing of it is freed.
const wasm_func_t* world_function(const char* guest, const char* function, const wasm_func_t* import);

// Waits until an engine that makes code better while it runs has done so with what `world_function` compiled last.
// False if the engine says nothing of that.
bool world_settle(void);

// Instantiates a guest.
wasm_instance_t* world_instantiate(wasm_store_t* store, const wasm_module_t* module, const wasm_extern_vec_t* imports,
                                   const char* guest);

// Imports of the types that a module asks for, of which nothing can be called. They are never freed.
wasm_extern_vec_t world_stand_ins(const wasm_module_t* module);

// Runs the program that the engine is, with arguments for a shell, and returns how many numbers it printed, of which
// `most` are kept.
int world_program(double* numbers, int most, const char* arguments, ...) __attribute__((format(printf, 3, 4)));

// Ends the program if there is a trap, with its message.
void world_expect(wasm_trap_t* trap, const char* what);

// Ends the program: the result is wrong.
_Noreturn void world_wrong(const char* what, double result);

#endif
