// How fast an engine runs from the moment on at which it has the bytes of a module: compilation first, and better code
// later, if that is how it works. In processes that do nothing else.

#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "measurement.h"
#include "world.h"

enum { MOST_CALLS = 1 << 20 };
// A curve has so many windows of time for each power of ten, from `FIRST_WINDOW` seconds on.
enum { WINDOWS_PER_DECADE = 20, WINDOWS = 7 * WINDOWS_PER_DECADE };
#define FIRST_WINDOW 1e-4
// A call runs at the final speed if it takes at most so many times as long as it does in the end.
#define TOLERANCE 1.25

static double least_seconds;
static FILE* curve_file;

// When the first call began, and when each ended, in seconds since the bytes were there.
static double ends[MOST_CALLS + 1];

// --- Calls ---

// What a driver imports: the memory that its guest imports as well, or a function that the guest exports.
static wasm_extern_t* driver_import(const wasm_importtype_t* type, const wasm_module_t* guest,
                                    const wasm_extern_vec_t* imports, const wasm_extern_vec_t* exports) {
    const api_t* api = &world.api;
    if (api->externtype_kind(api->importtype_type(type)) == WASM_EXTERN_MEMORY) {
        for (size_t i = 0; i < imports->size; i++) {
            if (api->extern_kind(imports->data[i]) == WASM_EXTERN_MEMORY) return imports->data[i];
        }
        api_fail("a driver of a guest that imports no memory");
    }
    char name[64];
    const wasm_name_t* bytes = api->importtype_name(type);
    snprintf(name, sizeof name, "%.*s", (int)bytes->size, bytes->data);
    return api->func_as_extern(api_export(api, guest, exports, name));
}

// Compiles and instantiates what was read. NULL if the engine refuses it.
static const wasm_func_t* make(const measurement_t* measurement, const wasm_byte_vec_t* guest,
                               const wasm_byte_vec_t* driver) {
    const api_t* api = &world.api;
    const wasm_module_t* module = api->module_new(world.store, guest);
    if (module == NULL) return NULL;
    const wasm_extern_vec_t imports = world_stand_ins(module);
    wasm_extern_vec_t exports;
    api->instance_exports(world_instantiate(world.store, module, &imports, measurement->guest), &exports);
    if (driver == NULL) return api_export(api, module, &exports, measurement->function);

    const wasm_module_t* caller = api->module_new(world.store, driver);
    if (caller == NULL) return NULL;
    wasm_importtype_vec_t types;
    api->module_imports(caller, &types);
    wasm_extern_t* externs[types.size];
    for (size_t i = 0; i < types.size; i++) externs[i] = driver_import(types.data[i], module, &imports, &exports);
    const wasm_extern_vec_t linked = {types.size, externs};
    wasm_extern_vec_t functions;
    api->instance_exports(world_instantiate(world.store, caller, &linked, measurement->driver), &functions);
    return api_export(api, caller, &functions, measurement->function);
}

// Makes the calls; how many.
static int call(const measurement_t* measurement) {
    if (world.program) {
        return world_program(ends, MOST_CALLS + 1, "timeline '%s.wasm' %s %d %d %g '%s%s'", measurement->guest,
                             measurement->function, measurement->argument, measurement->expected, least_seconds,
                             measurement->driver ? measurement->driver : "", measurement->driver ? ".wasm" : "") - 1;
    }
    if (world.engine == NULL) return 0;
    const wasm_byte_vec_t guest = api_read(&world.api, measurement->guest);
    wasm_byte_vec_t driver;
    if (measurement->driver) driver = api_read(&world.api, measurement->driver);
    const double start = now(CLOCK_MONOTONIC);
    const wasm_func_t* func = make(measurement, &guest, measurement->driver ? &driver : NULL);
    if (func == NULL) return 0;
    use_kernel(func);
    int count = 0;
    ends[0] = now(CLOCK_MONOTONIC) - start;
    do {
        run_kernel(measurement, 1);
        ends[++count] = now(CLOCK_MONOTONIC) - start;
    } while (count < MOST_CALLS && ends[count] < ends[1] + least_seconds);
    return count;
}

