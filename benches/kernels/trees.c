// Memory that is taken and given back, and recursion: trees of depth `n` that are made, counted and freed.

#include "kernel.h"

enum { MOST = 1 << 14, TREES = 8 };

typedef struct node {
    // In a free node, `left` is the next one that is free.
    struct node *left, *right;
} node_t;

static node_t nodes[MOST];
// How many nodes were ever taken, and those of them that came back.
static int32_t taken;
static node_t* unused;

static node_t* allocate(void) {
    if (unused == 0) return &nodes[taken++];
    node_t* node = unused;
    unused = node->left;
    return node;
}

static void release(node_t* node) {
    node->left = unused;
    unused = node;
}

static node_t* tree(int32_t depth) {
    node_t* node = allocate();
    node->left = depth > 0 ? tree(depth - 1) : 0;
    node->right = depth > 0 ? tree(depth - 1) : 0;
    return node;
}

static int32_t size(const node_t* node) { return node == 0 ? 0 : 1 + size(node->left) + size(node->right); }

static void release_all(node_t* node) {
    if (node == 0) return;
    release_all(node->left);
    release_all(node->right);
    release(node);
}

KERNEL(trees) {
    taken = 0;
    unused = 0;
    int32_t sum = 0;
    for (int i = 0; i < TREES; i++) {
        // Two at a time, so that their nodes do not come back in order.
        node_t *first = tree(n), *second = tree(n - 1);
        sum += size(first) * 3 + size(second);
        release_all(first);
        release_all(second);
    }
    return sum;
}
