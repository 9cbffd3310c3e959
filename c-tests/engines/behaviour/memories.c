// Memories of the host's and of guests.

#include "probe.h"

static wasm_memory_t* new_memory(wasm_store_t* store, uint32_t min, uint32_t max) {
    const wasm_limits_t limits = {min, max};
    return api->memory_new(store, api->memorytype_new(&limits));
}

static void say_memory(const char* what, const wasm_memory_t* memory) {
    if (memory == NULL) {
        say("%s: no memory", what);
        return;
    }
    say("%s: %s of %u pages and %zu bytes", what, text_of_type(api->memorytype_as_externtype(api->memory_type(memory))),
        api->memory_size(memory), api->memory_data_size(memory));
}

static void new_memories(void) {
    wasm_store_t* store = new_store();
    say_memory("bounded", new_memory(store, 1, 3));
    say_memory("unbounded", new_memory(store, 2, wasm_limits_max_default));
    say_memory("empty", new_memory(store, 0, 0));
    say_memory("up to the limit", new_memory(store, 0, 0x10000));
    const char* data = api->memory_data(new_memory(store, 1, 1));
    say("it begins with %d and ends with %d", data[0], data[MEMORY_PAGE_SIZE - 1]);
}

static void memory_that_cannot_be(void) { say_memory("it", new_memory(new_store(), 3, 1)); }
static void memory_beyond_the_address_space(void) {
    say_memory("it", new_memory(new_store(), 0x10001, wasm_limits_max_default));
}

static void memories_grow(void) {
    wasm_memory_t* memory = new_memory(new_store(), 1, 3);
    const char* const data = api->memory_data(memory);
    const wasm_memory_pages_t deltas[] = {0, 1, 2, 0x10000, UINT32_MAX, 1, 1};
    for (size_t i = 0; i < sizeof deltas / sizeof *deltas; i++) {
        const bool grown = api->memory_grow(memory, deltas[i]);
        say("by %u: %d, then there are %u pages and %zu bytes", deltas[i], grown, api->memory_size(memory),
            api->memory_data_size(memory));
    }
    say("it has moved: %d", api->memory_data(memory) != data);
}

static void types_of_memories_that_have_grown(void) {
    wasm_memory_t* memory = new_memory(new_store(), 1, 3);
    api->memory_grow(memory, 1);
    say_memory("it", memory);
}

static void unbounded_memories_grow(void) {
    wasm_memory_t* memory = new_memory(new_store(), 0, wasm_limits_max_default);
    say("by 1: %d", api->memory_grow(memory, 1));
    say("beyond the address space: %d", api->memory_grow(memory, 0x10000));
    say("then there is %u", api->memory_size(memory));
}

static void memories_of_guests(void) {
    guest_t guest = new_guest(new_store(), "memory", 0, NULL);
    wasm_memory_t* memory = api->extern_as_memory(guest.exports.data[0]);
    say_memory("it", memory);
    say("there are %d and %d", api->memory_data(memory)[0x1000], api->memory_data(memory)[0x1003]);
    api->memory_data(memory)[5] = 55;
    say_call("load", guest_func(&guest, "load"), ARGUMENTS(I32(5)));
    say_call("store", guest_func(&guest, "store"), ARGUMENTS(I32(6), I32(66)));
    say("the host reads %d", api->memory_data(memory)[6]);
    say_call("load beyond the end", guest_func(&guest, "load"), ARGUMENTS(I32(MEMORY_PAGE_SIZE)));
    say_call("grow", guest_func(&guest, "grow"), ARGUMENTS(I32(1)));
    say("the host sees %u", api->memory_size(memory));
    say_call("load from there", guest_func(&guest, "load"), ARGUMENTS(I32(MEMORY_PAGE_SIZE)));
    say("the host grows: %d", api->memory_grow(memory, 1));
    say_call("size", guest_func(&guest, "size"), NO_ARGUMENTS);
    say_call("grow too far", guest_func(&guest, "grow"), ARGUMENTS(I32(2)));
    say_call("grow by nothing", guest_func(&guest, "grow"), ARGUMENTS(I32(0)));
    wasm_memory_t* copy = api->memory_copy(memory);
    say("the copy has the same data: %d", api->memory_data(copy) == api->memory_data(memory));
}

static void a_memory_of_two_guests(void) {
    wasm_store_t* store = new_store();
    wasm_extern_t* imports[] = {api->memory_as_extern(new_memory(store, 2, 4))};
    guest_t first = new_guest(store, "memory_user", 1, imports);
    guest_t second = new_guest(store, "memory_user", 1, imports);
    say_call("the second loads", guest_func(&second, "load"), ARGUMENTS(I32(0)));
    say_call("the first stores", guest_func(&first, "store"), ARGUMENTS(I32(100), I32(7)));
    say_call("the second loads", guest_func(&second, "load"), ARGUMENTS(I32(100)));
    say_call("the first grows", guest_func(&first, "grow"), ARGUMENTS(I32(1)));
    say_call("the second sees", guest_func(&second, "size"), NO_ARGUMENTS);
}

const probe_t memory_probes[] = {
    PROBE(new_memories),
    PROBE(memory_that_cannot_be),
    PROBE(memory_beyond_the_address_space),
    PROBE(memories_grow),
    PROBE(types_of_memories_that_have_grown),
    PROBE(unbounded_memories_grow),
    PROBE(memories_of_guests),
    PROBE(a_memory_of_two_guests),
    {NULL, NULL},
};
