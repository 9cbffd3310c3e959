#include "names.h"

#include <stdbool.h>
#include <string.h>

enum { CUSTOM_SECTION = 0, FUNCTION_NAMES = 1, HEADER_SIZE = 8 };

// What is left to read. A malformed size makes it empty, so that reading always ends.
typedef struct {
    const uint8_t* at;
    const uint8_t* end;
} reader_t;

static bool more(const reader_t* reader) {
    return reader->at < reader->end;
}

static uint8_t read_byte(reader_t* reader) {
    return more(reader) ? *reader->at++ : 0;
}

// An unsigned number in LEB128.
static uint32_t read_number(reader_t* reader) {
    uint32_t number = 0;
    for (unsigned shift = 0; shift < 32; shift += 7) {
        const uint8_t byte = read_byte(reader);
        number |= (uint32_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) break;
    }
    return number;
}

// Cuts off the next bytes, whose size stands in front of them, as a reader of their own.
static reader_t read_sized(reader_t* reader) {
    const uint32_t size = read_number(reader);
    const size_t left = (size_t)(reader->end - reader->at);
    const reader_t part = {reader->at, reader->at + (size <= left ? size : 0)};
    reader->at = size <= left ? part.end : reader->end;
    return part;
}

static bool is_text(const reader_t* bytes, const char* text) {
    const size_t size = (size_t)(bytes->end - bytes->at);
    return size == strlen(text) && memcmp(bytes->at, text, size) == 0;
}

// The contents of the "name" section; empty if the binary has none.
static reader_t find_name_section(const wasm_byte_vec_t* binary) {
    const uint8_t* const start = (const uint8_t*)binary->data;
    const uint8_t* const end = start + binary->size;
    reader_t sections = {binary->size < HEADER_SIZE ? end : start + HEADER_SIZE, end};
    while (more(&sections)) {
        const uint8_t id = read_byte(&sections);
        reader_t contents = read_sized(&sections);
        if (id != CUSTOM_SECTION) continue;
        const reader_t name = read_sized(&contents);
        if (is_text(&name, "name")) return contents;
    }
    return (reader_t){end, end};
}

function_name_t function_name(const wasm_byte_vec_t* binary, uint32_t function_index) {
    reader_t subsections = find_name_section(binary);
    while (more(&subsections)) {
        const uint8_t id = read_byte(&subsections);
        reader_t names = read_sized(&subsections);
        if (id != FUNCTION_NAMES) continue;
        for (uint32_t left = read_number(&names); left && more(&names); left--) {
            const uint32_t index = read_number(&names);
            const reader_t name = read_sized(&names);
            if (index == function_index) {
                return (function_name_t){(const char*)name.at, (size_t)(name.end - name.at)};
            }
        }
    }
    return (function_name_t){"?", 1};
}
