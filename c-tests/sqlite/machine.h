// The machine that SQLite finds itself on, for one instance of it after another: the functions that it imports, some
// files that lie in our memory, and a clock.
//
// All of it is deterministic. The clock only goes on when it is looked at, and there is no source of random numbers, so
// that SQLite makes its own of the time. Two engines that do the same see the same.

#ifndef SQLITE_MACHINE_H
#define SQLITE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasm.h"

enum { MOST_FILES = 8, MOST_DESCRIPTORS = 16, MOST_IMPORTS = 40, LONGEST_NAME = 48 };

// A file; there is none if the path is empty.
typedef struct {
    char path[LONGEST_NAME];
    unsigned char* bytes;
    size_t size, capacity;
} file_t;

// A file that is open, or NULL, and where it is read and written next.
typedef struct {
    file_t* file;
    uint64_t position;
} descriptor_t;

struct machine;
typedef wasm_val_t (*system_call_t)(struct machine* machine, const wasm_val_t arguments[]);

// A function that the guest imports. If `call` is NULL the machine does not have it, and calling it is a trap.
typedef struct {
    struct machine* machine;
    system_call_t call;
    char name[LONGEST_NAME];
} import_t;

typedef struct machine {
    file_t files[MOST_FILES];
    descriptor_t descriptors[MOST_DESCRIPTORS];
    // In milliseconds since 1970.
    double now;
    // After how many writes the power fails; 0 for never. That is a trap, and nothing is written.
    uint64_t writes_left;
    bool power_failed;

    // What belongs to the instance that runs.
    wasm_store_t* store;
    wasm_memory_t* memory;
    import_t imports[MOST_IMPORTS];
} machine_t;

// A machine without files. It must stay where it is.
void machine_new(machine_t* machine);
void machine_delete(machine_t* machine);

// What the module imports, in order, for an instance in the store. The caller owns the vector.
wasm_extern_vec_t machine_start(machine_t* machine, wasm_store_t* store, const wasm_module_t* module);

// Forgets the instance, before its store is deleted: what it had open is closed, the files stay.
void machine_stop(machine_t* machine);

// `length` bytes of the guest's memory, or NULL if they are not in it.
char* machine_bytes(const machine_t* machine, uint32_t address, uint32_t length);

// A new trap.
wasm_trap_t* machine_trap(const machine_t* machine, const char* text);

// Goes on with a hash, over all files.
uint64_t machine_hash(const machine_t* machine, uint64_t hash);

// Says what failed and ends the program.
_Noreturn void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

#endif
