// Floating point with divisions, in nested loops: the norm of a matrix of `n` rows whose entries are computed anew.

#include "kernel.h"

enum { MOST = 256 };

static double u[MOST], v[MOST], between[MOST];

static double entry(int32_t i, int32_t j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(const double* from, double* to, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        double sum = 0;
        for (int32_t j = 0; j < n; j++) sum += entry(i, j) * from[j];
        between[i] = sum;
    }
    for (int32_t i = 0; i < n; i++) {
        double sum = 0;
        for (int32_t j = 0; j < n; j++) sum += entry(j, i) * between[j];
        to[i] = sum;
    }
}

KERNEL(spectral) {
    for (int32_t i = 0; i < n; i++) u[i] = 1;
    for (int round = 0; round < 3; round++) {
        multiply(u, v, n);
        multiply(v, u, n);
    }
    double product = 0, square = 0;
    for (int32_t i = 0; i < n; i++) product += u[i] * v[i], square += v[i] * v[i];
    return (int32_t)(__builtin_sqrt(product / square) * 1e9);
}
