// Modules as bytes: the same module again, here and in another process, from memory and from a file, and nothing of what
// is damaged or was made for something else.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "guest.h"
#include "wasmo.h"

static wasm_trap_t* increment(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    results->data[0] = (wasm_val_t)WASM_I32_VAL(arguments->data[0].of.i32 + 1);
    return NULL;
}

static wasm_byte_vec_t serialized(const char* name) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, name);
    wasm_byte_vec_t artifact;
    wasm_module_serialize(module, &artifact);
    CHECK(artifact.size > 0);
    wasm_module_delete(module);
    world_delete(&world);
    return artifact;
}

// Runs what trap.wat, serialized, was made of. Consumes module and world.
static void run_module(world_t world, wasm_module_t* module) {
    guest_t guest;
    guest.module = module;
    if (guest.module == NULL) check_failed(wasmo_last_error(), 0, "the module can be deserialized");

    wasm_importtype_vec_t imports;
    wasm_module_imports(guest.module, &imports);
    CHECK_EQUAL(imports.size, 1);
    CHECK_NAME(wasm_importtype_name(imports.data[0]), "call_host");
    wasm_importtype_vec_delete(&imports);

    wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_func_t* func = host_func(world.store, type, increment);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t vec = WASM_ARRAY_VEC(externs);
    guest.instance = wasm_instance_new(world.store, guest.module, &vec, NULL);
    CHECK(guest.instance != NULL);
    wasm_func_delete(func);
    wasm_instance_exports(guest.instance, &guest.exports);

    CHECK_EQUAL(call_i32(guest_func(&guest, "via_host"), 40), 42);
    CHECK_EQUAL(call_i32(guest_func(&guest, "divide"), 84, 2), 42);
    wasm_trap_t* trap = call_for_trap(guest_func(&guest, "outer"), 0);
    CHECK_MESSAGE(trap, "integer divide by zero");
    CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_INTEGER_DIVIDE_BY_ZERO);
    // Frames are known as exactly as before.
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    CHECK_EQUAL(frames.size, 3);
    CHECK_EQUAL(wasm_frame_func_offset(frames.data[0]), 6);
    CHECK_EQUAL(wasm_frame_func_offset(frames.data[1]), 3);
    CHECK_EQUAL(wasm_frame_func_offset(frames.data[2]), 5);
    wasm_frame_vec_delete(&frames);
    wasm_trap_delete(trap);
    trap = call_for_trap(guest_func(&guest, "load"), -1);
    CHECK_MESSAGE(trap, "out of bounds memory access");
    wasm_trap_delete(trap);

    guest_delete(&guest);
    world_delete(&world);
}

static void check_module(const wasm_byte_vec_t* artifact) {
    world_t world = world_new();
    run_module(world, wasm_module_deserialize(world.store, artifact));
}

static void a_module_is_the_same_afterwards(void) {
    wasm_byte_vec_t artifact = serialized("trap");
    check_module(&artifact);
    check_module(&artifact);

    // And it can be serialized again.
    world_t world = world_new();
    wasm_module_t* module = wasm_module_deserialize(world.store, &artifact);
    wasm_byte_vec_t again;
    wasm_module_serialize(module, &again);
    CHECK_EQUAL(again.size, artifact.size);
    CHECK(memcmp(again.data, artifact.data, again.size) == 0);
    wasm_byte_vec_delete(&again);
    wasm_module_delete(module);
    world_delete(&world);
    wasm_byte_vec_delete(&artifact);
}

static void the_same_module_gives_the_same_bytes(void) {
    wasm_byte_vec_t one = serialized("trap"), other = serialized("trap");
    CHECK_EQUAL(one.size, other.size);
    CHECK(memcmp(one.data, other.data, one.size) == 0);
    wasm_byte_vec_delete(&one);
    wasm_byte_vec_delete(&other);
}

static void another_process_can_use_it(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        wasm_byte_vec_t artifact = serialized("trap");
        for (size_t done = 0; done < artifact.size;) {
            const ssize_t count = write(ends[1], artifact.data + done, artifact.size - done);
            if (count <= 0) _exit(1);
            done += (size_t)count;
        }
        _exit(0);
    }
    close(ends[1]);
    wasm_byte_vec_t artifact = WASM_EMPTY_VEC;
    static char bytes[1 << 20];
    for (ssize_t count; (count = read(ends[0], bytes + artifact.size, sizeof bytes - artifact.size)) > 0;) {
        artifact.size += (size_t)count;
    }
    artifact.data = bytes;
    close(ends[0]);
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQUAL(status, 0);
    check_module(&artifact);
}

