// wasmo.h: exports by name, who calls a host function, calls without wasm_val_t, names in frames, figures.

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "guest.h"
#include "wasmo.h"

// Two instances of one module that import the same host functions.
typedef struct {
    world_t world;
    wasm_module_t* module;
    wasm_instance_t* instances[2];
} pair_t;

static pair_t* pair;
static int finalized;

static void finalize(void* env) {
    CHECK(env == &pair);
    finalized++;
}

static bool is_instance(const wasm_instance_t* instance, int index) {
    return wasm_instance_same(instance, pair->instances[index]);
}

// The first byte of the caller's memory; before that, everything that there is to know of the caller is looked at.
static wasm_trap_t* who(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results, const wasmo_caller_t* caller) {
    CHECK(env == &pair && args->size == 0 && results->size == 1);
    results->data[0] = (wasm_val_t)WASM_I32_VAL(-1);
    wasm_instance_t* instance = wasmo_caller_instance(caller);
    size_t size = 7;
    const char* data = wasmo_caller_memory_data(caller, &size);
    wasm_memory_t* memory = wasmo_caller_memory(caller);
    wasm_extern_t* set = wasmo_caller_export(caller, "set");
    if (instance == NULL) {
        CHECK(data == NULL && size == 0 && memory == NULL && set == NULL);
        return NULL;
    }
    CHECK(data == wasm_memory_data(memory) && size == wasm_memory_data_size(memory));
    CHECK(wasmo_caller_memory_data(caller, NULL) == data);
    CHECK(wasm_extern_as_func(set) != NULL);
    CHECK(wasmo_caller_export(caller, "memory") == NULL);
    CHECK(is_instance(instance, data[0] - 1));
    results->data[0] = (wasm_val_t)WASM_I32_VAL(data[0]);
    wasm_instance_delete(instance);
    wasm_memory_delete(memory);
    wasm_extern_delete(set);
    return NULL;
}

// Gives its argument back if the caller is the second instance, else nothing.
static wasm_trap_t* echo(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results, const wasmo_caller_t* caller) {
    CHECK(env == &pair);
    wasm_instance_t* instance = wasmo_caller_instance(caller);
    if (is_instance(instance, 1)) wasm_val_copy(&results->data[0], &args->data[0]);
    wasm_instance_delete(instance);
    return NULL;
}

static wasm_func_t* exported(int index, const char* name) {
    wasm_extern_t* found = wasmo_instance_export(pair->instances[index], name);
    CHECK(found != NULL && wasm_extern_as_func(found) != NULL);
    return wasm_extern_as_func(found);
}

static int32_t call(int index, const char* name) {
    wasm_func_t* func = exported(index, name);
    const int32_t result = call_i32(func);
    wasm_func_delete(func);
    return result;
}

