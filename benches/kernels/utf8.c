// Decisions by the bits of each byte: `n` code points to UTF-8 and back.

#include "kernel.h"

enum { MOST = 1 << 15 };

static uint8_t text[4 * MOST];

static uint8_t* put(uint8_t* to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (uint8_t)code;
    } else if (code < 0x800) {
        *to++ = (uint8_t)(0xc0 | code >> 6);
        *to++ = (uint8_t)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (uint8_t)(0xe0 | code >> 12);
        *to++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (code & 0x3f));
    } else {
        *to++ = (uint8_t)(0xf0 | code >> 18);
        *to++ = (uint8_t)(0x80 | (code >> 12 & 0x3f));
        *to++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (code & 0x3f));
    }
    return to;
}

static const uint8_t* get(const uint8_t* from, uint32_t* code) {
    const uint32_t first = *from++;
    const int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    *code = more == 0 ? first : first & (0x3fu >> more);
    for (int i = 0; i < more; i++) *code = *code << 6 | (*from++ & 0x3f);
    return from;
}

KERNEL(utf8) {
    uint32_t random = 1, sum = 0;
    uint8_t* to = text;
    for (int32_t i = 0; i < n; i++) {
        // Short ones are more frequent.
        const uint32_t bits = 7 + next_random(&random) % 4 * (next_random(&random) % 4);
        to = put(to, next_random(&random) % (1u << bits));
    }
    uint32_t code;
    for (const uint8_t* from = text; from < to; sum = checksum(sum, code)) from = get(from, &code);
    return (int32_t)sum;
}
