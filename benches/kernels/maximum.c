// Comparisons instead of branches: the greatest of 2048 numbers, `n` times.

#include "kernel.h"

enum { SIZE = 1 << 11 };

static int32_t numbers[SIZE];

KERNEL(maximum) {
    uint32_t random = 1, sum = 0;
    for (int32_t i = 0; i < SIZE; i++) numbers[i] = (int32_t)next_random(&random);
    for (int32_t round = 0; round < n; round++) {
        int32_t most = INT32_MIN;
        for (int32_t i = 0; i < SIZE; i++) most = numbers[i] > most ? numbers[i] : most;
        sum = checksum(sum, (uint32_t)most);
        numbers[round % SIZE] /= 2;
    }
    return (int32_t)sum;
}
