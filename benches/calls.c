// Calls from the host to wasm, and from wasm to the host.

#include <stdlib.h>

#include "measurement.h"
#include "world.h"

typedef wasm_trap_t* (*func_call_t)(const wasm_func_t*, const wasm_val_vec_t*, wasm_val_vec_t*);

static const wasm_func_t* func;
// For callbacks: the loop that calls nobody.
static const wasm_func_t* empty;

static wasm_trap_t* next(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    results->data[0] = (wasm_val_t)WASM_I32_VAL((int32_t)((uint32_t)args->data[0].of.i32 + 1));
    return NULL;
}

static wasm_trap_t* next_with_env(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    const uint32_t step = *(const uint32_t*)env;
    results->data[0] = (wasm_val_t)WASM_I32_VAL((int32_t)((uint32_t)args->data[0].of.i32 + step));
    return NULL;
}

static wasm_func_t* host_function(bool with_env) {
    static uint32_t step = 1;
    const api_t* api = &world.api;
    wasm_functype_t* type = api_functype(api, "i", "i");
    wasm_func_t* made = with_env ? api->func_new_with_env(world.store, type, next_with_env, &step, NULL)
                                 : api->func_new(world.store, type, next);
    api->functype_delete(type);
    return made;
}

// --- From the host ---

bool prepare_call(const measurement_t* measurement) {
    if (world.engine == NULL) return false;
    func = world_function(measurement->guest, measurement->function, host_function(false));
    return true;
}

void run_nothing(const measurement_t* measurement, uint64_t count) {
    const func_call_t call = world.api.func_call;
    const wasm_val_vec_t args = WASM_EMPTY_VEC;
    wasm_val_vec_t results = WASM_EMPTY_VEC;
    for (uint64_t i = 0; i < count; i++) world_expect(call(func, &args, &results), measurement->name);
}

void run_add(const measurement_t* measurement, uint64_t count) {
    const func_call_t call = world.api.func_call;
    wasm_val_t arguments[] = {WASM_I32_VAL(0), WASM_I32_VAL(1)}, value = WASM_INIT_VAL;
    const wasm_val_vec_t args = WASM_ARRAY_VEC(arguments);
    wasm_val_vec_t results = {1, &value};
    uint32_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        arguments[0].of.i32 = (int32_t)i;
        world_expect(call(func, &args, &results), measurement->name);
        sum += (uint32_t)value.of.i32;
    }
    // The sum of the numbers from 1 to `count`.
    if (sum != (uint32_t)(count * (count + 1) / 2)) world_wrong(measurement->name, sum);
}

void run_sum(const measurement_t* measurement, uint64_t count) {
    const func_call_t call = world.api.func_call;
    wasm_val_t arguments[] = {WASM_I32_VAL(0), WASM_I64_VAL(2),  WASM_F32_VAL(3),
                              WASM_F64_VAL(4), WASM_I32_VAL(-5), WASM_F64_VAL(-4)};
    wasm_val_t value = WASM_INIT_VAL;
    const wasm_val_vec_t args = WASM_ARRAY_VEC(arguments);
    wasm_val_vec_t results = {1, &value};
    double sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        arguments[0].of.i32 = (int32_t)(i & 1);
        world_expect(call(func, &args, &results), measurement->name);
        sum += value.of.f64;
    }
    if (sum != (double)(count / 2)) world_wrong(measurement->name, sum);
}

void run_trap(const measurement_t* measurement, uint64_t count) {
    wasm_val_t arguments[] = {WASM_I32_VAL(-1)}, value = WASM_INIT_VAL;
    const wasm_val_vec_t args = WASM_ARRAY_VEC(arguments);
    wasm_val_vec_t results = {1, &value};
    for (uint64_t i = 0; i < count; i++) {
        wasm_trap_t* trap = world.api.func_call(func, &args, &results);
        if (trap == NULL) api_fail("%s: %s does not trap", world.library, measurement->name);
        world.api.trap_delete(trap);
    }
}

// --- From wasm ---

static bool prepare_loops(const measurement_t* measurement, bool with_env) {
    if (world.engine == NULL) return false;
    const wasm_func_t* import = host_function(with_env);
    func = world_function(measurement->guest, measurement->function, import);
    empty = world_function(measurement->guest, "call_nobody", import);
    return true;
}

bool prepare_callback(const measurement_t* measurement) { return prepare_loops(measurement, false); }
bool prepare_callback_with_env(const measurement_t* measurement) { return prepare_loops(measurement, true); }

// Has a loop run, which adds up numbers from 1 to `count`, each with `more`.
static void run_loop(const measurement_t* measurement, const wasm_func_t* loop, uint64_t count, uint64_t more) {
    if (count > INT32_MAX) api_fail("%s: more iterations than a guest can count", measurement->name);
    wasm_val_t arguments[] = {WASM_I32_VAL((int32_t)count)}, value = WASM_INIT_VAL;
    const wasm_val_vec_t args = WASM_ARRAY_VEC(arguments);
    wasm_val_vec_t results = {1, &value};
    world_expect(world.api.func_call(loop, &args, &results), measurement->name);
    const uint64_t sum = count * (count + 1) / 2 + count * more;
    if ((uint32_t)value.of.i32 != (uint32_t)sum) world_wrong(measurement->name, value.of.i32);
}

void run_callback(const measurement_t* measurement, uint64_t count) { run_loop(measurement, func, count, 1); }
void run_no_callback(const measurement_t* measurement, uint64_t count) { run_loop(measurement, empty, count, 0); }
