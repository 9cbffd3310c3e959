// Products that are added up: the scalar product of two arrays of 2048 integers, `n` times.

#include "kernel.h"

enum { SIZE = 1 << 11 };

static int32_t left[SIZE], right[SIZE];

KERNEL(dot) {
    uint32_t random = 1, sum = 0;
    for (int32_t i = 0; i < SIZE; i++) {
        left[i] = (int32_t)next_random(&random) % 1000;
        right[i] = (int32_t)next_random(&random) % 1000;
    }
    for (int32_t round = 0; round < n; round++) {
        int32_t product = 0;
        for (int32_t i = 0; i < SIZE; i++) product += left[i] * right[i] >> 4;
        sum = checksum(sum, (uint32_t)product);
        left[round % SIZE]++;
    }
    return (int32_t)sum;
}