static void a_file_is_a_module_as_well(void) {
    char path[] = "/tmp/wasmo-artifact-XXXXXX";
    const int file = mkstemp(path);
    CHECK(file >= 0);
    wasm_byte_vec_t artifact = serialized("trap");
    CHECK(write(file, artifact.data, artifact.size) == (ssize_t)artifact.size);
    close(file);

    world_t world = world_new();
    wasm_module_t* module = wasmo_module_deserialize_file(world.store, path);
    if (module == NULL) check_failed(wasmo_last_error(), 0, "the file can be loaded");
    wasmo_module_statistics_t statistics;
    CHECK(wasmo_module_statistics(module, &statistics));
    CHECK_EQUAL(statistics.linked_units, 0);
    CHECK_EQUAL(statistics.compile_nanoseconds, 0);
    wasm_byte_vec_t again;
    wasm_module_serialize(module, &again);
    CHECK_EQUAL(again.size, artifact.size);
    CHECK(memcmp(again.data, artifact.data, again.size) == 0);
    wasm_byte_vec_delete(&again);
    wasm_byte_vec_delete(&artifact);

    // Its file may go before it.
    CHECK(unlink(path) == 0);
    CHECK(wasmo_module_deserialize_file(world.store, path) == NULL);
    CHECK(strstr(wasmo_last_error(), path) != NULL);
    CHECK(wasmo_module_deserialize_file(world.store, "/tmp") == NULL);
    CHECK(strstr(wasmo_last_error(), "artifact: ") != NULL);
    CHECK(wasmo_module_deserialize_file(NULL, path) == NULL);
    CHECK(wasmo_module_deserialize_file(world.store, NULL) == NULL);
    run_module(world, module);
}

static void check_refused(wasm_store_t* store, const wasm_byte_vec_t* artifact, const char* reason) {
    CHECK(wasm_module_deserialize(store, artifact) == NULL);
    if (strstr(wasmo_last_error(), reason) == NULL) check_failed(wasmo_last_error(), 0, reason);
}

static void what_is_damaged_is_refused(void) {
    wasm_byte_vec_t artifact = serialized("counter");
    world_t world = world_new();
    for (size_t at = 0; at < artifact.size; at += 1 + at / 64) {
        artifact.data[at] ^= 0x10;
        check_refused(world.store, &artifact, "artifact: ");
        artifact.data[at] ^= 0x10;
        const wasm_byte_vec_t cut = {at, artifact.data};
        check_refused(world.store, &cut, "artifact: ");
    }
    wasm_byte_vec_t wasm = read_wasm("counter");
    check_refused(world.store, &wasm, "no artifact");
    wasm_byte_vec_delete(&wasm);
    wasm_module_t* module = wasm_module_deserialize(world.store, &artifact);
    CHECK(module != NULL);
    wasm_module_delete(module);
    world_delete(&world);
    wasm_byte_vec_delete(&artifact);
}

// Where these bytes first are.
static char* find(const wasm_byte_vec_t* artifact, const char* text) {
    const size_t length = strlen(text);
    for (size_t at = 0; at + length <= artifact->size; at++) {
        if (memcmp(artifact->data + at, text, length) == 0) return artifact->data + at;
    }
    check_failed(text, 0, "it is in the artifact");
}

static void what_was_made_for_something_else_is_refused(void) {
    wasm_byte_vec_t artifact = serialized("counter");
    world_t world = world_new();
    // An artifact begins with what it was made by and for: the versions of wasmo and LLVM and the target, each behind its
    // length.
    char* target = find(&artifact, "x86_64-");
    const struct {
        char* at;
        const char* reason;
    } others[] = {
        {find(&artifact, wasmo_version()), "it was made for wasmo "},
        {target - 2, "it was made for LLVM "},
        {target, "it was made for the target "},
        {find(&artifact, "sse4.2"), "which this CPU lacks"},
        {find(&artifact, "memory unchecked"), "it was made for the configuration "},
        {find(&artifact, "multi-value"), "which is switched off"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ++*others[i].at;
        check_refused(world.store, &artifact, others[i].reason);
        --*others[i].at;
    }
    wasm_module_t* module = wasm_module_deserialize(world.store, &artifact);
    CHECK(module != NULL);
    wasm_module_delete(module);
    world_delete(&world);
    wasm_byte_vec_delete(&artifact);
}

static void other_settings_refuse_it(void) {
    wasm_byte_vec_t artifact = serialized("counter");
    static const char* const settings[][3] = {
        {"memory-guard", "64K", "the configuration"},
        {"multi-value", "off", "multi-value, which is switched off"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        wasm_config_t* config = wasm_config_new();
        // So that the guard plays a role, whatever the environment says.
        CHECK(wasmo_config_set(config, "signal-handlers", "on"));
        CHECK(wasmo_config_set(config, "memory-reservation", "4G"));
        CHECK(wasmo_config_set(config, settings[i][0], settings[i][1]));
        const bool same_checks = getenv("WASMO_CONFIG") == NULL || strstr(getenv("WASMO_CONFIG"), "=off") == NULL;
        wasm_engine_t* engine = wasm_engine_new_with_config(config);
        wasm_store_t* store = wasm_store_new(engine);
        check_refused(store, &artifact, same_checks ? settings[i][2] : "the configuration");
        wasm_store_delete(store);
        wasm_engine_delete(engine);
    }
    wasm_byte_vec_delete(&artifact);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(another_process_can_use_it),
        TEST(a_module_is_the_same_afterwards),
        TEST(the_same_module_gives_the_same_bytes),
        TEST(a_file_is_a_module_as_well),
        TEST(what_is_damaged_is_refused),
        TEST(what_was_made_for_something_else_is_refused),
        TEST(other_settings_refuse_it),
    };
    return RUN_TESTS(argc, argv, tests);
}
