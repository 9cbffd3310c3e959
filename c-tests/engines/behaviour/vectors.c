// Vectors, and the values that they hold.

#include <string.h>

#include "probe.h"

static const char* text_of_data(const void* data) { return data ? "something" : "null"; }

static void empty_vectors(void) {
    wasm_byte_vec_t bytes;
    api->byte_vec_new_empty(&bytes);
    say("new_empty: %zu, %s", bytes.size, text_of_data(bytes.data));
    api->byte_vec_delete(&bytes);
    api->byte_vec_new_uninitialized(&bytes, 0);
    say("new_uninitialized of 0: %zu, %s", bytes.size, text_of_data(bytes.data));
    api->byte_vec_delete(&bytes);
    api->byte_vec_new(&bytes, 0, NULL);
    say("new of 0: %zu, %s", bytes.size, text_of_data(bytes.data));
    wasm_byte_vec_t copy;
    api->byte_vec_copy(&copy, &bytes);
    say("copy: %zu, %s", copy.size, text_of_data(copy.data));
}

static void byte_vectors(void) {
    wasm_byte_vec_t bytes, copy;
    api->byte_vec_new(&bytes, 4, "a\0bc");
    api->byte_vec_copy(&copy, &bytes);
    bytes.data[0] = 'z';
    say("%zu bytes, %s; the first one's copy is %s", bytes.size, text_of_name(&bytes), text_of_name(&copy));
    api->byte_vec_delete(&bytes);
    say("deleted: %zu, %s", bytes.size, text_of_data(bytes.data));
}

static void vectors_of_pointers(void) {
    wasm_valtype_vec_t types, copy;
    api->valtype_vec_new_uninitialized(&types, 3);
    say("%zu of %s", types.size, text_of_data(types.data[0]));
    for (size_t i = 0; i < types.size; i++) types.data[i] = api->valtype_new((wasm_valkind_t)i);
    api->valtype_vec_copy(&copy, &types);
    api->valtype_vec_delete(&types);
    say("the copy is %s", text_of_valtypes(&copy));
    say("the original has %zu", types.size);
}

static void vectors_of_pointers_with_gaps(void) {
    wasm_functype_vec_t types, copy;
    api->functype_vec_new_uninitialized(&types, 2);
    types.data[1] = api_functype(api, "i", "");
    api->functype_vec_copy(&copy, &types);
    say("the copy has %s and %s", text_of_data(copy.data[0]), text_of_data(copy.data[1]));
    api->functype_vec_delete(&copy);
    api->functype_vec_delete(&types);
    say("both are deleted");
}

static void values(void) {
    float f32;
    double f64;
    // A NaN that signals, with something to carry.
    memcpy(&f32, &(uint32_t){0x7fa12345}, sizeof f32);
    memcpy(&f64, &(uint64_t){0xfff4123456789abc}, sizeof f64);
    const wasm_val_t all[] = {I32(-1), I64(INT64_MIN), F32(1.5), F64(-0.0), {WASM_F32, .of.f32 = f32},
                              {WASM_F64, .of.f64 = f64}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        wasm_val_t copy;
        api->val_copy(&copy, &all[i]);
        say("%s", text_of_value(&copy));
        api->val_delete(&copy);
    }
}

static void null_references_as_values(void) {
    const wasm_val_t null = WASM_INIT_VAL;
    wasm_val_t copy;
    api->val_copy(&copy, &null);
    say("%s", text_of_value(&copy));
    api->val_delete(&copy);
}

static void vectors_of_values(void) {
    const wasm_val_t values[] = {I32(7), F64(0.5)};
    wasm_val_vec_t vec, copy;
    api->val_vec_new(&vec, 2, values);
    api->val_vec_copy(&copy, &vec);
    say("%zu: %s, %s", copy.size, text_of_value(&copy.data[0]), text_of_value(&copy.data[1]));
    api->val_vec_delete(&vec);
    say("%zu are left", vec.size);
}

const probe_t vector_probes[] = {
    PROBE(empty_vectors),
    PROBE(byte_vectors),
    PROBE(vectors_of_pointers),
    PROBE(vectors_of_pointers_with_gaps),
    PROBE(values),
    PROBE(null_references_as_values),
    PROBE(vectors_of_values),
    {NULL, NULL},
};
