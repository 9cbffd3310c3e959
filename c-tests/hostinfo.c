// Host info: it belongs to the object, whichever handle it was given through, and its finalizer runs once.

#include "check.h"
#include "guest.h"

enum { MANY = 5000 };

// A piece of host info that counts how often it is finalized.
typedef struct {
    int finalized;
} info_t;

static void finalize(void* info) {
    ((info_t*)info)->finalized++;
}

// --- Every kind of object ---

// Sets and replaces the info of an object, borrowed, through several handles. In the end it carries `last`, whose
// finalizer has not run.
#define CHECK_HOST_INFO(name, object, last)                                   \
    do {                                                                      \
        info_t first = {0}, second = {0};                                     \
        wasm_##name##_t* copy = wasm_##name##_copy(object);                   \
        wasm_ref_t* ref = wasm_ref_copy((const wasm_ref_t*)copy);             \
        CHECK(wasm_##name##_get_host_info(object) == NULL);                   \
        wasm_##name##_set_host_info(object, &first);                          \
        CHECK(wasm_##name##_get_host_info(object) == &first);                 \
        CHECK(wasm_##name##_get_host_info(copy) == &first);                   \
        CHECK(wasm_ref_get_host_info(ref) == &first);                         \
        wasm_##name##_set_host_info_with_finalizer(copy, &first, finalize);   \
        /* What was set without a finalizer has none. */                      \
        CHECK_EQUAL(first.finalized, 0);                                      \
        wasm_ref_set_host_info(ref, &second);                                 \
        CHECK_EQUAL(first.finalized, 1);                                      \
        CHECK(wasm_##name##_get_host_info(object) == &second);                \
        wasm_ref_set_host_info_with_finalizer(ref, &second, finalize);        \
        wasm_##name##_set_host_info_with_finalizer(object, (last), finalize); \
        CHECK_EQUAL(first.finalized, 1);                                      \
        CHECK_EQUAL(second.finalized, 1);                                     \
        wasm_##name##_delete(copy);                                           \
        wasm_ref_delete(ref);                                                 \
        CHECK(wasm_##name##_get_host_info(object) == (last));                 \
        CHECK_EQUAL((last)->finalized, 0);                                    \
    } while (0)

// The kinds, in the order of their functions in the header. The info of the first two is that of no store.
enum { TRAP, MODULE, FOREIGN, FUNC, GLOBAL, TABLE, MEMORY, EXTERN, INSTANCE, KINDS };

static void every_kind_of_object_carries_info(void) {
    info_t infos[KINDS] = {{0}};
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL), another = guest_new(world.store, "extern", NULL);
    wasm_trap_t* trap = host_trap(world.store, "one");
    wasm_foreign_t* foreign = wasm_foreign_new(world.store);
    CHECK_HOST_INFO(trap, trap, &infos[TRAP]);
    CHECK_HOST_INFO(module, guest.module, &infos[MODULE]);
    CHECK_HOST_INFO(foreign, foreign, &infos[FOREIGN]);
    CHECK_HOST_INFO(func, guest_func(&guest, "func"), &infos[FUNC]);
    CHECK_HOST_INFO(global, guest_global(&guest, "global"), &infos[GLOBAL]);
    CHECK_HOST_INFO(table, guest_table(&guest, "table"), &infos[TABLE]);
    CHECK_HOST_INFO(memory, guest_memory(&guest, "memory"), &infos[MEMORY]);
    CHECK_HOST_INFO(extern, guest_extern(&another, "memory"), &infos[EXTERN]);
    CHECK_HOST_INFO(instance, guest.instance, &infos[INSTANCE]);

    wasm_trap_delete(trap);
    CHECK_EQUAL(infos[TRAP].finalized, 1);
    guest_delete(&guest);
    CHECK_EQUAL(infos[MODULE].finalized, 1);
    guest_delete(&another);
    wasm_foreign_delete(foreign);
    world_delete(&world);
    for (int i = 0; i < KINDS; i++) CHECK_EQUAL(infos[i].finalized, 1);
}

static void other_objects_of_the_kind_have_none(void) {
    int info;
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "table", NULL), another = guest_new(world.store, "table", NULL);
    wasm_instance_set_host_info(guest.instance, &info);
    wasm_func_set_host_info(guest_func(&guest, "one"), &info);
    CHECK(wasm_instance_get_host_info(another.instance) == NULL);
    CHECK(wasm_func_get_host_info(guest_func(&another, "one")) == NULL);
    CHECK(wasm_func_get_host_info(guest_func(&guest, "call")) == NULL);
    CHECK(wasm_table_get_host_info(guest_table(&guest, "table")) == NULL);
    CHECK(wasm_module_get_host_info(guest.module) == NULL);
    guest_delete(&guest);
    guest_delete(&another);
    world_delete(&world);
}

static void what_has_no_handle_left_keeps_its_info(void) {
    info_t in_table = {0}, exported = {0};
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "table", NULL);
    int32_t five = 5;
    wasm_func_t* func = constant_func(world.store, &five);
    wasm_func_set_host_info_with_finalizer(func, &in_table, finalize);
    CHECK(wasm_table_set(guest_table(&guest, "table"), 0, wasm_func_as_ref(func)));
    wasm_func_delete(func);
    wasm_func_set_host_info_with_finalizer(guest_func(&guest, "one"), &exported, finalize);
    wasm_extern_vec_delete(&guest.exports);
    wasm_instance_exports(guest.instance, &guest.exports);

    wasm_ref_t* ref = wasm_table_get(guest_table(&guest, "table"), 0);
    CHECK(wasm_ref_get_host_info(ref) == &in_table);
    wasm_ref_delete(ref);
    ref = wasm_table_get(guest_table(&guest, "table"), 1);
    CHECK(wasm_ref_get_host_info(ref) == &exported);
    CHECK(wasm_func_get_host_info(guest_func(&guest, "one")) == &exported);
    wasm_ref_delete(ref);
    guest_delete(&guest);
    CHECK_EQUAL(in_table.finalized + exported.finalized, 0);
    world_delete(&world);
    CHECK_EQUAL(in_table.finalized, 1);
    CHECK_EQUAL(exported.finalized, 1);
}

// --- The end ---

// Objects that are gone are collected while others are made, long before the store ends.
static void info_ends_with_its_object(void) {
    static info_t foreigns[MANY], memories[MANY];
    const wasm_limits_t limits = {0, 1};
    wasm_memorytype_t* type = wasm_memorytype_new(&limits);
    world_t world = world_new();
    for (int i = 0; i < MANY; i++) {
        foreigns[i].finalized = memories[i].finalized = 0;
        wasm_foreign_t* foreign = wasm_foreign_new(world.store);
        wasm_foreign_set_host_info_with_finalizer(foreign, &foreigns[i], finalize);
        wasm_foreign_delete(foreign);
        wasm_memory_t* memory = wasm_memory_new(world.store, type);
        CHECK(memory != NULL);
        wasm_memory_set_host_info_with_finalizer(memory, &memories[i], finalize);
        wasm_memory_delete(memory);
    }
    int finalized = 0;
    for (int i = 0; i < MANY; i++) finalized += foreigns[i].finalized + memories[i].finalized;
    CHECK(finalized > MANY);
    world_delete(&world);
    for (int i = 0; i < MANY; i++) {
        CHECK_EQUAL(foreigns[i].finalized, 1);
        CHECK_EQUAL(memories[i].finalized, 1);
    }
    wasm_memorytype_delete(type);
}

// Makes what is gone be collected.
static void make_garbage(wasm_store_t* store) {
    for (int i = 0; i < MANY; i++) wasm_foreign_delete(wasm_foreign_new(store));
}

static wasm_trap_t* give_back(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    wasm_val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

static guest_t externref_guest(wasm_store_t* store) {
    wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
    wasm_func_t* func = host_func(store, type, give_back);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest_t guest = guest_new(store, "externref", &imports);
    wasm_func_delete(func);
    return guest;
}

// External references in the instance's own table and global lead back to it in every way that there is.
static void objects_that_only_refer_to_each_other_end(void) {
    info_t infos[3] = {{0}};
    world_t world = world_new();
    guest_t guest = externref_guest(world.store);
    wasm_table_t* table = guest_table(&guest, "table");
    wasm_global_t* global = guest_global(&guest, "global");
    const wasm_val_t value = WASM_REF_VAL(wasm_table_as_ref(table));
    wasm_global_set(global, &value);
    CHECK(wasm_table_set(table, 0, wasm_instance_as_ref(guest.instance)));
    CHECK(wasm_table_set(table, 1, wasm_func_as_ref(guest_func(&guest, "stack"))));
    CHECK(wasm_table_grow(table, 2, wasm_global_as_ref(global)));
    wasm_instance_set_host_info_with_finalizer(guest.instance, &infos[0], finalize);
    wasm_table_set_host_info_with_finalizer(table, &infos[1], finalize);
    wasm_global_set_host_info_with_finalizer(global, &infos[2], finalize);

    table = wasm_table_copy(table);
    guest_delete(&guest);
    make_garbage(world.store);
    for (int i = 0; i < 3; i++) CHECK_EQUAL(infos[i].finalized, 0);
    wasm_table_delete(table);
    make_garbage(world.store);
    for (int i = 0; i < 3; i++) CHECK_EQUAL(infos[i].finalized, 1);
    world_delete(&world);
    for (int i = 0; i < 3; i++) CHECK_EQUAL(infos[i].finalized, 1);
}

static void info_of_a_module_ends_with_its_last_handle(void) {
    info_t info = {0};
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "counter", NULL);
    wasm_module_set_host_info_with_finalizer(guest.module, &info, finalize);
    wasm_module_t* copy = wasm_module_copy(guest.module);
    wasm_module_delete(guest.module);
    CHECK_EQUAL(info.finalized, 0);
    wasm_module_delete(copy);
    // The instance needs the code of the module, not the handle.
    CHECK_EQUAL(info.finalized, 1);
    wasm_extern_vec_delete(&guest.exports);
    wasm_instance_delete(guest.instance);
    world_delete(&world);
}

static void modules_and_traps_may_outlive_the_store_with_their_info(void) {
    info_t module_info = {0}, trap_info = {0};
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "counter");
    wasm_trap_t* trap = host_trap(world.store, "one");
    wasm_module_set_host_info_with_finalizer(module, &module_info, finalize);
    wasm_trap_set_host_info_with_finalizer(trap, &trap_info, finalize);
    world_delete(&world);
    CHECK(wasm_module_get_host_info(module) == &module_info);
    CHECK(wasm_trap_get_host_info(trap) == &trap_info);
    wasm_module_delete(module);
    wasm_trap_delete(trap);
    CHECK_EQUAL(module_info.finalized, 1);
    CHECK_EQUAL(trap_info.finalized, 1);
}

// An object of each kind that nothing else leads to, as a new handle.
static wasm_ref_t* lone_object(wasm_store_t* store, int kind) {
    static int32_t five = 5;
    const wasm_limits_t limits = {1, 1};
    const wasm_val_t value = WASM_I32_VAL(five);
    wasm_ref_t* ref = NULL;
    wasm_globaltype_t* global = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
    wasm_tabletype_t* table = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_memorytype_t* memory = wasm_memorytype_new(&limits);
    wasm_module_t* module = load_module(store, "extern");
    switch (kind) {
    case TRAP: ref = wasm_trap_as_ref(host_trap(store, "lone")); break;
    case MODULE: ref = wasm_module_as_ref(wasm_module_copy(module)); break;
    case FOREIGN: ref = wasm_foreign_as_ref(wasm_foreign_new(store)); break;
    case FUNC: ref = wasm_func_as_ref(constant_func(store, &five)); break;
    case GLOBAL: ref = wasm_global_as_ref(wasm_global_new(store, global, &value)); break;
    case TABLE: ref = wasm_table_as_ref(wasm_table_new(store, table, NULL)); break;
    case MEMORY: ref = wasm_memory_as_ref(wasm_memory_new(store, memory)); break;
    case EXTERN: ref = wasm_extern_as_ref(wasm_memory_as_extern(wasm_memory_new(store, memory))); break;
    case INSTANCE: ref = wasm_instance_as_ref(wasm_instance_new(store, module, NULL, NULL)); break;
    }
    CHECK(ref != NULL);
    wasm_globaltype_delete(global);
    wasm_tabletype_delete(table);
    wasm_memorytype_delete(memory);
    wasm_module_delete(module);
    return ref;
}

static void a_reference_in_wasm_keeps_the_object_and_its_info(void) {
    info_t infos[KINDS] = {{0}};
    world_t world = world_new();
    guest_t guest = externref_guest(world.store);
    wasm_table_t* table = guest_table(&guest, "table");
    CHECK(wasm_table_grow(table, KINDS, NULL));
    for (int kind = 0; kind < KINDS; kind++) {
        wasm_ref_t* ref = lone_object(world.store, kind);
        wasm_ref_set_host_info_with_finalizer(ref, &infos[kind], finalize);
        CHECK(wasm_table_set(table, (wasm_table_size_t)kind, ref));
        wasm_ref_delete(ref);
    }
    make_garbage(world.store);
    for (int kind = 0; kind < KINDS; kind++) {
        wasm_ref_t* ref = wasm_table_get(table, (wasm_table_size_t)kind);
        CHECK(wasm_ref_get_host_info(ref) == &infos[kind]);
        wasm_ref_delete(ref);
        CHECK_EQUAL(infos[kind].finalized, 0);
        CHECK(wasm_table_set(table, (wasm_table_size_t)kind, NULL));
    }
    make_garbage(world.store);
    for (int kind = 0; kind < KINDS; kind++) CHECK_EQUAL(infos[kind].finalized, 1);
    guest_delete(&guest);
    world_delete(&world);
}

// --- Traps on their way ---

typedef struct {
    info_t info;
    wasm_trap_t* copy;
} thrower_t;

static wasm_trap_t* throw(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    (void)results;
    thrower_t* thrower = env;
    wasm_trap_t* trap = host_trap(NULL, "thrown");
    wasm_trap_set_host_info_with_finalizer(trap, &thrower->info, finalize);
    thrower->copy = wasm_trap_copy(trap);
    return trap;
}

static void check_thrown(const wasm_func_t* func, const wasm_val_vec_t* arguments, thrower_t* thrower) {
    wasm_trap_t* trap = wasm_func_call(func, arguments, NULL);
    CHECK_MESSAGE(trap, "thrown");
    CHECK(wasm_trap_same(trap, thrower->copy));
    CHECK(wasm_trap_get_host_info(trap) == &thrower->info);
    wasm_trap_delete(thrower->copy);
    CHECK_EQUAL(thrower->info.finalized, 0);
    wasm_trap_delete(trap);
    CHECK_EQUAL(thrower->info.finalized, 1);
}

static void traps_keep_their_info_on_their_way_through_wasm(void) {
    world_t world = world_new();
    const wasm_val_vec_t none = WASM_EMPTY_VEC;
    wasm_val_t null[] = {WASM_INIT_VAL};
    const wasm_val_vec_t one = WASM_ARRAY_VEC(null);

    thrower_t direct = {.copy = NULL}, numeric = {.copy = NULL}, reference = {.copy = NULL};
    wasm_func_t* func = host_func_with_env(world.store, wasm_functype_new_0_0(), throw, &direct);
    check_thrown(func, &none, &direct);
    wasm_func_delete(func);

    func = host_func_with_env(world.store, wasm_functype_new_0_1(wasm_valtype_new_i32()), throw, &numeric);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    wasm_module_t* module = load_module(world.store, "start");
    wasm_trap_t* trap = NULL;
    CHECK(wasm_instance_new(world.store, module, &imports, &trap) == NULL);
    CHECK(wasm_trap_same(trap, numeric.copy));
    CHECK(wasm_trap_get_host_info(trap) == &numeric.info);
    wasm_trap_delete(trap);
    wasm_trap_delete(numeric.copy);
    CHECK_EQUAL(numeric.info.finalized, 1);
    wasm_module_delete(module);
    wasm_func_delete(func);

    func = host_func_with_env(world.store,
                              wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()),
                              throw, &reference);
    externs[0] = wasm_func_as_extern(func);
    guest_t guest = guest_new(world.store, "externref", &imports);
    check_thrown(guest_func(&guest, "callback"), &one, &reference);
    guest_delete(&guest);
    wasm_func_delete(func);
    world_delete(&world);
}

