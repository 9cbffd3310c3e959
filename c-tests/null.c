// NULL for every pointer of every function: it is answered with the function's failure value, and nothing leaks.

#include "check.h"
#include "guest.h"

// What holds of every type of a vector. An `out` vector is left empty.
#define CHECK_VECTOR(name)                            \
    do {                                              \
        wasm_##name##_vec_t vec = {7, (void*)&vec};   \
        wasm_##name##_vec_new_empty(NULL);            \
        wasm_##name##_vec_new_uninitialized(NULL, 3); \
        wasm_##name##_vec_new(NULL, 0, NULL);         \
        wasm_##name##_vec_copy(NULL, NULL);           \
        wasm_##name##_vec_copy(&vec, NULL);           \
        CHECK_ZEROED(vec);                            \
        wasm_##name##_vec_copy(NULL, &vec);           \
        wasm_##name##_vec_delete(NULL);               \
    } while (0)

// What holds of every type of an object that can be copied.
#define CHECK_OWNED(name)                        \
    do {                                         \
        CHECK(wasm_##name##_copy(NULL) == NULL); \
        wasm_##name##_delete(NULL);              \
    } while (0)

// What holds of every type of a reference.
#define CHECK_REFERENCE(name, object)                                 \
    do {                                                              \
        CHECK_OWNED(name);                                            \
        CHECK(!wasm_##name##_same(NULL, object));                     \
        CHECK(!wasm_##name##_same(object, NULL));                     \
        CHECK(!wasm_##name##_same(NULL, NULL));                       \
        CHECK(wasm_##name##_get_host_info(NULL) == NULL);             \
        wasm_##name##_set_host_info(NULL, NULL);                      \
        wasm_##name##_set_host_info_with_finalizer(NULL, NULL, NULL); \
    } while (0)

#define CHECK_VIEW(name, object)                         \
    do {                                                 \
        CHECK_REFERENCE(name, object);                   \
        CHECK(wasm_##name##_as_ref(NULL) == NULL);       \
        CHECK(wasm_##name##_as_ref_const(NULL) == NULL); \
        CHECK(wasm_ref_as_##name(NULL) == NULL);         \
        CHECK(wasm_ref_as_##name##_const(NULL) == NULL); \
    } while (0)

#define CHECK_EXTERN_VIEW(name)                             \
    do {                                                    \
        CHECK(wasm_##name##_as_extern(NULL) == NULL);       \
        CHECK(wasm_##name##_as_extern_const(NULL) == NULL); \
        CHECK(wasm_extern_as_##name(NULL) == NULL);         \
        CHECK(wasm_extern_as_##name##_const(NULL) == NULL); \
    } while (0)

#define CHECK_EXTERN_TYPE_VIEW(name)                            \
    do {                                                        \
        CHECK(wasm_##name##_as_externtype(NULL) == NULL);       \
        CHECK(wasm_##name##_as_externtype_const(NULL) == NULL); \
        CHECK(wasm_externtype_as_##name(NULL) == NULL);         \
        CHECK(wasm_externtype_as_##name##_const(NULL) == NULL); \
    } while (0)

// Kinds and mutability have no number to spare.
enum { NO_KIND = 255 };

static void vectors(void) {
    CHECK_VECTOR(byte);
    CHECK_VECTOR(val);
    CHECK_VECTOR(valtype);
    CHECK_VECTOR(functype);
    CHECK_VECTOR(globaltype);
    CHECK_VECTOR(tabletype);
    CHECK_VECTOR(memorytype);
    CHECK_VECTOR(tagtype);
    CHECK_VECTOR(externtype);
    CHECK_VECTOR(importtype);
    CHECK_VECTOR(exporttype);
    CHECK_VECTOR(frame);
    CHECK_VECTOR(extern);
}

static void environment(void) {
    wasm_config_delete(NULL);
    wasm_engine_delete(NULL);
    wasm_store_delete(NULL);
    CHECK(wasm_store_new(NULL) == NULL);
    wasm_engine_t* engine = wasm_engine_new_with_config(NULL);
    CHECK(engine != NULL);
    wasm_engine_delete(engine);
}

static void types(void) {
    const wasm_limits_t limits = {1, 2};
    wasm_name_t name;
    CHECK_OWNED(valtype);
    CHECK_OWNED(functype);
    CHECK_OWNED(globaltype);
    CHECK_OWNED(tabletype);
    CHECK_OWNED(memorytype);
    CHECK_OWNED(tagtype);
    CHECK_OWNED(externtype);
    CHECK_OWNED(importtype);
    CHECK_OWNED(exporttype);
    CHECK_EXTERN_TYPE_VIEW(functype);
    CHECK_EXTERN_TYPE_VIEW(globaltype);
    CHECK_EXTERN_TYPE_VIEW(tabletype);
    CHECK_EXTERN_TYPE_VIEW(memorytype);
    CHECK_EXTERN_TYPE_VIEW(tagtype);

    CHECK_EQUAL(wasm_valtype_kind(NULL), NO_KIND);
    CHECK(wasm_functype_params(NULL) == NULL);
    CHECK(wasm_functype_results(NULL) == NULL);
    CHECK(wasm_globaltype_new(NULL, WASM_VAR) == NULL);
    CHECK(wasm_globaltype_content(NULL) == NULL);
    CHECK_EQUAL(wasm_globaltype_mutability(NULL), NO_KIND);
    CHECK(wasm_tabletype_new(NULL, &limits) == NULL);
    CHECK(wasm_tabletype_new(wasm_valtype_new_funcref(), NULL) == NULL);
    CHECK(wasm_tabletype_element(NULL) == NULL);
    CHECK(wasm_tabletype_limits(NULL) == NULL);
    CHECK(wasm_memorytype_new(NULL) == NULL);
    CHECK(wasm_memorytype_limits(NULL) == NULL);
    CHECK(wasm_tagtype_new(NULL) == NULL);
    CHECK(wasm_tagtype_functype(NULL) == NULL);
    CHECK_EQUAL(wasm_externtype_kind(NULL), NO_KIND);
    wasm_name_new_from_string(&name, "taken all the same");
    CHECK(wasm_importtype_new(&name, NULL, NULL) == NULL);
    CHECK_ZEROED(name);
    CHECK(wasm_importtype_module(NULL) == NULL);
    CHECK(wasm_importtype_name(NULL) == NULL);
    CHECK(wasm_importtype_type(NULL) == NULL);
    wasm_name_new_from_string(&name, "taken all the same");
    CHECK(wasm_exporttype_new(&name, NULL) == NULL);
    CHECK_ZEROED(name);
    CHECK(wasm_exporttype_name(NULL) == NULL);
    CHECK(wasm_exporttype_type(NULL) == NULL);
}

// Vectors and names that are NULL are empty ones.
static void vectors_that_types_are_made_of(void) {
    wasm_functype_t* func = wasm_functype_new(NULL, NULL);
    CHECK_ZEROED(*wasm_functype_params(func));
    CHECK_ZEROED(*wasm_functype_results(func));
    wasm_importtype_t* import = wasm_importtype_new(NULL, NULL, wasm_functype_as_externtype(func));
    CHECK_NAME(wasm_importtype_module(import), "");
    CHECK_NAME(wasm_importtype_name(import), "");
    wasm_importtype_delete(import);
    wasm_exporttype_t* export = wasm_exporttype_new(NULL, wasm_functype_as_externtype(wasm_functype_new_0_0()));
    CHECK_NAME(wasm_exporttype_name(export), "");
    wasm_exporttype_delete(export);
}

static void values(void) {
    wasm_val_t value = WASM_I32_VAL(1);
    wasm_val_delete(NULL);
    wasm_val_copy(NULL, &value);
    wasm_val_copy(&value, NULL);
    CHECK_EQUAL(value.kind, WASM_EXTERNREF);
    CHECK(value.of.ref == NULL);
}

static void references(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL);
    wasm_trap_t* trap = host_trap(world.store, "one");
    wasm_foreign_t* foreign = wasm_foreign_new(world.store);
    CHECK_REFERENCE(ref, wasm_foreign_as_ref(foreign));
    CHECK_VIEW(trap, trap);
    CHECK_VIEW(foreign, foreign);
    CHECK_VIEW(module, guest.module);
    CHECK_VIEW(func, guest_func(&guest, "func"));
    CHECK_VIEW(global, guest_global(&guest, "global"));
    CHECK_VIEW(table, guest_table(&guest, "table"));
    CHECK_VIEW(memory, guest_memory(&guest, "memory"));
    CHECK_VIEW(extern, guest_extern(&guest, "func"));
    CHECK_VIEW(instance, guest.instance);
    CHECK_EXTERN_VIEW(func);
    CHECK_EXTERN_VIEW(global);
    CHECK_EXTERN_VIEW(table);
    CHECK_EXTERN_VIEW(memory);
    wasm_foreign_delete(foreign);
    wasm_trap_delete(trap);
    guest_delete(&guest);
    world_delete(&world);
}

static void frames_and_traps(void) {
    wasm_frame_vec_t trace = {7, (void*)&trace};
    wasm_message_t message = {7, (void*)&message};
    CHECK_OWNED(frame);
    CHECK(wasm_frame_instance(NULL) == NULL);
    CHECK_EQUAL(wasm_frame_func_index(NULL), 0);
    CHECK_EQUAL(wasm_frame_func_offset(NULL), 0);
    CHECK_EQUAL(wasm_frame_module_offset(NULL), 0);

    CHECK(wasm_trap_origin(NULL) == NULL);
    wasm_trap_trace(NULL, &trace);
    CHECK_ZEROED(trace);
    wasm_trap_message(NULL, &message);
    CHECK_ZEROED(message);
    wasm_trap_t* trap = wasm_trap_new(NULL, NULL);
    CHECK_MESSAGE(trap, "");
    wasm_trap_trace(trap, NULL);
    wasm_trap_message(trap, NULL);
    wasm_trap_delete(trap);
}

static void modules(void) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "extern");
    wasm_shared_module_t* shared = wasm_module_share(module);
    wasm_byte_vec_t binary = read_wasm("extern");
    wasm_importtype_vec_t imports = {7, (void*)&imports};
    wasm_exporttype_vec_t exports = {7, (void*)&exports};
    CHECK(wasm_module_new(NULL, &binary) == NULL);
    CHECK(wasm_module_new(world.store, NULL) == NULL);
    CHECK(!wasm_module_validate(NULL, &binary));
    CHECK(!wasm_module_validate(world.store, NULL));
    wasm_module_imports(NULL, &imports);
    CHECK_ZEROED(imports);
    wasm_module_exports(NULL, &exports);
    CHECK_ZEROED(exports);
    wasm_module_imports(module, NULL);
    wasm_module_exports(module, NULL);
    CHECK(wasm_module_share(NULL) == NULL);
    CHECK(wasm_module_obtain(NULL, shared) == NULL);
    CHECK(wasm_module_obtain(world.store, NULL) == NULL);
    wasm_shared_module_delete(NULL);
    wasm_byte_vec_delete(&binary);
    wasm_shared_module_delete(shared);
    wasm_module_delete(module);
    world_delete(&world);
}

static wasm_trap_t* callback(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    (void)results;
    return NULL;
}

static wasm_trap_t* callback_with_env(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    CHECK(env == NULL);
    return callback(arguments, results);
}

static void functions(void) {
    world_t world = world_new();
    wasm_functype_t* type = wasm_functype_new_0_0();
    CHECK(wasm_func_new(NULL, type, callback) == NULL);
    CHECK(wasm_func_new(world.store, NULL, callback) == NULL);
    CHECK(wasm_func_new(world.store, type, NULL) == NULL);
    CHECK(wasm_func_new_with_env(NULL, type, callback_with_env, NULL, NULL) == NULL);
    CHECK(wasm_func_new_with_env(world.store, NULL, callback_with_env, NULL, NULL) == NULL);
    CHECK(wasm_func_new_with_env(world.store, type, NULL, NULL, NULL) == NULL);
    CHECK(wasm_func_type(NULL) == NULL);
    CHECK_EQUAL(wasm_func_param_arity(NULL), 0);
    CHECK_EQUAL(wasm_func_result_arity(NULL), 0);
    wasm_trap_t* trap = wasm_func_call(NULL, NULL, NULL);
    CHECK_MESSAGE(trap, "no function");
    wasm_trap_delete(trap);

    wasm_func_t* func = wasm_func_new_with_env(world.store, type, callback_with_env, NULL, NULL);
    CHECK(wasm_func_call(func, NULL, NULL) == NULL);
    wasm_func_delete(func);
    wasm_functype_delete(type);
    world_delete(&world);
}

static void globals(void) {
    world_t world = world_new();
    wasm_val_t value = WASM_I32_VAL(1);
    wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_VAR);
    wasm_global_t* global = wasm_global_new(world.store, type, &value);
    CHECK(wasm_global_new(NULL, type, &value) == NULL);
    CHECK(wasm_global_new(world.store, NULL, &value) == NULL);
    CHECK(wasm_global_new(world.store, type, NULL) == NULL);
    CHECK(wasm_global_type(NULL) == NULL);
    wasm_global_set(NULL, &value);
    wasm_global_set(global, NULL);
    wasm_global_get(global, NULL);
    wasm_global_get(NULL, &value);
    CHECK_EQUAL(value.kind, WASM_EXTERNREF);
    CHECK(value.of.ref == NULL);
    wasm_global_delete(global);
    wasm_globaltype_delete(type);
    world_delete(&world);
}

static void tables_and_memories(void) {
    world_t world = world_new();
    const wasm_limits_t limits = {1, 2};
    wasm_tabletype_t* table = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    CHECK(wasm_table_new(NULL, table, NULL) == NULL);
    CHECK(wasm_table_new(world.store, NULL, NULL) == NULL);
    CHECK(wasm_table_type(NULL) == NULL);
    CHECK(wasm_table_get(NULL, 0) == NULL);
    CHECK(!wasm_table_set(NULL, 0, NULL));
    CHECK_EQUAL(wasm_table_size(NULL), 0);
    CHECK(!wasm_table_grow(NULL, 0, NULL));
    wasm_tabletype_delete(table);

    wasm_memorytype_t* memory = wasm_memorytype_new(&limits);
    CHECK(wasm_memory_new(NULL, memory) == NULL);
    CHECK(wasm_memory_new(world.store, NULL) == NULL);
    CHECK(wasm_memory_type(NULL) == NULL);
    CHECK(wasm_memory_data(NULL) == NULL);
    CHECK_EQUAL(wasm_memory_data_size(NULL), 0);
    CHECK_EQUAL(wasm_memory_size(NULL), 0);
    CHECK(!wasm_memory_grow(NULL, 0));
    wasm_memorytype_delete(memory);
    world_delete(&world);
}

static void externals_and_instances(void) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "extern");
    wasm_extern_vec_t exports = {7, (void*)&exports};
    CHECK(wasm_foreign_new(NULL) == NULL);
    CHECK_EQUAL(wasm_extern_kind(NULL), NO_KIND);
    CHECK(wasm_extern_type(NULL) == NULL);
    CHECK(wasm_instance_new(NULL, NULL, NULL, NULL) == NULL);
    CHECK(wasm_instance_new(NULL, module, NULL, NULL) == NULL);
    wasm_trap_t* trap = NULL;
    CHECK(wasm_instance_new(world.store, NULL, NULL, &trap) == NULL);
    CHECK_MESSAGE(trap, "module");
    wasm_trap_delete(trap);
    wasm_instance_exports(NULL, &exports);
    CHECK_ZEROED(exports);
    wasm_instance_t* instance = wasm_instance_new(world.store, module, NULL, NULL);
    CHECK(instance != NULL);
    wasm_instance_exports(instance, NULL);
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(vectors),
        TEST(environment),
        TEST(types),
        TEST(vectors_that_types_are_made_of),
        TEST(values),
        TEST(references),
        TEST(frames_and_traps),
        TEST(modules),
        TEST(functions),
        TEST(globals),
        TEST(tables_and_memories),
        TEST(externals_and_instances),
    };
    return RUN_TESTS(argc, argv, tests);
}
