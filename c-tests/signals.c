// Signals: the faults of guests become traps, and those of the host reach the handlers of the host.

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"
#include "guest.h"

// A page that the host may not touch, until its handler allows it.
static struct {
    char* address;
    size_t size;
    volatile sig_atomic_t faults;
} page;

// Lets the access that faulted succeed, and returns to it.
static void open_page(int signal, siginfo_t* info, void* context) {
    (void)signal;
    (void)context;
    const uintptr_t start = (uintptr_t)page.address, fault = (uintptr_t)info->si_addr;
    // Another fault is a failure that must not repeat for ever.
    if (fault < start || fault >= start + page.size || mprotect(page.address, page.size, PROT_READ | PROT_WRITE) != 0) {
        _exit(1);
    }
    page.faults++;
}

static void touch_closed_page(void) {
    const int before = page.faults;
    CHECK(mprotect(page.address, page.size, PROT_NONE) == 0);
    *(volatile char*)page.address = 1;
    CHECK_EQUAL(page.faults, before + 1);
}

typedef void handler_t(int signal, siginfo_t* info, void* context);

static struct sigaction install(handler_t* handler) {
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    CHECK(sigaction(SIGSEGV, &action, &before) == 0);
    return before;
}

static void install_page_handler(void) {
    page.size = (size_t)sysconf(_SC_PAGESIZE);
    page.address = mmap(NULL, page.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page.address != MAP_FAILED);
    install(open_page);
}

static const char* const config_variable = "WASMO_CONFIG";

static bool is_configured(const char* setting) {
    const char* config = getenv(config_variable);
    return config && strstr(config, setting);
}

static bool handlers_are_off(void) { return is_configured("signal-handlers=off"); }

// Whether code checks accesses to memory before it makes them, so that they do not fault.
static bool accesses_are_checked(void) { return handlers_are_off() || is_configured("memory-reservation"); }

// What the function that the guest imports does, beside returning its argument.
static void (*during_callback)(void);

