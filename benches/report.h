// What came of the measurements.

#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

// The samples of one measurement: `samples[engine * rounds + round]`, in seconds. NAN where there is none.
typedef struct {
    const char* name;
    double* samples;
} row_t;

typedef struct {
    const char* const* engines;
    int engine_count;
    const row_t* rows;
    int row_count;
    int rounds;
} results_t;

// Tables to read: how the engines compare with the first of them, then the times.
void report_tables(const results_t* results, FILE* out);

// One line of JSON for each measurement and engine, with all samples, in nanoseconds.
void report_json(const results_t* results, FILE* out);

#endif
