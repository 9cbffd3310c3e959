// Traps: their messages, where they come from, and how they pass through host and guest.

#include <pthread.h>
#include <stdint.h>

#include "check.h"
#include "guest.h"

// The indices of the functions of trap.wat that stand in backtraces.
enum { CALL_HOST, NOTHING, OUTER = 11, MIDDLE, INNER, VIA_HOST };

// The first byte of the instructions.
enum { OPCODE_CALL = 0x10, OPCODE_I32_DIV_S = 0x6d };

typedef struct {
    world_t world;
    guest_t guest;
    // What the imported function does: calls this export, or traps with this message, or both in that order.
    const wasm_func_t* callee;
    const char* message;
} trap_guest_t;

static wasm_trap_t* call_host(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    trap_guest_t* self = env;
    if (self->callee) {
        // A trap of the callee is handed on as it is.
        wasm_trap_t* trap = wasm_func_call(self->callee, arguments, results);
        if (trap) return trap;
    }
    return self->message ? host_trap(self->world.store, self->message) : NULL;
}

static void start(trap_guest_t* self) {
    self->world = world_new();
    self->callee = NULL;
    self->message = NULL;
    wasm_func_t* func = host_func_with_env(
        self->world.store, wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32()), call_host, self);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    self->guest = guest_new(self->world.store, "trap", &imports);
    wasm_func_delete(func);
}

static void stop(trap_guest_t* self) {
    guest_delete(&self->guest);
    world_delete(&self->world);
}

// --- Traps of the host's making ---

static void check_made_message(wasm_store_t* store, size_t size, const char* text, const char* expected,
                               size_t expected_size) {
    wasm_message_t message, got;
    wasm_byte_vec_new(&message, size, text);
    wasm_trap_t* trap = wasm_trap_new(store, &message);
    CHECK(trap != NULL);
    // The message was only lent.
    CHECK_EQUAL(message.size, size);
    wasm_byte_vec_delete(&message);
    wasm_trap_message(trap, &got);
    CHECK_EQUAL(got.size, expected_size);
    check_name(__FILE__, __LINE__, "message", &got, expected, expected_size);
    wasm_byte_vec_delete(&got);
    wasm_trap_delete(trap);
}

static void messages_end_with_one_zero(void) {
    world_t world = world_new();
    check_made_message(world.store, 3, "abc", "abc", 4);
    check_made_message(world.store, 4, "abc", "abc", 4);
    check_made_message(world.store, 0, NULL, "", 1);
    check_made_message(world.store, 1, "", "", 1);
    world_delete(&world);
}

static void traps_are_made_without_a_store(void) {
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, "no store");
    wasm_trap_t* trap = wasm_trap_new(NULL, &message);
    wasm_byte_vec_delete(&message);
    CHECK_MESSAGE(trap, "no store");
    wasm_trap_delete(trap);
}

static void traps_from_outside_wasm_have_no_frames(void) {
    world_t world = world_new();
    wasm_trap_t* trap = host_trap(world.store, "outside");
    CHECK(wasm_trap_origin(trap) == NULL);
    wasm_frame_vec_t trace;
    wasm_trap_trace(trap, &trace);
    CHECK_ZEROED(trace);
    wasm_frame_vec_delete(&trace);
    wasm_trap_delete(trap);
    world_delete(&world);
}

static void traps_may_outlive_their_store(void) {
    trap_guest_t self;
    start(&self);
    wasm_trap_t* trap = call_for_trap(guest_func(&self.guest, "unreachable"));
    stop(&self);
    CHECK_MESSAGE(trap, "unreachable");
    wasm_trap_delete(trap);
}

// --- Traps of wasm ---

// The caller says with which message the call must trap.
static void check_trap(wasm_trap_t* trap, const char* message) {
    CHECK_MESSAGE(trap, message);
    wasm_trap_delete(trap);
}

