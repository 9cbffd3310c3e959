// SQLite as one instance of its module, and calls of it.
//
// A pointer of SQLite's is an i32, an address in its memory.

#ifndef SQLITE_SQLITE_H
#define SQLITE_SQLITE_H

#include "machine.h"
#include "wasm.h"
#include "wasmo.h"

// The exports that are called.
#define SQLITE_FUNCTIONS(X)         \
    X(__wasm_call_ctors)            \
    X(malloc)                       \
    X(sqlite3_bind_blob)            \
    X(sqlite3_bind_double)          \
    X(sqlite3_bind_int64)           \
    X(sqlite3_bind_null)            \
    X(sqlite3_bind_parameter_count) \
    X(sqlite3_bind_text)            \
    X(sqlite3_changes64)            \
    X(sqlite3_close_v2)             \
    X(sqlite3_column_count)         \
    X(sqlite3_column_value)         \
    X(sqlite3_create_collation)     \
    X(sqlite3_create_function)      \
    X(sqlite3_errmsg)               \
    X(sqlite3_error_offset)         \
    X(sqlite3_extended_errcode)     \
    X(sqlite3_finalize)             \
    X(sqlite3_initialize)           \
    X(sqlite3_last_insert_rowid)    \
    X(sqlite3_open_v2)              \
    X(sqlite3_prepare_v2)           \
    X(sqlite3_reset)                \
    X(sqlite3_result_int64)         \
    X(sqlite3_step)                 \
    X(sqlite3_value_blob)           \
    X(sqlite3_value_bytes)          \
    X(sqlite3_value_double)         \
    X(sqlite3_value_int64)          \
    X(sqlite3_value_text)           \
    X(sqlite3_value_type)

typedef enum {
#define FUNCTION(name) FUNCTION_##name,
    SQLITE_FUNCTIONS(FUNCTION)
#undef FUNCTION
    FUNCTION_COUNT
} function_t;

// From sqlite3.h.
enum {
    SQLITE_OK = 0,
    SQLITE_ROW = 100,
    SQLITE_DONE = 101,
    SQLITE_INTEGER = 1,
    SQLITE_FLOAT = 2,
    SQLITE_TEXT = 3,
    SQLITE_BLOB = 4,
    SQLITE_UTF8 = 1,
    SQLITE_DETERMINISTIC = 0x800,
    SQLITE_OPEN_READWRITE = 2,
    SQLITE_OPEN_CREATE = 4,
    // What is bound is copied.
    SQLITE_TRANSIENT = -1,
};

// As many words as any of the functions takes.
enum { MOST_WORDS = 8 };

typedef struct {
    machine_t* machine;
    wasm_store_t* store;
    wasm_module_t* module;
    wasm_instance_t* instance;
    wasm_table_t* table;
    wasm_func_t* functions[FUNCTION_COUNT];
    // The power failed: from then on calls do nothing, and return 0.
    bool dead;
    // Of the trap and its backtrace; 0 before.
    uint64_t trap_hash;
} sqlite_t;

// A new store of the engine with an instance of the module, on the machine. It must stay where it is. Ends the program
// if that fails.
void sqlite_start(sqlite_t* sqlite, machine_t* machine, wasm_engine_t* engine, const wasm_shared_module_t* module);
void sqlite_stop(sqlite_t* sqlite);

// Calls a function of SQLite's with the words that follow: CALL(sqlite, sqlite3_step, I32(statement)).i32
#define CALL(sqlite, name, ...) sqlite_call(sqlite, FUNCTION_##name, (const wasmo_word_t[MOST_WORDS]){__VA_ARGS__})
#define I32(number) {.i32 = (number)}
#define I64(number) {.i64 = (number)}
#define F64(number) {.f64 = (number)}

// Ends the program at a trap that is not the machine's.
wasmo_word_t sqlite_call(sqlite_t* sqlite, function_t function, const wasmo_word_t arguments[MOST_WORDS]);

// A pointer for SQLite to a function of ours, which is put into its table. Takes the type.
int32_t sqlite_callback(sqlite_t* sqlite, wasm_functype_t* type, wasm_func_callback_with_env_t callback);

// Bytes that must be in its memory.
char* sqlite_bytes(const sqlite_t* sqlite, int32_t address, int32_t length);

// The length of a string that must be there.
int32_t sqlite_length(const sqlite_t* sqlite, int32_t address);

// Goes on with a hash, over a sqlite3_value.
uint64_t sqlite_hash_value(sqlite_t* sqlite, uint64_t hash, int32_t value);

// Goes on with a hash, over the last error of a database.
uint64_t sqlite_hash_error(sqlite_t* sqlite, uint64_t hash, int32_t database);

#endif
