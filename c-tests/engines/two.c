// Two engines in one process, each of which gets the signals that are meant for it: they run the same module in turns,
// inside each other and at the same time, and each traps in ways that come as signals, as engines like it.
//
//     two <library> <library>
//
// The libraries are loaded and first used in this order; it counts, for the later one's handlers stand before the
// other's.

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api.h"

enum { ENGINES = 2, ROUNDS = 20 };

typedef struct {
    const char* library;
    api_t api;
    wasm_engine_t* engine;
} engine_t;

static engine_t engines[ENGINES];

// An instance of trap.wat in a store of its own. What it imports, call_host, calls `during_call` with the guest of the
// other engine, and traps if there is a message.
typedef struct guest {
    const engine_t* engine;
    wasm_store_t* store;
    wasm_module_t* module;
    wasm_instance_t* instance;
    wasm_extern_vec_t exports;
    void (*during_call)(struct guest* other);
    struct guest* other;
    const char* message;
} guest_t;

// --- Calls, each of which must do what is expected of it ---

static wasm_trap_t* call(const guest_t* guest, const char* name, int32_t argument, int32_t* result) {
    const api_t* api = &guest->engine->api;
    const wasm_func_t* func = api_export(api, guest->module, &guest->exports, name);
    wasm_val_t arguments[] = {WASM_I32_VAL(argument), WASM_I32_VAL(0)}, value = WASM_INIT_VAL;
    const wasm_val_vec_t args = {api->func_param_arity(func), arguments};
    wasm_val_vec_t results = {api->func_result_arity(func), &value};
    wasm_trap_t* trap = api->func_call(func, &args, &results);
    *result = value.of.i32;
    return trap;
}

static void expect_result(const guest_t* guest, const char* name, int32_t argument, int32_t expected) {
    int32_t result;
    wasm_trap_t* trap = call(guest, name, argument, &result);
    if (trap) api_fail("%s: %s traps", guest->engine->library, name);
    if (result != expected) api_fail("%s: %s gives %d, not %d", guest->engine->library, name, result, expected);
}

static void expect_trap(const guest_t* guest, const char* name, int32_t argument, const char* message) {
    const api_t* api = &guest->engine->api;
    int32_t result;
    wasm_trap_t* trap = call(guest, name, argument, &result);
    if (trap == NULL) api_fail("%s: %s does not trap", guest->engine->library, name);
    wasm_message_t got;
    api->trap_message(trap, &got);
    if (strstr(got.data, message) == NULL) {
        api_fail("%s: %s traps with \"%s\", not \"%s\"", guest->engine->library, name, got.data, message);
    }
    api->byte_vec_delete(&got);
    api->trap_delete(trap);
}

// What comes as SIGSEGV or SIGILL, or is checked by the code, as engines like it.
static void trap_in_every_way(guest_t* guest) {
    expect_trap(guest, "load", -1, "out of bounds memory access");
    expect_result(guest, "load", 8, 0);
    expect_trap(guest, "recurse", 0, "call stack exhausted");
    expect_trap(guest, "unreachable", 0, "unreachable");
    expect_trap(guest, "divide", 1, "integer divide by zero");
}

// --- Guests ---

