// Linear memories: one array of bytes for the host and all instances, which grows without moving.

#include <string.h>

#include "check.h"
#include "guest.h"

static wasm_memory_t* new_memory(wasm_store_t* store, uint32_t min, uint32_t max) {
    const wasm_limits_t limits = {min, max};
    wasm_memorytype_t* type = wasm_memorytype_new(&limits);
    wasm_memory_t* memory = wasm_memory_new(store, type);
    wasm_memorytype_delete(type);
    return memory;
}

static void check_pages(const wasm_memory_t* memory, uint32_t pages) {
    CHECK_EQUAL(wasm_memory_size(memory), pages);
    CHECK_EQUAL(wasm_memory_data_size(memory), pages * MEMORY_PAGE_SIZE);
}

static void memories_know_their_type(void) {
    world_t world = world_new();
    wasm_memory_t* memory = new_memory(world.store, 2, 5);
    wasm_memorytype_t* type = wasm_memory_type(memory);
    wasm_memory_delete(memory);
    CHECK_EQUAL(wasm_memorytype_limits(type)->min, 2);
    CHECK_EQUAL(wasm_memorytype_limits(type)->max, 5);
    wasm_memorytype_delete(type);

    memory = new_memory(world.store, 0, wasm_limits_max_default);
    type = wasm_memory_type(memory);
    CHECK_EQUAL(wasm_memorytype_limits(type)->max, wasm_limits_max_default);
    wasm_memorytype_delete(type);
    wasm_memory_delete(memory);
    world_delete(&world);
}

static void memories_that_cannot_be_are_refused(void) {
    world_t world = world_new();
    CHECK(new_memory(world.store, 3, 2) == NULL);
    CHECK(new_memory(world.store, 65537, wasm_limits_max_default) == NULL);
    world_delete(&world);
}

static void new_memories_are_zero(void) {
    world_t world = world_new();
    wasm_memory_t* memory = new_memory(world.store, 2, 3);
    check_pages(memory, 2);
    const char* data = wasm_memory_data(memory);
    for (size_t i = 0; i < wasm_memory_data_size(memory); i++) CHECK(data[i] == 0);
    wasm_memory_delete(memory);
    world_delete(&world);
}

static void growth_stops_at_the_limits(void) {
    world_t world = world_new();
    wasm_memory_t* memory = new_memory(world.store, 1, 3);
    CHECK(wasm_memory_grow(memory, 0));
    check_pages(memory, 1);
    CHECK(!wasm_memory_grow(memory, 3));
    CHECK(!wasm_memory_grow(memory, 0xffffffff));
    check_pages(memory, 1);
    CHECK(wasm_memory_grow(memory, 2));
    check_pages(memory, 3);
    CHECK(!wasm_memory_grow(memory, 1));
    wasm_memory_delete(memory);

    // Without a limit of its own, the limit is that of the address space.
    memory = new_memory(world.store, 1, wasm_limits_max_default);
    CHECK(!wasm_memory_grow(memory, 65536));
    CHECK(wasm_memory_grow(memory, 10));
    check_pages(memory, 11);
    wasm_memory_delete(memory);
    world_delete(&world);
}

static void growth_moves_nothing(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "memory", NULL);
    wasm_memory_t* memory = guest_memory(&guest, "memory");
    char* const data = wasm_memory_data(memory);
    data[5] = 55;
    CHECK(wasm_memory_grow(memory, 1));
    CHECK_EQUAL(call_i32(guest_func(&guest, "grow"), 1), 2);
    check_pages(memory, 3);
    CHECK(wasm_memory_data(memory) == data);
    CHECK_EQUAL(data[5], 55);
    // The pointer from before reaches the new pages.
    data[3 * MEMORY_PAGE_SIZE - 1] = 33;
    CHECK_EQUAL(call_i32(guest_func(&guest, "load"), (int32_t)(3 * MEMORY_PAGE_SIZE - 1)), 33);
    CHECK_EQUAL(data[2 * MEMORY_PAGE_SIZE], 0);
    guest_delete(&guest);
    world_delete(&world);
}

