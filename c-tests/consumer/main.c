/* The smallest program that compiles and runs WebAssembly: an empty module. It is C and C++ at once. */

#include <stdio.h>

#include "wasm.h"

int main(void) {
    const char empty_module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    wasm_engine_t* engine = wasm_engine_new();
    wasm_store_t* store = wasm_store_new(engine);
    wasm_byte_vec_t binary;
    wasm_byte_vec_new(&binary, sizeof empty_module, empty_module);
    wasm_module_t* module = wasm_module_new(store, &binary);
    wasm_extern_vec_t imports = WASM_EMPTY_VEC;
    wasm_instance_t* instance = module ? wasm_instance_new(store, module, &imports, NULL) : NULL;
    const int succeeded = instance != NULL;
    puts(succeeded ? "an empty module runs" : "an empty module does not run");

    wasm_instance_delete(instance);
    wasm_module_delete(module);
    wasm_byte_vec_delete(&binary);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
    return succeeded ? 0 : 1;
}
