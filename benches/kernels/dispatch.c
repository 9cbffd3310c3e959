// Calls through a table, of four functions that do next to nothing, in an order that the CPU can learn: `n` calls.

#include "kernel.h"

typedef uint32_t (*step_t)(uint32_t);

static uint32_t add(uint32_t number) { return number + 7; }
static uint32_t flip(uint32_t number) { return number ^ 0x55; }
static uint32_t turn(uint32_t number) { return number << 1 | number >> 31; }
static uint32_t triple(uint32_t number) { return 3 * number; }

// Read each time, so that the calls stay indirect.
static const step_t volatile steps[] = {add, flip, turn, triple};

KERNEL(dispatch) {
    uint32_t number = 1;
    // Two bits for each call; each of the four occurs eight times, and then it starts again.
    uint64_t order = 0x1b63e4d2c6b1879c;
    for (int32_t i = 0; i < n; i++) {
        number = steps[order & 3](number);
        order = order >> 2 | order << 62;
    }
    return (int32_t)number;
}
