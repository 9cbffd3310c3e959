// wasmo.h: what a store may use, the callback that is asked before something grows, and fuel.

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "guest.h"
#include "wasmo.h"

enum { PAGE = 1 << 16 };

static const char* const TEXT =
    "(module (memory (export \"memory\") 1) (table (export \"table\") 10 funcref)"
    " (func (export \"memory.grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
    " (func (export \"table.grow\") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))"
    " (func $deep (export \"deep\") (param i32)"
    "  (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.store (i32.const 0) (i32.const 1)))))"
    " (func (export \"spin\") (loop $l (br $l)))"
    " (func (export \"id\") (param i32) (result i32) (local.get 0)))";

static void check_reason(const char* expected) {
    if (strstr(wasmo_last_error(), expected) == NULL) check_failed(wasmo_last_error(), 0, expected);
}

// An engine with one more setting, and a store of it.
static world_t world_with(const char* name, const char* value) {
    wasm_config_t* config = wasm_config_new();
    CHECK(wasmo_config_set(config, name, value));
    world_t world = {wasm_engine_new_with_config(config), NULL};
    CHECK(world.engine != NULL);
    world.store = wasm_store_new(world.engine);
    CHECK(world.store != NULL);
    return world;
}

static wasm_module_t* compile(wasm_store_t* store) {
    const wasm_byte_vec_t vec = {strlen(TEXT), (char*)TEXT};
    wasm_module_t* module = wasm_module_new(store, &vec);
    CHECK(module != NULL);
    return module;
}

static guest_t guest_of_text(wasm_store_t* store) {
    guest_t guest = {compile(store), NULL, WASM_EMPTY_VEC};
    guest.instance = wasm_instance_new(store, guest.module, NULL, NULL);
    CHECK(guest.instance != NULL);
    wasm_instance_exports(guest.instance, &guest.exports);
    return guest;
}

// One more instance cannot be, for this reason.
static void check_no_instance(world_t* world, const guest_t* guest, const char* expected) {
    wasm_trap_t* trap = NULL;
    CHECK(wasm_instance_new(world->store, guest->module, NULL, &trap) == NULL);
    check_reason(expected);
    CHECK_MESSAGE(trap, expected);
    wasm_trap_delete(trap);
}

static void memories_tables_and_instances_are_limited(void) {
    world_t world = world_new();
    CHECK(wasmo_store_limit_memory(world.store, 3 * PAGE));
    CHECK(wasmo_store_limit_tables(world.store, 15));
    CHECK(wasmo_store_limit_instances(world.store, 1));
    guest_t guest = guest_of_text(world.store);
    CHECK_EQUAL(call_i32(guest_func(&guest, "memory.grow"), 3), -1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "memory.grow"), 1), 1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "table.grow"), 6), -1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "table.grow"), 4), 10);
    CHECK(!wasm_memory_grow(guest_memory(&guest, "memory"), 2));
    check_reason("the store may have 196608 bytes of memory, of which there are 131072; 131072 more were asked for");
    CHECK(!wasm_table_grow(guest_table(&guest, "table"), 2, NULL));
    check_reason("the store may have 15 table elements, of which there are 14; 2 more were asked for");
    check_no_instance(&world, &guest, "the store may have 1 instances, of which there are 1; 1 more were asked for");
    CHECK(wasmo_store_limit_instances(world.store, 2));
    check_no_instance(&world, &guest, "15 table elements");
    CHECK(wasmo_store_limit_tables(world.store, UINT64_MAX));
    CHECK(wasm_memory_grow(guest_memory(&guest, "memory"), 1));
    check_no_instance(&world, &guest, "196608 bytes of memory");

    // What is gone makes room.
    guest_delete(&guest);
    guest = guest_of_text(world.store);
    guest_t second = guest_of_text(world.store);
    guest_delete(&second);
    guest_delete(&guest);
    world_delete(&world);
}

typedef struct {
    bool answer;
    int finalized;
    size_t count;
    wasmo_growth_t asked[8];
    const guest_t* guest;
} host_t;

static bool ask(void* env, const wasmo_growth_t* growth) {
    host_t* host = env;
    CHECK(host->count < sizeof host->asked / sizeof *host->asked);
    host->asked[host->count++] = *growth;
    if (host->guest != NULL) {
        // Wasm may run meanwhile, and nothing grows.
        CHECK_EQUAL(call_i32(guest_func(host->guest, "id"), 7), 7);
        CHECK_EQUAL(call_i32(guest_func(host->guest, "memory.grow"), 1), -1);
        CHECK(!wasm_memory_grow(guest_memory(host->guest, "memory"), 1));
        check_reason("a growth callback that is being asked itself");
    }
    return host->answer;
}

static void finalize(void* env) {
    ((host_t*)env)->finalized++;
}

static void check_asked(host_t* host, wasm_externkind_t kind, uint64_t current, uint64_t wanted) {
    CHECK(host->count > 0);
    const wasmo_growth_t* asked = &host->asked[--host->count];
    CHECK_EQUAL(asked->kind, kind);
    CHECK_EQUAL(asked->current, current);
    CHECK_EQUAL(asked->wanted, wanted);
    CHECK(asked->maximum == UINT64_MAX);
}

