// The representations of types: what they are made of comes out again, and casts between them are views.

#include "check.h"

static const wasm_limits_t some_limits = {2, 5};

static wasm_functype_t* some_functype(void) {
    return wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_f64(), wasm_valtype_new_i64());
}

static void check_some_functype(const wasm_functype_t* type) {
    const wasm_valtype_vec_t* params = wasm_functype_params(type);
    const wasm_valtype_vec_t* results = wasm_functype_results(type);
    CHECK_EQUAL(params->size, 2);
    CHECK_EQUAL(wasm_valtype_kind(params->data[0]), WASM_I32);
    CHECK_EQUAL(wasm_valtype_kind(params->data[1]), WASM_F64);
    CHECK_EQUAL(results->size, 1);
    CHECK_EQUAL(wasm_valtype_kind(results->data[0]), WASM_I64);
}

static void value_types_know_their_kind(void) {
    static const wasm_valkind_t kinds[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_EXTERNREF, WASM_FUNCREF};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        wasm_valtype_t* type = wasm_valtype_new(kinds[i]);
        CHECK_EQUAL(wasm_valtype_kind(type), kinds[i]);
        wasm_valtype_t* copy = wasm_valtype_copy(type);
        wasm_valtype_delete(type);
        CHECK_EQUAL(wasm_valtype_kind(copy), kinds[i]);
        CHECK_EQUAL(wasm_valtype_is_num(copy), i < 4);
        CHECK_EQUAL(wasm_valtype_is_ref(copy), i >= 4);
        wasm_valtype_delete(copy);
    }
}

static void an_unknown_kind_is_refused(void) {
    CHECK(wasm_valtype_new(77) == NULL);
}

static void function_types_hold_parameters_and_results(void) {
    wasm_functype_t* type = some_functype();
    check_some_functype(type);
    wasm_functype_t* copy = wasm_functype_copy(type);
    wasm_functype_delete(type);
    check_some_functype(copy);
    wasm_functype_delete(copy);

    wasm_functype_t* empty = wasm_functype_new_0_0();
    CHECK_ZEROED(*wasm_functype_params(empty));
    CHECK_ZEROED(*wasm_functype_results(empty));
    wasm_functype_delete(empty);

    wasm_functype_t* multi = wasm_functype_new_0_2(wasm_valtype_new_f32(), wasm_valtype_new_externref());
    CHECK_EQUAL(wasm_functype_results(multi)->size, 2);
    CHECK_EQUAL(wasm_valtype_kind(wasm_functype_results(multi)->data[1]), WASM_EXTERNREF);
    wasm_functype_delete(multi);
}

// The type must have these many parameters and results, of i32 and i64 in turns. Consumes it.
static void check_arities(wasm_functype_t* type, size_t params, size_t results) {
    const wasm_valtype_vec_t* vecs[] = {wasm_functype_params(type), wasm_functype_results(type)};
    CHECK_EQUAL(vecs[0]->size, params);
    CHECK_EQUAL(vecs[1]->size, results);
    for (size_t vec = 0; vec < 2; vec++) {
        for (size_t i = 0; i < vecs[vec]->size; i++) {
            CHECK_EQUAL(wasm_valtype_kind(vecs[vec]->data[i]), i % 2 ? WASM_I64 : WASM_I32);
        }
    }
    wasm_functype_delete(type);
}

static void function_types_have_short_hands(void) {
#define I32 wasm_valtype_new_i32()
#define I64 wasm_valtype_new_i64()
    check_arities(wasm_functype_new_0_0(), 0, 0);
    check_arities(wasm_functype_new_1_0(I32), 1, 0);
    check_arities(wasm_functype_new_2_0(I32, I64), 2, 0);
    check_arities(wasm_functype_new_3_0(I32, I64, I32), 3, 0);
    check_arities(wasm_functype_new_0_1(I32), 0, 1);
    check_arities(wasm_functype_new_1_1(I32, I32), 1, 1);
    check_arities(wasm_functype_new_2_1(I32, I64, I32), 2, 1);
    check_arities(wasm_functype_new_3_1(I32, I64, I32, I32), 3, 1);
    check_arities(wasm_functype_new_0_2(I32, I64), 0, 2);
    check_arities(wasm_functype_new_1_2(I32, I32, I64), 1, 2);
    check_arities(wasm_functype_new_2_2(I32, I64, I32, I64), 2, 2);
    check_arities(wasm_functype_new_3_2(I32, I64, I32, I32, I64), 3, 2);
#undef I32
#undef I64
}

