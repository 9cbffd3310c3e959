// Conversions between floating point and integers: `n` samples become bytes, and each passes its error on to the next.

#include "kernel.h"

KERNEL(dither) {
    uint32_t random = 1, sum = 0;
    float error = 0;
    for (int32_t i = 0; i < n; i++) {
        const float wanted = (float)next_random(&random) * (255.0f / (1 << 24)) + error;
        const int32_t level = (int32_t)wanted;
        error = wanted - (float)level;
        sum = checksum(sum, (uint32_t)level);
    }
    return (int32_t)sum;
}
