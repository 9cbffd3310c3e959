// Externals: views of functions, globals, tables and memories.

#include "check.h"
#include "guest.h"

// The exports of extern.wat, in its order, which is that of the kinds.
enum { EXPORTS = 4 };

// How many of the four kinds an external can be cast to, const and not.
static int casts_of(wasm_extern_t* object) {
    const int casts = (wasm_extern_as_func(object) != NULL) + (wasm_extern_as_global(object) != NULL) +
                      (wasm_extern_as_table(object) != NULL) + (wasm_extern_as_memory(object) != NULL);
    const int const_casts =
        (wasm_extern_as_func_const(object) != NULL) + (wasm_extern_as_global_const(object) != NULL) +
        (wasm_extern_as_table_const(object) != NULL) + (wasm_extern_as_memory_const(object) != NULL);
    CHECK_EQUAL(casts, const_casts);
    return casts;
}

static void externals_know_their_kind(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL);
    CHECK_EQUAL(guest.exports.size, EXPORTS);
    for (size_t i = 0; i < EXPORTS; i++) {
        CHECK_EQUAL(wasm_extern_kind(guest.exports.data[i]), WASM_EXTERN_FUNC + i);
        CHECK_EQUAL(casts_of(guest.exports.data[i]), 1);
    }
    guest_delete(&guest);
    world_delete(&world);
}

static void externals_know_their_type(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL);
    wasm_externtype_t* types[EXPORTS];
    for (size_t i = 0; i < EXPORTS; i++) types[i] = wasm_extern_type(guest.exports.data[i]);
    guest_delete(&guest);

    const wasm_functype_t* func = wasm_externtype_as_functype(types[WASM_EXTERN_FUNC]);
    CHECK_EQUAL(wasm_functype_params(func)->size, 1);
    CHECK_EQUAL(wasm_valtype_kind(wasm_functype_results(func)->data[0]), WASM_I64);
    const wasm_globaltype_t* global = wasm_externtype_as_globaltype(types[WASM_EXTERN_GLOBAL]);
    CHECK_EQUAL(wasm_valtype_kind(wasm_globaltype_content(global)), WASM_F32);
    CHECK_EQUAL(wasm_globaltype_mutability(global), WASM_VAR);
    const wasm_tabletype_t* table = wasm_externtype_as_tabletype(types[WASM_EXTERN_TABLE]);
    CHECK_EQUAL(wasm_tabletype_limits(table)->max, 2);
    const wasm_memorytype_t* memory = wasm_externtype_as_memorytype(types[WASM_EXTERN_MEMORY]);
    CHECK_EQUAL(wasm_memorytype_limits(memory)->min, 3);
    for (size_t i = 0; i < EXPORTS; i++) wasm_externtype_delete(types[i]);
    world_delete(&world);
}

// A cast and its way back give the same handle, const and not.
#define CHECK_EXTERN_CASTS(name, object)                                   \
    do {                                                                   \
        wasm_##name##_t* handle = wasm_extern_as_##name(object);           \
        CHECK(handle != NULL);                                             \
        CHECK(wasm_##name##_as_extern(handle) == (object));                \
        CHECK(wasm_##name##_as_extern_const(handle) == (object));          \
        CHECK(wasm_extern_as_##name##_const(object) == handle);            \
    } while (0)

static void casts_are_views_of_one_handle(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL);
    CHECK_EXTERN_CASTS(func, guest.exports.data[WASM_EXTERN_FUNC]);
    CHECK_EXTERN_CASTS(global, guest.exports.data[WASM_EXTERN_GLOBAL]);
    CHECK_EXTERN_CASTS(table, guest.exports.data[WASM_EXTERN_TABLE]);
    CHECK_EXTERN_CASTS(memory, guest.exports.data[WASM_EXTERN_MEMORY]);
    guest_delete(&guest);
    world_delete(&world);
}

static void handles_are_deleted_through_either_view(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL);
    wasm_func_t* func = wasm_func_copy(guest_func(&guest, "func"));
    wasm_extern_delete(wasm_func_as_extern(func));
    wasm_extern_t* memory = wasm_extern_copy(guest_extern(&guest, "memory"));
    wasm_memory_delete(wasm_extern_as_memory(memory));
    guest_delete(&guest);
    world_delete(&world);
}

static void vectors_own_new_functions_through_casts(void) {
    world_t world = world_new();
    int32_t nine = 9;
    wasm_extern_t* externs[] = {wasm_func_as_extern(constant_func(world.store, &nine))};
    wasm_extern_vec_t vec, copy;
    wasm_extern_vec_new(&vec, 1, externs);
    wasm_extern_vec_copy(&copy, &vec);
    wasm_extern_vec_delete(&vec);
    CHECK_EQUAL(call_i32(wasm_extern_as_func(copy.data[0])), 9);
    wasm_extern_vec_delete(&copy);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(externals_know_their_kind),
        TEST(externals_know_their_type),
        TEST(casts_are_views_of_one_handle),
        TEST(handles_are_deleted_through_either_view),
        TEST(vectors_own_new_functions_through_casts),
    };
    return RUN_TESTS(argc, argv, tests);
}
