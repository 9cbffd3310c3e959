// Loads that wait for loads: `n` numbers in a list whose order in memory is random are put in order by merging.

#include "kernel.h"

enum { MOST = 1 << 14 };

typedef struct node {
    struct node* next;
    uint32_t number;
} node_t;

static node_t nodes[MOST];

static node_t* merge(node_t* left, node_t* right) {
    node_t *first, **end = &first;
    while (left && right) {
        node_t** least = left->number <= right->number ? &left : &right;
        *end = *least;
        end = &(*end)->next;
        *least = *end;
    }
    *end = left ? left : right;
    return first;
}

// Takes `count` nodes from the front of the rest.
static node_t* sorted(node_t** rest, int32_t count) {
    node_t* first = *rest;
    if (count == 1) {
        *rest = first->next;
        first->next = 0;
        return first;
    }
    first = sorted(rest, count / 2);
    return merge(first, sorted(rest, count - count / 2));
}

KERNEL(list) {
    uint32_t random = 1, sum = 0;
    for (int32_t i = 0; i < n; i++) nodes[i] = (node_t){&nodes[i + 1], next_random(&random)};
    node_t* rest = nodes;
    for (const node_t* node = sorted(&rest, n); node; node = node->next) sum = checksum(sum, node->number);
    return (int32_t)sum;
}
