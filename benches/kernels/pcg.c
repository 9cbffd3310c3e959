// Multiplication of 64 bits, shifts and rotations: `n` numbers of a random number generator.

#include "kernel.h"

KERNEL(pcg) {
    uint64_t state = 42;
    uint32_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        const uint32_t mixed = (uint32_t)((state >> 18 ^ state) >> 27), count = (uint32_t)(state >> 59);
        state = state * 6364136223846793005 + 1442695040888963407;
        sum = checksum(sum, mixed >> count | mixed << (-count & 31));
    }
    return (int32_t)sum;
}
