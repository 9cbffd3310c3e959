// Kernels are compiled to one WebAssembly module and to one native library, from the same sources, without a C library.
// Each is a function of an i32, which says how much there is to do, and returns an i32 that depends on all of it.

#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>

#ifdef __wasm__
#define KERNEL(name) __attribute__((export_name(#name))) int32_t name(int32_t n)
#else
#define KERNEL(name) __attribute__((visibility("protected"))) int32_t name(int32_t n)
#endif

#endif
