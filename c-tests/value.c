// Values: numbers are copied bit by bit, references as new handles.

#include <stdint.h>
#include <string.h>

#include "check.h"
#include "guest.h"

static void numbers_are_copied_bit_by_bit(void) {
    // A signalling NaN with a payload, which no arithmetic may have touched.
    const uint32_t nan = 0x7fa12345;
    wasm_val_t values[] = {WASM_I32_VAL(INT32_MIN), WASM_I64_VAL(INT64_MIN), WASM_F32_VAL(0), WASM_F64_VAL(-0.0)};
    memcpy(&values[2].of.f32, &nan, sizeof nan);
    for (size_t i = 0; i < 4; i++) {
        wasm_val_t copy = WASM_INIT_VAL;
        wasm_val_copy(&copy, &values[i]);
        CHECK_EQUAL(copy.kind, values[i].kind);
        const size_t size = i % 2 ? 8 : 4;
        CHECK(memcmp(&copy.of, &values[i].of, size) == 0);
        wasm_val_delete(&copy);
        wasm_val_delete(&values[i]);
    }
}

static void null_references_are_copied_and_deleted(void) {
    wasm_val_t null = WASM_INIT_VAL, copy = WASM_I32_VAL(1);
    wasm_val_copy(&copy, &null);
    CHECK_EQUAL(copy.kind, WASM_EXTERNREF);
    CHECK(copy.of.ref == NULL);
    wasm_val_delete(&copy);
    wasm_val_delete(&null);
}

static void copied_references_are_handles_of_the_same_object(void) {
    world_t world = world_new();
    int32_t seven = 7;
    wasm_func_t* func = constant_func(world.store, &seven);
    wasm_val_t value = WASM_REF_VAL(wasm_func_as_ref(func)), copy = WASM_INIT_VAL;
    value.kind = WASM_FUNCREF;
    wasm_val_copy(&copy, &value);
    CHECK_EQUAL(copy.kind, WASM_FUNCREF);
    CHECK(wasm_ref_same(copy.of.ref, value.of.ref));
    wasm_val_delete(&value);
    CHECK_EQUAL(call_i32(wasm_ref_as_func(copy.of.ref)), 7);
    wasm_val_delete(&copy);
    world_delete(&world);
}

static void vectors_of_values_own_their_references(void) {
    world_t world = world_new();
    int32_t eight = 8;
    wasm_val_t values[] = {WASM_I64_VAL(-1), WASM_INIT_VAL,
                           WASM_REF_VAL(wasm_func_as_ref(constant_func(world.store, &eight)))};
    wasm_val_vec_t vec, copy;
    wasm_val_vec_new(&vec, 3, values);
    wasm_val_vec_copy(&copy, &vec);
    wasm_val_vec_delete(&vec);
    CHECK_ZEROED(vec);
    CHECK_EQUAL(copy.size, 3);
    CHECK_EQUAL(copy.data[0].of.i64, -1);
    CHECK(copy.data[1].of.ref == NULL);
    CHECK_EQUAL(call_i32(wasm_ref_as_func(copy.data[2].of.ref)), 8);
    wasm_val_vec_delete(&copy);
    world_delete(&world);
}

static void pointers_travel_as_values(void) {
    int target;
    wasm_val_t value;
    wasm_val_init_ptr(&value, &target);
    CHECK(wasm_val_ptr(&value) == &target);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(numbers_are_copied_bit_by_bit),
        TEST(null_references_are_copied_and_deleted),
        TEST(copied_references_are_handles_of_the_same_object),
        TEST(vectors_of_values_own_their_references),
        TEST(pointers_travel_as_values),
    };
    return RUN_TESTS(argc, argv, tests);
}
