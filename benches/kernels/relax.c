// Floating point in memory, where each step needs the one before: heat spreads over a plate, in `n` rounds.

#include "kernel.h"

enum { SIZE = 64 };

// The border stays as it is.
static double plate[SIZE + 2][SIZE + 2];

KERNEL(relax) {
    for (int row = 0; row < SIZE + 2; row++) {
        for (int column = 0; column < SIZE + 2; column++) plate[row][column] = row == 0 ? 100 : 0;
    }
    for (int32_t round = 0; round < n; round++) {
        for (int row = 1; row <= SIZE; row++) {
            for (int column = 1; column <= SIZE; column++) {
                plate[row][column] = (plate[row - 1][column] + plate[row][column - 1] + plate[row][column + 1] +
                                      plate[row + 1][column]) / 4;
            }
        }
    }
    double sum = 0;
    for (int row = 1; row <= SIZE; row++) {
        for (int column = 1; column <= SIZE; column++) sum += plate[row][column];
    }
    return (int32_t)(sum * 1000);
}