static void global_types_hold_content_and_mutability(void) {
    wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new_f32(), WASM_VAR);
    wasm_globaltype_t* copy = wasm_globaltype_copy(type);
    wasm_globaltype_delete(type);
    CHECK_EQUAL(wasm_valtype_kind(wasm_globaltype_content(copy)), WASM_F32);
    CHECK_EQUAL(wasm_globaltype_mutability(copy), WASM_VAR);
    wasm_globaltype_delete(copy);

    type = wasm_globaltype_new(wasm_valtype_new_i64(), WASM_CONST);
    CHECK_EQUAL(wasm_globaltype_mutability(type), WASM_CONST);
    wasm_globaltype_delete(type);
}

static void table_types_hold_element_and_limits(void) {
    wasm_tabletype_t* type = wasm_tabletype_new(wasm_valtype_new_funcref(), &some_limits);
    wasm_tabletype_t* copy = wasm_tabletype_copy(type);
    wasm_tabletype_delete(type);
    CHECK_EQUAL(wasm_valtype_kind(wasm_tabletype_element(copy)), WASM_FUNCREF);
    CHECK_EQUAL(wasm_tabletype_limits(copy)->min, 2);
    CHECK_EQUAL(wasm_tabletype_limits(copy)->max, 5);
    wasm_tabletype_delete(copy);
}

static void memory_types_hold_limits(void) {
    wasm_memorytype_t* type = wasm_memorytype_new(&some_limits);
    wasm_memorytype_t* copy = wasm_memorytype_copy(type);
    wasm_memorytype_delete(type);
    CHECK_EQUAL(wasm_memorytype_limits(copy)->min, 2);
    CHECK_EQUAL(wasm_memorytype_limits(copy)->max, 5);
    wasm_memorytype_delete(copy);

    const wasm_limits_t open = {1, wasm_limits_max_default};
    type = wasm_memorytype_new(&open);
    CHECK_EQUAL(wasm_memorytype_limits(type)->max, wasm_limits_max_default);
    wasm_memorytype_delete(type);
}

static void tag_types_hold_a_function_type(void) {
    wasm_tagtype_t* type = wasm_tagtype_new(wasm_functype_new_1_0(wasm_valtype_new_f64()));
    wasm_tagtype_t* copy = wasm_tagtype_copy(type);
    wasm_tagtype_delete(type);
    const wasm_valtype_vec_t* params = wasm_functype_params(wasm_tagtype_functype(copy));
    CHECK_EQUAL(params->size, 1);
    CHECK_EQUAL(wasm_valtype_kind(params->data[0]), WASM_F64);
    wasm_tagtype_delete(copy);
}

// How many of the five kinds an extern type can be cast to, const and not.
static int casts_of(wasm_externtype_t* type) {
    const int casts = (wasm_externtype_as_functype(type) != NULL) + (wasm_externtype_as_globaltype(type) != NULL) +
                      (wasm_externtype_as_tabletype(type) != NULL) + (wasm_externtype_as_memorytype(type) != NULL) +
                      (wasm_externtype_as_tagtype(type) != NULL);
    const int const_casts =
        (wasm_externtype_as_functype_const(type) != NULL) + (wasm_externtype_as_globaltype_const(type) != NULL) +
        (wasm_externtype_as_tabletype_const(type) != NULL) + (wasm_externtype_as_memorytype_const(type) != NULL) +
        (wasm_externtype_as_tagtype_const(type) != NULL);
    CHECK_EQUAL(casts, const_casts);
    return casts;
}

