#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn void check_failed(const char* file, int line, const char* expression) {
    printf("%s:%d: failed: %s\n", file, line, expression);
    exit(1);
}

void check_equal(const char* file, int line, const char* expression, long long actual, long long expected) {
    if (actual == expected) return;
    printf("%s:%d: failed: %s: got %lld, expected %lld\n", file, line, expression, actual, expected);
    exit(1);
}

void check_name(const char* file, int line, const char* expression, const wasm_name_t* name, const char* text,
                size_t length) {
    if (name->size == length && (length == 0 || memcmp(name->data, text, length) == 0)) return;
    printf("%s:%d: failed: %s: got \"%.*s\" (%zu bytes), expected \"%s\" (%zu bytes)\n", file, line, expression,
           (int)name->size, name->data, name->size, text, length);
    exit(1);
}

void check_message(const char* file, int line, const wasm_trap_t* trap, const char* text) {
    if (trap == NULL) check_failed(file, line, "there is a trap");
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    if (message.size == 0 || message.data[message.size - 1] != '\0' || strlen(message.data) != message.size - 1) {
        check_failed(file, line, "the message of the trap ends with its only zero byte");
    }
    if (strstr(message.data, text) == NULL) {
        printf("%s:%d: failed: the message of the trap is \"%s\"; it does not contain \"%s\"\n", file, line,
               message.data, text);
        exit(1);
    }
    wasm_byte_vec_delete(&message);
}

static bool is_selected(int argc, char* argv[], const char* name) {
    if (argc < 2) return true;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) return true;
    }
    return false;
}

static int run_selected(int argc, char* argv[], const test_t tests[], size_t count, void (*run)(const test_t*)) {
    // So that the name of a test that crashes is seen.
    setvbuf(stdout, NULL, _IONBF, 0);
    size_t ran = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_selected(argc, argv, tests[i].name)) continue;
        printf("%s\n", tests[i].name);
        run(&tests[i]);
        ran++;
    }
    printf("%zu tests passed\n", ran);
    return ran ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void run_here(const test_t* test) { test->run(); }

static void run_apart(const test_t* test) {
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        test->run();
        // Through exit, so that leaks are looked for.
        exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQUAL(status, 0);
}

int run_tests(int argc, char* argv[], const test_t tests[], size_t count) {
    return run_selected(argc, argv, tests, count, run_here);
}

int run_tests_apart(int argc, char* argv[], const test_t tests[], size_t count) {
    return run_selected(argc, argv, tests, count, run_apart);
}
