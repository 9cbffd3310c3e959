// Vectors of every element type: who owns what, what is empty, what is null.

#include <stdlib.h>
#include <string.h>

#include "check.h"

static void byte_vectors_copy_what_they_are_given(void) {
    const char bytes[] = {'a', 0, 'b'};
    wasm_byte_vec_t vec, copy;
    wasm_byte_vec_new(&vec, sizeof bytes, bytes);
    CHECK_NAME(&vec, "a\0b");
    CHECK(vec.data != bytes);
    wasm_byte_vec_copy(&copy, &vec);
    CHECK_NAME(&copy, "a\0b");
    CHECK(copy.data != vec.data);
    vec.data[0] = 'x';
    CHECK_NAME(&copy, "a\0b");
    wasm_byte_vec_delete(&vec);
    wasm_byte_vec_delete(&copy);
}

static void names_from_strings_end_as_asked(void) {
    wasm_name_t name;
    wasm_name_new_from_string(&name, "name");
    CHECK_NAME(&name, "name");
    wasm_name_delete(&name);
    wasm_name_new_from_string_nt(&name, "name");
    CHECK_NAME(&name, "name\0");
    wasm_name_delete(&name);
}

static void the_data_of_vectors_comes_from_malloc(void) {
    wasm_byte_vec_t ours = {4, malloc(4)};
    wasm_byte_vec_delete(&ours);
    wasm_byte_vec_t theirs;
    wasm_byte_vec_new_uninitialized(&theirs, 4);
    free(theirs.data);

    wasm_valtype_vec_t types = {2, malloc(2 * sizeof(wasm_valtype_t*))};
    types.data[0] = wasm_valtype_new_i32();
    types.data[1] = NULL;
    wasm_valtype_vec_delete(&types);
}

// Every vector type behaves alike when it has no element, or none yet.
#define CHECK_EMPTY_VECTORS(name)                                             \
    do {                                                                      \
        wasm_##name##_vec_t vec = {7, (void*)&vec}, copy = {7, (void*)&copy}; \
        wasm_##name##_vec_new_empty(&vec);                                    \
        CHECK_ZEROED(vec);                                                    \
        wasm_##name##_vec_copy(&copy, &vec);                                  \
        CHECK_ZEROED(copy);                                                   \
        wasm_##name##_vec_delete(&copy);                                      \
        wasm_##name##_vec_delete(&vec);                                       \
        vec.size = 7;                                                         \
        wasm_##name##_vec_new_uninitialized(&vec, 0);                         \
        CHECK_ZEROED(vec);                                                    \
        vec.size = 7;                                                         \
        wasm_##name##_vec_new(&vec, 0, NULL);                                 \
        CHECK_ZEROED(vec);                                                    \
        wasm_##name##_vec_new_uninitialized(&vec, 3);                         \
        CHECK_EQUAL(vec.size, 3);                                             \
        CHECK(vec.data != NULL);                                              \
        memset(vec.data, 0, 3 * sizeof *vec.data);                            \
        wasm_##name##_vec_delete(&vec);                                       \
        CHECK_ZEROED(vec);                                                    \
    } while (0)

static void empty_vectors_have_no_data(void) {
    CHECK_EMPTY_VECTORS(byte);
    CHECK_EMPTY_VECTORS(val);
    CHECK_EMPTY_VECTORS(valtype);
    CHECK_EMPTY_VECTORS(functype);
    CHECK_EMPTY_VECTORS(globaltype);
    CHECK_EMPTY_VECTORS(tabletype);
    CHECK_EMPTY_VECTORS(memorytype);
    CHECK_EMPTY_VECTORS(tagtype);
    CHECK_EMPTY_VECTORS(externtype);
    CHECK_EMPTY_VECTORS(importtype);
    CHECK_EMPTY_VECTORS(exporttype);
    CHECK_EMPTY_VECTORS(frame);
    CHECK_EMPTY_VECTORS(extern);
}

