// A lexer: a text of `n` bytes falls into words, numbers and signs, by a table of classes and a switch.

#include "kernel.h"

enum { MOST = 1 << 17 };
typedef enum { SPACE, LETTER, DIGIT, SIGN } class_t;

static char text[MOST + 1];
static uint8_t classes[256];

static class_t class(const char* at) { return (class_t)classes[(uint8_t)*at]; }

KERNEL(tokens) {
    static const char line[] = "while (count < 100) { sum2 = sum2 + table[count]; count = count + 1; } // to 17\n";
    uint32_t random = 1;
    for (int32_t i = 0; i < n; i++) {
        // Some of the letters are others, so that the words are not always the same.
        text[i] = line[(uint32_t)i % (sizeof line - 1)];
        if (next_random(&random) % 16 == 0) text[i] = (char)('0' + next_random(&random) % 64);
    }
    text[n] = '\0';
    for (int letter = 0; letter < 128; letter++) {
        const bool digit = letter >= '0' && letter <= '9', alphabetic = (letter | 32) >= 'a' && (letter | 32) <= 'z';
        classes[letter] = letter <= ' ' ? SPACE : digit ? DIGIT : alphabetic ? LETTER : SIGN;
    }
    uint32_t words = 0, numbers = 0, signs = 0, sum = 0;
    for (const char* at = text; *at != '\0';) {
        uint32_t value = 0;
        switch (class(at)) {
            case SPACE: at++; break;
            case LETTER:
                for (; class(at) == LETTER || class(at) == DIGIT; at++) value = checksum(value, (uint8_t)*at);
                words++;
                break;
            case DIGIT:
                for (; class(at) == DIGIT; at++) value = value * 10 + (uint32_t)(*at - '0');
                numbers++;
                break;
            case SIGN: value = (uint8_t)*at++; signs++; break;
        }
        sum = checksum(sum, value);
    }
    return (int32_t)(sum ^ words << 20 ^ numbers << 10 ^ signs);
}
