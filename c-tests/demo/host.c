// The host of the demo: runs a guest that analyses a text, and shows what a trap looks like.
//
//     demo <guest.wasm> <text file>
//
// It uses nothing but the standard C API, wasm.h, so it runs on every engine that has it. It exits with 0 if the
// guest's SHA-256 of the file is the one that sha256sum computes, and if the guest's wild read became a trap.

// For popen and setenv.
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "wasm.h"

enum { DIGEST_SIZE = 32, HEX_SIZE = 2 * DIGEST_SIZE + 1 };

// What the host functions need to do their work: the text, and the memory that they exchange data through.
typedef struct {
    wasm_store_t* store;
    wasm_memory_t* memory;  // borrowed from the exports; NULL until the guest is instantiated
    FILE* text;
} host_t;

// A module that runs, with its exports by name.
typedef struct {
    wasm_module_t* module;
    wasm_instance_t* instance;
    wasm_exporttype_vec_t export_types;
    wasm_extern_vec_t exports;  // in the order of export_types
} guest_t;

typedef struct {
    double compile, instantiate, run;  // in milliseconds
} times_t;

// --- Errors and time ---

static void die(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("demo: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

// Prints the message of a trap. Consumes the trap.
static void die_of_trap(const char* what, wasm_trap_t* trap) {
    wasm_message_t message = WASM_EMPTY_VEC;
    if (trap) wasm_trap_message(trap, &message);
    fprintf(stderr, "demo: %s: %s\n", what, message.size ? message.data : "no reason given");
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
    exit(1);
}

// The milliseconds since `*since`, which becomes now.
static double lap(struct timespec* since) {
    const struct timespec start = *since;
    clock_gettime(CLOCK_MONOTONIC, since);
    return (double)(since->tv_sec - start.tv_sec) * 1e3 + (double)(since->tv_nsec - start.tv_nsec) / 1e6;
}

// --- The functions that the guest imports ---

// A trap with a message, for a host function to return.
static wasm_trap_t* trap_with(host_t* host, const char* text) {
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, text);
    wasm_trap_t* trap = wasm_trap_new(host->store, &message);
    wasm_byte_vec_delete(&message);
    return trap;
}

// The bytes that a guest's pointer and length stand for, or NULL if they are not in its memory. A host must never
// believe a guest's numbers.
static char* guest_bytes(const host_t* host, uint32_t address, uint32_t length) {
    const size_t size = wasm_memory_data_size(host->memory);
    if (address > size || length > size - address) return NULL;
    return wasm_memory_data(host->memory) + address;
}

// read_chunk(address, capacity) -> length
static wasm_trap_t* read_chunk(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    host_t* host = env;
    const uint32_t capacity = (uint32_t)arguments->data[1].of.i32;
    char* buffer = guest_bytes(host, (uint32_t)arguments->data[0].of.i32, capacity);
    if (buffer == NULL) return trap_with(host, "read_chunk: the buffer is not in the memory of the guest");
    const size_t length = fread(buffer, 1, capacity, host->text);
    if (ferror(host->text)) return trap_with(host, "read_chunk: the text cannot be read");
    results->data[0] = (wasm_val_t)WASM_I32_VAL((int32_t)length);
    return NULL;
}

// print_line(address, length)
static wasm_trap_t* print_line(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)results;
    host_t* host = env;
    const uint32_t length = (uint32_t)arguments->data[1].of.i32;
    const char* text = guest_bytes(host, (uint32_t)arguments->data[0].of.i32, length);
    if (text == NULL) return trap_with(host, "print_line: the line is not in the memory of the guest");
    printf("  | %.*s\n", (int)length, text);
    return NULL;
}

// --- Compiling and instantiating the guest ---

// The caller owns the bytes.
static wasm_byte_vec_t read_file(const char* path) {
    FILE* file = fopen(path, "rb");
    if (file == NULL) die("cannot open %s", path);
    if (fseek(file, 0, SEEK_END) != 0) die("cannot read %s", path);
    const long size = ftell(file);
    if (size < 0) die("cannot read %s", path);
    rewind(file);
    wasm_byte_vec_t bytes;
    wasm_byte_vec_new_uninitialized(&bytes, (size_t)size);
    if (fread(bytes.data, 1, bytes.size, file) != bytes.size) die("cannot read %s", path);
    fclose(file);
    return bytes;
}

static bool is_name(const wasm_name_t* name, const char* text) {
    return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

// Consumes the type.
static wasm_func_t* new_function(host_t* host, wasm_functype_t* type, wasm_func_callback_with_env_t callback) {
    wasm_func_t* function = wasm_func_new_with_env(host->store, type, callback, host, NULL);
    wasm_functype_delete(type);
    if (function == NULL) die("cannot make a host function");
    return function;
}

// The host function that an import asks for.
static wasm_func_t* function_for(host_t* host, const wasm_importtype_t* import) {
    const wasm_name_t* module = wasm_importtype_module(import);
    const wasm_name_t* name = wasm_importtype_name(import);
    if (is_name(module, "env") && is_name(name, "read_chunk")) {
        return new_function(
            host, wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i32(), wasm_valtype_new_i32()),
            read_chunk);
    }
    if (is_name(module, "env") && is_name(name, "print_line")) {
        return new_function(host, wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i32()), print_line);
    }
    die("the guest imports %.*s.%.*s, which this host does not have", (int)module->size, module->data,
        (int)name->size, name->data);
    return NULL;
}

