// Recursion and bits: in how many ways `n` queens stand on a board so that none attacks another.

#include "kernel.h"

// The columns that are taken, and the diagonals as they meet this row; a bit for each column.
static int32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
    if (columns == all) return 1;
    int32_t ways = 0;
    for (uint32_t free = all & ~(columns | left | right); free != 0; free &= free - 1) {
        const uint32_t queen = free & -free;
        ways += place(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
    }
    return ways;
}

KERNEL(queens) { return place((1u << n) - 1, 0, 0, 0); }
