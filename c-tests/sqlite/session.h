// What SQLite is made to do, and a hash of all that it answers: rows, errors, and the files in the end.
//
// The work is drawn from a seed. Two engines that are given the same seeds must come to the same hashes.

#ifndef SQLITE_SESSION_H
#define SQLITE_SESSION_H

#include "sqlite.h"

enum { MOST_STEPS = 1024 };

// A statement that was made, and the hash then.
typedef struct {
    const char* sql;
    uint64_t hash;
} step_t;

typedef struct {
    machine_t machine;
    sqlite_t sqlite;
    bool running;

    // In SQLite's memory: the database, space for two pointers, and for texts.
    int32_t database, pointers, text;

    uint64_t random;
    uint64_t hash;
    step_t steps[MOST_STEPS];
    int step_count;

    // In all rounds.
    uint64_t transactions, statements, rows;
} session_t;

// A session on a new machine. It must stay where it is.
void session_new(session_t* session);
void session_delete(session_t* session);

// Makes a round of work, in a new instance of the module if none is running. If the power is to fail, it does so while
// something is written, if there is as much to write; then the instance must be stopped.
void session_round(session_t* session, wasm_engine_t* engine, const wasm_shared_module_t* module, uint64_t seed,
                   bool power_fails);

// Ends the instance; the files stay. It closes the database if the power has not failed.
void session_stop(session_t* session);

#endif
