// Arithmetic of 32 bits with many values at a time, which hardly fit registers: the SHA-256 of `n` blocks of 64 bytes.

#include "kernel.h"

static uint32_t state[8], constants[64];

static uint32_t rotate(uint32_t value, int count) { return value >> count | value << (32 - count); }

// The first 32 bits of the fractions of the cube roots (or square roots) of primes.
static uint32_t root(uint32_t prime, bool cube) {
    // The largest number whose cube (or square) is at most that of the root with 32 more bits.
    double root = cube ? prime / 3.0 : prime / 2.0;
    for (int i = 0; i < 64; i++) root = cube ? (2 * root + prime / (root * root)) / 3 : (root + prime / root) / 2;
    return (uint32_t)(uint64_t)(root * 4294967296.0);
}

static void start(void) {
    uint32_t prime = 1;
    for (int i = 0; i < 64; i++) {
        for (uint32_t divisor = 0; divisor != prime;) {
            prime++;
            for (divisor = 2; prime % divisor != 0;) divisor++;
        }
        constants[i] = root(prime, true);
        if (i < 8) state[i] = root(prime, false);
    }
}

// The block is not needed any more after that: it becomes the words of later rounds.
static void add_block(uint32_t words[16]) {
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t* word = &words[i % 16];
        const uint32_t first =
            h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + *word;
        const uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + first;
        d = c, c = b, b = a, a = first + second;
        // The word of the round that comes 16 rounds later.
        const uint32_t x = words[(i + 1) % 16], y = words[(i + 14) % 16];
        *word += (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + words[(i + 9) % 16] +
                 (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

KERNEL(sha256) {
    start();
    // The digest of "abc" is known.
    add_block((uint32_t[16]){0x61626380, [15] = 24});
    if (state[0] != 0xba7816bf || state[7] != 0xf20015ad) return -1;
    uint32_t block[16], random = 1;
    for (int32_t i = 0; i < n; i++) {
        for (int word = 0; word < 16; word++) block[word] = next_random(&random);
        add_block(block);
    }
    return (int32_t)state[0];
}
