// A byte and a word of a table in each step, which needs the one before: the CRC-32 of `n` bytes.

#include "kernel.h"

enum { MOST = 1 << 18 };

static uint32_t table[256];
static uint8_t bytes[MOST];

static uint32_t crc(const uint8_t* from, int32_t size) {
    uint32_t remainder = ~0u;
    for (int32_t i = 0; i < size; i++) remainder = remainder >> 8 ^ table[(remainder ^ from[i]) & 0xff];
    return ~remainder;
}

KERNEL(crc32) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t remainder = byte;
        for (int bit = 0; bit < 8; bit++) remainder = remainder >> 1 ^ (remainder & 1 ? 0xedb88320 : 0);
        table[byte] = remainder;
    }
    // What its definition gives as a check.
    if (crc((const uint8_t*)"123456789", 9) != 0xcbf43926) return -1;
    uint32_t random = 1;
    for (int32_t i = 0; i < n; i++) bytes[i] = (uint8_t)next_random(&random);
    return (int32_t)crc(bytes, n);
}
