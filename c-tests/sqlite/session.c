#include "session.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "hash.h"
#include "statements.h"

// The bytes of the space for texts: statements, and what is bound.
enum { TEXT_SIZE = 4096 };

static const char* const words[] = {
    "river", "stone", "green", "lake", "mountain", "forest", "running", "runs", "walked", "blue", "Bird", "cloud",
    "rain", "snow", "light", "night", "day", "iron", "copper", "silver", "gold", "O'Hara", "100%", "a_b", "x", "Zebra",
    "apple", "orchard", "winter", "summer", "Straße", "écume", "naïve", "Ωμέγα", "日本", "смола", "null", "select", "",
};

// --- Chance ---

// Splitmix64.
static uint64_t draw(session_t* session) {
    uint64_t x = session->random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static int32_t below(session_t* session, uint32_t limit) { return (int32_t)(draw(session) % limit); }

static const char* pick_word(session_t* session) { return words[below(session, sizeof words / sizeof *words)]; }

static const char* pick(session_t* session, const statements_t* statements) {
    return statements->sql[below(session, (uint32_t)statements->count)];
}

// --- Functions of ours that SQLite calls ---

// (context, how many values, the values): the SQL function mix(…), an integer.
static wasm_trap_t* mix(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)results;
    sqlite_t* sqlite = env;
    uint64_t hash = HASH_START;
    for (int32_t i = 0; i < arguments->data[1].of.i32; i++) {
        const int32_t size = sizeof(int32_t);
        int32_t value;
        memcpy(&value, sqlite_bytes(sqlite, arguments->data[2].of.i32 + i * size, size), sizeof value);
        hash = sqlite_hash_value(sqlite, hash, value);
    }
    CALL(sqlite, sqlite3_result_int64, I32(arguments->data[0].of.i32), I64((int64_t)(hash >> 16)));
    return NULL;
}

// (nothing, a length, a text, a length, a text) -> order: the collation that compares texts from the end.
static wasm_trap_t* compare_backwards(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    const sqlite_t* sqlite = env;
    const wasm_val_t* values = arguments->data;
    const int32_t lengths[] = {values[1].of.i32, values[3].of.i32};
    const char* const texts[] = {
        sqlite_bytes(sqlite, values[2].of.i32, lengths[0]),
        sqlite_bytes(sqlite, values[4].of.i32, lengths[1]),
    };
    int32_t order = 0;
    for (int32_t i = 1; order == 0 && i <= lengths[0] && i <= lengths[1]; i++) {
        order = (unsigned char)texts[0][lengths[0] - i] - (unsigned char)texts[1][lengths[1] - i];
    }
    results->data[0] = (wasm_val_t)WASM_I32_VAL(order ? order : lengths[0] - lengths[1]);
    return NULL;
}

static wasm_valtype_t* i32(void) { return wasm_valtype_new_i32(); }

static void add_functions(session_t* session) {
    sqlite_t* sqlite = &session->sqlite;
    const int32_t function = sqlite_callback(sqlite, wasm_functype_new_3_0(i32(), i32(), i32()), mix);
    wasm_valtype_t* kinds[] = {i32(), i32(), i32(), i32(), i32()};
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new(&params, sizeof kinds / sizeof *kinds, kinds);
    wasm_valtype_vec_new(&results, 1, (wasm_valtype_t*[]){i32()});
    const int32_t collation = sqlite_callback(sqlite, wasm_functype_new(&params, &results), compare_backwards);

    strcpy(sqlite_bytes(sqlite, session->text, TEXT_SIZE), "mix");
    int32_t code = CALL(sqlite, sqlite3_create_function, I32(session->database), I32(session->text), I32(-1),
                        I32(SQLITE_UTF8 | SQLITE_DETERMINISTIC), I32(0), I32(function), I32(0), I32(0)).i32;
    if (code != SQLITE_OK) fail("the function mix cannot be created: %d", code);
    strcpy(sqlite_bytes(sqlite, session->text, TEXT_SIZE), "backwards");
    code = CALL(sqlite, sqlite3_create_collation, I32(session->database), I32(session->text), I32(SQLITE_UTF8), I32(0),
                I32(collation)).i32;
    if (code != SQLITE_OK) fail("the collation backwards cannot be created: %d", code);
}

// --- Parameters ---

static void bind_bytes(session_t* session, function_t function, int32_t statement, int32_t index, int32_t length) {
    sqlite_call(&session->sqlite, function,
                (const wasmo_word_t[MOST_WORDS]){I32(statement), I32(index), I32(session->text), I32(length),
                                                 I32(SQLITE_TRANSIENT)});
}

