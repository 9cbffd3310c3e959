// Signals: the faults of guests become traps, and those of the host reach the handler that the host had installed.

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
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

static void install_handler(void) {
    page.size = (size_t)sysconf(_SC_PAGESIZE);
    page.address = mmap(NULL, page.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page.address != MAP_FAILED);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = open_page;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
}

static wasm_trap_t* fault_in_callback(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    touch_closed_page();
    wasm_val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

static void faults_go_to_whom_they_belong(void) {
    install_handler();
    touch_closed_page();

    world_t world = world_new();
    wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_func_t* func = host_func(world.store, type, fault_in_callback);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    guest_t guest = guest_new(world.store, "trap", &imports);
    wasm_func_delete(func);

    for (int i = 0; i < 3; i++) {
        const int before = page.faults;
        wasm_trap_t* trap = call_for_trap(guest_func(&guest, "load"), -1);
        CHECK_MESSAGE(trap, "out of bounds memory access");
        wasm_trap_delete(trap);
        CHECK_EQUAL(page.faults, before);

        touch_closed_page();
        // The callback faults while a guest waits for it.
        CHECK_EQUAL(call_i32(guest_func(&guest, "via_host"), 5), 6);
        CHECK_EQUAL(page.faults, before + 2);
    }
    guest_delete(&guest);
    world_delete(&world);
    touch_closed_page();
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(faults_go_to_whom_they_belong),
    };
    return RUN_TESTS(argc, argv, tests);
}
