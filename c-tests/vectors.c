// Vectors of every element type: who owns what, what is empty, what is null.

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guest.h"

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

// What older headers call things.
static void old_spellings_mean_the_same(void) {
    wasm_name_t name;
    wasm_name_new_new_uninitialized(&name, 2);
    CHECK_EQUAL(name.size, 2);
    wasm_name_delete(&name);
    CHECK_EQUAL(WASM_ANYREF, WASM_EXTERNREF);
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
#define CHECK_UNINITIALIZED_POINTERS(name)            \
    do {                                              \
        wasm_##name##_vec_t vec, copy;                \
        wasm_##name##_vec_new_uninitialized(&vec, 2); \
        CHECK(vec.data[0] == NULL);                   \
        CHECK(vec.data[1] == NULL);                   \
        wasm_##name##_vec_copy(&copy, &vec);          \
        CHECK_EQUAL(copy.size, 2);                    \
        CHECK(copy.data[1] == NULL);                  \
        wasm_##name##_vec_delete(&copy);              \
        wasm_##name##_vec_delete(&vec);               \
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

// A vector takes the elements that it is made of, also null ones; a copy of it has copies of them. `first` makes one.
#define CHECK_OWNING_VECTOR(name, first)                                  \
    do {                                                                  \
        wasm_##name##_t* elements[] = {first, NULL, first};               \
        wasm_##name##_vec_t vec, copy;                                    \
        wasm_##name##_vec_new(&vec, 3, elements);                         \
        CHECK_EQUAL(vec.size, 3);                                         \
        CHECK(vec.data != elements);                                      \
        for (size_t i = 0; i < 3; i++) CHECK(vec.data[i] == elements[i]); \
        wasm_##name##_vec_copy(&copy, &vec);                              \
        CHECK_EQUAL(copy.size, 3);                                        \
        CHECK(copy.data[0] != NULL);                                      \
        CHECK(copy.data[0] != vec.data[0]);                               \
        CHECK(copy.data[1] == NULL);                                      \
        wasm_##name##_vec_delete(&vec);                                   \
        CHECK_ZEROED(vec);                                                \
        wasm_##name##_delete(wasm_##name##_copy(copy.data[2]));           \
        wasm_##name##_vec_delete(&copy);                                  \
        CHECK_ZEROED(copy);                                               \
    } while (0)

static const wasm_limits_t some_limits = {1, 2};

static wasm_externtype_t* some_externtype(void) {
    return wasm_memorytype_as_externtype(wasm_memorytype_new(&some_limits));
}

static wasm_importtype_t* some_importtype(void) {
    wasm_name_t module, name;
    wasm_name_new_from_string(&module, "module");
    wasm_name_new_from_string(&name, "name");
    return wasm_importtype_new(&module, &name, some_externtype());
}

static wasm_exporttype_t* some_exporttype(void) {
    wasm_name_t name;
    wasm_name_new_from_string(&name, "name");
    return wasm_exporttype_new(&name, some_externtype());
}

static void vectors_own_their_elements(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "counter", NULL);
    wasm_trap_t* trap = call_for_trap(guest_func(&guest, "fail"));
    CHECK_OWNING_VECTOR(valtype, wasm_valtype_new_f64());
    CHECK_OWNING_VECTOR(functype, wasm_functype_new_1_0(wasm_valtype_new_i32()));
    CHECK_OWNING_VECTOR(globaltype, wasm_globaltype_new(wasm_valtype_new_i32(), WASM_VAR));
    CHECK_OWNING_VECTOR(tabletype, wasm_tabletype_new(wasm_valtype_new_externref(), &some_limits));
    CHECK_OWNING_VECTOR(memorytype, wasm_memorytype_new(&some_limits));
    CHECK_OWNING_VECTOR(tagtype, wasm_tagtype_new(wasm_functype_new_1_0(wasm_valtype_new_i32())));
    CHECK_OWNING_VECTOR(externtype, some_externtype());
    CHECK_OWNING_VECTOR(importtype, some_importtype());
    CHECK_OWNING_VECTOR(exporttype, some_exporttype());
    CHECK_OWNING_VECTOR(frame, wasm_trap_origin(trap));
    CHECK_OWNING_VECTOR(extern, wasm_extern_copy(guest_extern(&guest, "memory")));
    wasm_trap_delete(trap);
    guest_delete(&guest);
    world_delete(&world);
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
        TEST(old_spellings_mean_the_same),
        TEST(the_data_of_vectors_comes_from_malloc),
        TEST(empty_vectors_have_no_data),
        TEST(uninitialized_pointers_are_null),
        TEST(vectors_own_their_elements),
        TEST(consumed_vectors_are_zeroed),
        TEST(deleting_a_vector_twice_is_harmless),
    };
    return RUN_TESTS(argc, argv, tests);
}