// A text of some words.
static void bind_words(session_t* session, int32_t statement, int32_t index, int32_t count) {
    char* text = sqlite_bytes(&session->sqlite, session->text, TEXT_SIZE);
    int32_t length = 0;
    for (int32_t i = 0; i < count; i++) {
        const char* word = pick_word(session);
        if (i > 0) text[length++] = ' ';
        memcpy(text + length, word, strlen(word));
        length += (int32_t)strlen(word);
    }
    bind_bytes(session, FUNCTION_sqlite3_bind_text, statement, index, length);
}

static void bind_blob(session_t* session, int32_t statement, int32_t index, int32_t length) {
    char* bytes = sqlite_bytes(&session->sqlite, session->text, TEXT_SIZE);
    for (int32_t i = 0; i < length; i++) bytes[i] = (char)draw(session);
    bind_bytes(session, FUNCTION_sqlite3_bind_blob, statement, index, length);
}

static void bind_anything(session_t* session, int32_t statement, int32_t index) {
    static const int64_t integers[] = {0, -1, 127, 128, -32768, 8388608, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN,
                                       INT64_C(1) << 53};
    static const double reals[] = {-0.0, 0.1, 1e300, -1e-300, DBL_MAX, DBL_MIN, DBL_TRUE_MIN, INFINITY, -INFINITY,
                                   9223372036854775808.0, 1.0 / 3, 123456789012345.678};
    sqlite_t* sqlite = &session->sqlite;
    switch (below(session, 7)) {
        case 0: CALL(sqlite, sqlite3_bind_null, I32(statement), I32(index)); break;
        case 1: {
            const int64_t integer = integers[below(session, sizeof integers / sizeof *integers)];
            CALL(sqlite, sqlite3_bind_int64, I32(statement), I32(index), I64(integer));
            break;
        }
        case 2: {
            const double real = reals[below(session, sizeof reals / sizeof *reals)];
            CALL(sqlite, sqlite3_bind_double, I32(statement), I32(index), F64(real));
            break;
        }
        case 3: bind_words(session, statement, index, 1 + below(session, 3)); break;
        case 4: {
            static const char number[] = " -12.5e3 and more";
            memcpy(sqlite_bytes(sqlite, session->text, TEXT_SIZE), number, sizeof number);
            bind_bytes(session, FUNCTION_sqlite3_bind_text, statement, index, below(session, sizeof number));
            break;
        }
        case 5: bind_blob(session, statement, index, below(session, 200)); break;
        default: bind_blob(session, statement, index, below(session, 3000)); break;
    }
}

// Gives the parameters values, as statements.h says.
static void bind(session_t* session, int32_t statement) {
    sqlite_t* sqlite = &session->sqlite;
    const int32_t count = CALL(sqlite, sqlite3_bind_parameter_count, I32(statement)).i32;
    for (int32_t index = 1; index <= count; index++) {
        switch (index) {
            case 1: CALL(sqlite, sqlite3_bind_int64, I32(statement), I32(1), I64(below(session, 1000))); break;
            case 2: bind_words(session, statement, 2, 1); break;
            case 3: {
                const double real = (below(session, 2000000) - 1000000) / 1e3;
                CALL(sqlite, sqlite3_bind_double, I32(statement), I32(3), F64(real));
                break;
            }
            case 4: bind_anything(session, statement, 4); break;
            case 5: bind_words(session, statement, 5, 1 + below(session, 20)); break;
            default: fail("a statement has %d parameters", count);
        }
    }
}

// --- Statements ---

// What happened up to here is what `sql` came to.
static void note(session_t* session, const char* sql) {
    if (session->step_count == MOST_STEPS) fail("there are more than %d steps in a round", MOST_STEPS);
    session->steps[session->step_count++] = (step_t){sql, session->hash};
}

static void add(session_t* session, int64_t number) {
    session->hash = hash_number(session->hash, (uint64_t)number);
}

static void add_error(session_t* session) {
    if (session->sqlite.dead) return;
    session->hash = sqlite_hash_error(&session->sqlite, session->hash, session->database);
}

// Makes a prepared statement once. Its result code.
static int32_t make(session_t* session, int32_t statement) {
    sqlite_t* sqlite = &session->sqlite;
    bind(session, statement);
    int32_t code;
    while ((code = CALL(sqlite, sqlite3_step, I32(statement)).i32) == SQLITE_ROW) {
        const int32_t columns = CALL(sqlite, sqlite3_column_count, I32(statement)).i32;
        for (int32_t i = 0; i < columns; i++) {
            const int32_t value = CALL(sqlite, sqlite3_column_value, I32(statement), I32(i)).i32;
            session->hash = sqlite_hash_value(sqlite, session->hash, value);
        }
        session->rows++;
    }
    if (code != SQLITE_DONE) add_error(session);
    add(session, CALL(sqlite, sqlite3_changes64, I32(session->database)).i64);
    add(session, CALL(sqlite, sqlite3_last_insert_rowid, I32(session->database)).i64);
    CALL(sqlite, sqlite3_reset, I32(statement));
    session->statements++;
    return code;
}

