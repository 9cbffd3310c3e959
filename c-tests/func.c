// Functions: calls in both directions with values of all kinds, closures and their finalizers, wrong calls.

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "guest.h"
#include "wasmo.h"

enum { REVERSED = 4, MANY = 20 };

// --- Host functions ---

static int nothing_calls;

static wasm_trap_t* count_nothing(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    CHECK_EQUAL(arguments->size, 0);
    CHECK_EQUAL(results->size, 0);
    nothing_calls++;
    return NULL;
}

// Gives its arguments back in reverse order.
static wasm_trap_t* reverse(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    CHECK_EQUAL(arguments->size, results->size);
    for (size_t i = 0; i < arguments->size; i++) {
        wasm_val_copy(&results->data[i], &arguments->data[arguments->size - 1 - i]);
    }
    return NULL;
}

// The type of a function that reverses `count` parameters of these kinds.
static wasm_functype_t* reverse_type(size_t count, const wasm_valkind_t kinds[]) {
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new_uninitialized(&params, count);
    wasm_valtype_vec_new_uninitialized(&results, count);
    for (size_t i = 0; i < count; i++) {
        params.data[i] = wasm_valtype_new(kinds[i]);
        results.data[count - 1 - i] = wasm_valtype_new(kinds[i]);
    }
    return wasm_functype_new(&params, &results);
}

static void kinds_of_many(wasm_valkind_t kinds[MANY]) {
    for (int i = 0; i < MANY; i++) kinds[i] = (wasm_valkind_t)(i < 16 ? i % 4 : WASM_F64);
}

static wasm_func_t* reverse_func(wasm_store_t* store, size_t count) {
    wasm_valkind_t kinds[MANY];
    kinds_of_many(kinds);
    return host_func(store, reverse_type(count, kinds), reverse);
}

// An instance of func.wat. The functions that it imports are handed over entirely: their handles are gone.
static guest_t func_guest(wasm_store_t* store) {
    wasm_extern_t* externs[] = {
        wasm_func_as_extern(reverse_func(store, REVERSED)),
        wasm_func_as_extern(reverse_func(store, MANY)),
        wasm_func_as_extern(host_func(store, wasm_functype_new_0_0(), count_nothing)),
    };
    wasm_extern_vec_t imports;
    wasm_extern_vec_new(&imports, 3, externs);
    guest_t guest = guest_new(store, "func", &imports);
    wasm_extern_vec_delete(&imports);
    return guest;
}

// --- Values ---

static bool is_same_value(const wasm_val_t* left, const wasm_val_t* right) {
    const bool narrow = left->kind == WASM_I32 || left->kind == WASM_F32;
    return left->kind == right->kind && memcmp(&left->of, &right->of, narrow ? 4 : 8) == 0;
}

// Calls a function that gives back its one argument.
static void check_identity(const guest_t* guest, const char* name, wasm_val_t value) {
    wasm_val_t result[] = {WASM_INIT_VAL};
    const wasm_val_vec_t arguments = {1, &value};
    wasm_val_vec_t results = WASM_ARRAY_VEC(result);
    CHECK(wasm_func_call(guest_func(guest, name), &arguments, &results) == NULL);
    CHECK(is_same_value(&result[0], &value));
}

static void values_of_every_kind_pass_unchanged(void) {
    world_t world = world_new();
    guest_t guest = func_guest(world.store);
    check_identity(&guest, "i32", (wasm_val_t)WASM_I32_VAL(INT32_MIN));
    check_identity(&guest, "i32", (wasm_val_t)WASM_I32_VAL(-1));
    check_identity(&guest, "i64", (wasm_val_t)WASM_I64_VAL(INT64_MIN));
    check_identity(&guest, "i64", (wasm_val_t)WASM_I64_VAL(0x123456789abcdef0));
    check_identity(&guest, "f32", (wasm_val_t)WASM_F32_VAL(-0.0f));
    check_identity(&guest, "f32", (wasm_val_t)WASM_F32_VAL(INFINITY));
    check_identity(&guest, "f64", (wasm_val_t)WASM_F64_VAL(4.9e-324));
    // Signalling NaNs with payloads.
    wasm_val_t nan32 = WASM_F32_VAL(0), nan64 = WASM_F64_VAL(0);
    memcpy(&nan32.of, &(uint32_t){0xffa12345}, 4);
    memcpy(&nan64.of, &(uint64_t){0x7ff0123456789abc}, 8);
    check_identity(&guest, "f32", nan32);
    check_identity(&guest, "f64", nan64);
    guest_delete(&guest);
    world_delete(&world);
}

