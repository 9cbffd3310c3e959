// External references: objects of the host, and references of every other kind, through all places that hold them.

#include "check.h"
#include "guest.h"

// --- Every kind of reference ---

// Which of the kinds a reference can be cast to, a bit for each.
static int kinds_of(const wasm_ref_t* ref) {
    return (wasm_ref_as_trap_const(ref) != NULL) << 0 | (wasm_ref_as_foreign_const(ref) != NULL) << 1 |
           (wasm_ref_as_module_const(ref) != NULL) << 2 | (wasm_ref_as_func_const(ref) != NULL) << 3 |
           (wasm_ref_as_global_const(ref) != NULL) << 4 | (wasm_ref_as_table_const(ref) != NULL) << 5 |
           (wasm_ref_as_memory_const(ref) != NULL) << 6 | (wasm_ref_as_extern_const(ref) != NULL) << 7 |
           (wasm_ref_as_instance_const(ref) != NULL) << 8;
}

// A reference of each kind, functions and traps of both origins.
enum { FOREIGN, GUEST_FUNC, HOST_FUNC, GLOBAL, TABLE, MEMORY, INSTANCE, MODULE, TRAP, STORELESS_TRAP, OBJECTS };

typedef struct {
    wasm_ref_t* refs[OBJECTS];
} objects_t;

static int32_t forty_two = 42;

static objects_t objects_new(wasm_store_t* store) {
    guest_t guest = guest_new(store, "extern", NULL);
    objects_t objects = {{
        [FOREIGN] = wasm_foreign_as_ref(wasm_foreign_new(store)),
        [GUEST_FUNC] = wasm_func_as_ref(wasm_func_copy(guest_func(&guest, "func"))),
        [HOST_FUNC] = wasm_func_as_ref(constant_func(store, &forty_two)),
        [GLOBAL] = wasm_global_as_ref(wasm_global_copy(guest_global(&guest, "global"))),
        [TABLE] = wasm_table_as_ref(wasm_table_copy(guest_table(&guest, "table"))),
        [MEMORY] = wasm_memory_as_ref(wasm_memory_copy(guest_memory(&guest, "memory"))),
        [INSTANCE] = wasm_instance_as_ref(wasm_instance_copy(guest.instance)),
        [MODULE] = wasm_module_as_ref(wasm_module_copy(guest.module)),
        [TRAP] = wasm_trap_as_ref(host_trap(store, "of a store")),
        [STORELESS_TRAP] = wasm_trap_as_ref(host_trap(NULL, "of no store")),
    }};
    guest_delete(&guest);
    return objects;
}

static void objects_delete(objects_t* objects) {
    for (int i = 0; i < OBJECTS; i++) wasm_ref_delete(objects->refs[i]);
}

// --- Places that hold references ---

typedef struct {
    world_t world;
    guest_t guest;  // of externref.wat
    wasm_func_t* host;
} holder_t;

