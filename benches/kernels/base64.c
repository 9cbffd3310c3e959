// Shifts, masks and tables of bytes: `n` bytes to base64 and back.

#include "kernel.h"

enum { MOST = 3 << 14 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t values[256], bytes[MOST], decoded[MOST];
static char text[MOST / 3 * 4];

// Both go by a register of bits, of which `count` are left over from before. `size` is that of the bytes, a multiple of
// three, so that nothing is left over in the end.
static void encode(int32_t size, const uint8_t* from, char* to) {
    uint32_t left = 0;
    for (int count = 0; size > 0; size--) {
        left = left << 8 | *from++;
        count += 2;
        *to++ = digits[left >> count & 63];
        if (count < 6) continue;
        count = 0;
        *to++ = digits[left & 63];
    }
}

static void decode(int32_t size, const char* from, uint8_t* to) {
    uint32_t left = 0;
    for (int count = 0; size > 0;) {
        left = left << 6 | values[(uint8_t)*from++];
        count += 6;
        if (count < 8) continue;
        count -= 8;
        *to++ = (uint8_t)(left >> count);
        size--;
    }
}

KERNEL(base64) {
    uint32_t random = 1, sum = 0;
    for (uint8_t value = 0; value < 64; value++) values[(uint8_t)digits[value]] = value;
    for (int32_t i = 0; i < n; i++) bytes[i] = (uint8_t)next_random(&random);
    encode(n, bytes, text);
    decode(n, text, decoded);
    for (int32_t i = 0; i < n; i++) {
        if (decoded[i] != bytes[i]) return -1;
        sum = checksum(sum, (uint8_t)text[i]);
    }
    return (int32_t)sum;
}
