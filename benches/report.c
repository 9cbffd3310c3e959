#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 20, COLUMN_WIDTH = 26 };

// Both NAN if a sample is missing.
typedef struct {
    double median, least;
} summary_t;

static int compare(const void* left, const void* right) {
    const double a = *(const double*)left, b = *(const double*)right;
    return (a > b) - (a < b);
}

static summary_t summarize(const double* samples, int count) {
    double sorted[count];
    for (int i = 0; i < count; i++) {
        if (isnan(samples[i])) return (summary_t){NAN, NAN};
        sorted[i] = samples[i];
    }
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    return (summary_t){(sorted[(count - 1) / 2] + sorted[count / 2]) / 2, sorted[0]};
}

static summary_t summary_of(const results_t* results, int row, int engine) {
    return summarize(results->rows[row].samples + engine * results->rounds, results->rounds);
}

static void head(const results_t* results, int first, FILE* out) {
    fprintf(out, "%-*s", NAME_WIDTH, "");
    for (int engine = first; engine < results->engine_count; engine++) {
        fprintf(out, " %*s", COLUMN_WIDTH, results->engines[engine]);
    }
    fprintf(out, "\n");
}

// With as many digits as say something.
static void cell(double median, double least, double unit, const char* name, FILE* out) {
    char text[64] = "-";
    if (!isnan(median)) snprintf(text, sizeof text, "%.3g%s (%.3g)", median / unit, name, least / unit);
    fprintf(out, " %*s", COLUMN_WIDTH, text);
}

static void times(const results_t* results, int row, FILE* out) {
    static const struct {
        double seconds;
        const char* name;
    } units[] = {{1e-9, " ns"}, {1e-6, " us"}, {1e-3, " ms"}, {1, " s"}};
    for (int engine = 0; engine < results->engine_count; engine++) {
        const summary_t summary = summary_of(results, row, engine);
        int unit = 0;
        while (unit < 3 && summary.median >= units[unit + 1].seconds) unit++;
        cell(summary.median, summary.least, units[unit].seconds, units[unit].name, out);
    }
}

static void ratios(const results_t* results, int row, FILE* out) {
    const summary_t first = summary_of(results, row, 0);
    for (int engine = 1; engine < results->engine_count; engine++) {
        const summary_t summary = summary_of(results, row, engine);
        cell(summary.median / first.median, summary.least / first.least, 1, "", out);
    }
}

void report_tables(const results_t* results, FILE* out) {
    if (results->engine_count > 1) {
        fprintf(out, "How much longer than with %s it takes: medians of %d rounds (minima)\n", results->engines[0],
                results->rounds);
        head(results, 1, out);
        for (int row = 0; row < results->row_count; row++) {
            fprintf(out, "%-*s", NAME_WIDTH, results->rows[row].name);
            ratios(results, row, out);
            fprintf(out, "\n");
        }
        fprintf(out, "\n");
    }
    fprintf(out, "How long it takes: medians of %d rounds (minima)\n", results->rounds);
    head(results, 0, out);
    for (int row = 0; row < results->row_count; row++) {
        fprintf(out, "%-*s", NAME_WIDTH, results->rows[row].name);
        times(results, row, out);
        fprintf(out, "\n");
    }
}

void report_json(const results_t* results, FILE* out) {
    for (int row = 0; row < results->row_count; row++) {
        for (int engine = 0; engine < results->engine_count; engine++) {
            const summary_t summary = summary_of(results, row, engine);
            if (isnan(summary.median)) continue;
            fprintf(out, "{\"measurement\":\"%s\",\"engine\":\"%s\",\"unit\":\"ns\",", results->rows[row].name,
                    results->engines[engine]);
            fprintf(out, "\"median\":%.4g,\"min\":%.4g,\"samples\":[", summary.median * 1e9, summary.least * 1e9);
            const double* samples = results->rows[row].samples + engine * results->rounds;
            for (int round = 0; round < results->rounds; round++) {
                fprintf(out, "%s%.4g", round ? "," : "", samples[round] * 1e9);
            }
            fprintf(out, "]}\n");
        }
    }
}
