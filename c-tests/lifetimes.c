// Handles are deleted in every order: each is good until its own end, and what was made with it outlives it.

#include <string.h>

#include "check.h"
#include "guest.h"

// One of each, and what can still be done with it.
enum { ENGINE, STORE, MODULE, INSTANCE, EXPORTS, HOST_FUNC, SHARED, OWNERS };

typedef struct {
    world_t world;
    guest_t guest;
    wasm_func_t* host_func;
    wasm_shared_module_t* shared;
    wasm_foreign_t* foreign;
    wasm_trap_t* trap;
    int finalized;
    bool deleted[OWNERS];
} things_t;

static void count(void* env) {
    ++*(int*)env;
}

static wasm_trap_t* give_back(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    CHECK(env != NULL);
    wasm_val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

enum { FINALIZERS = 4 };

static void things_new(things_t* things) {
    memset(things, 0, sizeof *things);
    things->world = world_new();
    wasm_store_t* store = things->world.store;
    wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
    things->host_func = wasm_func_new_with_env(store, type, give_back, &things->finalized, count);
    wasm_functype_delete(type);
    wasm_extern_t* externs[] = {wasm_func_as_extern(things->host_func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    things->guest = guest_new(store, "externref", &imports);
    things->shared = wasm_module_share(things->guest.module);
    things->foreign = wasm_foreign_new(store);
    things->trap = host_trap(store, "one");
    wasm_module_set_host_info_with_finalizer(things->guest.module, &things->finalized, count);
    wasm_instance_set_host_info_with_finalizer(things->guest.instance, &things->finalized, count);
    wasm_foreign_set_host_info_with_finalizer(things->foreign, &things->finalized, count);
}

static void delete_one(things_t* things, int owner) {
    switch (owner) {
    case ENGINE: wasm_engine_delete(things->world.engine); break;
    case STORE: wasm_store_delete(things->world.store); break;
    case MODULE: wasm_module_delete(things->guest.module); break;
    case INSTANCE: wasm_instance_delete(things->guest.instance); break;
    case EXPORTS: wasm_extern_vec_delete(&things->guest.exports); break;
    case HOST_FUNC: wasm_func_delete(things->host_func); break;
    case SHARED: wasm_shared_module_delete(things->shared); break;
    }
    things->deleted[owner] = true;
}

// The externals stand as externref.wat exports them.
enum { EXPORT_GLOBAL, EXPORT_TABLE, EXPORT_STACK, EXPORT_CALLBACK };

static void check_way(const wasm_func_t* func, wasm_foreign_t* foreign) {
    wasm_val_t argument[] = {WASM_REF_VAL(wasm_foreign_as_ref(foreign))}, result[] = {WASM_INIT_VAL};
    const wasm_val_vec_t arguments = WASM_ARRAY_VEC(argument);
    wasm_val_vec_t results = WASM_ARRAY_VEC(result);
    CHECK(wasm_func_call(func, &arguments, &results) == NULL);
    CHECK(wasm_ref_same(result[0].of.ref, argument[0].of.ref));
    wasm_val_delete(&result[0]);
}

// Uses all that is not deleted.
static void check_rest(const things_t* things) {
    const bool* deleted = things->deleted;
    if (!deleted[ENGINE]) {
        wasm_store_t* store = wasm_store_new(things->world.engine);
        CHECK(store != NULL);
        wasm_store_delete(store);
    }
    if (!deleted[STORE]) wasm_foreign_delete(wasm_foreign_new(things->world.store));
    if (!deleted[STORE] && !deleted[SHARED]) {
        wasm_module_t* module = wasm_module_obtain(things->world.store, things->shared);
        CHECK(module != NULL);
        wasm_module_delete(module);
    }
    if (!deleted[MODULE]) {
        wasm_exporttype_vec_t types;
        wasm_module_exports(things->guest.module, &types);
        CHECK(types.size > EXPORT_CALLBACK);
        wasm_exporttype_vec_delete(&types);
    }
    if (!deleted[INSTANCE]) {
        wasm_extern_vec_t exports;
        wasm_instance_exports(things->guest.instance, &exports);
        check_way(wasm_extern_as_func(exports.data[EXPORT_STACK]), things->foreign);
        wasm_extern_vec_delete(&exports);
    }
    if (!deleted[EXPORTS]) {
        check_way(wasm_extern_as_func(things->guest.exports.data[EXPORT_CALLBACK]), things->foreign);
        CHECK(wasm_table_grow(wasm_extern_as_table(things->guest.exports.data[EXPORT_TABLE]), 1,
                              wasm_foreign_as_ref(things->foreign)));
    }
    if (!deleted[HOST_FUNC]) check_way(things->host_func, things->foreign);
    CHECK_MESSAGE(things->trap, "one");
}

static void delete_in_order(const int order[OWNERS]) {
    things_t things;
    things_new(&things);
    for (int i = 0; i < OWNERS; i++) {
        delete_one(&things, order[i]);
        check_rest(&things);
    }
    wasm_foreign_delete(things.foreign);
    wasm_trap_delete(things.trap);
    CHECK_EQUAL(things.finalized, FINALIZERS);
}

// All orders of the owners from `at` on.
static void permute(int order[OWNERS], int at, void run(const int[OWNERS])) {
    if (at == OWNERS) run(order);
    for (int i = at; i < OWNERS; i++) {
        const int first = order[at];
        order[at] = order[i];
        order[i] = first;
        permute(order, at + 1, run);
        order[i] = order[at];
        order[at] = first;
    }
}

// Each order takes a compilation, so it is not all 5040 of them. Neighbours differ only in what comes last.
enum { STRIDE = 101 };

static int orders;

static void delete_in_some_order(const int order[OWNERS]) {
    if (orders++ % STRIDE == 0) delete_in_order(order);
}

static void handles_are_deleted_in_any_order(void) {
    int order[OWNERS];
    for (int i = 0; i < OWNERS; i++) order[i] = i;
    permute(order, 0, delete_in_some_order);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(handles_are_deleted_in_any_order),
    };
    return RUN_TESTS(argc, argv, tests);
}
