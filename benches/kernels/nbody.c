// Floating point with square roots and divisions, in structures: the planets' paths in `n` steps.

#include "kernel.h"

enum { BODIES = 5 };

typedef struct {
    double x, y, z, vx, vy, vz, mass;
} body_t;

static body_t bodies[BODIES];

static double energy(void) {
    double sum = 0;
    for (int i = 0; i < BODIES; i++) {
        const body_t* a = &bodies[i];
        sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (int j = i + 1; j < BODIES; j++) {
            const body_t* b = &bodies[j];
            const double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            sum -= a->mass * b->mass / __builtin_sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

static void advance(double time) {
    for (int i = 0; i < BODIES; i++) {
        body_t* a = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            body_t* b = &bodies[j];
            const double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            const double square = dx * dx + dy * dy + dz * dz;
            const double pull = time / (square * __builtin_sqrt(square));
            a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
            b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        body_t* a = &bodies[i];
        a->x += time * a->vx, a->y += time * a->vy, a->z += time * a->vz;
    }
}

KERNEL(nbody) {
    // A heavy one in the middle, and others that circle it ever farther away.
    bodies[0] = (body_t){.mass = 40};
    for (int i = 1; i < BODIES; i++) {
        const double radius = 2 * i;
        bodies[i] = (body_t){.x = radius, .z = 0.1 * i, .vy = __builtin_sqrt(40 / radius), .mass = 0.01 * i};
    }
    for (int32_t step = 0; step < n; step++) advance(0.001);
    return (int32_t)(energy() * 1e6);
}
