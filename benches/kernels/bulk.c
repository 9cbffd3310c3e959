// Bulk memory: `n` copies of blocks, among them some that overlap and some that are small, and as many fills.

#include "kernel.h"

enum { SIZE = 1 << 16, LARGEST = 4096 };

static uint8_t bytes[SIZE];

KERNEL(bulk) {
    uint32_t random = 1;
    __builtin_memset(bytes, 1, sizeof bytes);
    for (int32_t i = 0; i < n; i++) {
        // As many small blocks as large ones.
        const uint32_t size = 1 + next_random(&random) % (i % 2 ? LARGEST : 64);
        const uint32_t from = next_random(&random) % (SIZE - LARGEST), to = next_random(&random) % (SIZE - LARGEST);
        __builtin_memmove(bytes + to, bytes + from, size);
        __builtin_memset(bytes + from, i & 0xff, size / 2);
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < SIZE; i += 16) sum = checksum(sum, bytes[i]);
    return (int32_t)sum;
}