static void functions_compute(void) {
    world_t world = world_new();
    guest_t guest = func_guest(world.store);
    CHECK_EQUAL(call_i32(guest_func(&guest, "subtract"), 3, 5), -2);

    wasm_val_t values[] = {WASM_F64_VAL(1), WASM_F32_VAL(4)}, result[] = {WASM_INIT_VAL};
    const wasm_val_vec_t arguments = WASM_ARRAY_VEC(values);
    wasm_val_vec_t results = WASM_ARRAY_VEC(result);
    CHECK(wasm_func_call(guest_func(&guest, "divide"), &arguments, &results) == NULL);
    CHECK_EQUAL(result[0].kind, WASM_F64);
    CHECK(result[0].of.f64 == 0.25);
    guest_delete(&guest);
    world_delete(&world);
}

static void functions_without_values_are_called(void) {
    world_t world = world_new();
    guest_t guest = func_guest(world.store);
    nothing_calls = 0;
    call_i32(guest_func(&guest, "nothing"));
    call_i32(guest_func(&guest, "nothing"));
    CHECK_EQUAL(nothing_calls, 2);
    guest_delete(&guest);
    world_delete(&world);
}

// Calls a function that reverses its arguments: values that differ, of the kinds that it takes.
static void check_reverse(const wasm_func_t* func, size_t count) {
    wasm_val_t values[MANY], reversed[MANY];
    wasm_valkind_t kinds[MANY];
    kinds_of_many(kinds);
    for (size_t i = 0; i < count; i++) {
        values[i].kind = kinds[i];
        switch (kinds[i]) {
        case WASM_I32: values[i].of.i32 = -(int32_t)i - 1; break;
        case WASM_I64: values[i].of.i64 = (INT64_C(1) << 40) + (int64_t)i; break;
        case WASM_F32: values[i].of.f32 = 0.5f + (float)i; break;
        default: values[i].of.f64 = 1e100 * (double)(i + 1); break;
        }
        reversed[i] = (wasm_val_t)WASM_INIT_VAL;
    }
    const wasm_val_vec_t arguments = {count, values};
    wasm_val_vec_t results = {count, reversed};
    CHECK_EQUAL(wasm_func_param_arity(func), count);
    CHECK_EQUAL(wasm_func_result_arity(func), count);
    CHECK(wasm_func_call(func, &arguments, &results) == NULL);
    for (size_t i = 0; i < count; i++) CHECK(is_same_value(&reversed[i], &values[count - 1 - i]));
}

static void several_results_come_in_order(void) {
    world_t world = world_new();
    guest_t guest = func_guest(world.store);
    check_reverse(guest_func(&guest, "reverse"), REVERSED);
    check_reverse(guest_func(&guest, "reverse_by_host"), REVERSED);
    guest_delete(&guest);
    world_delete(&world);
}

static void more_values_than_registers_come_in_order(void) {
    world_t world = world_new();
    guest_t guest = func_guest(world.store);
    check_reverse(guest_func(&guest, "many"), MANY);
    check_reverse(guest_func(&guest, "many_by_host"), MANY);
    guest_delete(&guest);
    world_delete(&world);
}

static void host_functions_are_called_without_wasm(void) {
    world_t world = world_new();
    wasm_func_t* direct = reverse_func(world.store, MANY);
    check_reverse(direct, MANY);
    wasm_func_delete(direct);
    guest_t guest = func_guest(world.store);
    check_reverse(guest_func(&guest, "host_reverse"), REVERSED);
    guest_delete(&guest);
    world_delete(&world);
}

// --- Types and wrong calls ---

