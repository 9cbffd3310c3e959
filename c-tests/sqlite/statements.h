// What is asked of SQLite.
//
// Statements have parameters, which are drawn anew each time:
//
//     ?1  an integer from 0 to 999
//     ?2  a word
//     ?3  a real number between -1000 and 1000
//     ?4  anything: null, a number at a limit of its type, a text or a blob
//     ?5  a sentence of up to twenty words
//
// Tables: `owner`, `item` and `link` with indices, triggers and a view, `audit` of what the triggers saw, `words` for
// full text search, `boxes` in an R-tree, `ledger` in the second file, and `cache` in memory.

#ifndef SQLITE_STATEMENTS_H
#define SQLITE_STATEMENTS_H

#include <stddef.h>

typedef struct {
    const char* const* sql;
    size_t count;
} statements_t;

// Those that a new connection starts with, in order.
extern const statements_t connecting;

// For one of them to be made many times.
extern const statements_t inserting;

// For some of them in a transaction.
extern const statements_t changing;
extern const statements_t querying;

// Those that fail, most of them.
extern const statements_t failing;

// What is only done outside transactions, and takes its time.
extern const statements_t maintaining;

// Those after which the tables are not too large, in order.
extern const statements_t trimming;

#endif
