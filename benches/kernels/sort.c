// Branches that cannot be foreseen, and calls through a table: `n` numbers in order, as a heap.

#include "kernel.h"

enum { MOST = 1 << 14 };

static uint32_t numbers[MOST];

typedef int (*order_t)(uint32_t, uint32_t);

static int less(uint32_t a, uint32_t b) { return a < b; }
static int more(uint32_t a, uint32_t b) { return a > b; }

// Read each time, so that the calls stay indirect.
static const order_t volatile orders[] = {less, more};

static void sift_down(uint32_t root, uint32_t size, order_t before) {
    for (uint32_t child; (child = 2 * root + 1) < size; root = child) {
        if (child + 1 < size && before(numbers[child], numbers[child + 1])) child++;
        if (!before(numbers[root], numbers[child])) return;
        const uint32_t number = numbers[root];
        numbers[root] = numbers[child];
        numbers[child] = number;
    }
}

KERNEL(sort) {
    const uint32_t size = (uint32_t)n;
    const order_t before = orders[n & 1];
    uint32_t random = 1, sum = 0;
    for (uint32_t i = 0; i < size; i++) numbers[i] = next_random(&random);
    for (uint32_t root = size / 2; root-- > 0;) sift_down(root, size, before);
    for (uint32_t end = size; end-- > 1;) {
        const uint32_t largest = numbers[0];
        numbers[0] = numbers[end];
        numbers[end] = largest;
        sift_down(0, end, before);
    }
    for (uint32_t i = 0; i < size; i++) sum = checksum(sum, numbers[i]);
    return (int32_t)sum;
}
