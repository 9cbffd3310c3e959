// Assertions, and the loop that runs the tests of one program.
//
// A failed assertion prints its place and its expression and ends the program: what a test did before it failed is
// the state that the next one would start from.

#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

#include "wasm.h"

// For C and C++.
#ifdef __cplusplus
#define CHECK_NORETURN [[noreturn]]
extern "C" {
#else
#define CHECK_NORETURN _Noreturn
#endif

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

// Integers of any type, booleans included.
#define CHECK_EQUAL(actual, expected) \
    check_equal(__FILE__, __LINE__, #actual " == " #expected, (long long)(actual), (long long)(expected))

// The bytes of a name are those of a string literal, which may hold zeros.
#define CHECK_NAME(name, literal) check_name(__FILE__, __LINE__, #name, (name), (literal), sizeof(literal) - 1)

// The message of a trap ends with its only zero byte and contains a text.
#define CHECK_MESSAGE(trap, text) check_message(__FILE__, __LINE__, (trap), (text))

// A vector is as a consumed or empty one must be.
#define CHECK_ZEROED(vec) (CHECK((vec).size == 0), CHECK((vec).data == NULL))

CHECK_NORETURN void check_failed(const char* file, int line, const char* expression);
void check_equal(const char* file, int line, const char* expression, long long actual, long long expected);
void check_name(const char* file, int line, const char* expression, const wasm_name_t* name, const char* text,
                size_t length);
void check_message(const char* file, int line, const wasm_trap_t* trap, const char* text);

typedef struct {
    const char* name;
    void (*run)(void);
} test_t;

#define TEST(function) {#function, function}

// Runs the tests that the command line names, or all of them.
#define RUN_TESTS(argc, argv, tests) run_tests(argc, argv, tests, sizeof(tests) / sizeof *(tests))

// The same, each in a process of its own: for tests that change the process.
#define RUN_TESTS_APART(argc, argv, tests) run_tests_apart(argc, argv, tests, sizeof(tests) / sizeof *(tests))

int run_tests_apart(int argc, char* argv[], const test_t tests[], size_t count);
int run_tests(int argc, char* argv[], const test_t tests[], size_t count);

#ifdef __cplusplus
}
#endif

#endif
