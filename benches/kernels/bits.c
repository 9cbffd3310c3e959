// The instructions that count and rotate bits, each of which needs the one before: `n` rounds.

#include "kernel.h"

static uint64_t rotate(uint64_t value, int count) { return value << (count & 63) | value >> (-count & 63); }

KERNEL(bits) {
    uint64_t word = 0x9e3779b97f4a7c15;
    for (int32_t i = 0; i < n; i++) {
        word = rotate(word, __builtin_popcountll(word));
        // Neither may be asked of zero.
        word ^= (uint64_t)__builtin_clzll(word | 1) << 32 | (uint64_t)__builtin_ctzll(word | 1ull << 63);
        word = rotate(word, __builtin_popcount((uint32_t)word) | 1) + (uint32_t)i;
    }
    return (int32_t)(word ^ word >> 32);
}