static void the_host_is_asked_before_something_grows(void) {
    world_t world = world_new();
    host_t host = {.answer = true}, other = {.answer = false};
    CHECK(wasmo_store_on_growth(world.store, ask, &host, finalize));
    guest_t guest = guest_of_text(world.store);
    check_asked(&host, WASM_EXTERN_MEMORY, 0, PAGE);
    check_asked(&host, WASM_EXTERN_TABLE, 0, 10);
    host.guest = &guest;
    CHECK_EQUAL(call_i32(guest_func(&guest, "memory.grow"), 2), 1);
    check_asked(&host, WASM_EXTERN_MEMORY, PAGE, 3 * PAGE);
    CHECK(wasm_table_grow(guest_table(&guest, "table"), 3, NULL));
    check_asked(&host, WASM_EXTERN_TABLE, 10, 13);
    CHECK_EQUAL(host.count, 0);

    CHECK(wasmo_store_on_growth(world.store, ask, &other, finalize));
    CHECK_EQUAL(host.finalized, 1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "memory.grow"), 1), -1);
    CHECK(!wasm_memory_grow(guest_memory(&guest, "memory"), 1));
    check_reason("the growth callback does not allow 196608 bytes of a memory to become 262144");
    check_no_instance(&world, &guest, "the growth callback does not allow 0 elements of a table to become 10");
    CHECK_EQUAL(other.count, 3);

    // Nobody is asked any more.
    CHECK(wasmo_store_on_growth(world.store, NULL, &host, finalize));
    CHECK_EQUAL(other.finalized, 1);
    CHECK(wasm_memory_grow(guest_memory(&guest, "memory"), 1));
    CHECK_EQUAL(host.finalized, 1);
    guest_delete(&guest);
    world_delete(&world);
    CHECK_EQUAL(host.finalized, 2);
}

static void the_stack_is_limited(void) {
    world_t world = world_with("max-stack", "256K");
    guest_t guest = guest_of_text(world.store);
    CHECK_EQUAL(call_i32(guest_func(&guest, "deep"), 1000), 0);
    wasm_trap_t* trap = call_for_trap(guest_func(&guest, "deep"), 256 * 1024 / 16);
    CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_STACK_OVERFLOW);
    wasm_trap_delete(trap);
    CHECK(wasmo_store_limit_stack(world.store, 8 << 10));
    trap = call_for_trap(guest_func(&guest, "deep"), 1000);
    CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_STACK_OVERFLOW);
    wasm_trap_delete(trap);
    CHECK_EQUAL(call_i32(guest_func(&guest, "deep"), 10), 0);
    CHECK(wasmo_store_limit_stack(world.store, 1 << 20));
    CHECK_EQUAL(call_i32(guest_func(&guest, "deep"), 5000), 0);
    guest_delete(&guest);
    world_delete(&world);

    world = world_with("signal-handlers", "on");
    CHECK(!wasmo_store_limit_stack(world.store, 1 << 20));
    check_reason("max-stack");
    world_delete(&world);
}

static void fuel_is_consumed(void) {
    world_t world = world_with("fuel", "on");
    guest_t guest = guest_of_text(world.store);
    CHECK_EQUAL(wasmo_store_fuel(world.store), 0);
    wasm_trap_t* trap = call_for_trap(guest_func(&guest, "id"), 5);
    CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_OUT_OF_FUEL);
    CHECK_MESSAGE(trap, "all fuel consumed");
    wasm_trap_delete(trap);
    CHECK(wasmo_store_set_fuel(world.store, 100));
    CHECK_EQUAL(call_i32(guest_func(&guest, "id"), 5), 5);
    CHECK_EQUAL(wasmo_store_fuel(world.store), 99);
    trap = call_for_trap(guest_func(&guest, "spin"));
    CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_OUT_OF_FUEL);
    wasm_trap_delete(trap);
    CHECK_EQUAL(wasmo_store_fuel(world.store), 0);
    CHECK(wasmo_store_set_fuel(world.store, UINT64_MAX));
    CHECK_EQUAL(call_i32(guest_func(&guest, "id"), 6), 6);
    CHECK(wasmo_store_fuel(world.store) == UINT64_MAX - 1);
    guest_delete(&guest);
    world_delete(&world);

    world = world_new();
    CHECK(!wasmo_store_set_fuel(world.store, 1));
    check_reason("not configured for fuel");
    CHECK_EQUAL(wasmo_store_fuel(world.store), 0);
    world_delete(&world);
}

static void null_is_no_store(void) {
    host_t host = {.answer = true};
    CHECK(!wasmo_store_limit_memory(NULL, 1));
    check_reason("the store is NULL");
    CHECK(!wasmo_store_limit_tables(NULL, 1));
    CHECK(!wasmo_store_limit_instances(NULL, 1));
    CHECK(!wasmo_store_limit_stack(NULL, 1));
    CHECK(!wasmo_store_on_growth(NULL, ask, &host, finalize));
    CHECK_EQUAL(host.finalized, 1);
    CHECK(!wasmo_store_on_growth(NULL, NULL, NULL, NULL));
    CHECK(!wasmo_store_set_fuel(NULL, 1));
    CHECK_EQUAL(wasmo_store_fuel(NULL), 0);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(memories_tables_and_instances_are_limited),
        TEST(the_host_is_asked_before_something_grows),
        TEST(the_stack_is_limited),
        TEST(fuel_is_consumed),
        TEST(null_is_no_store),
    };
    return RUN_TESTS(argc, argv, tests);
}
