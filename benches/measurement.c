#define _POSIX_C_SOURCE 200809L
#include "measurement.h"

#include <math.h>

#include "world.h"

#define CALL(NAME, FUNCTION) \
    {.name = "call/" NAME, .guest = "calls", .function = #FUNCTION, .prepare = prepare_call, .run = run_##FUNCTION}
#define CALLBACK(NAME, FUNCTION, PREPARE)               \
    {.name = "callback/" NAME, .guest = "calls",        \
     .function = #FUNCTION, .prepare = PREPARE,         \
     .run = run_callback, .baseline = run_no_callback}
#define INSTANCE(GUEST) \
    {.name = "instance/" #GUEST, .guest = #GUEST, .prepare = prepare_instance, .run = run_instance}
#define COMPUTATION(NAME, FUNCTION, ARGUMENT, EXPECTED, STEPS)               \
    {.name = NAME, .guest = "kernels", .function = #FUNCTION, .best = true, \
     .argument = (ARGUMENT), .expected = (EXPECTED), .steps = (STEPS),      \
     .prepare = prepare_kernel, .run = run_kernel}
#define KERNEL(FUNCTION, ARGUMENT, EXPECTED) COMPUTATION("kernel/" #FUNCTION, FUNCTION, ARGUMENT, EXPECTED, 0)
#define VECTOR(FUNCTION, ARGUMENT, EXPECTED) COMPUTATION("vector/" #FUNCTION, FUNCTION, ARGUMENT, EXPECTED, 0)

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
    KERNEL(base64, 3 << 14, 1428174045),
    KERNEL(bignum, 2000, 553924048),
    KERNEL(bits, 1 << 16, -639749704),
    KERNEL(bulk, 20000, -944587997),
    KERNEL(collatz, 3000, 216),
    KERNEL(crc32, 1 << 17, 1207101512),
    KERNEL(dispatch, 1 << 17, -513691318),
    KERNEL(dither, 1 << 16, 136492907),
    KERNEL(edit, 400, 211),
    KERNEL(fib, 25, 121393),
    KERNEL(filter, 1 << 16, 247111),
    KERNEL(gcd, 12000, 7349),
    KERNEL(hashmap, 1 << 15, 1830076067),
    KERNEL(interpreter, 3000, 430),
    KERNEL(json, 16000, 61859),
    KERNEL(list, 1 << 12, -884733566),
    KERNEL(lz, 1 << 16, 28306),
    KERNEL(mandelbrot, 64, 85930),
    KERNEL(matmod, 48, -1215602530),
    KERNEL(mix, 1 << 18, 1159251629),
    KERNEL(pcg, 1 << 18, -474414569),
    KERNEL(queens, 10, 724),
    KERNEL(quicksort, 1 << 13, -1567375618),
    KERNEL(relax, 20, 20040466),
    KERNEL(search, 1 << 15, 577),
    KERNEL(sieve, 1 << 16, 6542),
    KERNEL(siphash, 1 << 16, -860563523),
    KERNEL(sort, 1 << 12, -884733566),
    KERNEL(spectral, 100, 1274219991),
    KERNEL(tokens, 1 << 17, -788601820),
    KERNEL(trees, 11, 114656),
    KERNEL(utf8, 1 << 15, 52399360),
    // The same of those whose native code does several steps at once, by the machine's vector instructions.
    VECTOR(bytesum, 1000, 394886900),
    VECTOR(dot, 1000, -1796585024),
    VECTOR(life, 10, 3691),
    VECTOR(matmul, 96, 2653740),
    VECTOR(maximum, 1000, 578062464),
    VECTOR(nbody, 4000, -400342),
    VECTOR(saxpy, 300, 460800),
    VECTOR(sha256, 2048, -1588236158),
    VECTOR(xor, 1000, 179112146),
    // One call through a table of four functions, with the loop around it.
    COMPUTATION("indirect/four", dispatch, 1 << 17, -513691318, 1 << 17),
};
const int measurement_count = sizeof measurements / sizeof *measurements;

const sample_t no_sample = {{NAN, NAN, NAN}};

double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

typedef void (*run_t)(const measurement_t*, uint64_t count);

static double seconds(const measurement_t* measurement, run_t run, uint64_t count, clockid_t clock) {
    const double start = now(clock);
    run(measurement, count);
    return now(clock) - start;
}

// Does it again and again, `count` times to begin with, and then more often, until that is enough to measure: so often.
static uint64_t warm_up(const measurement_t* measurement, clockid_t clock, double least, uint64_t count) {
    for (double taken; (taken = seconds(measurement, measurement->run, count, clock)) < least;) {
        count *= taken < least / 8 ? 8 : 2;
    }
    if (measurement->baseline) measurement->baseline(measurement, count);
    return count;
}

static double measure_often(const measurement_t* measurement, clockid_t clock, double least) {
    if (!measurement->prepare(measurement)) return NAN;
    uint64_t count = warm_up(measurement, clock, least, 1);
    // What was made better meanwhile takes more of them.
    if (world_settle()) count = warm_up(measurement, clock, least, count);
    double taken = seconds(measurement, measurement->run, count, clock);
    if (measurement->baseline) taken -= seconds(measurement, measurement->baseline, count, clock);
    return taken / (double)count;
}

sample_t measure(const measurement_t* measurement, clockid_t clock, double least) {
    if (measurement->once) return measurement->once(measurement);
    const double taken = (world.program ? measure_by_program : measure_often)(measurement, clock, least);
    return (sample_t){{taken / (measurement->steps ? measurement->steps : 1)}};
}
