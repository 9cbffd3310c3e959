// wasmo.h: the reason of every failure, settings, codes of traps, and the names that other engines have for some of it.

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "guest.h"
#include "wasmo.h"

// The last function that failed said this.
static void check_reason(const char* expected) {
    if (strstr(wasmo_last_error(), expected) == NULL) check_failed(wasmo_last_error(), 0, expected);
}

static wasm_module_t* module_of_text(wasm_store_t* store, const char* text) {
    const wasm_byte_vec_t vec = {strlen(text), (char*)text};
    return wasm_module_new(store, &vec);
}

static void modules_say_where_they_are_wrong(void) {
    world_t world = world_new();
    CHECK(module_of_text(world.store, "(module (func (result i32) i64.const 1))") == NULL);
    check_reason("type mismatch: expected i32, found i64 (at offset 0x");
    CHECK(module_of_text(world.store, "(module (fun))") == NULL);
    check_reason("expected");
    CHECK(module_of_text(world.store, "(module (memory i64 1))") == NULL);
    check_reason("not supported");
    const wasm_byte_vec_t cut = {6, "\0asm\1\0"};
    CHECK(!wasm_module_validate(world.store, &cut));
    check_reason("invalid module");
    CHECK(wasm_module_new(NULL, &cut) == NULL);
    check_reason("the store is NULL");
    world_delete(&world);
}

static void links_say_what_was_expected(void) {
    world_t world = world_new();
    wasm_module_t* module = module_of_text(world.store, "(module (import \"env\" \"add\" (func (param i32 i32))))");
    CHECK(module != NULL);
    const wasm_limits_t limits = {1, 2};
    wasm_memorytype_t* type = wasm_memorytype_new(&limits);
    wasm_memory_t* memory = wasm_memory_new(world.store, type);
    wasm_extern_t* externs[] = {wasm_memory_as_extern(memory)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs), none = WASM_EMPTY_VEC;

    CHECK(wasm_instance_new(world.store, module, &imports, NULL) == NULL);
    check_reason("\"env\" \"add\"");
    check_reason("func (i32, i32) -> ()");
    check_reason("memory 1..=2 pages");
    wasm_trap_t* trap;
    CHECK(wasm_instance_new(world.store, module, &none, &trap) == NULL);
    check_reason("link error");
    CHECK_MESSAGE(trap, wasmo_last_error());
    CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_OTHER);
    wasm_trap_delete(trap);
    CHECK(wasm_instance_new(world.store, NULL, &none, NULL) == NULL);
    check_reason("an instance needs a store and a module");

    CHECK(!wasm_memory_grow(memory, 2));
    check_reason("a memory of 1 pages cannot grow by 2, it may have 2");
    wasm_memory_delete(memory);
    wasm_memorytype_delete(type);
    wasm_module_delete(module);
    world_delete(&world);
}

static void constructors_say_what_is_missing(void) {
    world_t world = world_new();
    CHECK(wasm_valtype_new(77) == NULL);
    check_reason("no kind of value 77");
    CHECK(wasm_globaltype_new(wasm_valtype_new_i32(), 9) == NULL);
    check_reason("no mutability 9");
    const wasm_limits_t limits = {1, 1};
    CHECK(wasm_tabletype_new(wasm_valtype_new_i32(), &limits) == NULL);
    check_reason("i32 is no reference type");
    CHECK(wasm_memorytype_new(NULL) == NULL);
    check_reason("limits is NULL");

    wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
    const wasm_val_t value = WASM_I64_VAL(1);
    CHECK(wasm_global_new(world.store, type, &value) == NULL);
    check_reason("the value of a global of i32 is of kind 1");
    wasm_globaltype_delete(type);
    CHECK(wasm_func_new(world.store, NULL, NULL) == NULL);
    check_reason("the type is NULL");
    CHECK(wasm_store_new(NULL) == NULL);
    check_reason("the engine is NULL");

    wasm_tabletype_t* table_type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_table_t* table = wasm_table_new(world.store, table_type, NULL);
    wasm_foreign_t* foreign = wasm_foreign_new(world.store);
    CHECK(!wasm_table_set(table, 0, wasm_foreign_as_ref(foreign)));
    check_reason("no funcref");
    CHECK(!wasm_table_set(table, 5, NULL));
    check_reason("5");
    CHECK(!wasm_table_grow(table, 1, NULL));
    check_reason("1");
    wasm_foreign_delete(foreign);
    wasm_table_delete(table);
    wasm_tabletype_delete(table_type);
    world_delete(&world);
}

