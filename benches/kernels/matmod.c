// Integers in nested loops over memory: the product of two matrices with `n` rows and columns, modulo a prime.

#include "kernel.h"

enum { MOST = 64, MODULUS = 65521 };

static uint32_t left[MOST][MOST], right[MOST][MOST];

KERNEL(matmod) {
    uint32_t random = 1, sum = 0;
    for (int32_t i = 0; i < n; i++) {
        for (int32_t j = 0; j < n; j++) {
            left[i][j] = next_random(&random) % MODULUS;
            right[i][j] = next_random(&random) % MODULUS;
        }
    }
    for (int32_t i = 0; i < n; i++) {
        for (int32_t j = 0; j < n; j++) {
            uint64_t entry = 0;
            // Reduced in each step, which needs the one before.
            for (int32_t k = 0; k < n; k++) entry = (entry + (uint64_t)left[i][k] * right[k][j]) % MODULUS;
            sum = checksum(sum, (uint32_t)entry);
        }
    }
    return (int32_t)sum;
}