static int32_t pointer(const session_t* session, int32_t index) {
    const int32_t size = sizeof(int32_t);
    int32_t value;
    memcpy(&value, sqlite_bytes(&session->sqlite, session->pointers + index * size, size), sizeof value);
    return value;
}

// Makes the statements of a text, each so many times. Whether the last time succeeded.
static bool run(session_t* session, const char* sql, int times) {
    sqlite_t* sqlite = &session->sqlite;
    if (sqlite->dead) return false;
    int32_t code = SQLITE_DONE;
    for (const char* rest = sql; *rest && code == SQLITE_DONE;) {
        if (strlen(rest) >= TEXT_SIZE) fail("too long: %s", sql);
        strcpy(sqlite_bytes(sqlite, session->text, TEXT_SIZE), rest);
        const int32_t statement_at = session->pointers, tail_at = session->pointers + (int32_t)sizeof(int32_t);
        code = CALL(sqlite, sqlite3_prepare_v2, I32(session->database), I32(session->text), I32(-1), I32(statement_at),
                    I32(tail_at)).i32;
        if (sqlite->dead) break;
        if (code != SQLITE_OK) {
            add_error(session);
            break;
        }
        const int32_t statement = pointer(session, 0);
        rest += pointer(session, 1) - session->text;
        for (int i = 0; i < times; i++) code = make(session, statement);
        CALL(sqlite, sqlite3_finalize, I32(statement));
    }
    if (sqlite->dead) add(session, (int64_t)sqlite->trap_hash);
    note(session, sql);
    return code == SQLITE_DONE;
}

// Some statements of a kind, at most so many.
static void run_some(session_t* session, const statements_t* statements, uint32_t most) {
    for (int32_t i = below(session, most + 1); i > 0; i--) run(session, pick(session, statements), 1);
}

static void run_all(session_t* session, const statements_t* statements) {
    for (size_t i = 0; i < statements->count; i++) run(session, statements->sql[i], 1);
}

// --- Rounds ---

static void start(session_t* session, wasm_engine_t* engine, const wasm_shared_module_t* module) {
    sqlite_t* sqlite = &session->sqlite;
    sqlite_start(sqlite, &session->machine, engine, module);
    session->running = true;
    session->pointers = CALL(sqlite, malloc, I32(2 * sizeof(int32_t))).i32;
    session->text = CALL(sqlite, malloc, I32(TEXT_SIZE)).i32;
    strcpy(sqlite_bytes(sqlite, session->text, TEXT_SIZE), "/main.db");
    const int32_t code = CALL(sqlite, sqlite3_open_v2, I32(session->text), I32(session->pointers),
                              I32(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE), I32(0)).i32;
    if (code != SQLITE_OK) fail("the database cannot be opened: %d", code);
    session->database = pointer(session, 0);
    add_functions(session);
    run_all(session, &connecting);
    // Whatever was left behind when the power failed.
    const uint64_t rows = session->rows;
    run(session, "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'", 1);
    if (session->rows != rows) fail("the files are damaged");
}

static void transaction(session_t* session) {
    run(session, below(session, 2) ? "BEGIN" : "BEGIN IMMEDIATE", 1);
    for (int32_t i = 1 + below(session, 4); i > 0; i--) {
        const char* insertion = pick(session, &inserting);
        run(session, insertion, 1 + below(session, 60));
        run_some(session, &changing, 4);
        run_some(session, &querying, 6);
        run_some(session, &failing, 2);
    }
    // It fails where a foreign key has nothing that it refers to.
    if (below(session, 6) == 0 || !run(session, "COMMIT", 1)) run(session, "ROLLBACK", 1);
    session->transactions++;
}

void session_round(session_t* session, wasm_engine_t* engine, const wasm_shared_module_t* module, uint64_t seed,
                   bool power_fails) {
    session->random = seed;
    session->step_count = 0;
    if (!session->running) start(session, engine, module);
    // Soon or late: the logarithm is what is even.
    if (power_fails) {
        const uint32_t most = UINT32_C(1) << below(session, 12);
        session->machine.writes_left = 1 + (uint64_t)below(session, most);
    }
    for (int32_t i = 4 + below(session, 9); i > 0; i--) transaction(session);
    run_some(session, &changing, 5);
    run_some(session, &querying, 10);
    run_some(session, &failing, 5);
    run_some(session, &maintaining, 2);
    run_all(session, &trimming);
    session->hash = machine_hash(&session->machine, session->hash);
    note(session, "the files");
}

void session_stop(session_t* session) {
    add(session, CALL(&session->sqlite, sqlite3_close_v2, I32(session->database)).i32);
    sqlite_stop(&session->sqlite);
    session->running = false;
}

void session_new(session_t* session) {
    memset(session, 0, sizeof *session);
    machine_new(&session->machine);
    session->hash = HASH_START;
}

void session_delete(session_t* session) { machine_delete(&session->machine); }
