// Each element on its own, in single precision: `n` times a multiple of an array is added to another.

#include "kernel.h"

enum { SIZE = 1 << 12 };

static float x[SIZE], y[SIZE];

KERNEL(saxpy) {
    // Small integers, so that the result is exact.
    for (int32_t i = 0; i < SIZE; i++) {
        x[i] = (float)(i % 7);
        y[i] = 0;
    }
    for (int32_t round = 0; round < n; round++) {
        const float factor = (float)(round % 5);
        for (int32_t i = 0; i < SIZE; i++) y[i] += factor * x[i];
    }
    float sum = 0;
    for (int32_t i = 0; i < SIZE; i += 16) sum += y[i];
    return (int32_t)sum;
}