static void* fail_elsewhere(void* unused) {
    (void)unused;
    CHECK(wasmo_last_error()[0] == '\0');
    CHECK_EQUAL(wasmer_last_error_length(), 0);
    CHECK(wasm_valtype_new(88) == NULL);
    check_reason("88");
    return NULL;
}

static void each_thread_has_its_own_reason(void) {
    CHECK(wasm_valtype_new(99) == NULL);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, fail_elsewhere, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    check_reason("99");
    // What succeeds leaves it as it is.
    wasm_valtype_delete(wasm_valtype_new_i32());
    check_reason("99");

    char buffer[64];
    const int length = wasmer_last_error_length();
    CHECK_EQUAL(length, strlen(wasmo_last_error()) + 1);
    CHECK_EQUAL(wasmer_last_error_message(buffer, length - 1), -1);
    CHECK_EQUAL(wasmer_last_error_message(buffer, -1), -1);
    CHECK_EQUAL(wasmer_last_error_message(NULL, length), -1);
    CHECK_EQUAL(wasmer_last_error_message(buffer, length), length);
    CHECK(strcmp(buffer, wasmo_last_error()) == 0);
}

static void settings_are_checked(void) {
    wasm_config_t* config = wasm_config_new();
    CHECK(wasmo_config_set(config, "opt-level", "none"));
    CHECK(wasmo_config_set(config, "memory-reservation", "1G"));
    CHECK(wasmo_config_set(config, "reference-types", "off"));
    CHECK(!wasmo_config_set(config, "opt-level", "3"));
    check_reason("opt-level is none or optimized");
    CHECK(!wasmo_config_set(config, "speed", "high"));
    check_reason("there is no setting speed");
    CHECK(!wasmo_config_set(config, NULL, "high"));
    CHECK(!wasmo_config_set(config, "opt-level", NULL));
    check_reason("the value is NULL");
    CHECK(!wasmo_config_set(NULL, "opt-level", "none"));
    CHECK(!wasmo_config_set(config, "opt-level", "\xff"));
    check_reason("the value is not UTF-8");

    wasm_engine_t* engine = wasm_engine_new_with_config(config);
    wasm_store_t* store = wasm_store_new(engine);
    CHECK(module_of_text(store, "(module (table 1 externref))") == NULL);
    check_reason("reference types");
    wasm_module_t* module = module_of_text(store, "(module (memory 1))");
    CHECK(module != NULL);
    wasm_module_delete(module);
    wasm_store_delete(store);
    wasm_engine_delete(engine);

    int major;
    CHECK(sscanf(wasmo_version(), "%d.", &major) == 1);
}