// --- Finalizers ---

static void info_ends_when_its_store_is_deleted(void) {
    info_t before = {0}, after = {0};
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "counter", NULL);
    wasm_func_set_host_info_with_finalizer(guest_func(&guest, "count"), &before, finalize);
    wasm_func_t* count = wasm_func_copy(guest_func(&guest, "count"));
    guest_delete(&guest);
    world_delete(&world);
    CHECK_EQUAL(before.finalized, 1);
    // The handle is as good as before, for new info too.
    CHECK(wasm_func_get_host_info(count) == NULL);
    CHECK_EQUAL(call_i32(count), 1);
    wasm_func_set_host_info_with_finalizer(count, &after, finalize);
    CHECK(wasm_func_get_host_info(count) == &after);
    wasm_func_delete(count);
    CHECK_EQUAL(before.finalized, 1);
    CHECK_EQUAL(after.finalized, 1);
}

typedef struct {
    info_t info;
    wasm_instance_t* instance;
    wasm_extern_vec_t exports;
} owner_t;

static void delete_owned(void* info) {
    owner_t* owner = info;
    wasm_extern_vec_delete(&owner->exports);
    wasm_instance_delete(owner->instance);
    finalize(&owner->info);
}

static void info_may_own_handles_to_the_object_that_carries_it(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "counter", NULL);
    owner_t owner = {.instance = guest.instance, .exports = guest.exports};
    wasm_instance_set_host_info_with_finalizer(guest.instance, &owner, delete_owned);
    wasm_module_delete(guest.module);
    CHECK_EQUAL(call_i32(wasm_extern_as_func(owner.exports.data[1])), 1);
    world_delete(&world);
    CHECK_EQUAL(owner.info.finalized, 1);
}