static void functions_know_their_type(void) {
    world_t world = world_new();
    guest_t guest = func_guest(world.store);
    const wasm_func_t* func = guest_func(&guest, "divide");
    CHECK_EQUAL(wasm_func_param_arity(func), 2);
    CHECK_EQUAL(wasm_func_result_arity(func), 1);
    wasm_functype_t* type = wasm_func_type(func);
    CHECK_EQUAL(wasm_valtype_kind(wasm_functype_params(type)->data[0]), WASM_F64);
    CHECK_EQUAL(wasm_valtype_kind(wasm_functype_params(type)->data[1]), WASM_F32);
    CHECK_EQUAL(wasm_valtype_kind(wasm_functype_results(type)->data[0]), WASM_F64);
    wasm_functype_delete(type);
    guest_delete(&guest);
    world_delete(&world);
}

static void calls_that_do_not_fit_the_type_trap(void) {
    world_t world = world_new();
    guest_t guest = func_guest(world.store);
    const wasm_func_t* func = guest_func(&guest, "subtract");
    wasm_val_t right[] = {WASM_I32_VAL(1), WASM_I32_VAL(2)}, wrong[] = {WASM_I32_VAL(1), WASM_F64_VAL(2)};
    wasm_val_t result[] = {WASM_INIT_VAL};
    const wasm_val_vec_t one = {1, right}, two = {2, right}, mistyped = {2, wrong}, none = WASM_EMPTY_VEC;
    wasm_val_vec_t room = WASM_ARRAY_VEC(result), no_room = WASM_EMPTY_VEC;

    wasm_trap_t* traps[] = {
        wasm_func_call(func, &none, &room),
        wasm_func_call(func, &one, &room),
        wasm_func_call(func, &mistyped, &room),
        wasm_func_call(func, &two, &no_room),
    };
    for (size_t i = 0; i < 4; i++) {
        CHECK_MESSAGE(traps[i], "");
        wasm_trap_delete(traps[i]);
    }
    // And it goes on.
    CHECK(wasm_func_call(func, &two, &room) == NULL);
    CHECK_EQUAL(result[0].of.i32, -1);
    guest_delete(&guest);
    world_delete(&world);
}

static void vectors_may_be_null_where_there_are_no_values(void) {
    world_t world = world_new();
    guest_t guest = func_guest(world.store);
    CHECK(wasm_func_call(guest_func(&guest, "nothing"), NULL, NULL) == NULL);
    guest_delete(&guest);
    world_delete(&world);
}

// --- Closures ---

static int finalized;

static void count_finalized(void* env) {
    CHECK(env == NULL || env == &finalized);
    finalized++;
}

static wasm_trap_t* expect_env(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    (void)results;
    CHECK(env == NULL || env == &finalized);
    return NULL;
}

static wasm_func_t* finalized_func(wasm_store_t* store, void* env) {
    wasm_functype_t* type = wasm_functype_new_0_0();
    wasm_func_t* func = wasm_func_new_with_env(store, type, expect_env, env, count_finalized);
    CHECK(func != NULL);
    wasm_functype_delete(type);
    return func;
}

static void finalizers_run_once_when_the_handle_goes_first(void) {
    world_t world = world_new();
    finalized = 0;
    wasm_func_t* func = finalized_func(world.store, &finalized);
    wasm_func_t* copy = wasm_func_copy(func);
    wasm_func_delete(func);
    call_i32(copy);
    CHECK_EQUAL(finalized, 0);
    wasm_func_delete(copy);
    world_delete(&world);
    CHECK_EQUAL(finalized, 1);
}

static void finalizers_run_once_when_the_store_goes_first(void) {
    world_t world = world_new();
    finalized = 0;
    wasm_func_t* func = finalized_func(world.store, &finalized);
    wasm_func_t* copy = wasm_func_copy(func);
    world_delete(&world);
    wasm_func_delete(copy);
    wasm_func_delete(func);
    CHECK_EQUAL(finalized, 1);
}

static void delete_memory(void* env) {
    wasm_memory_delete(env);
    finalized++;
}

static wasm_trap_t* do_nothing(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)env;
    (void)arguments;
    (void)results;
    return NULL;
}

