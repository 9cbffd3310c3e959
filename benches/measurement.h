// What can be measured, and how often it is done for that.

#ifndef MEASUREMENT_H
#define MEASUREMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

typedef struct measurement measurement_t;

struct measurement {
    const char* name;
    // The guest that it is about, and the function in it.
    const char* guest;
    const char* function;
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
};

extern const measurement_t measurements[];
extern const int measurement_count;

// Prepares it and warms up, then does it as often as takes `least` seconds by the clock. The seconds that one time
// takes, or NAN if the engine does not have it.
double measure(const measurement_t* measurement, clockid_t clock, double least);

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

#endif