static wasm_trap_t* call_host(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    if (during_callback) during_callback();
    wasm_val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

static guest_t trapping_guest(world_t* world) {
    wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_func_t* func = host_func(world->store, type, call_host);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest_t guest = guest_new(world->store, "trap", &imports);
    wasm_func_delete(func);
    return guest;
}

static void check_out_of_bounds(const guest_t* guest) {
    wasm_trap_t* trap = call_for_trap(guest_func(guest, "load"), -1);
    CHECK_MESSAGE(trap, "out of bounds memory access");
    wasm_trap_delete(trap);
}

static void check_overflow(const guest_t* guest) {
    wasm_trap_t* trap = call_for_trap(guest_func(guest, "recurse"), 0);
    CHECK_MESSAGE(trap, "call stack exhausted");
    wasm_trap_delete(trap);
}

static void faults_go_to_whom_they_belong(void) {
    install_page_handler();
    touch_closed_page();
    world_t world = world_new();
    guest_t guest = trapping_guest(&world);
    for (int i = 0; i < 3; i++) {
        const int before = page.faults;
        check_out_of_bounds(&guest);
        check_overflow(&guest);
        CHECK_EQUAL(page.faults, before);

        touch_closed_page();
        // The callback faults while a guest waits for it.
        during_callback = touch_closed_page;
        CHECK_EQUAL(call_i32(guest_func(&guest, "via_host"), 5), 6);
        during_callback = NULL;
        CHECK_EQUAL(page.faults, before + 2);
    }
    guest_delete(&guest);
    world_delete(&world);
    touch_closed_page();
}

// --- A handler that the host installs after the engine did, and that passes on what is not its own ---

static struct sigaction engines_action;
static volatile sig_atomic_t passed_on;

static void pass_on(int signal, siginfo_t* info, void* context) {
    const uintptr_t start = (uintptr_t)page.address, fault = (uintptr_t)info->si_addr;
    if (fault >= start && fault < start + page.size) {
        open_page(signal, info, context);
    } else {
        passed_on++;
        engines_action.sa_sigaction(signal, info, context);
    }
}

static void a_later_handler_passes_on_what_is_not_its_own(void) {
    install_page_handler();
    world_t world = world_new();
    guest_t guest = trapping_guest(&world);
    CHECK_EQUAL(call_i32(guest_func(&guest, "via_host"), 1), 2);
    engines_action = install(pass_on);
    for (int i = 0; i < 3; i++) {
        const int before = passed_on;
        check_out_of_bounds(&guest);
        CHECK_EQUAL(passed_on, before + (accesses_are_checked() ? 0 : 1));
        check_overflow(&guest);
        CHECK_EQUAL(passed_on, before + (accesses_are_checked() ? 0 : 1) + (handlers_are_off() ? 0 : 1));
        touch_closed_page();
    }
    guest_delete(&guest);
    world_delete(&world);
}

// --- Faults that look like those of a guest, but for one thing ---

static volatile sig_atomic_t strangers;

static void count_stranger(int signal, siginfo_t* info, void* context) {
    (void)signal;
    (void)info;
    (void)context;
    strangers++;
}

// Shows the engine variations of the guest's fault, each of which it must leave to `count_stranger`, then the fault.
static void vary_fault(int signal, siginfo_t* info, void* context) {
    mcontext_t* const registers = &((ucontext_t*)context)->uc_mcontext;
    const mcontext_t before = *registers;
    siginfo_t other = *info;

    other.si_addr = NULL;
    engines_action.sa_sigaction(signal, &other, context);
    other.si_addr = (void*)&strangers;
    engines_action.sa_sigaction(signal, &other, context);

    other = *info;
    other.si_code = SI_USER;
    engines_action.sa_sigaction(signal, &other, context);

    registers->gregs[REG_RIP] = 0;
    engines_action.sa_sigaction(signal, info, context);
    registers->gregs[REG_RIP] = (greg_t)(uintptr_t)count_stranger;
    engines_action.sa_sigaction(signal, info, context);
    // Into the middle of the guest's memory, which is no code.
    registers->gregs[REG_RIP] = (greg_t)(uintptr_t)info->si_addr;
    engines_action.sa_sigaction(signal, info, context);

    registers->gregs[REG_RIP] = before.gregs[REG_RIP];
    if (memcmp(registers, &before, sizeof before) != 0) _exit(1);
    engines_action.sa_sigaction(signal, info, context);
}

static void nothing_but_a_guests_fault_is_a_trap(void) {
    install(count_stranger);
    world_t world = world_new();
    guest_t guest = trapping_guest(&world);
    CHECK_EQUAL(call_i32(guest_func(&guest, "via_host"), 1), 2);
    engines_action = install(vary_fault);
    for (int i = 1; i <= 100; i++) {
        check_out_of_bounds(&guest);
        CHECK_EQUAL(strangers, accesses_are_checked() ? 0 : 6 * i);
    }
    guest_delete(&guest);
    world_delete(&world);
}

// --- Children ---

// The status with which a child ends that runs `run`.
static int child_status(void (*run)(void)) {
    fflush(NULL);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        run();
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static guest_t* forking_guest;

static void use_guest(void) {
    check_out_of_bounds(forking_guest);
    check_overflow(forking_guest);
    during_callback = NULL;
    CHECK_EQUAL(call_i32(guest_func(forking_guest, "via_host"), 7), 8);
}

static void fork_and_use_guest(void) { CHECK_EQUAL(child_status(use_guest), 0); }

// The child goes on where the parent does: out of the callback, and out of the guest.
static pid_t forked;

static void fork_and_return(void) {
    fflush(NULL);
    forked = fork();
    CHECK(forked >= 0);
}

static void a_callback_may_fork(void) {
    world_t world = world_new();
    guest_t guest = trapping_guest(&world);
    forking_guest = &guest;
    during_callback = fork_and_use_guest;
    CHECK_EQUAL(call_i32(guest_func(&guest, "via_host"), 5), 6);

    during_callback = fork_and_return;
    CHECK_EQUAL(call_i32(guest_func(&guest, "via_host"), 5), 6);
    during_callback = NULL;
    check_out_of_bounds(&guest);
    check_overflow(&guest);
    guest_delete(&guest);
    world_delete(&world);
    if (forked == 0) _exit(0);
    int status;
    CHECK(waitpid(forked, &status, 0) == forked);
    CHECK_EQUAL(status, 0);
}

static void read_null(void) { (void)*(volatile int*)(uintptr_t)page.faults; }
static void jump_to_nowhere(void) { ((void (*)(void))(uintptr_t)(page.faults + 16))(); }

// In a callback, where the store's code is active, and on an address of the guest's own memory.
static volatile char* beyond_memory;
static void read_beyond_memory(void) { (void)*beyond_memory; }

static void run_fault_in_callback(void) {
    signal(SIGSEGV, SIG_DFL);
    world_t world = world_new();
    guest_t guest = trapping_guest(&world);
    check_out_of_bounds(&guest);
    call_i32(guest_func(&guest, "via_host"), 5);
    _exit(0);
}

static void read_beyond_memory_in_callback(void) {
    signal(SIGSEGV, SIG_DFL);
    world_t world = world_new();
    wasm_limits_t limits = {1, 1};
    wasm_memorytype_t* type = wasm_memorytype_new(&limits);
    wasm_memory_t* memory = wasm_memory_new(world.store, type);
    beyond_memory = wasm_memory_data(memory) + wasm_memory_data_size(memory);
    guest_t guest = trapping_guest(&world);
    during_callback = read_beyond_memory;
    call_i32(guest_func(&guest, "via_host"), 5);
    _exit(0);
}

static void faults_of_the_host_end_the_process_as_ever(void) {
    void (*const faults[])(void) = {read_null, jump_to_nowhere};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        during_callback = faults[i];
        const int status = child_status(run_fault_in_callback);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    }
    during_callback = NULL;
    // Without guards anything may lie there.
    if (accesses_are_checked()) return;
    const int status = child_status(read_beyond_memory_in_callback);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

// --- Threads and their alternate stacks ---

static stack_t alternate_stack(void) {
    stack_t stack;
    CHECK(sigaltstack(NULL, &stack) == 0);
    return stack;
}

static wasm_engine_t* shared_engine;
static void* freed_stack;

static void* call_on_thread(void* own) {
    const stack_t before = alternate_stack();
    world_t world = {shared_engine, wasm_store_new(shared_engine)};
    guest_t guest = trapping_guest(&world);
    check_out_of_bounds(&guest);
    check_overflow(&guest);
    const stack_t during = alternate_stack();
    // The thread's own stack is respected, and without handlers there is none.
    if (own || handlers_are_off()) {
        CHECK(during.ss_sp == before.ss_sp && during.ss_flags == before.ss_flags);
    } else {
        CHECK((during.ss_flags & SS_DISABLE) == 0);
        freed_stack = during.ss_sp;
    }
    guest_delete(&guest);
    wasm_store_delete(world.store);
    return NULL;
}

static void* call_with_own_stack(void* memory) {
    const stack_t own = {.ss_sp = memory, .ss_size = 1 << 17};
    CHECK(sigaltstack(&own, NULL) == 0);
    call_on_thread(memory);
    CHECK(alternate_stack().ss_sp == memory);
    const stack_t none = {.ss_flags = SS_DISABLE};
    CHECK(sigaltstack(&none, NULL) == 0);
    return NULL;
}

static void run_thread(void* (*run)(void*), void* argument) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run, argument) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void a_thread_has_an_alternate_stack_as_long_as_it_lives(void) {
    shared_engine = wasm_engine_new();
    for (int i = 0; i < 20; i++) {
        freed_stack = NULL;
        run_thread(call_on_thread, NULL);
        // Not mapped any more.
        unsigned char resident;
        if (freed_stack) CHECK(mincore(freed_stack, 1, &resident) != 0);
    }
    void* memory = malloc(1 << 17);
    run_thread(call_with_own_stack, memory);
    free(memory);
    wasm_engine_delete(shared_engine);
}

static void without_handlers_signals_are_not_touched(void) {
    struct sigaction before, after;
    CHECK(sigaction(SIGSEGV, NULL, &before) == 0);
    CHECK(setenv(config_variable, "signal-handlers=off", 1) == 0);
    world_t world = world_new();
    guest_t guest = trapping_guest(&world);
    check_out_of_bounds(&guest);
    check_overflow(&guest);
    guest_delete(&guest);
    world_delete(&world);
    CHECK(sigaction(SIGSEGV, NULL, &after) == 0);
    CHECK(before.sa_sigaction == after.sa_sigaction);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(without_handlers_signals_are_not_touched),
        TEST(faults_go_to_whom_they_belong),
        TEST(a_later_handler_passes_on_what_is_not_its_own),
        TEST(nothing_but_a_guests_fault_is_a_trap),
        TEST(a_callback_may_fork),
        TEST(faults_of_the_host_end_the_process_as_ever),
        TEST(a_thread_has_an_alternate_stack_as_long_as_it_lives),
    };
    return RUN_TESTS_APART(argc, argv, tests);
}
