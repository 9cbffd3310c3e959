// Division: how many of `n` pairs of numbers have no divisor in common, by Euclid.

#include "kernel.h"

static uint32_t divisor(uint32_t a, uint32_t b) {
    while (b != 0) {
        const uint32_t remainder = a % b;
        a = b;
        b = remainder;
    }
    return a;
}

KERNEL(gcd) {
    uint32_t random = 1;
    int32_t coprime = 0;
    for (int32_t i = 0; i < n; i++) {
        const uint32_t a = next_random(&random), b = next_random(&random);
        coprime += divisor(a, b) == 1;
    }
    return coprime;
}
