// Kernels, in wasm or native.

#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <math.h>
#include <string.h>

#include "measurement.h"
#include "world.h"

static const wasm_func_t* func;
static int32_t (*native)(int32_t);

void use_kernel(const wasm_func_t* function) { func = function; }

bool prepare_kernel(const measurement_t* measurement) {
    if (world.engine != NULL) {
        func = world_function(measurement->guest, measurement->function, NULL);
        return true;
    }
    // It is loaded already.
    void* symbol = dlsym(dlopen(world.library, RTLD_NOW), measurement->function);
    if (symbol == NULL) api_fail("%s", dlerror());
    memcpy(&native, &symbol, sizeof symbol);
    return true;
}

void run_kernel(const measurement_t* measurement, uint64_t count) {
    wasm_val_t arguments[] = {WASM_I32_VAL(measurement->argument)}, value = WASM_INIT_VAL;
    const wasm_val_vec_t args = WASM_ARRAY_VEC(arguments);
    wasm_val_vec_t results = {1, &value};
    for (uint64_t i = 0; i < count; i++) {
        if (native) {
            value.of.i32 = native(measurement->argument);
        } else {
            world_expect(world.api.func_call(func, &args, &results), measurement->name);
        }
        if (value.of.i32 != measurement->expected) world_wrong(measurement->name, value.of.i32);
    }
}

double measure_by_program(const measurement_t* measurement, clockid_t clock, double least) {
    if (measurement->prepare != prepare_kernel) return NAN;
    double taken;
    const int printed = world_program(&taken, 1, "kernel '%s.wasm' %s %d %d %g %s", measurement->guest,
                                      measurement->function, measurement->argument, measurement->expected, least,
                                      clock == CLOCK_MONOTONIC ? "wall" : "cpu");
    if (printed != 1) api_fail("%s prints no time", world.library);
    return taken;
}