// --- What is said of them ---

static int compare(const void* left, const void* right) {
    const double a = *(const double*)left, b = *(const double*)right;
    return (a > b) - (a < b);
}

// What a call takes in the end: the median of the later half.
static double final_call(int count) {
    const int later = (count + 1) / 2;
    double* sorted = calloc((size_t)later, sizeof *sorted);
    for (int i = 0; i < later; i++) sorted[i] = ends[count - i] - ends[count - i - 1];
    qsort(sorted, (size_t)later, sizeof *sorted, compare);
    const double median = sorted[later / 2];
    free(sorted);
    return median;
}

// From when on calls run at the final speed. There are always some that something disturbs: it is where, from there on,
// those at that speed are the most more than the others.
static double settled(int count, double final) {
    double since = ends[count];
    for (int i = count, more = 0, most = 0; i > 0; i--) {
        more += ends[i] - ends[i - 1] <= final * TOLERANCE ? 1 : -1;
        if (more <= most) continue;
        most = more;
        since = ends[i - 1];
    }
    return since;
}

// Where a window begins, and the one before it ends.
static double edge(int window) { return FIRST_WINDOW * pow(10, (double)window / WINDOWS_PER_DECADE); }

// Pairs of a time and the calls per second around it. A call counts in each window by how much of its time lies there.
static void print_curve(const measurement_t* measurement, int count) {
    double calls[WINDOWS] = {0};
    for (int i = 1, first = 0; i <= count; i++) {
        const double start = ends[i - 1], end = ends[i];
        while (first < WINDOWS && edge(first + 1) <= start) first++;
        for (int window = first; window < WINDOWS && edge(window) < end; window++) {
            calls[window] += (fmin(edge(window + 1), end) - fmax(edge(window), start)) / (end - start);
        }
    }
    fprintf(curve_file, "{\"timeline\":\"%s\",\"engine\":\"%s\",\"curve\":[", measurement->name, world.name);
    for (int window = 0; window < WINDOWS && edge(window + 1) <= ends[count]; window++) {
        const double rate = calls[window] / (edge(window + 1) - edge(window));
        fprintf(curve_file, "%s[%.4g,%.4g]", window ? "," : "", sqrt(edge(window) * edge(window + 1)), rate);
    }
    fprintf(curve_file, "]}\n");
    fflush(curve_file);
}

static sample_t timeline(const measurement_t* measurement) {
    const int count = call(measurement);
    if (count < 1) return no_sample;
    if (curve_file) print_curve(measurement, count);
    const double final = final_call(count);
    return (sample_t){{ends[1], settled(count, final), final}};
}

// --- The table of measurements ---

const measurement_t* timeline_measurements(double least, const char* folder, FILE* curves, int* count) {
    static const part_t parts[] = {{"/first-call", false}, {"/settled", false}, {"/call", false}, {NULL, false}};
    least_seconds = least;
    curve_file = curves;
    measurement_t* table = calloc((size_t)measurement_count + 1, sizeof *table);
    *count = 0;
    for (int i = 0; i < measurement_count; i++) {
        const measurement_t* kernel = &measurements[i];
        // Not what is measured for the sake of one of its steps.
        if (kernel->prepare == prepare_kernel && kernel->steps == 0) table[(*count)++] = *kernel;
    }
    char* sqlite;
    if (folder) {
        // The processes work in the folder of our own guests.
        char* path = realpath(folder, NULL);
        if (path == NULL || asprintf(&sqlite, "%s/sqlite", path) < 0) return NULL;
        table[(*count)++] = (measurement_t){.name = "sqlite",    .guest = sqlite,  .driver = "query",
                                            .function = "query", .argument = 400, .expected = 1103784};
    }
    for (int i = 0; i < *count; i++) {
        table[i].best = false;
        table[i].once = timeline;
        table[i].parts = parts;
    }
    return table;
}
