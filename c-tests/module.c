// Modules: what is valid, what they import and export, in their order, and how they get to other threads.

#include <pthread.h>

#include "check.h"
#include "guest.h"

static bool is_valid(wasm_store_t* store, size_t size, const char* bytes) {
    wasm_byte_vec_t binary;
    wasm_byte_vec_new(&binary, size, bytes);
    const bool valid = wasm_module_validate(store, &binary);
    wasm_module_t* module = wasm_module_new(store, &binary);
    // Compilation and validation are of one opinion.
    CHECK_EQUAL(module != NULL, valid);
    wasm_module_delete(module);
    // The bytes were only lent.
    CHECK_EQUAL(binary.size, size);
    wasm_byte_vec_delete(&binary);
    return valid;
}

#define IS_VALID(store, literal) is_valid(store, sizeof(literal) - 1, literal)

#define HEADER "\0asm\1\0\0\0"
// One function of the type [] -> [i32] with the given body, which has the given size in one byte.
#define WITH_BODY(size, body) HEADER "\x01\x05\x01\x60\x00\x01\x7f" "\x03\x02\x01\x00" "\x0a" size "\x01" body

static void binaries_are_validated(void) {
    world_t world = world_new();
    CHECK(IS_VALID(world.store, HEADER));
    CHECK(IS_VALID(world.store, WITH_BODY("\x06", "\x04\x00\x41\x07\x0b")));
    // Nothing, not wasm, cut off, the version of a component.
    CHECK(!IS_VALID(world.store, ""));
    CHECK(!IS_VALID(world.store, "ELF"));
    CHECK(!IS_VALID(world.store, "\0asm\1\0\0"));
    CHECK(!IS_VALID(world.store, "\0asm\x0d\0\1\0"));
    // A section that ends too early; a body that gives no i32, or one of the wrong type.
    CHECK(!IS_VALID(world.store, HEADER "\x01\x05\x01"));
    CHECK(!IS_VALID(world.store, WITH_BODY("\x04", "\x02\x00\x0b")));
    CHECK(!IS_VALID(world.store, WITH_BODY("\x06", "\x04\x00\x42\x07\x0b")));
    world_delete(&world);
}

static void check_functype(const wasm_externtype_t* type, size_t params, size_t results) {
    CHECK_EQUAL(wasm_externtype_kind(type), WASM_EXTERN_FUNC);
    const wasm_functype_t* func = wasm_externtype_as_functype_const(type);
    CHECK_EQUAL(wasm_functype_params(func)->size, params);
    CHECK_EQUAL(wasm_functype_results(func)->size, results);
}

static void check_limits(const wasm_limits_t* limits, uint32_t min, uint32_t max) {
    CHECK_EQUAL(limits->min, min);
    CHECK_EQUAL(limits->max, max);
}

static void imports_are_listed_in_order(void) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "module");
    wasm_importtype_vec_t imports;
    wasm_module_imports(module, &imports);
    // The list lives on its own.
    wasm_module_delete(module);
    CHECK_EQUAL(imports.size, 5);

    CHECK_NAME(wasm_importtype_module(imports.data[0]), "env");
    CHECK_NAME(wasm_importtype_name(imports.data[0]), "func");
    const wasm_externtype_t* type = wasm_importtype_type(imports.data[0]);
    check_functype(type, 4, 2);
    const wasm_functype_t* func = wasm_externtype_as_functype_const(type);
    for (size_t i = 0; i < 4; i++) CHECK_EQUAL(wasm_valtype_kind(wasm_functype_params(func)->data[i]), WASM_I32 + i);
    CHECK_EQUAL(wasm_valtype_kind(wasm_functype_results(func)->data[0]), WASM_F64);
    CHECK_EQUAL(wasm_valtype_kind(wasm_functype_results(func)->data[1]), WASM_I32);

    CHECK_NAME(wasm_importtype_module(imports.data[1]), "env");
    CHECK_NAME(wasm_importtype_name(imports.data[1]), "");
    const wasm_globaltype_t* global = wasm_externtype_as_globaltype_const(wasm_importtype_type(imports.data[1]));
    CHECK(global != NULL);
    CHECK_EQUAL(wasm_valtype_kind(wasm_globaltype_content(global)), WASM_I64);
    CHECK_EQUAL(wasm_globaltype_mutability(global), WASM_CONST);

    CHECK_NAME(wasm_importtype_module(imports.data[2]), "");
    CHECK_NAME(wasm_importtype_name(imports.data[2]), "table");
    const wasm_tabletype_t* table = wasm_externtype_as_tabletype_const(wasm_importtype_type(imports.data[2]));
    CHECK(table != NULL);
    CHECK_EQUAL(wasm_valtype_kind(wasm_tabletype_element(table)), WASM_FUNCREF);
    check_limits(wasm_tabletype_limits(table), 1, 10);

    CHECK_NAME(wasm_importtype_module(imports.data[3]), "\xc3\xa4\0\xe2\x82\xac");
    const wasm_memorytype_t* memory = wasm_externtype_as_memorytype_const(wasm_importtype_type(imports.data[3]));
    CHECK(memory != NULL);
    check_limits(wasm_memorytype_limits(memory), 2, wasm_limits_max_default);

    CHECK_NAME(wasm_importtype_name(imports.data[4]), "func");
    check_functype(wasm_importtype_type(imports.data[4]), 0, 0);
    wasm_importtype_vec_delete(&imports);
    world_delete(&world);
}

