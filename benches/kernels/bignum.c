// Multiplication with carries: the factorial of `n` in words of 32 bits, of which it returns a checksum.

#include "kernel.h"

enum { MOST = 1 << 10 };

static uint32_t words[MOST];

KERNEL(bignum) {
    int32_t size = 1;
    words[0] = 1;
    for (uint32_t factor = 2; factor <= (uint32_t)n; factor++) {
        uint64_t carry = 0;
        for (int32_t i = 0; i < size; i++) {
            carry += (uint64_t)words[i] * factor;
            words[i] = (uint32_t)carry;
            carry >>= 32;
        }
        if (carry != 0) words[size++] = (uint32_t)carry;
    }
    uint32_t sum = 0;
    for (int32_t i = 0; i < size; i++) sum = checksum(sum, words[i]);
    return (int32_t)sum;
}
