// What can be measured, and how often it is done for that.

#ifndef MEASUREMENT_H
#define MEASUREMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "wasm.h"

// A part of a sample: how its row of the report is called after the measurement, and whether it is in bytes, else in
// seconds.
typedef struct {
    const char* end;
    bool bytes;
} part_t;

enum { MOST_PARTS = 3 };

// What it took. NAN where that is not known, or if the engine does not have what is measured.
typedef struct {
    double parts[MOST_PARTS];
} sample_t;

// Of an engine that does not have it.
extern const sample_t no_sample;

typedef struct measurement measurement_t;

struct measurement {
    const char* name;
    // The guest that it is about, and the function in it.
    const char* guest;
    const char* function;
    // For a guest that others made: a guest that is linked with it, and has the function. Else NULL.
    const char* driver;
    // For kernels: what the function is called with, what it must return, and of how many steps it consists if the time
    // of one is asked for, else 0.
    int32_t argument, expected, steps;
    // Whether the best of the rounds counts, and not their median: that of work that is always the same.
    bool best;
    // Makes ready what `run` needs, in a process that measures nothing else. False if the engine does not have it.
    bool (*prepare)(const measurement_t*);
    // Does `count` times, at least once, what is measured. Ends the program if something else comes of it.
    void (*run)(const measurement_t*, uint64_t count);
    // Does what `run` does besides; NULL for nothing.
    void (*baseline)(const measurement_t*, uint64_t count);
    // Instead of all this, a sample that is made only once in a process, before anything else.
    sample_t (*once)(const measurement_t*);
    // The parts of the sample, up to one without `end`. NULL for the time alone.
    const part_t* parts;
};

extern const measurement_t measurements[];
extern const int measurement_count;

// Compiling, loading, instantiating and calling the modules in a folder; NULL if it cannot be read. They are never
// freed.
const measurement_t* module_measurements(const char* folder, int* count);

// How fast each kernel runs from its start until `least` seconds after the first call; and SQLite, unless the folder
// with it is NULL. Each process writes its curve into `curves` as a line of JSON, unless that is NULL. They are never freed.
const measurement_t* timeline_measurements(double least, const char* folder, FILE* curves, int* count);

// What the clock shows, in seconds.
double now(clockid_t clock);

// Prepares it and warms up, then does it as often as takes `least` seconds by the clock. What one time takes.
sample_t measure(const measurement_t* measurement, clockid_t clock, double least);

// --- How the groups of measurements are run; see the table in measurement.c. ---

bool prepare_call(const measurement_t*);
void run_nothing(const measurement_t*, uint64_t count);
void run_add(const measurement_t*, uint64_t count);
void run_sum(const measurement_t*, uint64_t count);
void run_trap(const measurement_t*, uint64_t count);

bool prepare_callback(const measurement_t*);
bool prepare_callback_with_env(const measurement_t*);
void run_callback(const measurement_t*, uint64_t count);
void run_no_callback(const measurement_t*, uint64_t count);

bool prepare_module(const measurement_t*);
void run_module(const measurement_t*, uint64_t count);
bool prepare_instance(const measurement_t*);
void run_instance(const measurement_t*, uint64_t count);
bool prepare_store(const measurement_t*);
void run_store(const measurement_t*, uint64_t count);

bool prepare_kernel(const measurement_t*);
void run_kernel(const measurement_t*, uint64_t count);
// The function of a kernel that `run_kernel` calls from now on.
void use_kernel(const wasm_func_t*);
// The seconds that a program says it takes, for an engine that is one.
double measure_by_program(const measurement_t*, clockid_t clock, double least);

#endif
