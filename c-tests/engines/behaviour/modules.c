// Modules: which are accepted, what they say of themselves, and how they travel.

#include <string.h>

#include "probe.h"

static const char header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

static wasm_byte_vec_t bytes_of(const void* data, size_t size) {
    wasm_byte_vec_t bytes;
    api->byte_vec_new(&bytes, size, data);
    return bytes;
}

static void say_accepted(const char* what, wasm_store_t* store, const wasm_byte_vec_t* binary) {
    const bool valid = api->module_validate(store, binary);
    say("%s is %s, and %s", what, valid ? "valid" : "invalid",
        api->module_new(store, binary) ? "compiled" : "not compiled");
}

static void binaries(void) {
    wasm_store_t* store = new_store();
    wasm_byte_vec_t bytes = bytes_of(header, sizeof header);
    say_accepted("the empty module", store, &bytes);
    for (size_t size = 0; size < sizeof header; size++) {
        bytes = bytes_of(header, size);
        say_accepted("a part of the header", store, &bytes);
    }
    bytes = bytes_of("\0asm\2\0\0\0", 8);
    say_accepted("another version", store, &bytes);
    bytes = bytes_of("not WebAssembly", 15);
    say_accepted("something else", store, &bytes);
}

// Of a larger module, cut off everywhere but behind a section.
static void truncated_binaries(void) {
    wasm_store_t* store = new_store();
    wasm_byte_vec_t bytes = api_read(api, "trap");
    const size_t whole = bytes.size;
    say_accepted("all of it", store, &bytes);
    size_t valid = 0, compiled = 0;
    for (bytes.size = 9; bytes.size < whole; bytes.size++) {
        const bool is_valid = api->module_validate(store, &bytes);
        const bool is_compiled = api->module_new(store, &bytes) != NULL;
        valid += is_valid;
        compiled += is_compiled;
    }
    say("of its beginnings, %zu are valid and %zu are compiled", valid, compiled);
}

// A function that says it gives an i32, and does not.
static void invalid_code(void) {
    static const unsigned char module[] = {0,    'a', 's', 'm', 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1,
                                           0x7f, 3,   2,   1,   0, 10, 4, 1, 2, 0, 0x0b};
    wasm_byte_vec_t bytes = bytes_of(module, sizeof module);
    say_accepted("it", new_store(), &bytes);
}

static void text_format(void) {
    wasm_byte_vec_t bytes = bytes_of("(module)", 8);
    say_accepted("it", new_store(), &bytes);
}

static wasm_module_t* load(wasm_store_t* store, const char* name) {
    wasm_byte_vec_t binary = api_read(api, name);
    return api->module_new(store, &binary);
}

static void say_declarations(const wasm_module_t* module) {
    wasm_importtype_vec_t imports;
    api->module_imports(module, &imports);
    for (size_t i = 0; i < imports.size; i++) {
        say("import %s %s: %s", text_of_name(api->importtype_module(imports.data[i])),
            text_of_name(api->importtype_name(imports.data[i])),
            text_of_type(api->importtype_type(imports.data[i])));
    }
    wasm_exporttype_vec_t exports;
    api->module_exports(module, &exports);
    for (size_t i = 0; i < exports.size; i++) {
        say("export %s: %s", text_of_name(api->exporttype_name(exports.data[i])),
            text_of_type(api->exporttype_type(exports.data[i])));
    }
}

static void declarations(void) {
    static const char* const names[] = {"module", "link", "func", "global", "externref", "extern", "counter"};
    wasm_store_t* store = new_store();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) say_declarations(load(store, names[i]));
}

static void declarations_of_nothing(void) {
    wasm_byte_vec_t bytes = bytes_of(header, sizeof header);
    wasm_module_t* module = api->module_new(new_store(), &bytes);
    wasm_importtype_vec_t imports;
    api->module_imports(module, &imports);
    wasm_exporttype_vec_t exports;
    api->module_exports(module, &exports);
    say("%zu imports, %zu exports", imports.size, exports.size);
}

static void copies(void) {
    wasm_module_t* module = load(new_store(), "counter");
    wasm_module_t* copy = api->module_copy(module);
    api->module_delete(module);
    say_declarations(copy);
}

static void serialized_modules(void) {
    wasm_byte_vec_t once, twice;
    wasm_store_t* store = new_store();
    wasm_module_t* module = load(store, "module");
    api->module_serialize(module, &once);
    api->module_serialize(module, &twice);
    say("twice the same: %d", once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
    // In another engine, of the same settings.
    wasm_module_t* again = api->module_deserialize(new_store(), &once);
    say("%s", again ? "there again" : "gone");
    if (again) say_declarations(again);
}

static void damaged_serialized_modules(void) {
    wasm_store_t* store = new_store();
    wasm_byte_vec_t bytes = bytes_of("", 0);
    say("nothing gives %s", api->module_deserialize(store, &bytes) ? "a module" : "none");
    bytes = bytes_of(header, sizeof header);
    say("WebAssembly gives %s", api->module_deserialize(store, &bytes) ? "a module" : "none");
    api->module_serialize(load(store, "counter"), &bytes);
    bytes.size /= 2;
    say("a half gives %s", api->module_deserialize(store, &bytes) ? "a module" : "none");
}

static void shared_modules(void) {
    wasm_engine_t* engine = api->engine_new();
    wasm_module_t* module = load(api->store_new(engine), "counter");
    wasm_shared_module_t* shared = api->module_share(module);
    api->module_delete(module);
    wasm_module_t* obtained = api->module_obtain(api->store_new(engine), shared);
    api->shared_module_delete(shared);
    say_declarations(obtained);
}

const probe_t module_probes[] = {
    PROBE(binaries),
    PROBE(truncated_binaries),
    PROBE(invalid_code),
    PROBE(text_format),
    PROBE(declarations),
    PROBE(declarations_of_nothing),
    PROBE(copies),
    PROBE(serialized_modules),
    PROBE(damaged_serialized_modules),
    PROBE(shared_modules),
    {NULL, NULL},
};