// The function belongs to the store, its environment owns a handle to the same store: neither may keep the other.
static void an_environment_may_own_handles_of_its_store(void) {
    for (int store_first = 0; store_first < 2; store_first++) {
        world_t world = world_new();
        finalized = 0;
        wasm_limits_t limits = {1, 1};
        wasm_memorytype_t* memory_type = wasm_memorytype_new(&limits);
        wasm_functype_t* type = wasm_functype_new_0_0();
        wasm_memory_t* memory = wasm_memory_new(world.store, memory_type);
        wasm_func_t* func = wasm_func_new_with_env(world.store, type, do_nothing, memory, delete_memory);
        wasm_memorytype_delete(memory_type);
        wasm_functype_delete(type);
        if (!store_first) wasm_func_delete(func);
        world_delete(&world);
        if (store_first) wasm_func_delete(func);
        CHECK_EQUAL(finalized, 1);
    }
}

static void arguments_and_results_may_be_one_vector(void) {
    world_t world = world_new();
    wasm_func_t* direct = reverse_func(world.store, 1);
    wasm_val_t values[] = {WASM_I32_VAL(21)};
    wasm_val_vec_t both = WASM_ARRAY_VEC(values);
    CHECK(wasm_func_call(direct, &both, &both) == NULL);
    CHECK_EQUAL(values[0].of.i32, 21);
    wasm_func_delete(direct);
    world_delete(&world);
}

static void finalizers_wait_for_the_instances_that_import_the_function(void) {
    world_t world = world_new();
    finalized = 0;
    wasm_extern_t* externs[] = {
        wasm_func_as_extern(reverse_func(world.store, REVERSED)),
        wasm_func_as_extern(reverse_func(world.store, MANY)),
        wasm_func_as_extern(finalized_func(world.store, &finalized)),
    };
    wasm_extern_vec_t imports;
    wasm_extern_vec_new(&imports, 3, externs);
    guest_t guest = guest_new(world.store, "func", &imports);
    wasm_extern_vec_delete(&imports);
    for (int i = 0; i < 3; i++) call_i32(guest_func(&guest, "nothing"));
    CHECK_EQUAL(finalized, 0);
    guest_delete(&guest);
    world_delete(&world);
    CHECK_EQUAL(finalized, 1);
}

static void every_closure_has_its_own_finalizer_call(void) {
    world_t world = world_new();
    finalized = 0;
    for (int i = 0; i < 1000; i++) wasm_func_delete(finalized_func(world.store, &finalized));
    world_delete(&world);
    CHECK_EQUAL(finalized, 1000);
}

static void environments_and_finalizers_may_be_null(void) {
    world_t world = world_new();
    finalized = 0;
    wasm_func_t* without_env = finalized_func(world.store, NULL);
    wasm_func_t* without_either = host_func_with_env(world.store, wasm_functype_new_0_0(), expect_env, NULL);
    call_i32(without_env);
    call_i32(without_either);
    wasm_func_delete(without_env);
    wasm_func_delete(without_either);
    world_delete(&world);
    CHECK_EQUAL(finalized, 1);
}

static void closures_see_their_own_environment(void) {
    world_t world = world_new();
    int32_t numbers[] = {10, 20};
    wasm_func_t* first = constant_func(world.store, &numbers[0]);
    wasm_func_t* second = constant_func(world.store, &numbers[1]);
    CHECK_EQUAL(call_i32(first), 10);
    CHECK_EQUAL(call_i32(second), 20);
    numbers[0] = 11;
    CHECK_EQUAL(call_i32(first), 11);
    wasm_func_delete(first);
    wasm_func_delete(second);
    world_delete(&world);
}

// Deletes the handle through which it is called, and traps if it is told to.
static wasm_trap_t* delete_handle(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    wasm_func_t** handle = env;
    wasm_func_delete(*handle);
    *handle = NULL;
    if (args->data[0].of.i32 == 0) return wasm_trap_new(NULL, NULL);
    results->data[0] = args->data[0];
    return NULL;
}

