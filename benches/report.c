#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 24, COLUMN_WIDTH = 16 };

// Both NAN if a sample is missing.
typedef struct {
    double median, least;
} summary_t;

// The last one is endless, and has no name.
typedef struct {
    double size;
    const char* name;
} unit_t;

static const unit_t times[] = {{1e-9, " ns"}, {1e-6, " us"}, {1e-3, " ms"}, {1, " s"}, {INFINITY, NULL}};
static const unit_t sizes[] = {{1, " B"}, {1e3, " kB"}, {1e6, " MB"}, {INFINITY, NULL}};
static const unit_t ratios[] = {{1, ""}, {INFINITY, NULL}};

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

// What counts of a measurement.
static double figure(const results_t* results, int row, int engine) {
    const summary_t summary = summary_of(results, row, engine);
    return results->rows[row].best ? summary.least : summary.median;
}

// Where the group ends that begins at the row.
static int group_end(const results_t* results, int first) {
    const char* name = results->rows[first].name;
    const size_t length = strcspn(name, "/") + 1;
    int end = first + 1;
    while (end < results->row_count && strncmp(results->rows[end].name, name, length) == 0) end++;
    return end;
}

// The geometric mean of some rows, or one row as it is. NAN if one is missing: the others would be another group.
static double mean(const results_t* results, int first, int end, int engine) {
    double sum = 0;
    for (int row = first; row < end; row++) sum += log(figure(results, row, engine));
    return exp(sum / (end - first));
}

// With as many digits as say something.
static void cell(double value, const unit_t* unit, FILE* out) {
    while (isfinite(value) && value >= unit[1].size) unit++;
    char text[64] = "-";
    const double scaled = value / unit->size;
    if (!isnan(value)) snprintf(text, sizeof text, scaled < 99.95 ? "%.3g%s" : "%.0f%s", scaled, unit->name);
    fprintf(out, " %*s", COLUMN_WIDTH, text);
}

// One row, or the means of several, by the name of their group. With a base, ratios to that.
static void line(const results_t* results, int first, int end, int base, FILE* out) {
    const row_t* row = &results->rows[first];
    const size_t length = end - first > 1 ? strcspn(row->name, "/") : strlen(row->name);
    fprintf(out, "%-*.*s", NAME_WIDTH, (int)length, row->name);
    for (int engine = 0; engine < results->engine_count; engine++) {
        if (engine == base) continue;
        const double value = mean(results, first, end, engine);
        if (base >= 0) {
            cell(value / mean(results, first, end, base), ratios, out);
        } else {
            cell(value, row->bytes ? sizes : times, out);
        }
    }
    fprintf(out, "\n");
}

// Of all rows, or of those of which the best counts.
static void table(const results_t* results, int base, bool only_best, FILE* out) {
    fprintf(out, "%-*s", NAME_WIDTH, "");
    for (int engine = 0; engine < results->engine_count; engine++) {
        if (engine != base) fprintf(out, " %*s", COLUMN_WIDTH, results->engines[engine]);
    }
    fprintf(out, "\n");
    for (int first = 0, end; first < results->row_count; first = end) {
        end = group_end(results, first);
        const bool best = results->rows[first].best;
        if (only_best && !best) continue;
        for (int row = first; row < end; row++) line(results, row, row + 1, base, out);
        if (best && end - first > 1) line(results, first, end, base, out);
    }
    fprintf(out, "\n");
}

void report_tables(const results_t* results, FILE* out) {
    for (int engine = 0; engine < results->engine_count; engine++) {
        if (strcmp(results->engines[engine], "native") != 0) continue;
        fprintf(out, "How many times as long as native code it takes\n");
        table(results, engine, true, out);
    }
    if (results->engine_count > 1) {
        fprintf(out, "How much it takes of what it takes with %s\n", results->engines[0]);
        table(results, 0, false, out);
    }
    fprintf(out, "How much it takes: of %d rounds, the best of those that compute, and the medians of the others\n",
            results->rounds);
    table(results, -1, false, out);
}

void report_json(const results_t* results, FILE* out) {
    for (int row = 0; row < results->row_count; row++) {
        const double unit = results->rows[row].bytes ? 1 : 1e-9;
        for (int engine = 0; engine < results->engine_count; engine++) {
            const summary_t summary = summary_of(results, row, engine);
            if (isnan(summary.median)) continue;
            fprintf(out, "{\"measurement\":\"%s\",\"engine\":\"%s\",\"unit\":\"%s\",", results->rows[row].name,
                    results->engines[engine], results->rows[row].bytes ? "bytes" : "ns");
            fprintf(out, "\"median\":%.4g,\"min\":%.4g,\"samples\":[", summary.median / unit, summary.least / unit);
            const double* samples = results->rows[row].samples + engine * results->rounds;
            for (int round = 0; round < results->rounds; round++) {
                fprintf(out, "%s%.4g", round ? "," : "", samples[round] / unit);
            }
            fprintf(out, "]}\n");
        }
    }
}
