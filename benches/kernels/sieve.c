// Small loops that store: the number of primes below `n`.

#include "kernel.h"

enum { MOST = 1 << 18 };

static uint8_t composite[MOST];

KERNEL(sieve) {
    __builtin_memset(composite, 0, (uint32_t)n);
    int32_t primes = 0;
    for (int32_t i = 2; i < n; i++) {
        if (composite[i]) continue;
        primes++;
        for (int32_t multiple = 2 * i; multiple < n; multiple += i) composite[multiple] = 1;
    }
    return primes;
}
