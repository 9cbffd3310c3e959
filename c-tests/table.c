// Tables of functions: null and bounds, growth, calls of host and guest functions through them.

#include "check.h"
#include "guest.h"

static wasm_table_t* new_table(wasm_store_t* store, uint32_t min, uint32_t max, wasm_ref_t* init) {
    const wasm_limits_t limits = {min, max};
    wasm_tabletype_t* type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_table_t* table = wasm_table_new(store, type, init);
    wasm_tabletype_delete(type);
    return table;
}

static bool is_null(const wasm_table_t* table, wasm_table_size_t index) {
    wasm_ref_t* ref = wasm_table_get(table, index);
    wasm_ref_delete(ref);
    return ref == NULL;
}

// Calls the function that stands in a table, which gives an i32.
static int32_t call_element(const wasm_table_t* table, wasm_table_size_t index) {
    wasm_ref_t* ref = wasm_table_get(table, index);
    CHECK(ref != NULL);
    const wasm_func_t* func = wasm_ref_as_func(ref);
    CHECK(func != NULL);
    const int32_t result = call_i32(func);
    wasm_ref_delete(ref);
    return result;
}

static void check_call_traps(const guest_t* guest, int32_t index, const char* message) {
    wasm_trap_t* trap = call_for_trap(guest_func(guest, "call"), index);
    CHECK_MESSAGE(trap, message);
    wasm_trap_delete(trap);
}

static void tables_know_their_type(void) {
    world_t world = world_new();
    wasm_table_t* table = new_table(world.store, 2, 5, NULL);
    wasm_tabletype_t* type = wasm_table_type(table);
    wasm_table_delete(table);
    CHECK_EQUAL(wasm_valtype_kind(wasm_tabletype_element(type)), WASM_FUNCREF);
    CHECK_EQUAL(wasm_tabletype_limits(type)->min, 2);
    CHECK_EQUAL(wasm_tabletype_limits(type)->max, 5);
    wasm_tabletype_delete(type);
    world_delete(&world);
}

static void tables_that_cannot_be_are_refused(void) {
    world_t world = world_new();
    CHECK(new_table(world.store, 3, 2, NULL) == NULL);
    world_delete(&world);
}

static void new_tables_are_filled_with_their_first_value(void) {
    world_t world = world_new();
    int32_t five = 5;
    wasm_func_t* func = constant_func(world.store, &five);
    wasm_table_t* empty = new_table(world.store, 2, wasm_limits_max_default, NULL);
    wasm_table_t* full = new_table(world.store, 2, wasm_limits_max_default, wasm_func_as_ref(func));
    // The table keeps the function.
    wasm_func_delete(func);
    CHECK_EQUAL(wasm_table_size(empty), 2);
    CHECK(is_null(empty, 0) && is_null(empty, 1));
    CHECK_EQUAL(call_element(full, 0), 5);
    CHECK_EQUAL(call_element(full, 1), 5);
    wasm_table_delete(empty);
    wasm_table_delete(full);
    world_delete(&world);
}

static void elements_are_set_and_cleared(void) {
    world_t world = world_new();
    int32_t five = 5;
    wasm_func_t* func = constant_func(world.store, &five);
    wasm_table_t* table = new_table(world.store, 2, 2, NULL);
    CHECK(wasm_table_set(table, 1, wasm_func_as_ref(func)));
    CHECK(is_null(table, 0));
    CHECK_EQUAL(call_element(table, 1), 5);
    // The reference was only lent.
    CHECK_EQUAL(call_i32(func), 5);
    CHECK(wasm_table_set(table, 1, NULL));
    CHECK(is_null(table, 1));
    wasm_func_delete(func);
    wasm_table_delete(table);
    world_delete(&world);
}

static void bounds_are_kept(void) {
    world_t world = world_new();
    int32_t five = 5;
    wasm_func_t* func = constant_func(world.store, &five);
    wasm_table_t* table = new_table(world.store, 2, 4, NULL);
    CHECK(is_null(table, 2));
    CHECK(is_null(table, 0xffffffff));
    CHECK(!wasm_table_set(table, 2, wasm_func_as_ref(func)));
    CHECK(!wasm_table_set(table, 2, NULL));
    CHECK(!wasm_table_set(table, 0xffffffff, wasm_func_as_ref(func)));

    CHECK(wasm_table_grow(table, 1, wasm_func_as_ref(func)));
    CHECK_EQUAL(wasm_table_size(table), 3);
    CHECK_EQUAL(call_element(table, 2), 5);
    CHECK(wasm_table_grow(table, 0, NULL));
    CHECK(!wasm_table_grow(table, 2, NULL));
    CHECK(!wasm_table_grow(table, 0xffffffff, NULL));
    CHECK(wasm_table_grow(table, 1, NULL));
    CHECK_EQUAL(wasm_table_size(table), 4);
    CHECK(is_null(table, 3));
    wasm_func_delete(func);
    wasm_table_delete(table);
    world_delete(&world);
}

