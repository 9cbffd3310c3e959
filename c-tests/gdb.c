// What gdb.sh looks at: a backtrace from a callback of the host through wasm, the host and wasm again to main.

#include <stdint.h>
#include <stdio.h>

#include "check.h"
#include "guest.h"

// Breakpoints.
__attribute__((noinline)) void in_the_callback(int32_t argument) { printf("the callback got %d\n", argument); }
__attribute__((noinline)) void after_the_module(void) { printf("the module is gone\n"); }

static wasm_trap_t* call_middle(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    const guest_t* guest = env;
    results->data[0] = (wasm_val_t)WASM_I32_VAL(call_i32(guest_func(guest, "middle"), args->data[0].of.i32));
    return NULL;
}

static wasm_trap_t* stop(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    in_the_callback(args->data[0].of.i32);
    results->data[0] = args->data[0];
    return NULL;
}

static wasm_functype_t* type(void) { return wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32()); }

int main(void) {
    world_t world = world_new();
    guest_t guest;
    wasm_func_t* reenter = host_func_with_env(world.store, type(), call_middle, &guest);
    wasm_extern_t* externs[] = {wasm_func_as_extern(reenter)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest = guest_new(world.store, "gdb", &imports);
    wasm_func_t* stopping = host_func(world.store, type(), stop);
    CHECK(wasm_table_set(guest_table(&guest, "table"), 1, wasm_func_as_ref(stopping)));
    CHECK_EQUAL(call_i32(guest_func(&guest, "outer"), 7), 3 * 7 * 2 + 7);
    wasm_func_delete(stopping);
    wasm_func_delete(reenter);
    guest_delete(&guest);
    wasm_store_delete(world.store);
    // Nothing keeps the code any more.
    after_the_module();
    wasm_engine_delete(world.engine);
    return 0;
}