// What the module imports, in the order in which it imports it. The caller owns the vector.
static wasm_extern_vec_t imports_for(host_t* host, const wasm_module_t* module) {
    wasm_importtype_vec_t types;
    wasm_module_imports(module, &types);
    wasm_extern_vec_t imports;
    wasm_extern_vec_new_uninitialized(&imports, types.size);
    for (size_t i = 0; i < types.size; i++) imports.data[i] = wasm_func_as_extern(function_for(host, types.data[i]));
    wasm_importtype_vec_delete(&types);
    return imports;
}

static wasm_extern_t* find_export(const guest_t* guest, const char* name) {
    for (size_t i = 0; i < guest->export_types.size; i++) {
        if (is_name(wasm_exporttype_name(guest->export_types.data[i]), name)) return guest->exports.data[i];
    }
    die("the guest does not export \"%s\"", name);
    return NULL;
}

static guest_t start_guest(host_t* host, const wasm_byte_vec_t* binary, times_t* times) {
    struct timespec clock;
    guest_t guest;
    lap(&clock);
    guest.module = wasm_module_new(host->store, binary);
    times->compile = lap(&clock);
    if (guest.module == NULL) die("the guest cannot be compiled");

    wasm_extern_vec_t imports = imports_for(host, guest.module);
    wasm_trap_t* trap = NULL;
    lap(&clock);
    guest.instance = wasm_instance_new(host->store, guest.module, &imports, &trap);
    times->instantiate = lap(&clock);
    if (guest.instance == NULL) die_of_trap("the guest cannot be instantiated", trap);
    wasm_extern_vec_delete(&imports);

    wasm_module_exports(guest.module, &guest.export_types);
    wasm_instance_exports(guest.instance, &guest.exports);
    host->memory = wasm_extern_as_memory(find_export(&guest, "memory"));
    if (host->memory == NULL) die("the guest's export \"memory\" is not a memory");
    return guest;
}

static void delete_guest(guest_t* guest) {
    wasm_exporttype_vec_delete(&guest->export_types);
    wasm_extern_vec_delete(&guest->exports);
    wasm_instance_delete(guest->instance);
    wasm_module_delete(guest->module);
}

// --- Running it ---

// Calls an export that takes only i32s. A trap that comes of it is owned by the caller.
static wasm_trap_t* try_call(const guest_t* guest, const char* name, size_t count, wasm_val_t arguments[],
                             wasm_val_vec_t* results) {
    const wasm_func_t* function = wasm_extern_as_func(find_export(guest, name));
    if (function == NULL) die("the guest's export \"%s\" is not a function", name);
    if (wasm_func_param_arity(function) != count || wasm_func_result_arity(function) != results->size) {
        die("the guest's function \"%s\" has another number of parameters or results", name);
    }
    const wasm_val_vec_t argument_vec = {count, arguments};
    return wasm_func_call(function, &argument_vec, results);
}

// Calls an export without parameters that gives one i32.
static int32_t call_for_i32(const guest_t* guest, const char* name) {
    wasm_val_t result[] = {WASM_INIT_VAL};
    wasm_val_vec_t results = WASM_ARRAY_VEC(result);
    wasm_trap_t* trap = try_call(guest, name, 0, NULL, &results);
    if (trap) die_of_trap(name, trap);
    return result[0].of.i32;
}

// Hands a string over: into a page that the host adds to the guest's memory, where nothing of the guest's can be.
static void print_heading(const guest_t* guest, wasm_memory_t* memory, const char* text) {
    size_t length = strlen(text);
    if (length > MEMORY_PAGE_SIZE) length = MEMORY_PAGE_SIZE;
    const size_t address = wasm_memory_data_size(memory);
    if (!wasm_memory_grow(memory, 1)) die("the guest's memory cannot grow");
    memcpy(wasm_memory_data(memory) + address, text, length);

    wasm_val_t arguments[] = {WASM_I32_VAL((int32_t)address), WASM_I32_VAL((int32_t)length)};
    wasm_val_vec_t none = WASM_EMPTY_VEC;
    wasm_trap_t* trap = try_call(guest, "print_heading", 2, arguments, &none);
    if (trap) die_of_trap("print_heading", trap);
}

static void read_digest(const guest_t* guest, const host_t* host, char hex[HEX_SIZE]) {
    const char* digest = guest_bytes(host, (uint32_t)call_for_i32(guest, "digest"), DIGEST_SIZE);
    if (digest == NULL) die("the guest's digest is not in its memory");
    for (int i = 0; i < DIGEST_SIZE; i++) sprintf(hex + 2 * i, "%02x", (unsigned)(uint8_t)digest[i]);
}