typedef struct {
    info_t info;
    info_t next;
    wasm_store_t* store;
    wasm_foreign_t* object;
} reentrant_t;

static void set_another(void* info) {
    reentrant_t* reentrant = info;
    // What is finalized is no longer there.
    CHECK(wasm_foreign_get_host_info(reentrant->object) == NULL);
    wasm_foreign_set_host_info_with_finalizer(reentrant->object, &reentrant->next, finalize);
    finalize(&reentrant->info);
}

static void finalizers_may_use_the_object(void) {
    world_t world = world_new();
    reentrant_t reentrant = {.object = wasm_foreign_new(world.store)};
    wasm_foreign_set_host_info_with_finalizer(reentrant.object, &reentrant, set_another);
    wasm_foreign_set_host_info(reentrant.object, NULL);
    CHECK_EQUAL(reentrant.info.finalized, 1);
    CHECK(wasm_foreign_get_host_info(reentrant.object) == &reentrant.next);
    wasm_foreign_delete(reentrant.object);
    world_delete(&world);
    CHECK_EQUAL(reentrant.info.finalized, 1);
    CHECK_EQUAL(reentrant.next.finalized, 1);
}

static void make_another(void* info) {
    reentrant_t* reentrant = info;
    make_garbage(reentrant->store);
    reentrant->object = wasm_foreign_new(reentrant->store);
    wasm_foreign_set_host_info_with_finalizer(reentrant->object, &reentrant->next, finalize);
    finalize(&reentrant->info);
}

