// Functions: calls in both directions, with what fits and what does not.

#include <string.h>

#include "probe.h"

// Gives its arguments in the opposite order.
static wasm_trap_t* reverse(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)env;
    for (size_t i = 0; i < results->size; i++) {
        api->val_copy(&results->data[i], &arguments->data[arguments->size - 1 - i]);
    }
    return NULL;
}

static wasm_trap_t* nothing(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)env;
    say("the host gets %zu arguments and %zu results", arguments->size, results->size);
    return NULL;
}

static guest_t new_func_guest(void) {
    static const char many[] = "iIfFiIfFiIfFiIfFFFFF", many_reversed[] = "FFFFFfIiFfIiFfIiFfIi";
    wasm_store_t* store = new_store();
    wasm_extern_t* imports[] = {
        api->func_as_extern(new_func(store, "iIfF", "FfIi", reverse, NULL)),
        api->func_as_extern(new_func(store, many, many_reversed, reverse, NULL)),
        api->func_as_extern(new_func(store, "", "", nothing, NULL)),
    };
    return new_guest(store, "func", 3, imports);
}

static wasm_val_t float_of_bits(uint32_t bits) {
    wasm_val_t value = {.kind = WASM_F32};
    memcpy(&value.of.f32, &bits, sizeof bits);
    return value;
}

static wasm_val_t double_of_bits(uint64_t bits) {
    wasm_val_t value = {.kind = WASM_F64};
    memcpy(&value.of.f64, &bits, sizeof bits);
    return value;
}

// --- Calls of the guest ---

static void values_pass_unchanged(void) {
    guest_t guest = new_func_guest();
    say_call("i32", guest_func(&guest, "i32"), ARGUMENTS(I32(INT32_MIN)));
    say_call("i64", guest_func(&guest, "i64"), ARGUMENTS(I64(INT64_MIN)));
    say_call("f32", guest_func(&guest, "f32"), ARGUMENTS(F32(-0.0f)));
    say_call("f64", guest_func(&guest, "f64"), ARGUMENTS(F64(-0.0)));
    // NaNs that signal.
    say_call("f32", guest_func(&guest, "f32"), ARGUMENTS(float_of_bits(0x7fa12345)));
    say_call("f64", guest_func(&guest, "f64"), ARGUMENTS(double_of_bits(0x7ff0000000000001)));
}

#define FOUR I32(1), I64(2), F32(3), F64(4)
#define TWENTY FOUR, FOUR, FOUR, FOUR, F64(5), F64(6), F64(7), F64(8)

static void several_results(void) {
    guest_t guest = new_func_guest();
    say_call("reverse", guest_func(&guest, "reverse"), ARGUMENTS(FOUR));
    say_call("reverse_by_host", guest_func(&guest, "reverse_by_host"), ARGUMENTS(FOUR));
    say_call("host_reverse", guest_func(&guest, "host_reverse"), ARGUMENTS(FOUR));
    say_call("many", guest_func(&guest, "many"), ARGUMENTS(TWENTY));
    say_call("many_by_host", guest_func(&guest, "many_by_host"), ARGUMENTS(TWENTY));
    say_call("nothing", guest_func(&guest, "nothing"), NO_ARGUMENTS);
}

static void types_of_functions(void) {
    guest_t guest = new_func_guest();
    static const char* const names[] = {"i32", "reverse", "many", "nothing", "host_reverse"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const wasm_func_t* func = guest_func(&guest, names[i]);
        say("%s: %zu to %zu, %s", names[i], api->func_param_arity(func), api->func_result_arity(func),
            text_of_type(api->functype_as_externtype(api->func_type(func))));
    }
}

// --- Calls that do not fit ---

static void too_few_arguments(void) {
    guest_t guest = new_func_guest();
    say_call("it", guest_func(&guest, "subtract"), ARGUMENTS(I32(1)));
}

static void too_many_arguments(void) {
    guest_t guest = new_func_guest();
    say_call("it", guest_func(&guest, "subtract"), ARGUMENTS(I32(5), I32(3), I32(1)));
}

static void arguments_of_another_kind(void) {
    guest_t guest = new_func_guest();
    say_call("it", guest_func(&guest, "subtract"), ARGUMENTS(I32(5), I64(3)));
}

static void say_call_with_room(size_t room) {
    guest_t guest = new_func_guest();
    wasm_val_t arguments[] = {I32(5), I32(3)};
    wasm_val_t values[] = {I64(-1), I64(-1)};
    const wasm_val_vec_t args = WASM_ARRAY_VEC(arguments);
    wasm_val_vec_t results = {room, values};
    wasm_trap_t* trap = api->func_call(guest_func(&guest, "subtract"), &args, &results);
    say("%s; %s, %s", trap ? "a trap" : "no trap", text_of_value(&values[0]), text_of_value(&values[1]));
}

