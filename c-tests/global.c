// Globals: cells that the host and any number of instances share.

#include <stdint.h>
#include <string.h>

#include "check.h"
#include "guest.h"

// The imports of global.wat, in its order.
enum { CONST, VAR_I32, VAR_I64, VAR_F32, VAR_F64, IMPORTS };

static wasm_global_t* new_global(wasm_store_t* store, wasm_mutability_t mutability, wasm_val_t value) {
    wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new(value.kind), mutability);
    wasm_global_t* global = wasm_global_new(store, type, &value);
    CHECK(global != NULL);
    wasm_globaltype_delete(type);
    return global;
}

static void make_globals(wasm_store_t* store, wasm_global_t* globals[IMPORTS]) {
    globals[CONST] = new_global(store, WASM_CONST, (wasm_val_t)WASM_I32_VAL(42));
    globals[VAR_I32] = new_global(store, WASM_VAR, (wasm_val_t)WASM_I32_VAL(-1));
    globals[VAR_I64] = new_global(store, WASM_VAR, (wasm_val_t)WASM_I64_VAL(INT64_MIN));
    globals[VAR_F32] = new_global(store, WASM_VAR, (wasm_val_t)WASM_F32_VAL(0.5f));
    globals[VAR_F64] = new_global(store, WASM_VAR, (wasm_val_t)WASM_F64_VAL(-2.25));
}

static void delete_globals(wasm_global_t* globals[IMPORTS]) {
    for (int i = 0; i < IMPORTS; i++) wasm_global_delete(globals[i]);
}

static guest_t global_guest(wasm_store_t* store, wasm_global_t* globals[IMPORTS]) {
    wasm_extern_t* externs[IMPORTS];
    for (int i = 0; i < IMPORTS; i++) externs[i] = wasm_global_as_extern(globals[i]);
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    return guest_new(store, "global", &imports);
}

static wasm_val_t get(const wasm_global_t* global, wasm_valkind_t kind) {
    wasm_val_t value = WASM_INIT_VAL;
    wasm_global_get(global, &value);
    CHECK_EQUAL(value.kind, kind);
    return value;
}

static int32_t get_i32(const wasm_global_t* global) {
    return get(global, WASM_I32).of.i32;
}

static void set_i32(wasm_global_t* global, int32_t number) {
    const wasm_val_t value = WASM_I32_VAL(number);
    wasm_global_set(global, &value);
}

static void globals_know_their_type(void) {
    world_t world = world_new();
    wasm_global_t* global = new_global(world.store, WASM_VAR, (wasm_val_t)WASM_F64_VAL(1));
    wasm_globaltype_t* type = wasm_global_type(global);
    wasm_global_delete(global);
    CHECK_EQUAL(wasm_valtype_kind(wasm_globaltype_content(type)), WASM_F64);
    CHECK_EQUAL(wasm_globaltype_mutability(type), WASM_VAR);
    wasm_globaltype_delete(type);
    world_delete(&world);
}

static void host_globals_hold_values_of_every_kind(void) {
    world_t world = world_new();
    wasm_global_t* globals[IMPORTS];
    make_globals(world.store, globals);
    CHECK_EQUAL(get_i32(globals[CONST]), 42);
    CHECK_EQUAL(get_i32(globals[VAR_I32]), -1);
    CHECK_EQUAL(get(globals[VAR_I64], WASM_I64).of.i64, INT64_MIN);
    CHECK(get(globals[VAR_F32], WASM_F32).of.f32 == 0.5f);
    CHECK(get(globals[VAR_F64], WASM_F64).of.f64 == -2.25);

    // A signalling NaN, bit by bit.
    wasm_val_t nan = WASM_F32_VAL(0);
    memcpy(&nan.of, &(uint32_t){0x7fa12345}, 4);
    wasm_global_set(globals[VAR_F32], &nan);
    const wasm_val_t got = get(globals[VAR_F32], WASM_F32);
    CHECK(memcmp(&got.of, &nan.of, 4) == 0);
    delete_globals(globals);
    world_delete(&world);
}

static void guests_see_what_the_host_sets(void) {
    world_t world = world_new();
    wasm_global_t* globals[IMPORTS];
    make_globals(world.store, globals);
    guest_t guest = global_guest(world.store, globals);
    CHECK_EQUAL(call_i32(guest_func(&guest, "get")), -1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "get_const")), 42);
    set_i32(globals[VAR_I32], 7);
    CHECK_EQUAL(call_i32(guest_func(&guest, "get")), 7);
    guest_delete(&guest);
    delete_globals(globals);
    world_delete(&world);
}

