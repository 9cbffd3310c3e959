// A table of small numbers, each the least of its neighbours: how many edits make one text of `n` letters another.

#include "kernel.h"

enum { MOST = 1 << 10 };

static char left[MOST], right[MOST];
static int32_t row[MOST + 1];

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

KERNEL(edit) {
    uint32_t random = 1;
    for (int32_t i = 0; i < n; i++) {
        left[i] = (char)('a' + next_random(&random) % 4);
        right[i] = (char)('a' + next_random(&random) % 4);
    }
    // Row by row; `row[j]` is the distance to the first `j` letters on the right.
    row[0] = 0;
    for (int32_t j = 0; j < n; j++) row[j + 1] = row[j] + 1;
    for (int32_t i = 0; i < n; i++) {
        int32_t diagonal = row[0];
        row[0] = i + 1;
        for (int32_t j = 0; j < n; j++) {
            const int32_t replaced = diagonal + (left[i] != right[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(replaced, 1 + least(diagonal, row[j]));
        }
    }
    return row[n];
}
