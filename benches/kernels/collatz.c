// A short loop of 64-bit arithmetic whose end cannot be foreseen: the most steps that a number below `n` takes to 1.

#include "kernel.h"

KERNEL(collatz) {
    int32_t most = 0;
    for (int32_t start = 1; start < n; start++) {
        int32_t steps = 0;
        for (uint64_t number = (uint64_t)start; number != 1; steps++) {
            number = number % 2 ? 3 * number + 1 : number / 2;
        }
        if (steps > most) most = steps;
    }
    return most;
}
