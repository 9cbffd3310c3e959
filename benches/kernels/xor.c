// Loads and stores of bytes: 4096 bytes are enciphered with as many of a key, `n` times.

#include "kernel.h"

enum { SIZE = 1 << 12 };

static uint8_t bytes[SIZE], key[SIZE];

KERNEL(xor) {
    uint32_t random = 1, sum = 0;
    for (int32_t i = 0; i < SIZE; i++) {
        bytes[i] = 0;
        key[i] = (uint8_t)next_random(&random);
    }
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < SIZE; i++) bytes[i] ^= key[i];
        key[round % SIZE]++;
    }
    for (int32_t i = 0; i < SIZE; i++) sum = checksum(sum, bytes[i]);
    return (int32_t)sum;
}
