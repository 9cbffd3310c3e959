// Kernels are compiled to one WebAssembly module and to one native library, from the same sources, without a C library.
// Each is a function of an i32, which says how much there is to do, and returns an i32 that depends on all of it.
//
// __builtin_memset, __builtin_memcpy and __builtin_memmove become the instructions of bulk memory, and natively
// calls of the C library.

#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __wasm__
#define KERNEL(name) __attribute__((export_name(#name))) int32_t name(int32_t n)
#else
#define KERNEL(name) __attribute__((visibility("protected"))) int32_t name(int32_t n)
#endif

// The next 24 random bits. Each needs those before, so that no compiler makes several at once.
static inline uint32_t next_random(uint32_t* state) {
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

// Adds a number to a checksum, in which the order counts.
static inline uint32_t checksum(uint32_t sum, uint32_t number) { return sum * 31 + number; }

#endif
