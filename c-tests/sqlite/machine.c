// What the functions do is what emscripten's JavaScript does that they come with, as far as SQLite relies on it.

#include "machine.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

// The numbers of WASI.
enum { BADF = 8, BUSY = 10, EXIST = 20, FAULT = 21, INVAL = 28, NFILE = 41, NOENT = 44 };

// Those of emscripten.
enum {
    PAGE = 1 << 16,
    // Below are the standard streams, which the guest does not use.
    FIRST_DESCRIPTOR = 3,
    OPEN_CREATE = 0100,
    OPEN_EXCLUSIVE = 0200,
    REGULAR_FILE = 0100644,
    GET_DESCRIPTOR_FLAGS = 1,
    SET_DESCRIPTOR_FLAGS = 2,
    GET_LOCK = 5,
    SET_LOCK = 6,
    SET_LOCK_AND_WAIT = 7,
    UNLOCKED = 2,
};

// As in the guest's memory, which is little-endian as are the machines that wasmo compiles for.
typedef struct {
    uint32_t address, length;
} iovec_t;

typedef struct {
    int64_t seconds;
    uint32_t nanoseconds, padding;
} time_stamp_t;

typedef struct {
    uint32_t device, padding, short_inode, mode, links, user, group, special_device, more_padding[2];
    uint64_t size;
    uint32_t block_size, blocks;
    time_stamp_t accessed, modified, changed;
    uint64_t inode;
} stat_t;
static_assert(sizeof(stat_t) == 112, "emscripten's struct stat");

