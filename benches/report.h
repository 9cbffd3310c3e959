// What came of the measurements.

#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

// The samples of one measurement: `samples[engine * rounds + round]`, in seconds or bytes. NAN where there is none. The
// best of them counts, or the median. Up to a slash, the name is that of a group.
typedef struct {
    char name[64];
    bool best, bytes;
    double* samples;
} row_t;

typedef struct {
    const char* const* engines;
    int engine_count;
    const row_t* rows;
    int row_count;
    int rounds;
} results_t;

// Tables to read: how the engines compare with the first of them, and with the one that is called native, then the
// figures themselves. Groups of which the best counts have a row with their geometric means.
void report_tables(const results_t* results, FILE* out);

// One line of JSON for each measurement and engine, with all samples, in nanoseconds or bytes.
void report_json(const results_t* results, FILE* out);

#endif
