// References: what all nine kinds of objects have in common. Copies are new handles to the same object, and the
// casts to and from wasm_ref_t are views of one handle.

#include "check.h"
#include "guest.h"

// How many of the nine kinds a reference can be cast to, const and not.
static int casts_of(wasm_ref_t* ref) {
    const int casts = (wasm_ref_as_trap(ref) != NULL) + (wasm_ref_as_module(ref) != NULL) +
                      (wasm_ref_as_func(ref) != NULL) + (wasm_ref_as_global(ref) != NULL) +
                      (wasm_ref_as_table(ref) != NULL) + (wasm_ref_as_memory(ref) != NULL) +
                      (wasm_ref_as_extern(ref) != NULL) + (wasm_ref_as_instance(ref) != NULL) +
                      (wasm_ref_as_foreign(ref) != NULL);
    const int const_casts = (wasm_ref_as_trap_const(ref) != NULL) + (wasm_ref_as_module_const(ref) != NULL) +
                            (wasm_ref_as_func_const(ref) != NULL) + (wasm_ref_as_global_const(ref) != NULL) +
                            (wasm_ref_as_table_const(ref) != NULL) + (wasm_ref_as_memory_const(ref) != NULL) +
                            (wasm_ref_as_extern_const(ref) != NULL) + (wasm_ref_as_instance_const(ref) != NULL) +
                            (wasm_ref_as_foreign_const(ref) != NULL);
    CHECK_EQUAL(casts, const_casts);
    return casts;
}

