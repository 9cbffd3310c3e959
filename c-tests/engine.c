// Configurations, engines and stores: several at once, on several threads, and gone in any order.

#include <pthread.h>

#include "check.h"
#include "guest.h"

static void an_engine_consumes_its_configuration(void) {
    wasm_config_t* config = wasm_config_new();
    CHECK(config != NULL);
    wasm_engine_t* engine = wasm_engine_new_with_config(config);
    CHECK(engine != NULL);
    wasm_engine_delete(engine);

    // One that no engine took.
    wasm_config_delete(wasm_config_new());
}

static void engines_and_stores_are_independent(void) {
    world_t left = world_new(), right = world_new();
    wasm_store_t* third = wasm_store_new(right.engine);
    guest_t left_guest = guest_new(left.store, "counter", NULL);
    guest_t right_guest = guest_new(right.store, "counter", NULL);
    guest_t third_guest = guest_new(third, "counter", NULL);

    CHECK_EQUAL(call_i32(guest_func(&left_guest, "count")), 1);
    CHECK_EQUAL(call_i32(guest_func(&left_guest, "count")), 2);
    CHECK_EQUAL(call_i32(guest_func(&right_guest, "count")), 1);
    CHECK_EQUAL(call_i32(guest_func(&third_guest, "count")), 1);

    guest_delete(&left_guest);
    world_delete(&left);
    CHECK_EQUAL(call_i32(guest_func(&right_guest, "count")), 2);
    guest_delete(&right_guest);
    guest_delete(&third_guest);
    wasm_store_delete(third);
    world_delete(&right);
}

static void an_engine_may_be_deleted_before_its_stores(void) {
    world_t world = world_new();
    wasm_engine_delete(world.engine);
    guest_t guest = guest_new(world.store, "counter", NULL);
    CHECK_EQUAL(call_i32(guest_func(&guest, "count")), 1);
    guest_delete(&guest);
    wasm_store_delete(world.store);
}

static void handles_may_outlive_their_store(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "counter", NULL);
    world_delete(&world);
    guest_delete(&guest);
}

static void* count_on_a_thread(void* engine) {
    wasm_store_t* store = wasm_store_new(engine);
    CHECK(store != NULL);
    guest_t guest = guest_new(store, "counter", NULL);
    for (int32_t i = 1; i <= 1000; i++) CHECK_EQUAL(call_i32(guest_func(&guest, "count")), i);
    wasm_trap_t* trap = call_for_trap(guest_func(&guest, "fail"));
    CHECK_MESSAGE(trap, "out of bounds memory access");
    wasm_trap_delete(trap);
    guest_delete(&guest);
    wasm_store_delete(store);
    return NULL;
}

static void threads_share_an_engine_each_with_its_store(void) {
    wasm_engine_t* engine = wasm_engine_new();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, count_on_a_thread, engine) == 0);
    for (int i = 0; i < 4; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    wasm_engine_delete(engine);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(an_engine_consumes_its_configuration),
        TEST(engines_and_stores_are_independent),
        TEST(an_engine_may_be_deleted_before_its_stores),
        TEST(handles_may_outlive_their_store),
        TEST(threads_share_an_engine_each_with_its_store),
    };
    return RUN_TESTS(argc, argv, tests);
}