static void traps_have_codes(void) {
    world_t world = world_new();
    static const char* const text =
        "(module (memory 1) (table 2 funcref) (elem (i32.const 0) $t)"
        " (func $t (export \"0\") (param i32) unreachable)"
        " (func (export \"1\") (param i32) (drop (i32.load (i32.const -1))))"
        " (func (export \"2\") (param i32) (drop (table.get 0 (i32.const 9))))"
        " (func (export \"3\") (param i32) (call_indirect (i32.const 9)))"
        " (func (export \"4\") (param i32) (call_indirect (i32.const 1)))"
        " (func (export \"5\") (param i32) (call_indirect (i32.const 0)))"
        " (func (export \"6\") (param i32) (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))"
        " (func (export \"7\") (param i32) (drop (i32.div_s (i32.const 1) (local.get 0))))"
        " (func (export \"8\") (param i32) (drop (i32.trunc_f32_s (f32.const nan))))"
        " (func $r (export \"9\") (param i32) (call $r (local.get 0))))";
    static const wasmo_trap_code_t codes[] = {
        WASMO_TRAP_UNREACHABLE,         WASMO_TRAP_MEMORY_OUT_OF_BOUNDS,
        WASMO_TRAP_TABLE_OUT_OF_BOUNDS, WASMO_TRAP_UNDEFINED_ELEMENT,
        WASMO_TRAP_UNINITIALIZED_ELEMENT, WASMO_TRAP_INDIRECT_CALL_TYPE_MISMATCH,
        WASMO_TRAP_INTEGER_OVERFLOW,    WASMO_TRAP_INTEGER_DIVIDE_BY_ZERO,
        WASMO_TRAP_INVALID_CONVERSION_TO_INTEGER, WASMO_TRAP_STACK_OVERFLOW,
    };
    const wasm_byte_vec_t wat = {strlen(text), (char*)text};
    wasm_byte_vec_t binary;
    wat2wasm(&wat, &binary);
    CHECK(binary.size > 8 && memcmp(binary.data, "\0asm", 4) == 0);
    guest_t guest;
    guest.module = wasm_module_new(world.store, &binary);
    wasm_byte_vec_delete(&binary);
    CHECK(guest.module != NULL);
    guest.instance = wasm_instance_new(world.store, guest.module, NULL, NULL);
    CHECK(guest.instance != NULL);
    wasm_instance_exports(guest.instance, &guest.exports);
    for (size_t i = 0; i < sizeof codes; i++) {
        const char name[] = {(char)('0' + i), '\0'};
        wasm_trap_t* trap = call_for_trap(guest_func(&guest, name), 0);
        CHECK_EQUAL(wasmo_trap_code(trap), codes[i]);
        wasm_trap_delete(trap);
    }
    wasm_trap_t* trap = host_trap(world.store, "mine");
    CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_OTHER);
    wasm_trap_delete(trap);
    CHECK_EQUAL(wasmo_trap_code(NULL), WASMO_TRAP_OTHER);

    const wasm_byte_vec_t wrong = {5, "(modu"};
    wat2wasm(&wrong, &binary);
    CHECK_ZEROED(binary);
    check_reason("expected");
    guest_delete(&guest);
    world_delete(&world);
}

static void* interrupt_soon(void* store) {
    usleep(20000);
    CHECK(wasmo_store_interrupt(store));
    return NULL;
}

static void a_loop_is_interrupted_from_another_thread(void) {
    world_t world = world_new();
    guest_t guest;
    guest.module = module_of_text(world.store, "(module (func (export \"spin\") (loop $l (br $l)))"
                                               " (func (export \"id\") (param i32) (result i32) (local.get 0)))");
    guest.instance = wasm_instance_new(world.store, guest.module, NULL, NULL);
    CHECK(guest.instance != NULL);
    wasm_instance_exports(guest.instance, &guest.exports);
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, interrupt_soon, world.store) == 0);
        wasm_trap_t* trap = call_for_trap(guest_func(&guest, "spin"));
        CHECK_MESSAGE(trap, "interrupted");
        CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_INTERRUPTED);
        wasm_trap_delete(trap);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK_EQUAL(call_i32(guest_func(&guest, "id"), i), i);
    }
    CHECK(!wasmo_store_interrupt(NULL));
    guest_delete(&guest);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(modules_say_where_they_are_wrong),  TEST(links_say_what_was_expected),
        TEST(constructors_say_what_is_missing),  TEST(each_thread_has_its_own_reason),
        TEST(settings_are_checked),              TEST(traps_have_codes),
        TEST(a_loop_is_interrupted_from_another_thread),
    };
    return RUN_TESTS(argc, argv, tests);
}