// Takes an object and another one of the same kind, both borrowed. `views` says how many kinds a reference to it can
// be cast to: its own, and for what can be imported and exported, that of externals.
#define CHECK_REFERENCES(name, object, another, views)                                  \
    do {                                                                                \
        wasm_##name##_t* copy = wasm_##name##_copy(object);                             \
        CHECK(copy != NULL);                                                            \
        CHECK(copy != (object));                                                        \
        CHECK(wasm_##name##_same(object, object));                                      \
        CHECK(wasm_##name##_same(copy, object));                                        \
        CHECK(!wasm_##name##_same(copy, another));                                      \
                                                                                        \
        wasm_ref_t* ref = wasm_##name##_as_ref(copy);                                   \
        CHECK(ref != NULL);                                                             \
        CHECK(wasm_##name##_as_ref_const(copy) == ref);                                 \
        CHECK(wasm_ref_as_##name(ref) == copy);                                         \
        CHECK(wasm_ref_as_##name##_const(ref) == copy);                                 \
        CHECK_EQUAL(casts_of(ref), views);                                              \
        CHECK(wasm_ref_same(ref, wasm_##name##_as_ref(object)));                        \
        CHECK(!wasm_ref_same(ref, wasm_##name##_as_ref(another)));                      \
                                                                                        \
        wasm_ref_t* ref_copy = wasm_ref_copy(ref);                                      \
        wasm_ref_delete(ref);                                                           \
        CHECK(wasm_##name##_same(wasm_ref_as_##name(ref_copy), object));                \
        CHECK_EQUAL(casts_of(ref_copy), views);                                         \
        wasm_##name##_delete(wasm_ref_as_##name(ref_copy));                             \
    } while (0)

static void every_kind_has_copies_and_views(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL), another = guest_new(world.store, "extern", NULL);
    wasm_trap_t* trap = host_trap(world.store, "one");
    wasm_trap_t* another_trap = host_trap(world.store, "another");
    wasm_foreign_t* foreign = wasm_foreign_new(world.store);
    wasm_foreign_t* another_foreign = wasm_foreign_new(world.store);
    CHECK_REFERENCES(trap, trap, another_trap, 1);
    CHECK_REFERENCES(foreign, foreign, another_foreign, 1);
    CHECK_REFERENCES(module, guest.module, another.module, 1);
    CHECK_REFERENCES(instance, guest.instance, another.instance, 1);
    CHECK_REFERENCES(func, guest_func(&guest, "func"), guest_func(&another, "func"), 2);
    CHECK_REFERENCES(global, guest_global(&guest, "global"), guest_global(&another, "global"), 2);
    CHECK_REFERENCES(table, guest_table(&guest, "table"), guest_table(&another, "table"), 2);
    CHECK_REFERENCES(memory, guest_memory(&guest, "memory"), guest_memory(&another, "memory"), 2);
    CHECK_REFERENCES(extern, guest_extern(&guest, "func"), guest_extern(&another, "func"), 2);
    wasm_trap_delete(trap);
    wasm_trap_delete(another_trap);
    wasm_foreign_delete(foreign);
    wasm_foreign_delete(another_foreign);
    guest_delete(&guest);
    guest_delete(&another);
    world_delete(&world);
}

static void views_as_extern_and_as_reference_agree(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL);
    wasm_func_t* func = guest_func(&guest, "func");
    wasm_extern_t* external = wasm_func_as_extern(func);
    CHECK(wasm_ref_as_extern(wasm_func_as_ref(func)) == external);
    CHECK(wasm_extern_as_ref(external) == wasm_func_as_ref(func));
    CHECK(wasm_ref_as_func(wasm_extern_as_ref(external)) == func);
    guest_delete(&guest);
    world_delete(&world);
}

static void exports_are_the_same_each_time(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL);
    wasm_extern_vec_t again;
    wasm_instance_exports(guest.instance, &again);
    CHECK_EQUAL(again.size, guest.exports.size);
    for (size_t i = 0; i < again.size; i++) {
        for (size_t other = 0; other < again.size; other++) {
            CHECK_EQUAL(wasm_extern_same(again.data[i], guest.exports.data[other]), i == other);
        }
    }
    wasm_extern_vec_delete(&again);
    guest_delete(&guest);
    world_delete(&world);
}

static void what_goes_through_a_table_stays_the_same(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "table", NULL);
    wasm_table_t* table = guest_table(&guest, "table");
    wasm_func_t* one = guest_func(&guest, "one");
    wasm_ref_t* element = wasm_table_get(table, 1);
    CHECK(wasm_func_same(wasm_ref_as_func(element), one));
    CHECK(wasm_ref_same(element, wasm_func_as_ref(one)));
    wasm_ref_delete(element);

    int32_t five = 5;
    wasm_func_t* func = constant_func(world.store, &five);
    CHECK(wasm_table_set(table, 1, wasm_func_as_ref(func)));
    element = wasm_table_get(table, 1);
    CHECK(wasm_func_same(wasm_ref_as_func(element), func));
    wasm_ref_delete(element);
    wasm_func_delete(func);
    guest_delete(&guest);
    world_delete(&world);
}

static void what_is_imported_and_exported_stays_the_same(void) {
    world_t world = world_new();
    guest_t owner = guest_new(world.store, "table", NULL);
    wasm_table_t* table = guest_table(&owner, "table");
    wasm_extern_t* externs[] = {wasm_table_as_extern(table)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest_t user = guest_new(world.store, "table_user", &imports);
    // What the user put into the table is one function, whoever looks.
    wasm_ref_t* left = wasm_table_get(table, 0);
    wasm_ref_t* right = wasm_table_get(table, 0);
    CHECK(left != right);
    CHECK(wasm_ref_same(left, right));
    wasm_ref_delete(left);
    wasm_ref_delete(right);
    guest_delete(&user);
    guest_delete(&owner);
    world_delete(&world);
}

static void two_compilations_are_two_modules(void) {
    world_t world = world_new();
    wasm_module_t* left = load_module(world.store, "extern");
    wasm_module_t* right = load_module(world.store, "extern");
    CHECK(!wasm_module_same(left, right));
    // A copy is as good as the original.
    wasm_module_t* copy = wasm_module_copy(left);
    wasm_module_delete(left);
    wasm_instance_t* instance = wasm_instance_new(world.store, copy, NULL, NULL);
    CHECK(instance != NULL);
    wasm_instance_delete(instance);
    wasm_module_delete(copy);
    wasm_module_delete(right);
    world_delete(&world);
}

static void copies_of_traps_keep_message_and_frames(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "counter", NULL);
    wasm_trap_t* trap = call_for_trap(guest_func(&guest, "fail"));
    wasm_trap_t* copy = wasm_trap_copy(trap);
    wasm_trap_delete(trap);
    CHECK_MESSAGE(copy, "out of bounds memory access");
    wasm_frame_vec_t trace;
    wasm_trap_trace(copy, &trace);
    CHECK_EQUAL(trace.size, 1);
    CHECK_EQUAL(wasm_frame_func_index(trace.data[0]), 1);
    wasm_frame_vec_delete(&trace);
    wasm_trap_delete(copy);
    guest_delete(&guest);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(every_kind_has_copies_and_views),
        TEST(views_as_extern_and_as_reference_agree),
        TEST(exports_are_the_same_each_time),
        TEST(what_goes_through_a_table_stays_the_same),
        TEST(what_is_imported_and_exported_stays_the_same),
        TEST(two_compilations_are_two_modules),
        TEST(copies_of_traps_keep_message_and_frames),
    };
    return RUN_TESTS(argc, argv, tests);
}
