#define _POSIX_C_SOURCE 199309L
#include "measurement.h"

#include <math.h>

#define CALL(NAME, FUNCTION) \
    {.name = "call/" NAME, .guest = "calls", .function = #FUNCTION, .prepare = prepare_call, .run = run_##FUNCTION}
#define CALLBACK(NAME, FUNCTION, PREPARE)               \
    {.name = "callback/" NAME, .guest = "calls",        \
     .function = #FUNCTION, .prepare = PREPARE,         \
     .run = run_callback, .baseline = run_no_callback}
#define INSTANCE(GUEST) \
    {.name = "instance/" #GUEST, .guest = #GUEST, .prepare = prepare_instance, .run = run_instance}
#define KERNEL(FUNCTION, ARGUMENT, EXPECTED)              \
    {.name = "kernel/" #FUNCTION, .guest = "kernels",     \
     .function = #FUNCTION, .argument = (ARGUMENT),       \
     .expected = (EXPECTED), .prepare = prepare_kernel, .run = run_kernel}

const measurement_t measurements[] = {
    // wasm_func_call of functions () -> (), (i32, i32) -> i32 and (i32, i64, f32, f64, i32, f64) -> f64.
    CALL("nothing", nothing),
    CALL("two", add),
    CALL("six", sum),
    // A call of a function (i32) -> i32 of the host, by a loop of wasm; without what the loop takes.
    CALLBACK("plain", call_host, prepare_callback),
    CALLBACK("with-env", call_host, prepare_callback_with_env),
    CALLBACK("indirect", call_host_indirectly, prepare_callback),
    // wasm_func_call of a function that loads out of bounds, and wasm_trap_delete.
    {.name = "trap/memory", .guest = "calls", .function = "load", .prepare = prepare_call, .run = run_trap},
    // wasm_store_new and wasm_store_delete.
    {.name = "store", .prepare = prepare_store, .run = run_store},
    // wasm_instance_new and wasm_instance_delete, with a part of a store's making and end.
    INSTANCE(bare),
    INSTANCE(memory),
    INSTANCE(segments),
    // wasm_module_new and wasm_module_delete.
    {.name = "module/memory", .guest = "memory", .prepare = prepare_module, .run = run_module},
    // One wasm_func_call of a function that computes for some tenths of a millisecond.
    KERNEL(fib, 25, 121393),
    KERNEL(mix, 1 << 18, 1159251629),
    KERNEL(sieve, 1 << 16, 6542),
    KERNEL(matmul, 96, 2653740),
    KERNEL(sort, 1 << 12, -884733566),
};
const int measurement_count = sizeof measurements / sizeof *measurements;

typedef void (*run_t)(const measurement_t*, uint64_t count);

static double seconds(const measurement_t* measurement, run_t run, uint64_t count, clockid_t clock) {
    struct timespec start, end;
    clock_gettime(clock, &start);
    run(measurement, count);
    clock_gettime(clock, &end);
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
}

double measure(const measurement_t* measurement, clockid_t clock, double least) {
    if (!measurement->prepare(measurement)) return NAN;
    // As often as is enough to measure. Until then it warms up.
    uint64_t count = 1;
    for (double taken; (taken = seconds(measurement, measurement->run, count, clock)) < least;) {
        count *= taken < least / 8 ? 8 : 2;
    }
    double taken = seconds(measurement, measurement->run, count, clock);
    if (measurement->baseline) {
        seconds(measurement, measurement->baseline, count, clock);
        taken -= seconds(measurement, measurement->baseline, count, clock);
    }
    return taken / (double)count;
}
