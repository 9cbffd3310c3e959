// Neighbours in a grid of bytes: `n` generations of the game of life.

#include "kernel.h"

enum { SIZE = 128 };

// With a border that stays dead.
static uint8_t cells[SIZE + 2][SIZE + 2], next[SIZE + 2][SIZE + 2];

KERNEL(life) {
    uint32_t random = 1;
    for (int row = 1; row <= SIZE; row++) {
        for (int column = 1; column <= SIZE; column++) cells[row][column] = next_random(&random) % 3 == 0;
    }
    for (int32_t generation = 0; generation < n; generation++) {
        for (int row = 1; row <= SIZE; row++) {
            const uint8_t *above = cells[row - 1], *here = cells[row], *below = cells[row + 1];
            for (int column = 1; column <= SIZE; column++) {
                const int neighbours = above[column - 1] + above[column] + above[column + 1] + here[column - 1] +
                                       here[column + 1] + below[column - 1] + below[column] + below[column + 1];
                next[row][column] = (neighbours | here[column]) == 3;
            }
        }
        __builtin_memcpy(cells, next, sizeof cells);
    }
    int32_t alive = 0;
    for (int row = 1; row <= SIZE; row++) {
        for (int column = 1; column <= SIZE; column++) alive += cells[row][column];
    }
    return alive;
}
