// Floating point in registers, and a loop whose end cannot be foreseen: the steps that `n` by `n` points take to leave.

#include "kernel.h"

KERNEL(mandelbrot) {
    int32_t steps = 0;
    for (int32_t row = 0; row < n; row++) {
        for (int32_t column = 0; column < n; column++) {
            const double a = 3.0 * column / n - 2.25, b = 3.0 * row / n - 1.5;
            double x = 0, y = 0;
            for (int32_t step = 0; step < 100 && x * x + y * y <= 4; step++, steps++) {
                const double moved = x * x - y * y + a;
                y = 2 * x * y + b;
                x = moved;
            }
        }
    }
    return steps;
}