static void the_host_calls_what_the_guest_put_into_its_table(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "table", NULL);
    wasm_table_t* table = guest_table(&guest, "table");
    CHECK_EQUAL(wasm_table_size(table), 4);
    CHECK(is_null(table, 0));
    CHECK_EQUAL(call_element(table, 1), 1);
    CHECK_EQUAL(call_element(table, 2), 2);

    // A function that was taken out outlives the instance that it belongs to.
    wasm_ref_t* two = wasm_table_get(table, 2);
    guest_delete(&guest);
    CHECK_EQUAL(call_i32(wasm_ref_as_func(two)), 2);
    wasm_ref_delete(two);
    world_delete(&world);
}

static void the_guest_calls_what_the_host_put_into_its_table(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "table", NULL);
    wasm_table_t* table = guest_table(&guest, "table");
    int32_t five = 5;
    wasm_func_t* func = constant_func(world.store, &five);
    CHECK_EQUAL(call_i32(guest_func(&guest, "call"), 1), 1);
    check_call_traps(&guest, 0, "uninitialized element");
    check_call_traps(&guest, 3, "indirect call type mismatch");
    check_call_traps(&guest, 4, "undefined element");

    CHECK(wasm_table_set(table, 0, wasm_func_as_ref(func)));
    CHECK(wasm_table_set(table, 3, wasm_func_as_ref(guest_func(&guest, "one"))));
    CHECK(wasm_table_set(table, 1, NULL));
    CHECK(wasm_table_grow(table, 4, wasm_func_as_ref(func)));
    wasm_func_delete(func);
    CHECK_EQUAL(call_i32(guest_func(&guest, "call"), 0), 5);
    CHECK_EQUAL(call_i32(guest_func(&guest, "call"), 3), 1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "call"), 7), 5);
    check_call_traps(&guest, 1, "uninitialized element");
    check_call_traps(&guest, 8, "undefined element");
    guest_delete(&guest);
    world_delete(&world);
}

static void instances_share_tables(void) {
    world_t world = world_new();
    guest_t owner = guest_new(world.store, "table", NULL);
    wasm_table_t* table = guest_table(&owner, "table");
    wasm_extern_t* externs[] = {wasm_table_as_extern(table)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest_t user = guest_new(world.store, "table_user", &imports);

    // Each calls functions of the other.
    CHECK_EQUAL(call_i32(guest_func(&user, "call"), 2), 2);
    CHECK_EQUAL(call_i32(guest_func(&owner, "call"), 0), 100);
    // The table keeps the instance alive whose functions it holds.
    guest_delete(&user);
    CHECK_EQUAL(call_i32(guest_func(&owner, "call"), 0), 100);
    CHECK_EQUAL(call_element(table, 0), 100);
    guest_delete(&owner);
    world_delete(&world);
}

static void guests_import_tables_of_the_host(void) {
    world_t world = world_new();
    int32_t five = 5;
    wasm_func_t* func = constant_func(world.store, &five);
    wasm_table_t* table = new_table(world.store, 3, wasm_limits_max_default, wasm_func_as_ref(func));
    wasm_func_delete(func);
    wasm_extern_t* externs[] = {wasm_table_as_extern(table)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest_t user = guest_new(world.store, "table_user", &imports);
    CHECK_EQUAL(call_i32(guest_func(&user, "call"), 0), 100);
    CHECK_EQUAL(call_i32(guest_func(&user, "call"), 1), 5);
    CHECK_EQUAL(call_element(table, 0), 100);
    wasm_table_delete(table);
    CHECK_EQUAL(call_i32(guest_func(&user, "call"), 2), 5);
    guest_delete(&user);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(tables_know_their_type),
        TEST(tables_that_cannot_be_are_refused),
        TEST(new_tables_are_filled_with_their_first_value),
        TEST(elements_are_set_and_cleared),
        TEST(bounds_are_kept),
        TEST(the_host_calls_what_the_guest_put_into_its_table),
        TEST(the_guest_calls_what_the_host_put_into_its_table),
        TEST(instances_share_tables),
        TEST(guests_import_tables_of_the_host),
    };
    return RUN_TESTS(argc, argv, tests);
}
