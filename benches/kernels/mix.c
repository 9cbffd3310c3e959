// A loop of a few instructions on registers alone, each of which needs the one before: `n` rounds of a mixing function.

#include "kernel.h"

KERNEL(mix) {
    uint32_t hash = 0x9e3779b9;
    for (int32_t i = 0; i < n; i++) {
        hash ^= (uint32_t)i;
        hash *= 0x85ebca6b;
        hash ^= hash >> 13;
    }
    return (int32_t)(hash >> 1);
}
