// Random access to memory: `n` numbers go into a hash map, as many are looked for, and some of them removed.

#include "kernel.h"

enum { BITS = 16, SLOTS = 1 << BITS, KEYS = SLOTS };

// Keys are not zero: that is an empty slot.
static struct {
    uint32_t key, value;
} slots[SLOTS];

static uint32_t home(uint32_t key) { return key * 0x9e3779b1u >> (32 - BITS); }
static uint32_t after(uint32_t slot) { return (slot + 1) % SLOTS; }

// Where the key is, or where it would be.
static uint32_t find(uint32_t key) {
    uint32_t slot = home(key);
    while (slots[slot].key != 0 && slots[slot].key != key) slot = after(slot);
    return slot;
}

// Those behind it move up, unless they would come to lie before their homes.
static void erase(uint32_t hole) {
    for (uint32_t slot = after(hole); slots[slot].key != 0; slot = after(slot)) {
        const uint32_t distance = (slot - home(slots[slot].key)) % SLOTS;
        if (distance < (slot - hole) % SLOTS) continue;
        slots[hole] = slots[slot];
        hole = slot;
    }
    slots[hole].key = 0;
}

KERNEL(hashmap) {
    uint32_t random = 1, sum = 0;
    __builtin_memset(slots, 0, sizeof slots);
    for (int32_t i = 0; i < n; i++) {
        const uint32_t key = 1 + next_random(&random) % KEYS, slot = find(key);
        slots[slot].key = key;
        slots[slot].value = (uint32_t)i;
    }
    for (int32_t i = 0; i < n; i++) {
        const uint32_t slot = find(1 + next_random(&random) % KEYS);
        if (slots[slot].key == 0) continue;
        sum = checksum(sum, slots[slot].value);
        if (i % 2) erase(slot);
    }
    for (uint32_t slot = 0; slot < SLOTS; slot += 16) sum = checksum(sum, slots[slot].key);
    return (int32_t)sum;
}