static void exports_are_listed_in_order(void) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "module");
    wasm_exporttype_vec_t exports;
    wasm_module_exports(module, &exports);
    wasm_module_delete(module);
    CHECK_EQUAL(exports.size, 5);

    CHECK_NAME(wasm_exporttype_name(exports.data[0]), "table");
    CHECK_EQUAL(wasm_externtype_kind(wasm_exporttype_type(exports.data[0])), WASM_EXTERN_TABLE);
    CHECK_NAME(wasm_exporttype_name(exports.data[1]), "");
    check_functype(wasm_exporttype_type(exports.data[1]), 4, 2);
    CHECK_NAME(wasm_exporttype_name(exports.data[2]), "memory");
    CHECK_EQUAL(wasm_externtype_kind(wasm_exporttype_type(exports.data[2])), WASM_EXTERN_MEMORY);
    CHECK_NAME(wasm_exporttype_name(exports.data[3]), "global");
    const wasm_globaltype_t* global = wasm_externtype_as_globaltype_const(wasm_exporttype_type(exports.data[3]));
    CHECK_EQUAL(wasm_valtype_kind(wasm_globaltype_content(global)), WASM_F32);
    CHECK_EQUAL(wasm_globaltype_mutability(global), WASM_VAR);
    CHECK_NAME(wasm_exporttype_name(exports.data[4]), "\xc3\xa4\0\xe2\x82\xac");
    check_functype(wasm_exporttype_type(exports.data[4]), 0, 0);
    wasm_exporttype_vec_delete(&exports);
    world_delete(&world);
}

static void an_empty_module_lists_nothing(void) {
    world_t world = world_new();
    wasm_byte_vec_t binary;
    wasm_byte_vec_new(&binary, sizeof HEADER - 1, HEADER);
    wasm_module_t* module = wasm_module_new(world.store, &binary);
    wasm_byte_vec_delete(&binary);
    wasm_importtype_vec_t imports;
    wasm_exporttype_vec_t exports;
    wasm_module_imports(module, &imports);
    wasm_module_exports(module, &exports);
    CHECK_ZEROED(imports);
    CHECK_ZEROED(exports);
    wasm_module_delete(module);
    world_delete(&world);
}

// --- Sharing ---

static void obtained_modules_are_modules_of_their_own(void) {
    int info;
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "extern");
    wasm_module_set_host_info(module, &info);
    wasm_shared_module_t* shared = wasm_module_share(module);
    wasm_module_t* obtained = wasm_module_obtain(world.store, shared);
    wasm_shared_module_delete(shared);
    CHECK(!wasm_module_same(obtained, module));
    CHECK(wasm_module_get_host_info(obtained) == NULL);
    wasm_module_delete(module);

    wasm_exporttype_vec_t exports;
    wasm_module_exports(obtained, &exports);
    CHECK_EQUAL(exports.size, 4);
    CHECK_NAME(wasm_exporttype_name(exports.data[0]), "func");
    wasm_exporttype_vec_delete(&exports);
    wasm_instance_t* instance = wasm_instance_new(world.store, obtained, NULL, NULL);
    CHECK(instance != NULL);
    wasm_instance_delete(instance);
    wasm_module_delete(obtained);
    world_delete(&world);
}

static void modules_of_another_engine_do_not_link(void) {
    world_t world = world_new(), other = world_new();
    wasm_module_t* module = load_module(world.store, "extern");
    wasm_shared_module_t* shared = wasm_module_share(module);
    wasm_module_t* obtained = wasm_module_obtain(other.store, shared);
    wasm_trap_t* trap = NULL;
    CHECK(wasm_instance_new(other.store, obtained, NULL, &trap) == NULL);
    CHECK_MESSAGE(trap, "another engine");
    wasm_trap_delete(trap);
    wasm_module_delete(obtained);
    wasm_shared_module_delete(shared);
    wasm_module_delete(module);
    world_delete(&other);
    world_delete(&world);
}

typedef struct {
    wasm_engine_t* engine;
    const wasm_shared_module_t* shared;
} job_t;

// Instances of its own, made and called while other threads do the same.
static void* obtain_and_run(void* argument) {
    const job_t* job = argument;
    wasm_store_t* store = wasm_store_new(job->engine);
    wasm_module_t* module = wasm_module_obtain(store, job->shared);
    CHECK(module != NULL);
    for (int i = 0; i < 50; i++) {
        wasm_extern_vec_t exports;
        wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
        CHECK(instance != NULL);
        wasm_instance_exports(instance, &exports);
        const wasm_func_t* count = wasm_extern_as_func(exports.data[1]);
        for (int32_t call = 1; call <= 10; call++) CHECK_EQUAL(call_i32(count), call);
        wasm_trap_t* trap = call_for_trap(wasm_extern_as_func(exports.data[2]));
        CHECK_MESSAGE(trap, "out of bounds memory access");
        wasm_trap_delete(trap);
        wasm_extern_vec_delete(&exports);
        wasm_instance_delete(instance);
    }
    wasm_module_delete(module);
    wasm_store_delete(store);
    return NULL;
}

static void threads_share_a_module(void) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "counter");
    wasm_shared_module_t* shared = wasm_module_share(module);
    wasm_module_delete(module);
    wasm_store_delete(world.store);
    job_t job = {world.engine, shared};
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, obtain_and_run, &job) == 0);
    for (int i = 0; i < 8; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    wasm_shared_module_delete(shared);
    wasm_engine_delete(world.engine);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(binaries_are_validated),
        TEST(imports_are_listed_in_order),
        TEST(exports_are_listed_in_order),
        TEST(an_empty_module_lists_nothing),
        TEST(obtained_modules_are_modules_of_their_own),
        TEST(modules_of_another_engine_do_not_link),
        TEST(threads_share_a_module),
    };
    return RUN_TESTS(argc, argv, tests);
}
