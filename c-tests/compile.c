// wasmo.h: compilations that are watched and cancelled, and code for other machines.

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guest.h"
#include "wasmo.h"

// A module of 2 * PAIRS units: of every two functions, one has more values on its stack than the optimiser takes.
enum { PAIRS = 3, HIGH = 600 };

// How often its compilation tells how far it is: at first, after each unit and at the end; where the functions are only
// validated, which takes one step, three times.
static size_t all_calls(void) {
    const char* config = getenv("WASMO_CONFIG");
    return config != NULL && strstr(config, "mode=lift-off") != NULL ? 3 : 2 * PAIRS + 2;
}

static wasm_byte_vec_t many_units(void) {
    const size_t most = PAIRS * (HIGH * 24 + 400) + 100;
    char* text = malloc(most);
    size_t at = (size_t)sprintf(text, "(module");
    for (int i = 0; i < PAIRS; i++) {
        at += (size_t)sprintf(text + at, "(func (export \"f%d\") (param i32) (result i32) (i32.add (call $h%d) (local.get 0)))", i, i);
        at += (size_t)sprintf(text + at, "(func $h%d (result i32) (i32.const %d)", i, i);
        for (int j = 1; j < HIGH; j++) at += (size_t)sprintf(text + at, "(i32.const 1)");
        for (int j = 1; j < HIGH; j++) at += (size_t)sprintf(text + at, "i32.add ");
        at += (size_t)sprintf(text + at, ")");
    }
    at += (size_t)sprintf(text + at, ")");
    CHECK(at < most);
    const wasm_byte_vec_t wat = {at, text};
    wasm_byte_vec_t binary;
    wat2wasm(&wat, &binary);
    CHECK(binary.size > 0);
    free(text);
    return binary;
}

// Who watches, and the call at which it has enough; 0 for never.
typedef struct {
    pthread_t thread;
    size_t calls, done, total, last;
} watch_t;

static bool watch(void* env, size_t done, size_t total) {
    watch_t* watch = env;
    CHECK(pthread_equal(pthread_self(), watch->thread));
    watch->calls++;
    CHECK(watch->calls == 1 ? done == 0 : done > watch->done && total == watch->total);
    CHECK(done <= total);
    watch->done = done;
    watch->total = total;
    return watch->calls != watch->last;
}

static void call_f2(wasm_store_t* store, wasm_module_t* module) {
    guest_t guest = {module, wasm_instance_new(store, module, NULL, NULL), WASM_EMPTY_VEC};
    CHECK(guest.instance != NULL);
    wasm_instance_exports(guest.instance, &guest.exports);
    CHECK_EQUAL(call_i32(wasm_extern_as_func(guest.exports.data[2]), 5), 5 + 2 + HIGH - 1);
    guest_delete(&guest);
}

static void a_compilation_is_watched(void) {
    world_t world = world_new();
    wasm_byte_vec_t binary = many_units();
    watch_t watched = {.thread = pthread_self()};
    wasm_module_t* module = wasmo_module_new_with_progress(world.store, &binary, watch, &watched);
    CHECK(module != NULL);
    CHECK_EQUAL(watched.calls, all_calls());
    CHECK_EQUAL(watched.done, binary.size);
    CHECK_EQUAL(watched.total, binary.size);
    call_f2(world.store, module);
    // Nobody has to.
    module = wasmo_module_new_with_progress(world.store, &binary, NULL, NULL);
    CHECK(module != NULL);
    wasm_module_delete(module);
    wasm_byte_vec_delete(&binary);
    world_delete(&world);
}

static void a_compilation_is_cancelled_at_any_call(void) {
    world_t world = world_new();
    wasm_byte_vec_t binary = many_units();
    for (size_t last = 1; last <= all_calls(); last++) {
        watch_t watched = {.thread = pthread_self(), .last = last};
        CHECK(wasm_valtype_new(77) == NULL);
        CHECK(wasmo_module_new_with_progress(world.store, &binary, watch, &watched) == NULL);
        CHECK_EQUAL(watched.calls, last);
        CHECK(strcmp(wasmo_last_error(), "cancelled") == 0);
    }
    // And all is as it was.
    wasm_module_t* module = wasm_module_new(world.store, &binary);
    CHECK(module != NULL);
    call_f2(world.store, module);
    wasm_byte_vec_delete(&binary);
    world_delete(&world);
}