// The digest by another implementation.
static void ask_sha256sum(const char* path, char hex[HEX_SIZE]) {
    // Through the environment, so that no character of the path means anything to the shell.
    if (setenv("DEMO_TEXT", path, 1) != 0) die("cannot set an environment variable");
    FILE* pipe = popen("sha256sum < \"$DEMO_TEXT\"", "r");
    if (pipe == NULL) die("cannot run sha256sum");
    const bool read = fgets(hex, HEX_SIZE, pipe) != NULL;
    if (pclose(pipe) != 0 || !read) die("sha256sum failed");
}

// --- Showing a trap ---

static void print_frame(const char* label, const wasm_frame_t* frame, const wasm_byte_vec_t* binary) {
    const function_name_t name = function_name(binary, wasm_frame_func_index(frame));
    printf("  %-6s function %2" PRIu32 "  %-16.*s at byte %4zu of the function, %5zu of the module\n", label,
           wasm_frame_func_index(frame), (int)name.length, name.text, wasm_frame_func_offset(frame),
           wasm_frame_module_offset(frame));
}

static void print_trap(const wasm_trap_t* trap, const wasm_byte_vec_t* binary) {
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    printf("  message: %s\n", message.data);
    wasm_byte_vec_delete(&message);

    wasm_frame_t* origin = wasm_trap_origin(trap);
    if (origin) print_frame("origin", origin, binary);
    wasm_frame_delete(origin);

    wasm_frame_vec_t trace;
    wasm_trap_trace(trap, &trace);
    for (size_t i = 0; i < trace.size; i++) {
        char label[24];
        snprintf(label, sizeof label, "#%zu", i);
        print_frame(label, trace.data[i], binary);
    }
    wasm_frame_vec_delete(&trace);
}

// Makes the guest read far beyond its memory. Returns whether that became a trap.
static bool show_trap(const guest_t* guest, const wasm_byte_vec_t* binary) {
    wasm_val_t arguments[] = {WASM_I32_VAL(500000000)};
    wasm_val_t result[] = {WASM_INIT_VAL};
    wasm_val_vec_t results = WASM_ARRAY_VEC(result);
    wasm_trap_t* trap = try_call(guest, "frequency", 1, arguments, &results);
    if (trap == NULL) return false;
    print_trap(trap, binary);
    wasm_trap_delete(trap);
    return true;
}

// --- The demo ---

static bool report(const guest_t* guest, host_t* host, const char* path, times_t* times) {
    struct timespec clock;
    host->text = fopen(path, "rb");
    if (host->text == NULL) die("cannot open %s", path);
    print_heading(guest, host->memory, path);
    lap(&clock);
    const int32_t chunks = call_for_i32(guest, "analyse");
    times->run = lap(&clock);
    const double megabytes = (double)ftell(host->text) / 1e6;
    fclose(host->text);

    char ours[HEX_SIZE], theirs[HEX_SIZE];
    read_digest(guest, host, ours);
    ask_sha256sum(path, theirs);
    const bool same = strcmp(ours, theirs) == 0;
    printf("\nSHA-256 by the guest:  %s\nSHA-256 by sha256sum: %s\n  -> %s\n", ours, theirs,
           same ? "the same" : "DIFFERENT");

    printf("\nTime: compile %.2f ms, instantiate %.3f ms, run %.2f ms (%" PRId32 " chunks, %.0f MB/s)\n",
           times->compile, times->instantiate, times->run, chunks, megabytes / (times->run / 1e3));
    printf("Memory of the guest: %" PRIu32 " pages of 64 KiB\n", wasm_memory_size(host->memory));
    return same;
}

int main(int argc, char* argv[]) {
    if (argc != 3) die("usage: demo <guest.wasm> <text file>");
    const char* const guest_path = argv[1];
    const char* const text_path = argv[2];

    wasm_engine_t* engine = wasm_engine_new();
    if (engine == NULL) die("cannot make an engine");
    wasm_store_t* store = wasm_store_new(engine);
    if (store == NULL) die("cannot make a store");

    host_t host = {.store = store};
    times_t times;
    wasm_byte_vec_t binary = read_file(guest_path);
    printf("The guest, %s: %zu bytes of WebAssembly\n\n", guest_path, binary.size);
    guest_t guest = start_guest(&host, &binary, &times);

    const bool same_digest = report(&guest, &host, text_path, &times);

    printf("\nNow the guest reads far outside its memory, on purpose:\n");
    const bool trapped = show_trap(&guest, &binary);
    printf("  -> %s\n", trapped ? "the engine stopped the guest; the host goes on" : "NO TRAP");

    delete_guest(&guest);
    wasm_byte_vec_delete(&binary);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
    return same_digest && trapped ? EXIT_SUCCESS : EXIT_FAILURE;
}
