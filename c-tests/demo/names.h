// The names of a module's functions, read from its "name" section.
//
// wasm.h identifies the functions of a backtrace by their index alone. The names stand in a custom section of the
// binary, which any host can read.

#ifndef DEMO_NAMES_H
#define DEMO_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "wasm.h"

typedef struct {
    const char* text;  // points into the binary; not terminated
    size_t length;
} function_name_t;

// The name of a function in the binary of a module, or "?" if it has none.
function_name_t function_name(const wasm_byte_vec_t* binary, uint32_t function_index);

#endif
