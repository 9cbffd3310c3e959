#include "sqlite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"

static const char* const function_names[FUNCTION_COUNT] = {
#define NAME(name) #name,
    SQLITE_FUNCTIONS(NAME)
#undef NAME
};

// --- Traps ---

static void print_trap(const wasm_trap_t* trap, const wasm_message_t* message, const wasm_frame_vec_t* frames) {
    fprintf(stderr, "sqlite: trap %d: %s\n", (int)wasmo_trap_code(trap), message->size ? message->data : "");
    for (size_t i = 0; i < frames->size; i++) {
        const char* name = wasmo_frame_func_name(frames->data[i]);
        fprintf(stderr, "  function %" PRIu32 " %s at byte %zu of the module\n",
                wasm_frame_func_index(frames->data[i]), name ? name : "", wasm_frame_module_offset(frames->data[i]));
    }
}

// Takes the trap.
static void die_of(sqlite_t* sqlite, const char* function, wasm_trap_t* trap) {
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    if (!sqlite->machine->power_failed) {
        print_trap(trap, &message, &frames);
        fail("%s trapped", function);
    }
    sqlite->dead = true;
    sqlite->trap_hash = hash_bytes(HASH_START, message.data, message.size);
    for (size_t i = 0; i < frames.size; i++) {
        sqlite->trap_hash = hash_number(sqlite->trap_hash, wasm_frame_func_index(frames.data[i]));
        sqlite->trap_hash = hash_number(sqlite->trap_hash, wasm_frame_module_offset(frames.data[i]));
    }
    wasm_frame_vec_delete(&frames);
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
}

// --- Calls in both directions ---

wasmo_word_t sqlite_call(sqlite_t* sqlite, function_t function, const wasmo_word_t arguments[MOST_WORDS]) {
    wasmo_word_t words[MOST_WORDS] = {I64(0)};
    if (sqlite->dead) return words[0];
    memcpy(words, arguments, sizeof words);
    wasm_trap_t* trap = wasmo_func_call_words(sqlite->functions[function], words, MOST_WORDS);
    if (trap == NULL) return words[0];
    die_of(sqlite, function_names[function], trap);
    return (wasmo_word_t)I64(0);
}

int32_t sqlite_callback(sqlite_t* sqlite, wasm_functype_t* type, wasm_func_callback_with_env_t callback) {
    wasm_func_t* func = wasm_func_new_with_env(sqlite->store, type, callback, sqlite, NULL);
    wasm_functype_delete(type);
    const wasm_table_size_t index = wasm_table_size(sqlite->table);
    if (!wasm_table_grow(sqlite->table, 1, wasm_func_as_ref(func))) fail("the table does not grow");
    wasm_func_delete(func);
    return (int32_t)index;
}

// --- Its memory ---

char* sqlite_bytes(const sqlite_t* sqlite, int32_t address, int32_t length) {
    char* bytes = length < 0 ? NULL : machine_bytes(sqlite->machine, (uint32_t)address, (uint32_t)length);
    if (bytes == NULL) fail("%" PRId32 " bytes at %" PRIx32 " are not in the memory", length, (uint32_t)address);
    return bytes;
}

int32_t sqlite_length(const sqlite_t* sqlite, int32_t address) {
    const size_t left = wasm_memory_data_size(sqlite->machine->memory) - (uint32_t)address;
    const char* text = sqlite_bytes(sqlite, address, 0);
    const char* end = memchr(text, 0, left);
    if (end == NULL) fail("a string without an end");
    return (int32_t)(end - text);
}

uint64_t sqlite_hash_value(sqlite_t* sqlite, uint64_t hash, int32_t value) {
    const int32_t type = CALL(sqlite, sqlite3_value_type, I32(value)).i32;
    hash = hash_number(hash, (uint64_t)type);
    switch (type) {
        case SQLITE_INTEGER: return hash_number(hash, (uint64_t)CALL(sqlite, sqlite3_value_int64, I32(value)).i64);
        case SQLITE_FLOAT: {
            const double real = CALL(sqlite, sqlite3_value_double, I32(value)).f64;
            return hash_bytes(hash, &real, sizeof real);
        }
        case SQLITE_TEXT:
        case SQLITE_BLOB: {
            const int32_t address = type == SQLITE_TEXT ? CALL(sqlite, sqlite3_value_text, I32(value)).i32
                                                        : CALL(sqlite, sqlite3_value_blob, I32(value)).i32;
            const int32_t length = CALL(sqlite, sqlite3_value_bytes, I32(value)).i32;
            return hash_bytes(hash_number(hash, (uint64_t)length), sqlite_bytes(sqlite, address, length),
                              (size_t)length);
        }
        default: return hash;
    }
}

uint64_t sqlite_hash_error(sqlite_t* sqlite, uint64_t hash, int32_t database) {
    hash = hash_number(hash, (uint64_t)CALL(sqlite, sqlite3_extended_errcode, I32(database)).i32);
    hash = hash_number(hash, (uint64_t)CALL(sqlite, sqlite3_error_offset, I32(database)).i32);
    const int32_t message = CALL(sqlite, sqlite3_errmsg, I32(database)).i32;
    const int32_t length = sqlite_length(sqlite, message);
    return hash_bytes(hash, sqlite_bytes(sqlite, message, length), (size_t)length);
}

// --- Start and end ---

static wasm_func_t* find_function(const sqlite_t* sqlite, const char* name) {
    wasm_extern_t* found = wasmo_instance_export(sqlite->instance, name);
    wasm_func_t* func = wasm_extern_as_func(found);
    if (func == NULL) fail("the module does not export the function %s", name);
    if (wasm_func_param_arity(func) > MOST_WORDS) fail("%s has too many parameters", name);
    return func;
}

void sqlite_start(sqlite_t* sqlite, machine_t* machine, wasm_engine_t* engine, const wasm_shared_module_t* module) {
    *sqlite = (sqlite_t){.machine = machine};
    sqlite->store = wasm_store_new(engine);
    sqlite->module = wasm_module_obtain(sqlite->store, module);
    if (sqlite->module == NULL) fail("the module cannot be obtained: %s", wasmo_last_error());
    wasm_extern_vec_t imports = machine_start(machine, sqlite->store, sqlite->module);
    wasm_trap_t* trap = NULL;
    sqlite->instance = wasm_instance_new(sqlite->store, sqlite->module, &imports, &trap);
    wasm_extern_vec_delete(&imports);
    if (sqlite->instance == NULL) fail("the module cannot be instantiated: %s", wasmo_last_error());
    for (int i = 0; i < FUNCTION_COUNT; i++) sqlite->functions[i] = find_function(sqlite, function_names[i]);
    sqlite->table = wasm_extern_as_table(wasmo_instance_export(sqlite->instance, "__indirect_function_table"));
    if (sqlite->table == NULL) fail("the module does not export its table");
    CALL(sqlite, __wasm_call_ctors, I32(0));
    if (CALL(sqlite, sqlite3_initialize, I32(0)).i32 != SQLITE_OK) fail("SQLite does not start");
}

void sqlite_stop(sqlite_t* sqlite) {
    for (int i = 0; i < FUNCTION_COUNT; i++) wasm_func_delete(sqlite->functions[i]);
    wasm_table_delete(sqlite->table);
    wasm_instance_delete(sqlite->instance);
    wasm_module_delete(sqlite->module);
    machine_stop(sqlite->machine);
    wasm_store_delete(sqlite->store);
}
