// Stacks: overflows are traps, on whatever stack a guest runs, and nothing below the stack is touched.

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "check.h"
#include "guest.h"

enum { KIB = 1 << 10, STACK = 512 * KIB, BELOW = 256 * KIB };

// A stack in the middle of readable and writable memory: no guard lies below it.
static unsigned char* new_stack(void) {
    unsigned char* memory = mmap(NULL, BELOW + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    memset(memory, 0xA5, BELOW);
    return memory + BELOW;
}

static void free_stack(unsigned char* stack) {
    for (const unsigned char* byte = stack - BELOW; byte < stack; byte++) {
        if (*byte != 0xA5) check_failed(__FILE__, __LINE__, "nothing was written below the stack");
    }
    CHECK(munmap(stack - BELOW, BELOW + STACK) == 0);
}

static world_t world;
static guest_t guest;
static wasm_func_t* count_down_func;

static wasm_trap_t* count_down(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    return wasm_func_call(count_down_func, arguments, results);
}

static void set_up(const char* config) {
    CHECK(setenv("WASMO_CONFIG", config, 1) == 0);
    world = world_new();
    wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_func_t* func = host_func(world.store, type, count_down);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest = guest_new(world.store, "trap", &imports);
    count_down_func = guest_func(&guest, "count_down");
    wasm_func_delete(func);
}

static void tear_down(void) {
    guest_delete(&guest);
    world_delete(&world);
}

static void check_trap(const char* name, int32_t argument, const char* message) {
    wasm_trap_t* trap = call_for_trap(guest_func(&guest, name), argument);
    CHECK_MESSAGE(trap, message);
    wasm_trap_delete(trap);
}

static void overflow_again_and_again(void) {
    for (int i = 0; i < 1000; i++) {
        // Wasm alone, then wasm and the host in turn.
        check_trap("recurse", 0, "call stack exhausted");
        check_trap("count_down", INT32_MAX, "call stack exhausted");
        CHECK_EQUAL(call_i32(count_down_func, 20), 20);
    }
}

// --- Fibers ---

static ucontext_t main_context, fiber_context;
static void (*in_fiber)(void);

static void fiber_main(void) { in_fiber(); }

static void run_in_fiber(void (*run)(void)) {
    unsigned char* stack = new_stack();
    CHECK(getcontext(&fiber_context) == 0);
    fiber_context.uc_stack.ss_sp = stack;
    fiber_context.uc_stack.ss_size = STACK;
    fiber_context.uc_link = &main_context;
    in_fiber = run;
    makecontext(&fiber_context, fiber_main, 0);
    CHECK(swapcontext(&main_context, &fiber_context) == 0);
    free_stack(stack);
}

static void a_fiber_overflows_its_own_stack_only(void) {
    // Less than the fiber has: its first frames are used when wasm is entered.
    set_up("signal-handlers=off,foreign-stack=480K");
    run_in_fiber(overflow_again_and_again);
    overflow_again_and_again();
    tear_down();
    set_up("signal-handlers=off,foreign-stack=480K,opt-level=none");
    run_in_fiber(overflow_again_and_again);
    tear_down();
}

static void calls_are_refused(void) {
    check_trap("load", 0, "stack that is not the thread's own");
}

static void a_fiber_without_a_known_size_is_refused(void) {
    set_up("signal-handlers=off");
    run_in_fiber(calls_are_refused);
    CHECK_EQUAL(call_i32(guest_func(&guest, "load"), 0), 0);
    tear_down();
    set_up("");
    run_in_fiber(calls_are_refused);
    tear_down();
}

// --- Threads with stacks of their creator's making ---

static void* thread_main(void* run) {
    (*(void (**)(void))run)();
    return NULL;
}

static void run_on_thread(void (*run)(void), void* stack, size_t size) {
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK((stack ? pthread_attr_setstack(&attributes, stack, size) : pthread_attr_setstacksize(&attributes, size)) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, &attributes, thread_main, &run) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&attributes);
}

static void set_up_and_overflow(const char* config) {
    set_up(config);
    overflow_again_and_again();
    tear_down();
}

static void overflow_checked(void) {
    set_up_and_overflow("signal-handlers=off");
    set_up_and_overflow("signal-handlers=off,opt-level=none");
}

static void be_refused_or_overflow(void) {
    set_up("");
    check_trap("load", 0, "no guard page");
    tear_down();
    overflow_checked();
}

static void a_stack_without_a_guard_needs_checks(void) {
    unsigned char* stack = new_stack();
    run_on_thread(be_refused_or_overflow, stack, STACK);
    free_stack(stack);
}

static void overflow_in_all_modes(void) {
    set_up_and_overflow("");
    set_up_and_overflow("opt-level=none");
    overflow_checked();
}

static void a_small_stack_overflows_again_and_again(void) { run_on_thread(overflow_in_all_modes, NULL, 192 * KIB); }

static void the_main_stack_overflows_in_all_modes(void) { overflow_in_all_modes(); }

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(a_fiber_overflows_its_own_stack_only),
        TEST(a_fiber_without_a_known_size_is_refused),
        TEST(a_stack_without_a_guard_needs_checks),
        TEST(a_small_stack_overflows_again_and_again),
        TEST(the_main_stack_overflows_in_all_modes),
    };
    return RUN_TESTS(argc, argv, tests);
}