void fail(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs("sqlite: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

// --- The guest's memory ---

char* machine_bytes(const machine_t* machine, uint32_t address, uint32_t length) {
    const size_t size = wasm_memory_data_size(machine->memory);
    if (address > size || length > size - address) return NULL;
    return wasm_memory_data(machine->memory) + address;
}

// A string, or NULL if it does not end in the memory.
static const char* text_at(const machine_t* machine, int32_t address) {
    const char* text = machine_bytes(machine, (uint32_t)address, 0);
    if (text == NULL) return NULL;
    return memchr(text, 0, wasm_memory_data_size(machine->memory) - (uint32_t)address) ? text : NULL;
}

static bool put(const machine_t* machine, int32_t address, const void* bytes, uint32_t size) {
    char* target = machine_bytes(machine, (uint32_t)address, size);
    if (target) memcpy(target, bytes, size);
    return target != NULL;
}

// --- Files ---

static file_t* find(machine_t* machine, const char* path) {
    for (int i = 0; path && i < MOST_FILES; i++) {
        if (path[0] && strcmp(machine->files[i].path, path) == 0) return &machine->files[i];
    }
    return NULL;
}

static file_t* create(machine_t* machine, const char* path) {
    if (path == NULL || strlen(path) >= LONGEST_NAME) return NULL;
    for (int i = 0; i < MOST_FILES; i++) {
        file_t* file = &machine->files[i];
        if (file->path[0]) continue;
        strcpy(file->path, path);
        return file;
    }
    return NULL;
}

static void resize(file_t* file, uint64_t size) {
    if (size > file->capacity) {
        file->capacity = size > 2 * file->capacity ? size : 2 * file->capacity;
        file->bytes = realloc(file->bytes, file->capacity);
        if (file->bytes == NULL) fail("no memory for %s", file->path);
    }
    if (size > file->size) memset(file->bytes + file->size, 0, size - file->size);
    file->size = size;
}

static descriptor_t* descriptor(machine_t* machine, int32_t number) {
    if (number < FIRST_DESCRIPTOR || number >= FIRST_DESCRIPTOR + MOST_DESCRIPTORS) return NULL;
    descriptor_t* found = &machine->descriptors[number - FIRST_DESCRIPTOR];
    return found->file ? found : NULL;
}

// Moves bytes between a file and the guest's memory. How many it were.
static uint32_t move(descriptor_t* at, char* bytes, uint32_t length, bool write) {
    file_t* file = at->file;
    const uint64_t left = at->position < file->size ? file->size - at->position : 0;
    if (length > left) {
        if (write) {
            resize(file, at->position + length);
        } else {
            length = (uint32_t)left;
        }
    }
    if (length == 0) return 0;
    unsigned char* data = file->bytes + at->position;
    memcpy(write ? (void*)data : bytes, write ? bytes : (void*)data, length);
    at->position += length;
    return length;
}

// --- System calls ---

// The answer to all calls but those that are for a time.
static wasm_val_t answer(int32_t number) { return (wasm_val_t)WASM_I32_VAL(number); }

static wasm_val_t succeed(machine_t* machine, const wasm_val_t arguments[]) {
    (void)machine, (void)arguments;
    return answer(0);
}

// (folder, path, flags, mode) -> descriptor
static wasm_val_t openat(machine_t* machine, const wasm_val_t arguments[]) {
    const char* path = text_at(machine, arguments[1].of.i32);
    const int32_t flags = arguments[2].of.i32;
    file_t* file = find(machine, path);
    if (file && (flags & OPEN_CREATE) && (flags & OPEN_EXCLUSIVE)) return answer(-EXIST);
    if (file == NULL && (flags & OPEN_CREATE)) file = create(machine, path);
    if (file == NULL) return answer(-NOENT);
    for (int i = 0; i < MOST_DESCRIPTORS; i++) {
        if (machine->descriptors[i].file) continue;
        machine->descriptors[i] = (descriptor_t){file, 0};
        return answer(FIRST_DESCRIPTOR + i);
    }
    return answer(-NFILE);
}

// (descriptor)
static wasm_val_t fd_close(machine_t* machine, const wasm_val_t arguments[]) {
    descriptor_t* closed = descriptor(machine, arguments[0].of.i32);
    if (closed == NULL) return answer(BADF);
    closed->file = NULL;
    return answer(0);
}

// (descriptor, iovecs, how many, where to write how many bytes it were)
static wasm_val_t move_all(machine_t* machine, const wasm_val_t arguments[], bool write) {
    descriptor_t* at = descriptor(machine, arguments[0].of.i32);
    if (at == NULL) return answer(BADF);
    uint32_t total = 0;
    for (int32_t i = 0; i < arguments[2].of.i32; i++) {
        const uint32_t address = (uint32_t)arguments[1].of.i32 + (uint32_t)i * sizeof(iovec_t);
        const char* bytes = machine_bytes(machine, address, sizeof(iovec_t));
        if (bytes == NULL) return answer(FAULT);
        iovec_t part;
        memcpy(&part, bytes, sizeof part);
        char* data = machine_bytes(machine, part.address, part.length);
        if (data == NULL) return answer(FAULT);
        const uint32_t moved = move(at, data, part.length, write);
        total += moved;
        if (moved < part.length) break;
    }
    return answer(put(machine, arguments[3].of.i32, &total, sizeof total) ? 0 : FAULT);
}

static wasm_val_t fd_read(machine_t* machine, const wasm_val_t arguments[]) {
    return move_all(machine, arguments, false);
}

static wasm_val_t fd_write(machine_t* machine, const wasm_val_t arguments[]) {
    if (machine->writes_left > 0 && --machine->writes_left == 0) {
        machine->power_failed = true;
        return answer(0);
    }
    return move_all(machine, arguments, true);
}

// (descriptor, offset, from where, where to write the new position)
static wasm_val_t fd_seek(machine_t* machine, const wasm_val_t arguments[]) {
    descriptor_t* moved = descriptor(machine, arguments[0].of.i32);
    if (moved == NULL) return answer(BADF);
    const uint64_t starts[] = {0, moved->position, moved->file->size};
    const uint32_t from = (uint32_t)arguments[2].of.i32;
    if (from >= sizeof starts / sizeof *starts) return answer(INVAL);
    const uint64_t position = starts[from] + (uint64_t)arguments[1].of.i64;
    if (position > INT64_MAX) return answer(INVAL);
    moved->position = position;
    return answer(put(machine, arguments[3].of.i32, &position, sizeof position) ? 0 : FAULT);
}

// (descriptor, length)
static wasm_val_t ftruncate64(machine_t* machine, const wasm_val_t arguments[]) {
    descriptor_t* cut = descriptor(machine, arguments[0].of.i32);
    if (cut == NULL) return answer(-BADF);
    if (arguments[1].of.i64 < 0) return answer(-INVAL);
    resize(cut->file, (uint64_t)arguments[1].of.i64);
    return answer(0);
}

// Nobody else has the files, so that every lock is to be had.
static wasm_val_t fcntl64(machine_t* machine, const wasm_val_t arguments[]) {
    if (descriptor(machine, arguments[0].of.i32) == NULL) return answer(-BADF);
    switch (arguments[1].of.i32) {
        case GET_DESCRIPTOR_FLAGS:
        case SET_DESCRIPTOR_FLAGS:
        case SET_LOCK:
        case SET_LOCK_AND_WAIT: return answer(0);
        case GET_LOCK: {
            // The third argument of C is in the guest's memory.
            const char* variable = machine_bytes(machine, (uint32_t)arguments[2].of.i32, sizeof(int32_t));
            int32_t lock;
            if (variable == NULL) return answer(-FAULT);
            memcpy(&lock, variable, sizeof lock);
            const int16_t type = UNLOCKED;
            return answer(put(machine, lock, &type, sizeof type) ? 0 : -FAULT);
        }
        default: return answer(-INVAL);
    }
}

static wasm_val_t tell(machine_t* machine, const file_t* file, int32_t address) {
    const uint32_t inode = (uint32_t)(file - machine->files) + 1;
    const stat_t stat = {
        .device = 1,
        .short_inode = inode,
        .mode = REGULAR_FILE,
        .links = 1,
        .size = file->size,
        .block_size = 4096,
        .blocks = (uint32_t)(file->size / 512),
        .inode = inode,
    };
    return answer(put(machine, address, &stat, sizeof stat) ? 0 : -FAULT);
}

// (descriptor, where to write the struct)
static wasm_val_t fstat64(machine_t* machine, const wasm_val_t arguments[]) {
    const descriptor_t* told = descriptor(machine, arguments[0].of.i32);
    return told ? tell(machine, told->file, arguments[1].of.i32) : answer(-BADF);
}

// (path, where to write the struct)
static wasm_val_t stat64(machine_t* machine, const wasm_val_t arguments[]) {
    const file_t* file = find(machine, text_at(machine, arguments[0].of.i32));
    return file ? tell(machine, file, arguments[1].of.i32) : answer(-NOENT);
}

// (folder, path, for what, flags)
static wasm_val_t faccessat(machine_t* machine, const wasm_val_t arguments[]) {
    return answer(find(machine, text_at(machine, arguments[1].of.i32)) ? 0 : -NOENT);
}

// (folder, path, flags)
static wasm_val_t unlinkat(machine_t* machine, const wasm_val_t arguments[]) {
    file_t* file = find(machine, text_at(machine, arguments[1].of.i32));
    if (file == NULL) return answer(-NOENT);
    for (int i = 0; i < MOST_DESCRIPTORS; i++) {
        if (machine->descriptors[i].file == file) return answer(-BUSY);
    }
    free(file->bytes);
    *file = (file_t){.path = ""};
    return answer(0);
}

// (where to write how many variables there are, where to write their size)
static wasm_val_t environ_sizes_get(machine_t* machine, const wasm_val_t arguments[]) {
    const uint32_t none = 0;
    const bool stored = put(machine, arguments[0].of.i32, &none, sizeof none) &&
                        put(machine, arguments[1].of.i32, &none, sizeof none);
    return answer(stored ? 0 : FAULT);
}

static wasm_val_t is_monotonic(machine_t* machine, const wasm_val_t arguments[]) {
    (void)machine, (void)arguments;
    return answer(true);
}

// () -> milliseconds
static wasm_val_t get_now(machine_t* machine, const wasm_val_t arguments[]) {
    (void)arguments;
    return (wasm_val_t)WASM_F64_VAL(++machine->now);
}

// (bytes) -> whether there are so many now
static wasm_val_t resize_heap(machine_t* machine, const wasm_val_t arguments[]) {
    const size_t wanted = (uint32_t)arguments[0].of.i32, size = wasm_memory_data_size(machine->memory);
    if (wanted <= size) return answer(true);
    return answer(wasm_memory_grow(machine->memory, (wasm_memory_pages_t)((wanted - size + PAGE - 1) / PAGE)));
}

// Those of all imports that SQLite calls.
static const struct {
    const char* name;
    system_call_t call;
} system_calls[] = {
    {"__syscall_faccessat", faccessat},
    {"__syscall_fchmod", succeed},
    {"__syscall_fchown32", succeed},
    {"__syscall_fcntl64", fcntl64},
    {"__syscall_fstat64", fstat64},
    {"__syscall_ftruncate64", ftruncate64},
    {"__syscall_lstat64", stat64},
    {"__syscall_openat", openat},
    {"__syscall_stat64", stat64},
    {"__syscall_unlinkat", unlinkat},
    {"_emscripten_get_now_is_monotonic", is_monotonic},
    {"emscripten_date_now", get_now},
    {"emscripten_get_now", get_now},
    {"emscripten_resize_heap", resize_heap},
    {"environ_get", succeed},
    {"environ_sizes_get", environ_sizes_get},
    {"fd_close", fd_close},
    {"fd_read", fd_read},
    {"fd_seek", fd_seek},
    {"fd_sync", succeed},
    {"fd_write", fd_write},
};

// --- Imports ---

wasm_trap_t* machine_trap(const machine_t* machine, const char* text) {
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, text);
    wasm_trap_t* trap = wasm_trap_new(machine->store, &message);
    wasm_byte_vec_delete(&message);
    return trap;
}

static wasm_trap_t* enter(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    const import_t* import = env;
    if (import->call == NULL) return machine_trap(import->machine, import->name);
    const wasm_val_t value = import->call(import->machine, arguments->data);
    if (import->machine->power_failed) return machine_trap(import->machine, "the power failed");
    results->data[0] = value;
    return NULL;
}

static wasm_func_t* function_for(machine_t* machine, import_t* import, const wasm_importtype_t* type) {
    const wasm_name_t* name = wasm_importtype_name(type);
    *import = (import_t){.machine = machine};
    snprintf(import->name, sizeof import->name, "%.*s", (int)name->size, name->data);
    for (size_t i = 0; i < sizeof system_calls / sizeof *system_calls; i++) {
        if (strcmp(import->name, system_calls[i].name) == 0) import->call = system_calls[i].call;
    }
    const wasm_functype_t* function = wasm_externtype_as_functype_const(wasm_importtype_type(type));
    return wasm_func_new_with_env(machine->store, function, enter, import, NULL);
}

wasm_extern_vec_t machine_start(machine_t* machine, wasm_store_t* store, const wasm_module_t* module) {
    machine->store = store;
    wasm_importtype_vec_t types;
    wasm_module_imports(module, &types);
    if (types.size > MOST_IMPORTS) fail("the module has %zu imports", types.size);
    wasm_extern_vec_t imports;
    wasm_extern_vec_new_uninitialized(&imports, types.size);
    for (size_t i = 0; i < types.size; i++) {
        const wasm_externtype_t* type = wasm_importtype_type(types.data[i]);
        switch (wasm_externtype_kind(type)) {
            case WASM_EXTERN_FUNC:
                imports.data[i] = wasm_func_as_extern(function_for(machine, &machine->imports[i], types.data[i]));
                break;
            case WASM_EXTERN_MEMORY:
                machine->memory = wasm_memory_new(store, wasm_externtype_as_memorytype_const(type));
                imports.data[i] = wasm_memory_as_extern(wasm_memory_copy(machine->memory));
                break;
            default: fail("an import that is neither a function nor a memory");
        }
        if (imports.data[i] == NULL) fail("import %zu cannot be made", i);
    }
    wasm_importtype_vec_delete(&types);
    if (machine->memory == NULL) fail("the module does not import its memory");
    return imports;
}

void machine_stop(machine_t* machine) {
    wasm_memory_delete(machine->memory);
    machine->memory = NULL;
    machine->store = NULL;
    memset(machine->descriptors, 0, sizeof machine->descriptors);
    machine->writes_left = 0;
    machine->power_failed = false;
}

// --- The machine ---

void machine_new(machine_t* machine) {
    // A day of the year 2023.
    *machine = (machine_t){.now = 1.7e12};
}

void machine_delete(machine_t* machine) {
    for (int i = 0; i < MOST_FILES; i++) free(machine->files[i].bytes);
}

uint64_t machine_hash(const machine_t* machine, uint64_t hash) {
    for (int i = 0; i < MOST_FILES; i++) {
        const file_t* file = &machine->files[i];
        hash = hash_bytes(hash, file->path, strlen(file->path));
        hash = hash_bytes(hash, file->bytes, file->size);
    }
    return hash;
}