static void every_fault_has_its_message(void) {
    trap_guest_t self;
    start(&self);
    const guest_t* guest = &self.guest;
    check_trap(call_for_trap(guest_func(guest, "unreachable")), "unreachable");
    check_trap(call_for_trap(guest_func(guest, "divide"), 1, 0), "integer divide by zero");
    check_trap(call_for_trap(guest_func(guest, "divide"), INT32_MIN, -1), "integer overflow");
    check_trap(call_for_trap(guest_func(guest, "remainder"), 1, 0), "integer divide by zero");
    check_trap(call_for_trap(guest_func(guest, "truncate_nan")), "invalid conversion to integer");
    check_trap(call_for_trap(guest_func(guest, "truncate_large")), "integer overflow");
    check_trap(call_for_trap(guest_func(guest, "load"), 0xfffd), "out of bounds memory access");
    check_trap(call_for_trap(guest_func(guest, "load"), -1), "out of bounds memory access");
    check_trap(call_for_trap(guest_func(guest, "store"), -1), "out of bounds memory access");
    check_trap(call_for_trap(guest_func(guest, "call_table"), 1), "indirect call type mismatch");
    check_trap(call_for_trap(guest_func(guest, "call_table"), 2), "uninitialized element");
    check_trap(call_for_trap(guest_func(guest, "call_table"), 3), "undefined element");
    check_trap(call_for_trap(guest_func(guest, "call_table"), -1), "undefined element");
    stop(&self);
}

static void the_guest_goes_on_after_a_trap(void) {
    trap_guest_t self;
    start(&self);
    for (int i = 0; i < 10000; i++) {
        check_trap(call_for_trap(guest_func(&self.guest, "load"), -1), "out of bounds memory access");
        CHECK_EQUAL(call_i32(guest_func(&self.guest, "divide"), 10, 5), 2);
        CHECK_EQUAL(call_i32(guest_func(&self.guest, "load"), 0), 0);
    }
    stop(&self);
}

static void* exhaust_the_stack(void* unused) {
    (void)unused;
    trap_guest_t self;
    start(&self);
    for (int i = 0; i < 20; i++) {
        check_trap(call_for_trap(guest_func(&self.guest, "recurse"), 0), "call stack exhausted");
        CHECK_EQUAL(call_i32(guest_func(&self.guest, "divide"), 10, 5), 2);
    }
    stop(&self);
    return NULL;
}

static void stack_overflow_is_a_trap(void) {
    exhaust_the_stack(NULL);
}

