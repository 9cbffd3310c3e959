// The search for words in a text of `n` bytes, which skips as much as the last letter that it saw allows.

#include "kernel.h"

enum { MOST = 1 << 17 };

static char text[MOST];
static int32_t skips[256];

static int32_t count(const char* word, int32_t length, int32_t size) {
    for (int letter = 0; letter < 256; letter++) skips[letter] = length;
    for (int32_t i = 0; i < length - 1; i++) skips[(uint8_t)word[i]] = length - 1 - i;
    int32_t found = 0;
    for (int32_t at = 0; at + length <= size; at += skips[(uint8_t)text[at + length - 1]]) {
        int32_t i = length - 1;
        while (i >= 0 && text[at + i] == word[i]) i--;
        found += i < 0;
    }
    return found;
}

KERNEL(search) {
    uint32_t random = 1;
    for (int32_t i = 0; i < n; i++) text[i] = (char)('a' + next_random(&random) % 5);
    return count("abc", 3, n) + count("deadbe", 6, n) + count("cab", 3, n) + count("bead", 4, n);
}