static void empty_memories_may_have_an_address(void) {
    world_t world = world_new();
    wasm_memory_t* memory = new_memory(world.store, 0, 1);
    check_pages(memory, 0);
    CHECK(wasm_memory_grow(memory, 1));
    wasm_memory_data(memory)[0] = 1;
    wasm_memory_delete(memory);
    world_delete(&world);
}

static void host_and_guest_see_the_same_bytes(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "memory", NULL);
    wasm_memory_t* memory = guest_memory(&guest, "memory");
    CHECK(memcmp(wasm_memory_data(memory) + 0x1000, "\1\2\3\4", 4) == 0);
    CHECK_EQUAL(call_i32(guest_func(&guest, "load"), 0x1003), 4);
    wasm_memory_data(memory)[0x1003] = (char)0xff;
    CHECK_EQUAL(call_i32(guest_func(&guest, "load"), 0x1003), 0xff);
    call_i32(guest_func(&guest, "store"), 0x1002, 77);
    CHECK_EQUAL(wasm_memory_data(memory)[0x1002], 77);

    CHECK_EQUAL(call_i32(guest_func(&guest, "size")), 1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "grow"), 4), -1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "grow"), 3), 1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "size")), 4);
    check_pages(memory, 4);
    guest_delete(&guest);
    world_delete(&world);
}

static void bounds_follow_growth(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "memory", NULL);
    const int32_t end = (int32_t)MEMORY_PAGE_SIZE;
    CHECK_EQUAL(call_i32(guest_func(&guest, "load"), end - 1), 0);
    wasm_trap_t* trap = call_for_trap(guest_func(&guest, "store"), end, 1);
    CHECK_MESSAGE(trap, "out of bounds memory access");
    wasm_trap_delete(trap);
    CHECK(wasm_memory_grow(guest_memory(&guest, "memory"), 1));
    call_i32(guest_func(&guest, "store"), end, 1);
    CHECK_EQUAL(call_i32(guest_func(&guest, "load"), end), 1);
    guest_delete(&guest);
    world_delete(&world);
}

static void instances_share_memories(void) {
    world_t world = world_new();
    wasm_memory_t* memory = new_memory(world.store, 2, wasm_limits_max_default);
    wasm_extern_t* externs[] = {wasm_memory_as_extern(memory)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest_t left = guest_new(world.store, "memory_user", &imports);
    CHECK(memcmp(wasm_memory_data(memory), "user", 4) == 0);
    guest_t right = guest_new(world.store, "memory_user", &imports);
    wasm_memory_delete(memory);

    call_i32(guest_func(&left, "store"), 100, 11);
    CHECK_EQUAL(call_i32(guest_func(&right, "load"), 100), 11);
    CHECK_EQUAL(call_i32(guest_func(&right, "grow"), 5), 2);
    CHECK_EQUAL(call_i32(guest_func(&left, "size")), 7);
    CHECK_EQUAL(call_i32(guest_func(&left, "load"), (int32_t)(7 * MEMORY_PAGE_SIZE - 1)), 0);
    guest_delete(&left);
    CHECK_EQUAL(call_i32(guest_func(&right, "load"), 100), 11);
    guest_delete(&right);
    world_delete(&world);
}

static void memories_outlive_their_instance(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "memory", NULL);
    wasm_memory_t* memory = wasm_memory_copy(guest_memory(&guest, "memory"));
    guest_delete(&guest);
    CHECK_EQUAL(wasm_memory_data(memory)[0x1000], 1);
    CHECK(wasm_memory_grow(memory, 1));
    check_pages(memory, 2);
    wasm_memory_delete(memory);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(memories_know_their_type),
        TEST(memories_that_cannot_be_are_refused),
        TEST(new_memories_are_zero),
        TEST(growth_stops_at_the_limits),
        TEST(growth_moves_nothing),
        TEST(empty_memories_may_have_an_address),
        TEST(host_and_guest_see_the_same_bytes),
        TEST(bounds_follow_growth),
        TEST(instances_share_memories),
        TEST(memories_outlive_their_instance),
    };
    return RUN_TESTS(argc, argv, tests);
}
