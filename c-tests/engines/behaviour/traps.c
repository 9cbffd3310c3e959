// Traps: their messages, and the frames that they come from.

#include <string.h>

#include "probe.h"

// --- Traps of the host's making ---

static void say_made(const char* what, size_t size, const char* text) {
    const wasm_message_t message = {size, (char*)text};
    wasm_message_t got;
    wasm_trap_t* trap = api->trap_new(new_store(), &message);
    api->trap_message(trap, &got);
    say("%s: %s", what, text_of_name(&got));
}

static void messages(void) {
    say_made("a text", 4, "abc");
    say_made("no text", 1, "");
}

static void messages_without_nul(void) { say_made("it", 3, "abc"); }
static void messages_without_anything(void) { say_made("it", 0, NULL); }
static void messages_with_a_nul_inside(void) { say_made("it", 4, "a\0b"); }
static void messages_that_are_no_utf8(void) { say_made("it", 3, "a\xff"); }

static void say_frames(const wasm_trap_t* trap) {
    wasm_frame_vec_t trace;
    api->trap_trace(trap, &trace);
    say("%zu frames, and %s", trace.size, api->trap_origin(trap) ? "an origin" : "no origin");
    for (size_t i = 0; i < trace.size; i++) {
        say("function %u, offset %zu, in the module %zu", api->frame_func_index(trace.data[i]),
            api->frame_func_offset(trace.data[i]), api->frame_module_offset(trace.data[i]));
    }
    wasm_frame_t* origin = api->trap_origin(trap);
    if (origin) {
        say("the origin is function %u, offset %zu", api->frame_func_index(origin), api->frame_func_offset(origin));
    }
}

static void traps_from_outside(void) { say_frames(new_trap(new_store(), "outside")); }

static void copies_of_traps(void) {
    wasm_trap_t* trap = new_trap(new_store(), "outside");
    wasm_trap_t* copy = api->trap_copy(trap);
    api->trap_delete(trap);
    say("%s", text_of_trap(copy));
}

// --- Traps of the guest ---

typedef struct {
    wasm_store_t* store;
    wasm_func_t* callee;
    const char* message;
} host_t;

// Calls, or traps with a message, or gives its argument.
static wasm_trap_t* call_host(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    host_t* host = env;
    if (host->callee) return api->func_call(host->callee, arguments, results);
    if (host->message) return new_trap(host->store, host->message);
    api->val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

static guest_t new_trap_guest(host_t* host) {
    *host = (host_t){.store = new_store()};
    wasm_extern_t* imports[] = {api->func_as_extern(new_func(host->store, "i", "i", call_host, host))};
    return new_guest(host->store, "trap", 1, imports);
}

// The trap of a call with this argument, and 0 if there is another.
static wasm_trap_t* trap_of(const guest_t* guest, const char* name, int32_t argument) {
    wasm_val_t arguments[] = {I32(argument), I32(0)}, value = WASM_INIT_VAL;
    const wasm_func_t* func = guest_func(guest, name);
    const wasm_val_vec_t args = {api->func_param_arity(func), arguments};
    wasm_val_vec_t results = {api->func_result_arity(func), &value};
    wasm_trap_t* trap = api->func_call(func, &args, &results);
    if (trap == NULL) api_fail("%s does not trap", name);
    return trap;
}

static void faults(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    say_call("unreachable", guest_func(&guest, "unreachable"), NO_ARGUMENTS);
    say_call("1 / 0", guest_func(&guest, "divide"), ARGUMENTS(I32(1), I32(0)));
    say_call("min / -1", guest_func(&guest, "divide"), ARGUMENTS(I32(INT32_MIN), I32(-1)));
    say_call("1 % 0", guest_func(&guest, "remainder"), ARGUMENTS(I32(1), I32(0)));
    say_call("truncate_nan", guest_func(&guest, "truncate_nan"), NO_ARGUMENTS);
    say_call("truncate_large", guest_func(&guest, "truncate_large"), NO_ARGUMENTS);
    say_call("load from the last page", guest_func(&guest, "load"), ARGUMENTS(I32(0xfffc)));
    say_call("load across the end", guest_func(&guest, "load"), ARGUMENTS(I32(0xfffd)));
    say_call("load from far away", guest_func(&guest, "load"), ARGUMENTS(I32(-1)));
    say_call("store with a large offset", guest_func(&guest, "store"), ARGUMENTS(I32(-1)));
    say_call("call of another type", guest_func(&guest, "call_table"), ARGUMENTS(I32(1)));
    say_call("call of null", guest_func(&guest, "call_table"), ARGUMENTS(I32(2)));
    say_call("call outside the table", guest_func(&guest, "call_table"), ARGUMENTS(I32(3)));
    say_call("and a call that succeeds", guest_func(&guest, "divide"), ARGUMENTS(I32(6), I32(3)));
}

static void stack_overflow(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    for (int i = 0; i < 3; i++) say_call("it", guest_func(&guest, "recurse"), ARGUMENTS(I32(0)));
    host.callee = guest_func(&guest, "count_down");
    for (int i = 0; i < 3; i++) say_call("through the host", host.callee, ARGUMENTS(I32(INT32_MAX)));
    say_call("and a call that succeeds", guest_func(&guest, "divide"), ARGUMENTS(I32(6), I32(3)));
}

static void frames(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    say_frames(trap_of(&guest, "outer", 0));
    say_frames(trap_of(&guest, "load", -1));
    say_frames(trap_of(&guest, "unreachable", 0));
    say_frames(trap_of(&guest, "call_table", 2));
    say_frames(trap_of(&guest, "truncate_nan", 0));
}

static void frames_of_the_callers_of_a_host_that_traps(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    host.message = host_message;
    wasm_trap_t* trap = trap_of(&guest, "via_host", 1);
    say("%s", text_of_trap(trap));
    say_frames(trap);
}

static void frames_across_the_host(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    host.callee = guest_func(&guest, "outer");
    wasm_trap_t* trap = trap_of(&guest, "via_host", 0);
    say("%s", text_of_trap(trap));
    say_frames(trap);
}

static void frames_of_a_copied_trap(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    say_frames(api->trap_copy(trap_of(&guest, "outer", 0)));
}

static void copies_of_frames(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    wasm_frame_t* frame = api->trap_origin(trap_of(&guest, "outer", 0));
    wasm_frame_t* copy = api->frame_copy(frame);
    api->frame_delete(frame);
    say("function %u, offset %zu", api->frame_func_index(copy), api->frame_func_offset(copy));
}

static void instance_of_a_frame(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    say("%s", api->frame_instance(api->trap_origin(trap_of(&guest, "outer", 0))) ? "an instance" : "no instance");
}

static void lines_of_a_message(void) {
    host_t host;
    guest_t guest = new_trap_guest(&host);
    wasm_message_t message;
    api->trap_message(trap_of(&guest, "divide", 1), &message);
    say("%s", strchr(message.data, '\n') ? "several" : "one");
}

const probe_t trap_probes[] = {
    PROBE(messages),
    PROBE(messages_without_nul),
    PROBE(messages_without_anything),
    PROBE(messages_with_a_nul_inside),
    PROBE(messages_that_are_no_utf8),
    PROBE(traps_from_outside),
    PROBE(copies_of_traps),
    PROBE(faults),
    PROBE(stack_overflow),
    PROBE(frames),
    PROBE(frames_of_the_callers_of_a_host_that_traps),
    PROBE(frames_across_the_host),
    PROBE(frames_of_a_copied_trap),
    PROBE(copies_of_frames),
    PROBE(instance_of_a_frame),
    PROBE(lines_of_a_message),
    {NULL, NULL},
};