static void stack_overflow_is_a_trap_on_threads(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, exhaust_the_stack, NULL) == 0);
    for (int i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

// --- Frames ---

typedef struct {
    uint32_t func_index;
    size_t func_offset;
    uint8_t opcode;  // of the instruction at which the frame stands
} expected_frame_t;

static void check_frame(const wasm_frame_t* frame, const expected_frame_t* expected, const wasm_byte_vec_t* binary) {
    CHECK_EQUAL(wasm_frame_func_index(frame), expected->func_index);
    CHECK_EQUAL(wasm_frame_func_offset(frame), expected->func_offset);
    const size_t module_offset = wasm_frame_module_offset(frame);
    CHECK(module_offset < binary->size);
    CHECK_EQUAL((uint8_t)binary->data[module_offset], expected->opcode);
    // One byte before the function, there is its size, which reaches to the `end` that closes it.
    const size_t start = module_offset - wasm_frame_func_offset(frame);
    const uint8_t size = (uint8_t)binary->data[start - 1];
    CHECK(wasm_frame_func_offset(frame) < size);
    CHECK_EQUAL(binary->data[start + size - 1], 0x0b);
}

// Consumes the trap.
static void check_frames(wasm_trap_t* trap, const wasm_instance_t* instance, size_t count,
                         const expected_frame_t expected[]) {
    wasm_byte_vec_t binary = read_wasm("trap");
    wasm_frame_vec_t trace, copies;
    wasm_trap_trace(trap, &trace);
    CHECK_EQUAL(trace.size, count);
    wasm_frame_vec_copy(&copies, &trace);
    for (size_t i = 0; i < count; i++) {
        check_frame(trace.data[i], &expected[i], &binary);
        check_frame(copies.data[i], &expected[i], &binary);
        CHECK(wasm_instance_same(wasm_frame_instance(trace.data[i]), instance));
        CHECK(wasm_instance_same(wasm_frame_instance(copies.data[i]), instance));
    }
    wasm_frame_vec_delete(&trace);
    wasm_frame_vec_delete(&copies);

    // The origin is the first of them, and a frame does not need its trap.
    wasm_frame_t* origin = wasm_trap_origin(trap);
    CHECK(origin != NULL);
    wasm_trap_delete(trap);
    wasm_frame_t* copy = wasm_frame_copy(origin);
    wasm_frame_delete(origin);
    check_frame(copy, &expected[0], &binary);
    wasm_frame_delete(copy);
    wasm_byte_vec_delete(&binary);
}

static const expected_frame_t inner_frame = {INNER, 6, OPCODE_I32_DIV_S};
static const expected_frame_t middle_frame = {MIDDLE, 3, OPCODE_CALL};
static const expected_frame_t outer_frame = {OUTER, 5, OPCODE_CALL};
static const expected_frame_t via_host_frame = {VIA_HOST, 3, OPCODE_CALL};

static void frames_name_the_instruction_of_every_call(void) {
    trap_guest_t self;
    start(&self);
    CHECK_EQUAL(call_i32(guest_func(&self.guest, "outer"), 5), 22);
    const expected_frame_t expected[] = {inner_frame, middle_frame, outer_frame};
    check_frames(call_for_trap(guest_func(&self.guest, "outer"), 0), self.guest.instance, 3, expected);
    stop(&self);
}

static void traps_of_callbacks_have_the_frames_of_their_callers(void) {
    trap_guest_t self;
    start(&self);
    self.message = "the host had enough";
    wasm_trap_t* trap = call_for_trap(guest_func(&self.guest, "via_host"), 1);
    CHECK_MESSAGE(trap, "the host had enough");
    check_frames(trap, self.guest.instance, 1, &via_host_frame);
    stop(&self);
}

static void frames_reach_across_the_host(void) {
    trap_guest_t self;
    start(&self);
    self.callee = guest_func(&self.guest, "outer");
    CHECK_EQUAL(call_i32(guest_func(&self.guest, "via_host"), 5), 23);
    wasm_trap_t* trap = call_for_trap(guest_func(&self.guest, "via_host"), 0);
    CHECK_MESSAGE(trap, "integer divide by zero");
    const expected_frame_t expected[] = {inner_frame, middle_frame, outer_frame, via_host_frame};
    check_frames(trap, self.guest.instance, 4, expected);
    stop(&self);
}

// --- Host and guest in turns ---

static void host_and_guest_call_each_other_in_turns(void) {
    trap_guest_t self;
    start(&self);
    self.callee = guest_func(&self.guest, "count_down");
    CHECK_EQUAL(call_i32(self.callee, 0), 0);
    CHECK_EQUAL(call_i32(self.callee, 100), 100);
    stop(&self);
}

static void stack_overflow_through_the_host_is_a_trap(void) {
    trap_guest_t self;
    start(&self);
    self.callee = guest_func(&self.guest, "count_down");
    for (int i = 0; i < 3; i++) {
        check_trap(call_for_trap(self.callee, INT32_MAX), "call stack exhausted");
        CHECK_EQUAL(call_i32(self.callee, 10), 10);
    }
    stop(&self);
}

static wasm_trap_t* swallow_trap(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    trap_guest_t* self = env;
    wasm_trap_t* trap = wasm_func_call(self->callee, arguments, results);
    if (trap) results->data[0] = (wasm_val_t)WASM_I32_VAL(-1);
    wasm_trap_delete(trap);
    return NULL;
}

static void the_host_may_swallow_a_trap(void) {
    trap_guest_t self;
    start(&self);
    self.callee = guest_func(&self.guest, "outer");
    wasm_func_t* func = host_func_with_env(
        self.world.store, wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32()), swallow_trap, &self);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest_t forgiving = guest_new(self.world.store, "trap", &imports);
    for (int i = 0; i < 1000; i++) {
        CHECK_EQUAL(call_i32(guest_func(&forgiving, "via_host"), 0), 0);
        CHECK_EQUAL(call_i32(guest_func(&forgiving, "via_host"), 10), 13);
    }
    guest_delete(&forgiving);
    wasm_func_delete(func);
    stop(&self);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(messages_end_with_one_zero),
        TEST(traps_are_made_without_a_store),
        TEST(traps_from_outside_wasm_have_no_frames),
        TEST(traps_may_outlive_their_store),
        TEST(every_fault_has_its_message),
        TEST(the_guest_goes_on_after_a_trap),
        TEST(stack_overflow_is_a_trap),
        TEST(stack_overflow_is_a_trap_on_threads),
        TEST(frames_name_the_instruction_of_every_call),
        TEST(traps_of_callbacks_have_the_frames_of_their_callers),
        TEST(frames_reach_across_the_host),
        TEST(host_and_guest_call_each_other_in_turns),
        TEST(stack_overflow_through_the_host_is_a_trap),
        TEST(the_host_may_swallow_a_trap),
    };
    return RUN_TESTS(argc, argv, tests);
}
