// Small integers become larger ones and are added up: the sum of 4096 bytes, `n` times.

#include "kernel.h"

enum { SIZE = 1 << 12 };

static uint8_t bytes[SIZE];

KERNEL(bytesum) {
    uint32_t random = 1, sum = 0;
    for (int32_t i = 0; i < SIZE; i++) bytes[i] = (uint8_t)next_random(&random);
    for (int32_t round = 0; round < n; round++) {
        uint32_t part = 0;
        for (int32_t i = 0; i < SIZE; i++) part += bytes[i];
        sum = checksum(sum, part);
        bytes[round % SIZE]++;
    }
    return (int32_t)sum;
}
