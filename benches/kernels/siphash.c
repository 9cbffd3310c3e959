// Additions and rotations of 64 bits, in registers: the SipHash-2-4 of `n` words.

#include "kernel.h"

typedef struct {
    uint64_t a, b, c, d;
} state_t;

static uint64_t rotate(uint64_t value, int count) { return value << count | value >> (64 - count); }

static void mix(state_t* s, int rounds) {
    for (; rounds > 0; rounds--) {
        s->a += s->b, s->b = rotate(s->b, 13) ^ s->a, s->a = rotate(s->a, 32);
        s->c += s->d, s->d = rotate(s->d, 16) ^ s->c;
        s->a += s->d, s->d = rotate(s->d, 21) ^ s->a;
        s->c += s->b, s->b = rotate(s->b, 17) ^ s->c, s->c = rotate(s->c, 32);
    }
}

static void add(state_t* s, uint64_t word) {
    s->d ^= word;
    mix(s, 2);
    s->a ^= word;
}

// Of whole words, which are `first`, `first + step` and so on, and of the `rest` behind them.
static uint64_t hash_of(int32_t count, uint64_t first, uint64_t step, uint64_t rest) {
    const uint64_t key[] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    state_t s = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                 key[1] ^ 0x7465646279746573};
    for (int32_t i = 0; i < count; i++, first += step) add(&s, first);
    add(&s, rest);
    s.c ^= 0xff;
    mix(&s, 4);
    return s.a ^ s.b ^ s.c ^ s.d;
}

KERNEL(siphash) {
    // The hash of the bytes from 0 to 14, which its authors give.
    if (hash_of(1, 0x0706050403020100, 0, 0x0f0e0d0c0b0a0908) != 0xa129ca6149be45e5) return -1;
    const uint64_t hash = hash_of(n, 1, 0x9e3779b97f4a7c15, (uint64_t)n << 59);
    return (int32_t)(hash ^ hash >> 32);
}