static void finalizers_may_use_the_store(void) {
    world_t world = world_new();
    reentrant_t reentrant = {.store = world.store};
    wasm_foreign_t* object = wasm_foreign_new(world.store);
    wasm_foreign_set_host_info_with_finalizer(object, &reentrant, make_another);
    wasm_foreign_delete(object);
    make_garbage(world.store);
    CHECK_EQUAL(reentrant.info.finalized, 1);
    CHECK(wasm_foreign_get_host_info(reentrant.object) == &reentrant.next);
    wasm_foreign_delete(reentrant.object);
    make_garbage(world.store);
    CHECK_EQUAL(reentrant.info.finalized, 1);
    CHECK_EQUAL(reentrant.next.finalized, 1);
    world_delete(&world);
}

static int null_finalized;

static void finalize_null(void* info) {
    CHECK(info == NULL);
    null_finalized++;
}

static void info_and_finalizer_may_be_null(void) {
    int info;
    null_finalized = 0;
    world_t world = world_new();
    wasm_foreign_t* object = wasm_foreign_new(world.store);
    wasm_foreign_set_host_info_with_finalizer(object, NULL, finalize_null);
    CHECK(wasm_foreign_get_host_info(object) == NULL);
    wasm_foreign_set_host_info_with_finalizer(object, &info, NULL);
    CHECK_EQUAL(null_finalized, 1);
    CHECK(wasm_foreign_get_host_info(object) == &info);
    wasm_foreign_delete(object);
    world_delete(&world);
    CHECK_EQUAL(null_finalized, 1);
}

// The info is taken in any case.
static void without_an_object_info_ends_at_once(void) {
    info_t info = {0};
    wasm_ref_set_host_info_with_finalizer(NULL, &info, finalize);
    CHECK_EQUAL(info.finalized, 1);
    CHECK(wasm_ref_get_host_info(NULL) == NULL);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(every_kind_of_object_carries_info),
        TEST(other_objects_of_the_kind_have_none),
        TEST(what_has_no_handle_left_keeps_its_info),
        TEST(info_ends_with_its_object),
        TEST(objects_that_only_refer_to_each_other_end),
        TEST(info_of_a_module_ends_with_its_last_handle),
        TEST(modules_and_traps_may_outlive_the_store_with_their_info),
        TEST(a_reference_in_wasm_keeps_the_object_and_its_info),
        TEST(traps_keep_their_info_on_their_way_through_wasm),
        TEST(info_ends_when_its_store_is_deleted),
        TEST(info_may_own_handles_to_the_object_that_carries_it),
        TEST(finalizers_may_use_the_object),
        TEST(finalizers_may_use_the_store),
        TEST(info_and_finalizer_may_be_null),
        TEST(without_an_object_info_ends_at_once),
    };
    return RUN_TESTS(argc, argv, tests);
}