static void the_host_sees_what_guests_set(void) {
    world_t world = world_new();
    wasm_global_t* globals[IMPORTS];
    make_globals(world.store, globals);
    guest_t guest = global_guest(world.store, globals);
    call_i32(guest_func(&guest, "set"), 8);
    CHECK_EQUAL(get_i32(globals[VAR_I32]), 8);
    call_i32(guest_func(&guest, "increment"));
    CHECK_EQUAL(get(globals[VAR_I64], WASM_I64).of.i64, INT64_MIN + 1);
    CHECK(get(globals[VAR_F32], WASM_F32).of.f32 == 1.5f);
    CHECK(get(globals[VAR_F64], WASM_F64).of.f64 == -1.25);
    guest_delete(&guest);
    delete_globals(globals);
    world_delete(&world);
}

static void exported_globals_are_the_cells_of_the_guest(void) {
    world_t world = world_new();
    wasm_global_t* globals[IMPORTS];
    make_globals(world.store, globals);
    guest_t guest = global_guest(world.store, globals);
    wasm_global_t* own = guest_global(&guest, "own");
    CHECK_EQUAL(get(own, WASM_I64).of.i64, 0x123456789abcdef0);
    call_i32(guest_func(&guest, "increment"));
    CHECK_EQUAL(get(own, WASM_I64).of.i64, 0x123456789abcdef1);
    const wasm_val_t hundred = WASM_I64_VAL(100);
    wasm_global_set(own, &hundred);
    call_i32(guest_func(&guest, "increment"));
    CHECK_EQUAL(get(own, WASM_I64).of.i64, 101);

    CHECK_EQUAL(get_i32(guest_global(&guest, "derived")), 42);
    CHECK_EQUAL(get_i32(guest_global(&guest, "const")), 42);
    set_i32(guest_global(&guest, "var_i32"), 12);
    CHECK_EQUAL(get_i32(globals[VAR_I32]), 12);
    guest_delete(&guest);
    delete_globals(globals);
    world_delete(&world);
}

static void instances_share_globals(void) {
    world_t world = world_new();
    wasm_global_t* globals[IMPORTS];
    make_globals(world.store, globals);
    guest_t left = global_guest(world.store, globals);
    guest_t right = global_guest(world.store, globals);
    call_i32(guest_func(&left, "set"), 33);
    CHECK_EQUAL(call_i32(guest_func(&right, "get")), 33);

    // What they do not share: their own.
    call_i32(guest_func(&left, "increment"));
    CHECK_EQUAL(get(guest_global(&right, "own"), WASM_I64).of.i64, 0x123456789abcdef0);

    // A global of one guest can be imported by the next, and outlives its instance.
    wasm_global_delete(globals[VAR_I32]);
    globals[VAR_I32] = wasm_global_copy(guest_global(&left, "var_i32"));
    guest_delete(&left);
    guest_t third = global_guest(world.store, globals);
    call_i32(guest_func(&third, "set"), 34);
    CHECK_EQUAL(call_i32(guest_func(&right, "get")), 34);
    guest_delete(&third);
    guest_delete(&right);
    delete_globals(globals);
    world_delete(&world);
}

static void constants_and_wrong_kinds_are_not_set(void) {
    world_t world = world_new();
    wasm_global_t* constant = new_global(world.store, WASM_CONST, (wasm_val_t)WASM_I32_VAL(1));
    set_i32(constant, 2);
    CHECK_EQUAL(get_i32(constant), 1);
    wasm_global_t* variable = new_global(world.store, WASM_VAR, (wasm_val_t)WASM_I32_VAL(1));
    const wasm_val_t wrong = WASM_F64_VAL(2);
    wasm_global_set(variable, &wrong);
    CHECK_EQUAL(get_i32(variable), 1);
    wasm_global_delete(constant);
    wasm_global_delete(variable);

    wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_VAR);
    CHECK(wasm_global_new(world.store, type, &wrong) == NULL);
    wasm_globaltype_delete(type);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(globals_know_their_type),
        TEST(host_globals_hold_values_of_every_kind),
        TEST(guests_see_what_the_host_sets),
        TEST(the_host_sees_what_guests_set),
        TEST(exported_globals_are_the_cells_of_the_guest),
        TEST(instances_share_globals),
        TEST(constants_and_wrong_kinds_are_not_set),
    };
    return RUN_TESTS(argc, argv, tests);
}