static wasm_trap_t* give_back(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    CHECK_EQUAL(arguments->data[0].kind, WASM_EXTERNREF);
    wasm_val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

static holder_t holder_new(void) {
    holder_t holder = {.world = world_new()};
    wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
    holder.host = host_func(holder.world.store, type, give_back);
    wasm_extern_t* externs[] = {wasm_func_as_extern(holder.host)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    holder.guest = guest_new(holder.world.store, "externref", &imports);
    return holder;
}

static void holder_delete(holder_t* holder) {
    wasm_func_delete(holder->host);
    guest_delete(&holder->guest);
    world_delete(&holder->world);
}

// Takes a reference that is borrowed and gives what comes out, which belongs to the caller.
typedef wasm_ref_t* (*way_t)(const holder_t* holder, wasm_ref_t* ref);

static wasm_ref_t* call_way(const wasm_func_t* func, wasm_ref_t* ref) {
    wasm_val_t argument[] = {WASM_REF_VAL(ref)}, result[] = {WASM_I32_VAL(1)};
    const wasm_val_vec_t arguments = WASM_ARRAY_VEC(argument);
    wasm_val_vec_t results = WASM_ARRAY_VEC(result);
    CHECK(wasm_func_call(func, &arguments, &results) == NULL);
    CHECK_EQUAL(result[0].kind, WASM_EXTERNREF);
    return result[0].of.ref;
}

static wasm_ref_t* through_stack(const holder_t* holder, wasm_ref_t* ref) {
    return call_way(guest_func(&holder->guest, "stack"), ref);
}

static wasm_ref_t* through_host_function(const holder_t* holder, wasm_ref_t* ref) {
    return call_way(holder->host, ref);
}

static wasm_ref_t* through_callback(const holder_t* holder, wasm_ref_t* ref) {
    return call_way(guest_func(&holder->guest, "callback"), ref);
}

static wasm_ref_t* through_global_of_guest(const holder_t* holder, wasm_ref_t* ref) {
    return call_way(guest_func(&holder->guest, "cell"), ref);
}

static wasm_ref_t* get_global(const wasm_global_t* global) {
    wasm_val_t value = WASM_I32_VAL(1);
    wasm_global_get(global, &value);
    CHECK_EQUAL(value.kind, WASM_EXTERNREF);
    return value.of.ref;
}

static wasm_ref_t* through_global_by_host(const holder_t* holder, wasm_ref_t* ref) {
    wasm_global_t* global = guest_global(&holder->guest, "global");
    const wasm_val_t value = WASM_REF_VAL(ref);
    wasm_global_set(global, &value);
    return get_global(global);
}

static wasm_ref_t* through_new_global(const holder_t* holder, wasm_ref_t* ref) {
    const wasm_val_t value = WASM_REF_VAL(ref);
    wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new_externref(), WASM_CONST);
    wasm_global_t* global = wasm_global_new(holder->world.store, type, &value);
    wasm_globaltype_delete(type);
    wasm_ref_t* result = get_global(global);
    wasm_global_delete(global);
    return result;
}

static wasm_ref_t* through_table_of_guest(const holder_t* holder, wasm_ref_t* ref) {
    return call_way(guest_func(&holder->guest, "element"), ref);
}

static wasm_ref_t* through_growth_of_guest(const holder_t* holder, wasm_ref_t* ref) {
    return call_way(guest_func(&holder->guest, "growth"), ref);
}

static wasm_ref_t* through_table_by_host(const holder_t* holder, wasm_ref_t* ref) {
    wasm_table_t* table = guest_table(&holder->guest, "table");
    CHECK(wasm_table_set(table, 0, ref));
    return wasm_table_get(table, 0);
}

static wasm_table_t* new_table(wasm_store_t* store, wasm_table_size_t size, wasm_ref_t* init) {
    const wasm_limits_t limits = {size, wasm_limits_max_default};
    wasm_tabletype_t* type = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
    wasm_table_t* table = wasm_table_new(store, type, init);
    wasm_tabletype_delete(type);
    return table;
}

static wasm_ref_t* through_new_table(const holder_t* holder, wasm_ref_t* ref) {
    wasm_table_t* table = new_table(holder->world.store, 1, ref);
    wasm_ref_t* result = wasm_table_get(table, 0);
    wasm_table_delete(table);
    return result;
}

static wasm_ref_t* through_growth_by_host(const holder_t* holder, wasm_ref_t* ref) {
    wasm_table_t* table = new_table(holder->world.store, 0, NULL);
    CHECK(wasm_table_grow(table, 2, ref));
    wasm_ref_t* result = wasm_table_get(table, 1);
    wasm_table_delete(table);
    return result;
}

static wasm_ref_t* through_value(const holder_t* holder, wasm_ref_t* ref) {
    (void)holder;
    const wasm_val_t value = WASM_REF_VAL(ref);
    wasm_val_t copy = WASM_INIT_VAL;
    wasm_val_copy(&copy, &value);
    return copy.of.ref;
}

static const way_t ways[] = {
    through_stack,
    through_host_function,
    through_callback,
    through_global_of_guest,
    through_global_by_host,
    through_new_global,
    through_table_of_guest,
    through_growth_of_guest,
    through_table_by_host,
    through_new_table,
    through_growth_by_host,
    through_value,
};
enum { WAYS = sizeof ways / sizeof *ways };

static void references_of_every_kind_come_back_the_same(void) {
    holder_t holder = holder_new();
    objects_t objects = objects_new(holder.world.store);
    for (int way = 0; way < WAYS; way++) {
        for (int i = 0; i < OBJECTS; i++) {
            wasm_ref_t* back = ways[way](&holder, objects.refs[i]);
            CHECK(back != objects.refs[i]);
            CHECK_EQUAL(kinds_of(back), kinds_of(objects.refs[i]));
            for (int other = 0; other < OBJECTS; other++) {
                CHECK_EQUAL(wasm_ref_same(back, objects.refs[other]), i == other);
            }
            wasm_ref_delete(back);
        }
    }
    objects_delete(&objects);
    holder_delete(&holder);
}

static void null_comes_back_as_null(void) {
    holder_t holder = holder_new();
    for (int way = 0; way < WAYS; way++) CHECK(ways[way](&holder, NULL) == NULL);
    holder_delete(&holder);
}

static void no_object_is_null_to_the_guest(void) {
    holder_t holder = holder_new();
    objects_t objects = objects_new(holder.world.store);
    for (int i = -1; i < OBJECTS; i++) {
        wasm_val_t argument[] = {WASM_REF_VAL(i < 0 ? NULL : objects.refs[i])}, result[] = {WASM_INIT_VAL};
        const wasm_val_vec_t arguments = WASM_ARRAY_VEC(argument);
        wasm_val_vec_t results = WASM_ARRAY_VEC(result);
        CHECK(wasm_func_call(guest_func(&holder.guest, "is_null"), &arguments, &results) == NULL);
        CHECK_EQUAL(result[0].of.i32, i < 0);
    }
    objects_delete(&objects);
    holder_delete(&holder);
}

static void what_comes_back_works(void) {
    holder_t holder = holder_new();
    objects_t objects = objects_new(holder.world.store);
    wasm_ref_t* back[OBJECTS];
    for (int i = 0; i < OBJECTS; i++) back[i] = through_table_by_host(&holder, objects.refs[i]);
    objects_delete(&objects);

    CHECK_EQUAL(call_i32(wasm_ref_as_func(back[HOST_FUNC])), 42);
    CHECK_EQUAL(wasm_func_result_arity(wasm_ref_as_func(back[GUEST_FUNC])), 1);
    CHECK_EQUAL(wasm_table_size(wasm_ref_as_table(back[TABLE])), 1);
    CHECK_EQUAL(wasm_memory_size(wasm_ref_as_memory(back[MEMORY])), 3);
    CHECK_MESSAGE(wasm_ref_as_trap(back[TRAP]), "of a store");
    CHECK_MESSAGE(wasm_ref_as_trap(back[STORELESS_TRAP]), "of no store");
    wasm_extern_vec_t exports;
    wasm_instance_exports(wasm_ref_as_instance(back[INSTANCE]), &exports);
    CHECK_EQUAL(exports.size, 4);
    CHECK(wasm_extern_same(exports.data[WASM_EXTERN_FUNC], wasm_ref_as_extern(back[GUEST_FUNC])));
    wasm_extern_vec_delete(&exports);
    wasm_instance_t* another = wasm_instance_new(holder.world.store, wasm_ref_as_module(back[MODULE]), NULL, NULL);
    CHECK(another != NULL);
    CHECK(!wasm_instance_same(another, wasm_ref_as_instance(back[INSTANCE])));
    wasm_instance_delete(another);

    for (int i = 0; i < OBJECTS; i++) wasm_ref_delete(back[i]);
    holder_delete(&holder);
}

// --- Objects of the host ---

static void objects_of_the_host_are_what_they_are(void) {
    world_t world = world_new();
    wasm_foreign_t* one = wasm_foreign_new(world.store);
    wasm_foreign_t* another = wasm_foreign_new(world.store);
    wasm_foreign_t* copy = wasm_foreign_copy(one);
    CHECK(copy != one);
    CHECK(wasm_foreign_same(copy, one));
    CHECK(!wasm_foreign_same(copy, another));
    CHECK(wasm_ref_as_foreign(wasm_foreign_as_ref(one)) == one);
    CHECK(wasm_ref_as_foreign_const(wasm_foreign_as_ref_const(one)) == one);
    CHECK(wasm_ref_as_func(wasm_foreign_as_ref(one)) == NULL);
    CHECK(wasm_foreign_get_host_info(one) == NULL);
    wasm_foreign_delete(one);
    wasm_foreign_delete(copy);
    wasm_ref_delete(wasm_foreign_as_ref(another));
    world_delete(&world);
}

static void objects_of_the_host_may_outlive_their_store(void) {
    world_t world = world_new();
    wasm_foreign_t* object = wasm_foreign_new(world.store);
    world_delete(&world);
    wasm_foreign_t* copy = wasm_foreign_copy(object);
    wasm_foreign_delete(object);
    wasm_foreign_delete(copy);
}

static void there_is_no_object_without_a_store(void) {
    CHECK(wasm_foreign_new(NULL) == NULL);
    wasm_foreign_delete(NULL);
}

// --- What does not fit ---

static void objects_of_another_store_do_not_fit(void) {
    holder_t holder = holder_new();
    world_t other = world_new();
    objects_t objects = objects_new(other.store);
    wasm_table_t* table = guest_table(&holder.guest, "table");
    wasm_global_t* global = guest_global(&holder.guest, "global");
    for (int i = 0; i < OBJECTS; i++) {
        // These belong to no store.
        if (i == MODULE || i == STORELESS_TRAP) continue;
        CHECK(!wasm_table_set(table, 0, objects.refs[i]));
        CHECK(!wasm_table_grow(table, 1, objects.refs[i]));
        CHECK(new_table(holder.world.store, 1, objects.refs[i]) == NULL);
        const wasm_val_t value = WASM_REF_VAL(objects.refs[i]);
        wasm_global_set(global, &value);
        CHECK(get_global(global) == NULL);

        wasm_val_t argument[] = {value}, result[] = {WASM_INIT_VAL};
        const wasm_val_vec_t arguments = WASM_ARRAY_VEC(argument);
        wasm_val_vec_t results = WASM_ARRAY_VEC(result);
        wasm_trap_t* trap = wasm_func_call(guest_func(&holder.guest, "stack"), &arguments, &results);
        CHECK_MESSAGE(trap, "another store");
        wasm_trap_delete(trap);
    }
    CHECK_EQUAL(wasm_table_size(table), 2);
    objects_delete(&objects);
    world_delete(&other);
    holder_delete(&holder);
}

static void only_functions_are_function_references(void) {
    holder_t holder = holder_new();
    objects_t objects = objects_new(holder.world.store);
    const wasm_limits_t limits = {1, 1};
    wasm_tabletype_t* type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_table_t* table = wasm_table_new(holder.world.store, type, NULL);
    for (int i = 0; i < OBJECTS; i++) {
        CHECK_EQUAL(wasm_table_set(table, 0, objects.refs[i]), i == GUEST_FUNC || i == HOST_FUNC);
    }
    wasm_tabletype_delete(type);
    wasm_table_delete(table);
    objects_delete(&objects);
    holder_delete(&holder);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(references_of_every_kind_come_back_the_same),
        TEST(null_comes_back_as_null),
        TEST(no_object_is_null_to_the_guest),
        TEST(what_comes_back_works),
        TEST(objects_of_the_host_are_what_they_are),
        TEST(objects_of_the_host_may_outlive_their_store),
        TEST(there_is_no_object_without_a_store),
        TEST(objects_of_another_store_do_not_fit),
        TEST(only_functions_are_function_references),
    };
    return RUN_TESTS(argc, argv, tests);
}