static void a_callback_may_delete_the_handle_that_it_is_called_through(void) {
    world_t world = world_new();
    for (int trapping = 0; trapping < 2; trapping++) {
        for (int with_words = 0; with_words < 2; with_words++) {
            wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
            wasm_func_t* handle = NULL;
            handle = host_func_with_env(world.store, type, delete_handle, &handle);
            wasm_val_t arguments[] = {WASM_I32_VAL(trapping ? 0 : 7)}, values[] = {WASM_INIT_VAL};
            const wasm_val_vec_t args = WASM_ARRAY_VEC(arguments);
            wasm_val_vec_t results = WASM_ARRAY_VEC(values);
            wasmo_word_t words[] = {{.i32 = arguments[0].of.i32}};
            wasm_trap_t* trap =
                with_words ? wasmo_func_call_words(handle, words, 1) : wasm_func_call(handle, &args, &results);
            CHECK(handle == NULL);
            CHECK_EQUAL(trap != NULL, trapping);
            if (trap == NULL) CHECK_EQUAL(with_words ? words[0].i32 : values[0].of.i32, 7);
            wasm_trap_delete(trap);
        }
    }
    world_delete(&world);
}

typedef struct {
    world_t world;
    wasm_func_t* func;
    bool traps;
} everything_t;

// Deletes all that there is while it runs.
static wasm_trap_t* delete_everything(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    everything_t* everything = env;
    (void)args;
    wasm_func_delete(everything->func);
    wasm_store_delete(everything->world.store);
    wasm_engine_delete(everything->world.engine);
    if (everything->traps) return wasm_trap_new(NULL, NULL);
    if (results->size > 0) results->data[0].of.i32 = 7;
    return NULL;
}

static void a_callback_may_delete_all_handles(void) {
    for (int through_wasm = 0; through_wasm < 2; through_wasm++) {
        for (int traps = 0; traps < 2; traps++) {
            everything_t everything = {world_new(), NULL, traps};
            wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
            wasm_func_t* host = host_func_with_env(everything.world.store, type, delete_everything, &everything);
            everything.func = host;
            if (through_wasm) {
                const char* text = "(module (import \"\" \"f\" (func $f (result i32)))"
                                   " (func (export \"g\") (result i32) (i32.add (call $f) (i32.const 0))))";
                const wasm_byte_vec_t bytes = {strlen(text), (char*)text};
                wasm_module_t* module = wasm_module_new(everything.world.store, &bytes);
                wasm_extern_t* externs[] = {wasm_func_as_extern(host)};
                const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
                wasm_instance_t* instance = wasm_instance_new(everything.world.store, module, &imports, NULL);
                wasm_extern_t* exported = wasmo_instance_export(instance, "g");
                everything.func = wasm_extern_as_func(exported);
                wasm_instance_delete(instance);
                wasm_module_delete(module);
                wasm_func_delete(host);
            }
            wasm_val_t values[] = {WASM_INIT_VAL};
            const wasm_val_vec_t none = WASM_EMPTY_VEC;
            wasm_val_vec_t results = WASM_ARRAY_VEC(values);
            wasm_trap_t* trap = wasm_func_call(everything.func, &none, &results);
            CHECK_EQUAL(trap != NULL, traps);
            if (trap == NULL) CHECK_EQUAL(values[0].of.i32, 7);
            wasm_trap_delete(trap);
        }
    }
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(values_of_every_kind_pass_unchanged),
        TEST(functions_compute),
        TEST(functions_without_values_are_called),
        TEST(several_results_come_in_order),
        TEST(more_values_than_registers_come_in_order),
        TEST(host_functions_are_called_without_wasm),
        TEST(functions_know_their_type),
        TEST(calls_that_do_not_fit_the_type_trap),
        TEST(vectors_may_be_null_where_there_are_no_values),
        TEST(finalizers_run_once_when_the_handle_goes_first),
        TEST(finalizers_run_once_when_the_store_goes_first),
        TEST(an_environment_may_own_handles_of_its_store),
        TEST(arguments_and_results_may_be_one_vector),
        TEST(finalizers_wait_for_the_instances_that_import_the_function),
        TEST(every_closure_has_its_own_finalizer_call),
        TEST(environments_and_finalizers_may_be_null),
        TEST(closures_see_their_own_environment),
        TEST(a_callback_may_delete_the_handle_that_it_is_called_through),
        TEST(a_callback_may_delete_all_handles),
    };
    return RUN_TESTS(argc, argv, tests);
}