static void too_little_room_for_results(void) { say_call_with_room(0); }
static void too_much_room_for_results(void) { say_call_with_room(2); }

// --- Calls of the host ---

static void host_functions_without_a_guest(void) {
    wasm_store_t* store = new_store();
    say_call("it", new_func(store, "iF", "Fi", reverse, NULL), ARGUMENTS(I32(1), F64(2)));
    say_call("it", new_func(store, "", "", nothing, NULL), NO_ARGUMENTS);
}

static wasm_trap_t* give_without_env(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    results->data[0] = I32(9);
    return NULL;
}

static void host_functions_without_env(void) {
    wasm_store_t* store = new_store();
    say_call("it", api->func_new(store, api_functype(api, "", "i"), give_without_env), NO_ARGUMENTS);
}

static wasm_trap_t* refuse(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    (void)results;
    return new_trap(env, host_message);
}

static void host_functions_that_trap(void) {
    wasm_store_t* store = new_store();
    say_call("it", new_func(store, "", "", refuse, store), NO_ARGUMENTS);
}

static wasm_trap_t* give_other_kind(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)env;
    (void)arguments;
    results->data[0] = I64(9);
    return NULL;
}

static void host_results_of_another_kind(void) {
    say_call("it", new_func(new_store(), "", "i", give_other_kind, NULL), NO_ARGUMENTS);
}

// What a callback finds where its results go.
static wasm_trap_t* say_results(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)env;
    (void)arguments;
    say("%s", text_of_value(&results->data[0]));
    results->data[0] = I32(1);
    return NULL;
}

static void results_before_the_host_gives_them(void) {
    say_call("it", new_func(new_store(), "", "i", say_results, NULL), NO_ARGUMENTS);
}

// --- Environments ---

static void finalize(void* env) { say("the environment \"%s\" is finalized", (const char*)env); }

static void finalizers(void) {
    wasm_engine_t* engine = api->engine_new();
    wasm_store_t* store = api->store_new(engine);
    wasm_functype_t* type = api_functype(api, "", "");
    wasm_func_t* func = api->func_new_with_env(store, type, nothing, "first", finalize);
    wasm_func_t* copy = api->func_copy(func);
    api->func_delete(func);
    say_call("the copy", copy, NO_ARGUMENTS);
    api->func_delete(copy);
    say("the functions are deleted");
    api->store_delete(store);
    say("the store is deleted");
    api->engine_delete(engine);
}

// --- Host and guest in turns ---

static wasm_trap_t* call_again(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    return api->func_call(*(wasm_func_t**)env, arguments, results);
}

static void host_and_guest_in_turns(void) {
    wasm_store_t* store = new_store();
    wasm_func_t* count_down;
    wasm_extern_t* imports[] = {api->func_as_extern(new_func(store, "i", "i", call_again, &count_down))};
    guest_t guest = new_guest(store, "trap", 1, imports);
    count_down = guest_func(&guest, "count_down");
    say_call("100 turns", count_down, ARGUMENTS(I32(100)));
}

static wasm_trap_t* start_another(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    guest_t guest = new_guest(env, "counter", 0, NULL);
    say_call("count", guest_func(&guest, "count"), NO_ARGUMENTS);
    say_call("fail", guest_func(&guest, "fail"), NO_ARGUMENTS);
    api->val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

static void another_guest_starts_during_a_call(void) {
    wasm_store_t* store = new_store();
    wasm_extern_t* imports[] = {api->func_as_extern(new_func(store, "i", "i", start_another, store))};
    guest_t guest = new_guest(store, "trap", 1, imports);
    say_call("via_host", guest_func(&guest, "via_host"), ARGUMENTS(I32(5)));
}

const probe_t function_probes[] = {
    PROBE(values_pass_unchanged),
    PROBE(several_results),
    PROBE(types_of_functions),
    PROBE(too_few_arguments),
    PROBE(too_many_arguments),
    PROBE(arguments_of_another_kind),
    PROBE(too_little_room_for_results),
    PROBE(too_much_room_for_results),
    PROBE(host_functions_without_a_guest),
    PROBE(host_functions_without_env),
    PROBE(host_functions_that_trap),
    PROBE(host_results_of_another_kind),
    PROBE(results_before_the_host_gives_them),
    PROBE(finalizers),
    PROBE(host_and_guest_in_turns),
    PROBE(another_guest_starts_during_a_call),
    {NULL, NULL},
};