static void what_is_not_valid_is_not_compiled(void) {
    world_t world = world_new();
    const wasm_byte_vec_t wrong = {6, "\0asm\1\0"};
    watch_t watched = {.thread = pthread_self()};
    CHECK(wasmo_module_new_with_progress(world.store, &wrong, watch, &watched) == NULL);
    CHECK(strstr(wasmo_last_error(), "invalid module") != NULL);
    CHECK_EQUAL(watched.calls, 0);
    wasm_byte_vec_t artifact = {7, (void*)&artifact};
    wasmo_precompile(world.engine, &wrong, &artifact);
    CHECK_ZEROED(artifact);
    CHECK(strstr(wasmo_last_error(), "invalid module") != NULL);
    world_delete(&world);
}

static wasm_engine_t* engine_for(const char* cpu) {
    wasm_config_t* config = wasm_config_new();
    CHECK(wasmo_config_set(config, "cpu", cpu));
    CHECK(wasmo_config_set(config, "compile-threads", "2"));
    CHECK(!wasmo_config_set(config, "compile-threads", "many"));
    wasm_engine_t* engine = wasm_engine_new_with_config(config);
    CHECK(engine != NULL);
    return engine;
}

static void modules_are_compiled_for_other_machines(void) {
    wasm_byte_vec_t binary = many_units();
    static const char* const cpus[] = {"native", "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
        wasm_engine_t* engine = engine_for(cpus[i]);
        wasm_store_t* store = wasm_store_new(engine);
        wasm_byte_vec_t artifact, serialized;
        wasmo_precompile(engine, &binary, &artifact);
        CHECK(artifact.size > 0);
        wasm_module_t* module = wasm_module_new(store, &binary);
        if (module != NULL) {
            wasm_module_serialize(module, &serialized);
            CHECK_EQUAL(serialized.size, artifact.size);
            CHECK(memcmp(serialized.data, artifact.data, artifact.size) == 0);
            wasm_byte_vec_delete(&serialized);
            wasm_module_delete(module);
            module = wasm_module_deserialize(store, &artifact);
            CHECK(module != NULL);
            call_f2(store, module);
        } else {
            // The level is one that this machine has not.
            CHECK(i > 1 && strstr(wasmo_last_error(), "lacks") != NULL);
            CHECK(wasm_module_deserialize(store, &artifact) == NULL);
            CHECK(strstr(wasmo_last_error(), "lacks") != NULL);
        }
        wasm_byte_vec_delete(&artifact);
        wasm_store_delete(store);
        wasm_engine_delete(engine);
    }
    wasm_byte_vec_delete(&binary);
}

static void null_is_answered(void) {
    world_t world = world_new();
    wasm_byte_vec_t binary = many_units(), artifact = {7, (void*)&artifact};
    watch_t watched = {.thread = pthread_self()};
    CHECK(wasmo_module_new_with_progress(NULL, &binary, watch, &watched) == NULL);
    CHECK(strstr(wasmo_last_error(), "the store is NULL") != NULL);
    CHECK(wasmo_module_new_with_progress(world.store, NULL, watch, &watched) == NULL);
    CHECK_EQUAL(watched.calls, 0);
    wasmo_precompile(NULL, &binary, &artifact);
    CHECK_ZEROED(artifact);
    CHECK(strstr(wasmo_last_error(), "the engine is NULL") != NULL);
    wasmo_precompile(world.engine, NULL, &artifact);
    CHECK_ZEROED(artifact);
    wasmo_precompile(world.engine, &binary, NULL);
    wasm_byte_vec_delete(&binary);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(a_compilation_is_watched),
        TEST(a_compilation_is_cancelled_at_any_call),
        TEST(what_is_not_valid_is_not_compiled),
        TEST(modules_are_compiled_for_other_machines),
        TEST(null_is_answered),
    };
    return RUN_TESTS(argc, argv, tests);
}
