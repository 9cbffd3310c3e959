// Compression by references to what came before: `n` bytes of text to less and back. Returns how many it takes.

#include "kernel.h"

enum { MOST = 1 << 16, LEAST_MATCH = 4, MOST_MATCH = 255, HEADS = 1 << 12 };

static uint8_t text[MOST], packed[2 * MOST], unpacked[MOST];
// Where four bytes with this hash were last seen.
static int32_t heads[HEADS];

static void write_text(int32_t size) {
    static const char words[][8] = {"the", "module", "memory", "table", "of", "a", "calls", "func"};
    uint32_t random = 1;
    for (int32_t i = 0; i < size;) {
        const char* word = words[next_random(&random) % 8];
        while (*word && i < size) text[i++] = (uint8_t)*word++;
        if (i < size) text[i++] = ' ';
    }
}

static uint32_t hash(const uint8_t* bytes) {
    uint32_t four;
    __builtin_memcpy(&four, bytes, sizeof four);
    return four * 0x9e3779b1u >> 20;
}

static int32_t match(int32_t from, int32_t at, int32_t size) {
    int32_t length = 0;
    while (at + length < size && length < MOST_MATCH && text[from + length] == text[at + length]) length++;
    return length;
}

// A match is its length and how far back it lies in two bytes; a byte as it is comes after a length of zero.
static int32_t pack(int32_t size) {
    uint8_t* to = packed;
    __builtin_memset(heads, 0xff, sizeof heads);
    for (int32_t at = 0; at < size;) {
        int32_t length = 0, from = -1;
        if (at + LEAST_MATCH <= size) {
            int32_t* head = &heads[hash(text + at)];
            from = *head;
            *head = at;
        }
        if (from >= 0) length = match(from, at, size);
        if (length < LEAST_MATCH) {
            *to++ = 0;
            *to++ = text[at++];
            continue;
        }
        *to++ = (uint8_t)length;
        *to++ = (uint8_t)((at - from) >> 8);
        *to++ = (uint8_t)(at - from);
        at += length;
    }
    return (int32_t)(to - packed);
}

static void unpack(int32_t size) {
    const uint8_t* from = packed;
    for (int32_t at = 0; at < size;) {
        int32_t length = *from++;
        if (length == 0) {
            unpacked[at++] = *from++;
            continue;
        }
        const int32_t back = from[0] << 8 | from[1];
        from += 2;
        for (; length > 0; length--, at++) unpacked[at] = unpacked[at - back];
    }
}

KERNEL(lz) {
    write_text(n);
    const int32_t size = pack(n);
    unpack(n);
    for (int32_t i = 0; i < n; i++) {
        if (unpacked[i] != text[i]) return -1;
    }
    return size;
}