static pair_t pair_new(void) {
    pair_t made = {world_new(), NULL, {NULL, NULL}};
    pair = &made;
    wasm_store_t* store = made.world.store;
    wasm_functype_t* who_type = wasm_functype_new_0_1(wasm_valtype_new_i32());
    wasm_functype_t* echo_type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
    wasm_func_t* who_func = wasmo_func_new_with_caller(store, who_type, who, &pair, finalize);
    wasm_func_t* echo_func = wasmo_func_new_with_caller(store, echo_type, echo, &pair, finalize);
    wasm_functype_delete(who_type);
    wasm_functype_delete(echo_type);
    wasm_extern_t* externs[] = {wasm_func_as_extern(who_func), wasm_func_as_extern(echo_func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    made.module = load_module(store, "caller");
    for (int i = 0; i < 2; i++) {
        made.instances[i] = wasm_instance_new(store, made.module, &imports, NULL);
        CHECK(made.instances[i] != NULL);
        wasm_func_t* set = exported(i, "set");
        wasmo_word_t words[1] = {{.i32 = i + 1}};
        CHECK(wasmo_func_call_words(set, words, 1) == NULL);
        wasm_func_delete(set);
    }
    // The host itself is no instance.
    CHECK_EQUAL(call_i32(who_func), -1);
    wasm_func_delete(who_func);
    wasm_func_delete(echo_func);
    return made;
}

static void pair_delete(pair_t* made) {
    for (int i = 0; i < 2; i++) wasm_instance_delete(made->instances[i]);
    wasm_module_delete(made->module);
    finalized = 0;
    world_delete(&made->world);
    CHECK_EQUAL(finalized, 2);
}

static void a_callback_learns_who_calls(void) {
    pair_t both = pair_new();
    pair = &both;
    CHECK_EQUAL(call(0, "direct"), 1);
    CHECK_EQUAL(call(1, "direct"), 2);
    CHECK_EQUAL(call(0, "direct"), 1);
    // Through a reference, nothing tells the two apart.
    CHECK_EQUAL(call(1, "indirect"), -1);
    pair_delete(&both);
}

static void a_callback_with_references_learns_who_calls(void) {
    pair_t both = pair_new();
    pair = &both;
    wasm_foreign_t* foreign = wasm_foreign_new(both.world.store);
    for (int i = 0; i < 2; i++) {
        wasm_func_t* func = exported(i, "echo");
        wasm_val_t args[] = {WASM_REF_VAL(wasm_foreign_as_ref(foreign))}, results[] = {WASM_INIT_VAL};
        const wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
        wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
        CHECK(wasm_func_call(func, &args_vec, &results_vec) == NULL);
        CHECK_EQUAL(results[0].of.ref != NULL, i);
        if (i == 1) CHECK(wasm_ref_same(results[0].of.ref, wasm_foreign_as_ref(foreign)));
        wasm_val_delete(&results[0]);
        wasm_func_delete(func);
    }
    wasm_foreign_delete(foreign);
    pair_delete(&both);
}

static void functions_are_called_with_words(void) {
    pair_t both = pair_new();
    pair = &both;
    wasm_func_t *mix = exported(0, "mix"), *deep = exported(0, "deep"), *echo = exported(0, "echo");
    wasmo_word_t words[4] = {{.i32 = -1}, {.i64 = -2}, {.f32 = 0.5f}, {.f64 = 4.25}};
    CHECK(wasmo_func_call_words(mix, words, 4) == NULL);
    CHECK(words[0].f64 == 1.75);
    CHECK(wasmo_func_call_words(deep, words, 2) == NULL);
    CHECK_EQUAL(words[0].i32, 1);
    CHECK_EQUAL(words[1].i64, 2);

    const struct {
        const wasm_func_t* func;
        wasmo_word_t* words;
        size_t count;
        const char* message;
    } wrong[] = {
        {mix, words, 3, "expected 4 words for arguments and results, found 3"},
        {mix, NULL, 4, "expected 4 words for arguments and results, found 0"},
        {deep, words, 1, "expected 2 words for arguments and results, found 1"},
        {echo, words, 4, "(externref) -> (externref) cannot be called with words"},
        {NULL, words, 4, "no function to call"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        wasm_trap_t* trap = wasmo_func_call_words(wrong[i].func, wrong[i].words, wrong[i].count);
        CHECK(trap != NULL);
        CHECK_MESSAGE(trap, wrong[i].message);
        wasm_trap_delete(trap);
    }
    wasm_func_delete(mix);
    wasm_func_delete(deep);
    wasm_func_delete(echo);
    pair_delete(&both);
}

static void frames_have_names(void) {
    pair_t both = pair_new();
    pair = &both;
    wasm_func_t* fail = exported(0, "fail");
    wasm_trap_t* trap = wasmo_func_call_words(fail, NULL, 0);
    CHECK(trap != NULL);
    CHECK_EQUAL(wasmo_trap_code(trap), WASMO_TRAP_UNREACHABLE);
    wasm_frame_t* origin = wasm_trap_origin(trap);
    CHECK(strcmp(wasmo_frame_func_name(origin), "fail") == 0);
    CHECK(strcmp(wasmo_frame_module_name(origin), "calls") == 0);
    wasm_frame_t* copy = wasm_frame_copy(origin);
    wasm_frame_delete(origin);
    CHECK(strcmp(wasmo_frame_func_name(copy), "fail") == 0);
    wasm_frame_delete(copy);
    wasm_trap_delete(trap);
    wasm_func_delete(fail);
    pair_delete(&both);

    // A module without names.
    world_t world = world_new();
    const char* text = "(module (func (export \"f\") unreachable))";
    const wasm_byte_vec_t bytes = {strlen(text), (char*)text};
    wasm_module_t* module = wasm_module_new(world.store, &bytes);
    wasm_instance_t* instance = wasm_instance_new(world.store, module, NULL, NULL);
    wasm_extern_t* func = wasmo_instance_export(instance, "f");
    trap = wasm_func_call(wasm_extern_as_func(func), NULL, NULL);
    origin = wasm_trap_origin(trap);
    CHECK(wasmo_frame_func_name(origin) == NULL && wasmo_frame_module_name(origin) == NULL);
    wasm_frame_delete(origin);
    wasm_trap_delete(trap);
    wasm_extern_delete(func);
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    world_delete(&world);
}

static void modules_have_figures(void) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "counter");
    wasmo_module_statistics_t before, after, loaded;
    CHECK(wasmo_module_statistics(module, &before));
    CHECK(before.functions > 0);
    CHECK_EQUAL(before.units, 1);
    CHECK_EQUAL(before.linked_units, 0);
    CHECK(before.code_bytes > 0 && before.code_bytes < 100000);
    const char* config = getenv("WASMO_CONFIG");
    const bool may_be_loaded = config != NULL && strstr(config, "cache=") != NULL;
    const bool lift_off = config != NULL && strstr(config, "mode=lift-off") != NULL;
    CHECK(before.compile_nanoseconds > 1000 || (may_be_loaded && before.compile_nanoseconds == 0));

    guest_t guest = guest_new(world.store, "counter", NULL);
    CHECK_EQUAL(call_i32(guest_func(&guest, "count")), 1);
    CHECK(wasmo_module_statistics(guest.module, &after));
    CHECK_EQUAL(after.linked_units, 1);
    CHECK_EQUAL(before.linked_functions, 0);
    CHECK_EQUAL(after.linked_functions, after.functions);
    CHECK(lift_off ? after.code_bytes > before.code_bytes : after.code_bytes == before.code_bytes);
    const bool at_once = lift_off && strstr(config, "tier-up=0") != NULL;
    CHECK_EQUAL(after.tiered_up_functions > 0, at_once);
    CHECK_EQUAL(after.tiered_up_code_bytes > 0 && after.tier_up_nanoseconds > 0, at_once);
    CHECK_EQUAL(after.tier_up_queue, 0);
    CHECK(wasmo_module_wait_for_tier_up(guest.module));
    guest_delete(&guest);

    wasm_byte_vec_t artifact;
    wasm_module_serialize(module, &artifact);
    wasm_module_t* same = wasm_module_deserialize(world.store, &artifact);
    CHECK(wasmo_module_statistics(same, &loaded));
    CHECK_EQUAL(loaded.compile_nanoseconds, 0);
    CHECK(loaded.code_bytes > 0 && loaded.tiered_up_functions == 0);
    if (!lift_off) CHECK_EQUAL(loaded.code_bytes, after.code_bytes);
    wasm_byte_vec_delete(&artifact);
    wasm_module_delete(same);
    wasm_module_delete(module);
    world_delete(&world);
}

static void null_is_answered(void) {
    wasmo_module_statistics_t statistics;
    size_t size = 7;
    world_t world = world_new();
    wasm_functype_t* type = wasm_functype_new_0_0();
    finalized = 0;
    CHECK(wasmo_func_new_with_caller(NULL, type, who, &pair, finalize) == NULL);
    CHECK(wasmo_func_new_with_caller(world.store, NULL, who, &pair, finalize) == NULL);
    CHECK(wasmo_func_new_with_caller(world.store, type, NULL, &pair, finalize) == NULL);
    CHECK_EQUAL(finalized, 3);
    wasm_functype_delete(type);
    CHECK(wasmo_caller_instance(NULL) == NULL);
    CHECK(wasmo_caller_memory(NULL) == NULL);
    CHECK(wasmo_caller_memory_data(NULL, &size) == NULL && size == 0);
    CHECK(wasmo_caller_export(NULL, "f") == NULL);
    CHECK(wasmo_instance_export(NULL, "f") == NULL);
    CHECK(strstr(wasmo_last_error(), "the instance is NULL") != NULL);
    CHECK(wasmo_frame_func_name(NULL) == NULL && wasmo_frame_module_name(NULL) == NULL);
    CHECK(!wasmo_module_statistics(NULL, &statistics));
    wasm_module_t* module = load_module(world.store, "counter");
    CHECK(!wasmo_module_statistics(module, NULL));
    CHECK(!wasmo_module_wait_for_tier_up(NULL));
    wasm_instance_t* instance = wasm_instance_new(world.store, module, NULL, NULL);
    CHECK(wasmo_instance_export(instance, NULL) == NULL);
    CHECK(wasmo_instance_export(instance, "nothing of the kind") == NULL);
    CHECK(strstr(wasmo_last_error(), "exports nothing of the name \"nothing of the kind\"") != NULL);
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(a_callback_learns_who_calls),     TEST(a_callback_with_references_learns_who_calls),
        TEST(functions_are_called_with_words), TEST(frames_have_names),
        TEST(modules_have_figures),            TEST(null_is_answered),
    };
    return RUN_TESTS(argc, argv, tests);
}