// Casts to extern types and back give the very same object, to the right kind only; it can be copied and deleted
// through either view.
#define CHECK_EXTERN_TYPE(name, expected_kind, make)                                         \
    do {                                                                                     \
        wasm_##name##_t* type = make;                                                        \
        wasm_externtype_t* view = wasm_##name##_as_externtype(type);                         \
        CHECK(view != NULL);                                                                 \
        CHECK(wasm_##name##_as_externtype_const(type) == view);                              \
        CHECK_EQUAL(wasm_externtype_kind(view), expected_kind);                              \
        CHECK(wasm_externtype_as_##name(view) == type);                                      \
        CHECK(wasm_externtype_as_##name##_const(view) == type);                              \
        CHECK_EQUAL(casts_of(view), 1);                                                      \
        wasm_externtype_t* copy = wasm_externtype_copy(view);                                \
        wasm_externtype_delete(view);                                                        \
        CHECK_EQUAL(wasm_externtype_kind(copy), expected_kind);                              \
        CHECK_EQUAL(casts_of(copy), 1);                                                      \
        wasm_##name##_delete(wasm_externtype_as_##name(copy));                               \
    } while (0)

static void extern_types_are_views_of_their_kind(void) {
    CHECK_EXTERN_TYPE(functype, WASM_EXTERN_FUNC, some_functype());
    CHECK_EXTERN_TYPE(globaltype, WASM_EXTERN_GLOBAL, wasm_globaltype_new(wasm_valtype_new_i32(), WASM_VAR));
    CHECK_EXTERN_TYPE(tabletype, WASM_EXTERN_TABLE, wasm_tabletype_new(wasm_valtype_new_funcref(), &some_limits));
    CHECK_EXTERN_TYPE(memorytype, WASM_EXTERN_MEMORY, wasm_memorytype_new(&some_limits));
    CHECK_EXTERN_TYPE(tagtype, WASM_EXTERN_TAG, wasm_tagtype_new(wasm_functype_new_0_0()));
}

static void import_types_hold_names_and_type(void) {
    wasm_name_t module, name;
    wasm_name_new_from_string(&module, "module");
    wasm_name_new_from_string(&name, "");
    wasm_importtype_t* type = wasm_importtype_new(&module, &name, wasm_functype_as_externtype(some_functype()));
    wasm_importtype_t* copy = wasm_importtype_copy(type);
    wasm_importtype_delete(type);
    CHECK_NAME(wasm_importtype_module(copy), "module");
    CHECK_NAME(wasm_importtype_name(copy), "");
    check_some_functype(wasm_externtype_as_functype_const(wasm_importtype_type(copy)));
    wasm_importtype_delete(copy);
}

static void export_types_hold_name_and_type(void) {
    wasm_name_t name;
    wasm_name_new_from_string(&name, "name");
    wasm_exporttype_t* type =
        wasm_exporttype_new(&name, wasm_memorytype_as_externtype(wasm_memorytype_new(&some_limits)));
    wasm_exporttype_t* copy = wasm_exporttype_copy(type);
    wasm_exporttype_delete(type);
    CHECK_NAME(wasm_exporttype_name(copy), "name");
    const wasm_memorytype_t* memory = wasm_externtype_as_memorytype_const(wasm_exporttype_type(copy));
    CHECK_EQUAL(wasm_memorytype_limits(memory)->max, 5);
    wasm_exporttype_delete(copy);
}

static void vectors_of_types_own_their_elements(void) {
    wasm_externtype_t* elements[] = {
        wasm_functype_as_externtype(some_functype()),
        wasm_memorytype_as_externtype(wasm_memorytype_new(&some_limits)),
    };
    wasm_externtype_vec_t vec, copy;
    wasm_externtype_vec_new(&vec, 2, elements);
    wasm_externtype_vec_copy(&copy, &vec);
    wasm_externtype_vec_delete(&vec);
    check_some_functype(wasm_externtype_as_functype(copy.data[0]));
    CHECK_EQUAL(wasm_externtype_kind(copy.data[1]), WASM_EXTERN_MEMORY);
    wasm_externtype_vec_delete(&copy);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(value_types_know_their_kind),
        TEST(an_unknown_kind_is_refused),
        TEST(function_types_hold_parameters_and_results),
        TEST(function_types_have_short_hands),
        TEST(global_types_hold_content_and_mutability),
        TEST(table_types_hold_element_and_limits),
        TEST(memory_types_hold_limits),
        TEST(tag_types_hold_a_function_type),
        TEST(extern_types_are_views_of_their_kind),
        TEST(import_types_hold_names_and_type),
        TEST(export_types_hold_name_and_type),
        TEST(vectors_of_types_own_their_elements),
    };
    return RUN_TESTS(argc, argv, tests);
}
