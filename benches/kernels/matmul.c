// Floating point and nested loops over memory: the product of two matrices with `n` rows and columns.

#include "kernel.h"

enum { MOST = 128 };

static double left[MOST][MOST], right[MOST][MOST], product[MOST][MOST];

KERNEL(matmul) {
    // Small integers, so that the result is exact, in whatever order it is added up.
    for (int32_t i = 0; i < n; i++) {
        for (int32_t j = 0; j < n; j++) {
            left[i][j] = (i + 2 * j) % 7;
            right[i][j] = (3 * i + j) % 5;
            product[i][j] = 0;
        }
    }
    for (int32_t i = 0; i < n; i++) {
        for (int32_t k = 0; k < n; k++) {
            for (int32_t j = 0; j < n; j++) product[i][j] += left[i][k] * right[k][j];
        }
    }
    double sum = 0;
    for (int32_t i = 0; i < n; i++) {
        for (int32_t j = 0; j < n; j++) sum += product[i][j] * ((i ^ j) & 1);
    }
    return (int32_t)sum;
}