static wasm_trap_t* call_host(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    guest_t* self = env;
    const api_t* api = &self->engine->api;
    if (self->during_call) self->during_call(self->other);
    if (self->message) {
        const wasm_message_t message = {strlen(self->message) + 1, (char*)self->message};
        return api->trap_new(self->store, &message);
    }
    api->val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

static void start(guest_t* guest, const engine_t* engine) {
    const api_t* api = &engine->api;
    *guest = (guest_t){.engine = engine, .store = api->store_new(engine->engine)};
    wasm_byte_vec_t binary = api_read(api, "trap");
    guest->module = api->module_new(guest->store, &binary);
    api->byte_vec_delete(&binary);

    wasm_functype_t* type = api_functype(api, "i", "i");
    wasm_func_t* func = api->func_new_with_env(guest->store, type, call_host, guest, NULL);
    api->functype_delete(type);
    wasm_extern_t* externs[] = {api->func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest->instance = guest->module ? api->instance_new(guest->store, guest->module, &imports, NULL) : NULL;
    if (guest->instance == NULL) api_fail("%s: there is no instance", engine->library);
    api->func_delete(func);
    api->instance_exports(guest->instance, &guest->exports);
}

static void stop(guest_t* guest) {
    const api_t* api = &guest->engine->api;
    api->extern_vec_delete(&guest->exports);
    api->instance_delete(guest->instance);
    api->module_delete(guest->module);
    api->store_delete(guest->store);
}

// --- The host's own faults ---

static struct {
    char* address;
    size_t size;
    _Atomic int faults;
} page;

// Lets the access that faulted succeed.
static void open_page(int signal, siginfo_t* info, void* context) {
    (void)signal;
    (void)context;
    const uintptr_t start = (uintptr_t)page.address, fault = (uintptr_t)info->si_addr;
    if (fault < start || fault >= start + page.size || mprotect(page.address, page.size, PROT_READ | PROT_WRITE) != 0) {
        _exit(EXIT_FAILURE);
    }
    page.faults++;
}

static void install_host_handler(void) {
    page.size = (size_t)sysconf(_SC_PAGESIZE);
    page.address = mmap(NULL, page.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = {.sa_sigaction = open_page, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    if (page.address == MAP_FAILED || sigaction(SIGSEGV, &action, NULL) != 0) api_fail("no handler");
}

static void fault_in_the_host(void) {
    const int before = page.faults;
    if (mprotect(page.address, page.size, PROT_NONE) != 0) api_fail("mprotect");
    *(volatile char*)page.address = 1;
    if (page.faults != before + 1) api_fail("the host's fault did not reach its handler");
}

static void trap_and_fault_in_the_host(guest_t* other) {
    trap_in_every_way(other);
    fault_in_the_host();
}

// --- The turns ---

// The one waits for the host, in which the other does this, and goes on as if nothing had been.
static void wait_for_other(guest_t* waiting, guest_t* other, void (*during_call)(guest_t*)) {
    waiting->other = other;
    waiting->during_call = during_call;
    expect_result(waiting, "via_host", 5, 6);
    expect_result(waiting, "count_down", 1, 1);

    waiting->message = "the host had enough";
    expect_trap(waiting, "via_host", 5, waiting->message);
    waiting->message = NULL;
    waiting->during_call = NULL;
}

// Three deep: the other waits as well, while this one traps once more.
static void let_other_wait(guest_t* other) { wait_for_other(other, other->other, trap_in_every_way); }

// One guest of each engine. `during_call` is what the one does while the other waits for the host.
static void use_in_turns(guest_t guests[ENGINES], void (*during_call)(guest_t*)) {
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ENGINES; i++) {
            guest_t *const guest = &guests[i], *const other = &guests[1 - i];
            other->other = guest;
            trap_in_every_way(guest);
            wait_for_other(guest, other, during_call);
            trap_in_every_way(guest);
            wait_for_other(guest, other, let_other_wait);
            trap_in_every_way(guest);
        }
    }
}

static void start_both(guest_t guests[ENGINES]) {
    for (int i = 0; i < ENGINES; i++) start(&guests[i], &engines[i]);
}

static void stop_both(guest_t guests[ENGINES]) {
    for (int i = 0; i < ENGINES; i++) stop(&guests[i]);
}

static void* use_on_this_thread(void* during_call) {
    guest_t guests[ENGINES];
    start_both(guests);
    use_in_turns(guests, *(void (**)(guest_t*))during_call);
    stop_both(guests);
    return NULL;
}

int main(int argc, char* argv[]) {
    if (argc != 1 + ENGINES) api_fail("two libraries are expected");
    // So that what was done before a crash is seen.
    setvbuf(stdout, NULL, _IONBF, 0);
    install_host_handler();
    for (int i = 0; i < ENGINES; i++) {
        engines[i].library = argv[1 + i];
        engines[i].api = api_load(argv[1 + i]);
        engines[i].engine = engines[i].api.engine_new();
        guest_t guest;
        start(&guest, &engines[i]);
        trap_in_every_way(&guest);
        fault_in_the_host();
        stop(&guest);
        printf("%s runs\n", argv[1 + i]);
    }

    void (*during_call)(guest_t*) = trap_and_fault_in_the_host;
    use_on_this_thread(&during_call);
    printf("they run in turns and inside each other\n");

    pthread_t thread;
    if (pthread_create(&thread, NULL, use_on_this_thread, &during_call) != 0) api_fail("no thread");
    pthread_join(thread, NULL);
    printf("they do so on another thread\n");

    // The page of the host is one for all threads: at the same time only the guests fault.
    during_call = trap_in_every_way;
    if (pthread_create(&thread, NULL, use_on_this_thread, &during_call) != 0) api_fail("no thread");
    use_on_this_thread(&during_call);
    pthread_join(thread, NULL);
    printf("they do so on two threads at the same time\n");

    // And again where it began.
    during_call = trap_and_fault_in_the_host;
    use_on_this_thread(&during_call);
    for (int i = 0; i < ENGINES; i++) engines[i].api.engine_delete(engines[i].engine);
    printf("done\n");
    return EXIT_SUCCESS;
}
