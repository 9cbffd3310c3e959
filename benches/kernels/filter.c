// Floating point of single precision, where each step needs the one before: `n` samples through a recursive filter.

#include "kernel.h"

KERNEL(filter) {
    uint32_t random = 1;
    float in1 = 0, in2 = 0, out1 = 0, out2 = 0, peak = 0;
    for (int32_t i = 0; i < n; i++) {
        const float in = (float)next_random(&random) * (1.0f / (1 << 23)) - 1;
        const float out = 0.25f * in + 0.5f * in1 + 0.25f * in2 + 1.25f * out1 - 0.5f * out2;
        in2 = in1, in1 = in;
        out2 = out1, out1 = out;
        if (out > peak) peak = out;
    }
    return (int32_t)(peak * 65536);
}
