// Recursion, and branches that cannot be foreseen: `n` numbers in order.

#include "kernel.h"

enum { MOST = 1 << 14, FEW = 12 };

static int32_t numbers[MOST];

static void insert(int32_t* first, int32_t* last) {
    for (int32_t* next = first + 1; next <= last; next++) {
        const int32_t number = *next;
        int32_t* hole = next;
        for (; hole > first && hole[-1] > number; hole--) *hole = hole[-1];
        *hole = number;
    }
}

static void sort(int32_t* first, int32_t* last) {
    while (last - first > FEW) {
        const int32_t pivot = first[(last - first) / 2];
        int32_t *left = first, *right = last;
        while (left <= right) {
            while (*left < pivot) left++;
            while (*right > pivot) right--;
            if (left > right) break;
            const int32_t number = *left;
            *left++ = *right;
            *right-- = number;
        }
        sort(first, right);
        first = left;
    }
    insert(first, last);
}

KERNEL(quicksort) {
    uint32_t random = 1, sum = 0;
    for (int32_t i = 0; i < n; i++) numbers[i] = (int32_t)next_random(&random);
    sort(numbers, numbers + n - 1);
    for (int32_t i = 0; i < n; i++) sum = checksum(sum, (uint32_t)numbers[i]);
    return (int32_t)sum;
}