// Vectors of pointers start with null ones, which copy and delete let pass.
#define CHECK_UNINITIALIZED_POINTERS(name)           \
    do {                                             \
        wasm_##name##_vec_t vec, copy;               \
        wasm_##name##_vec_new_uninitialized(&vec, 2); \
        CHECK(vec.data[0] == NULL);                  \
        CHECK(vec.data[1] == NULL);                  \
        wasm_##name##_vec_copy(&copy, &vec);         \
        CHECK_EQUAL(copy.size, 2);                   \
        CHECK(copy.data[1] == NULL);                 \
        wasm_##name##_vec_delete(&copy);             \
        wasm_##name##_vec_delete(&vec);              \
    } while (0)

static void uninitialized_pointers_are_null(void) {
    CHECK_UNINITIALIZED_POINTERS(valtype);
    CHECK_UNINITIALIZED_POINTERS(functype);
    CHECK_UNINITIALIZED_POINTERS(globaltype);
    CHECK_UNINITIALIZED_POINTERS(tabletype);
    CHECK_UNINITIALIZED_POINTERS(memorytype);
    CHECK_UNINITIALIZED_POINTERS(tagtype);
    CHECK_UNINITIALIZED_POINTERS(externtype);
    CHECK_UNINITIALIZED_POINTERS(importtype);
    CHECK_UNINITIALIZED_POINTERS(exporttype);
    CHECK_UNINITIALIZED_POINTERS(frame);
    CHECK_UNINITIALIZED_POINTERS(extern);
}

static void copies_of_vectors_hold_copies_of_their_elements(void) {
    wasm_valtype_t* elements[] = {wasm_valtype_new(WASM_I32), wasm_valtype_new(WASM_FUNCREF)};
    wasm_valtype_vec_t vec, copy;
    wasm_valtype_vec_new(&vec, 2, elements);
    CHECK(vec.data[0] == elements[0]);
    wasm_valtype_vec_copy(&copy, &vec);
    CHECK(copy.data[0] != vec.data[0]);
    wasm_valtype_vec_delete(&vec);
    CHECK_EQUAL(wasm_valtype_kind(copy.data[0]), WASM_I32);
    CHECK_EQUAL(wasm_valtype_kind(copy.data[1]), WASM_FUNCREF);
    wasm_valtype_vec_delete(&copy);
}

static void consumed_vectors_are_zeroed(void) {
    wasm_valtype_t* types[] = {wasm_valtype_new_i32()};
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new(&params, 1, types);
    wasm_valtype_vec_new_uninitialized(&results, 1);
    results.data[0] = wasm_valtype_new_i64();
    wasm_functype_t* func = wasm_functype_new(&params, &results);
    CHECK(func != NULL);
    CHECK_ZEROED(params);
    CHECK_ZEROED(results);

    wasm_name_t module, name;
    wasm_name_new_from_string(&module, "module");
    wasm_name_new_from_string(&name, "name");
    wasm_importtype_t* import = wasm_importtype_new(&module, &name, wasm_functype_as_externtype(func));
    CHECK_ZEROED(module);
    CHECK_ZEROED(name);
    wasm_importtype_delete(import);

    wasm_name_new_from_string(&name, "name");
    wasm_exporttype_t* export =
        wasm_exporttype_new(&name, wasm_functype_as_externtype(wasm_functype_new_0_0()));
    CHECK_ZEROED(name);
    wasm_exporttype_delete(export);
}

static void deleting_a_vector_twice_is_harmless(void) {
    wasm_byte_vec_t bytes;
    wasm_byte_vec_new(&bytes, 3, "abc");
    wasm_byte_vec_delete(&bytes);
    wasm_byte_vec_delete(&bytes);
    CHECK_ZEROED(bytes);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(byte_vectors_copy_what_they_are_given),
        TEST(names_from_strings_end_as_asked),
        TEST(the_data_of_vectors_comes_from_malloc),
        TEST(empty_vectors_have_no_data),
        TEST(uninitialized_pointers_are_null),
        TEST(copies_of_vectors_hold_copies_of_their_elements),
        TEST(consumed_vectors_are_zeroed),
        TEST(deleting_a_vector_twice_is_harmless),
    };
    return RUN_TESTS(argc, argv, tests);
}
