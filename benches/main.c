// Measures engines side by side, each through the functions of wasm.h in its library, with the same machine code.
//
//     bench [--rounds=11] [--sample=20] [--cpu-time] [--only=<expression>] [--json=<file>] [--modules=<folder>]
//           [--timeline=<seconds>] <name>=<library>[,<VARIABLE>=<value>] ...
//
// A sample takes at least so many milliseconds. With --cpu-time only the time counts that the engine's threads ran, and
// not that in which the machine did something else; where they ran side by side, each counts. With --only, measurements
// are made whose name matches the regular expression. With --modules, the modules in the folder are what is measured,
// instead of our own guests: each sample is made once, by a process that does nothing else; engines leave artifacts in
// the folder. With --timeline, it is how fast each kernel runs from its start until so long after its first call, and a
// query of the SQLite in the folder.
//
// Ratios are those to the first engine, and of kernels those to one by the name of native. A variable of the
// environment is set for that engine alone; its value ends with the argument, so that it may have commas. A library
// without wasm.h is taken for that of the native kernels, and what is called *.mjs for a program for node that measures
// by itself.
//
// Each engine has a process of its own, a new one in every round. In a round, each measurement is made by one engine
// after the other, so that what disturbs the machine disturbs all of them.

#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measurement.h"
#include "report.h"
#include "world.h"

enum { MOST_ENGINES = 16 };

typedef struct {
    char* name;
    char* library;
    char* variable;
    char* value;
    // Its process, or 0, with the ends of the pipes.
    pid_t process;
    int to, from;
} engine_t;

static engine_t engines[MOST_ENGINES];
static int engine_count = 0;
static int rounds = 11;
// In seconds.
static double least_sample = 20e-3;
static clockid_t timer = CLOCK_MONOTONIC;
static regex_t only;
static FILE* json = NULL;
// What is measured, and where the engines' processes work.
static const measurement_t* table = measurements;
static int table_size;
static const char* folder = GUESTS;
static bool failed = false;

_Noreturn static void fail(const char* problem, const char* what) {
    fprintf(stderr, "bench: %s: %s\n", what, problem);
    exit(EXIT_FAILURE);
}

// --- Processes ---

// What the process of an engine does: it makes the measurements that it is asked for.
_Noreturn static void serve(const engine_t* engine, int from, int to) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (engine->variable) setenv(engine->variable, engine->value, true);
    world_open(engine->name, engine->library);
    if (chdir(folder) != 0) api_fail("%s: %s", folder, strerror(errno));
    for (int index; read(from, &index, sizeof index) == sizeof index;) {
        const sample_t sample = measure(&table[index], timer, least_sample);
        if (write(to, &sample, sizeof sample) != sizeof sample) break;
    }
    _Exit(EXIT_SUCCESS);
}

static void start(engine_t* engine) {
    int requests[2], replies[2];
    if (pipe(requests) != 0 || pipe(replies) != 0) fail(strerror(errno), "a pipe");
    fflush(NULL);
    engine->process = fork();
    if (engine->process < 0) fail(strerror(errno), "a process");
    if (engine->process == 0) serve(engine, requests[0], replies[1]);
    close(requests[0]);
    close(replies[1]);
    engine->to = requests[1];
    engine->from = replies[0];
}

static void stop(engine_t* engine) {
    if (engine->process == 0) return;
    kill(engine->process, SIGKILL);
    waitpid(engine->process, NULL, 0);
    close(engine->to);
    close(engine->from);
    engine->process = 0;
}

static sample_t sample(engine_t* engine, int index) {
    if (engine->process == 0) start(engine);
    sample_t sample;
    const bool made = write(engine->to, &index, sizeof index) == sizeof index &&
                      read(engine->from, &sample, sizeof sample) == sizeof sample;
    if (!made) {
        fprintf(stderr, "%s ended at %s\n", engine->name, table[index].name);
        failed = true;
    }
    // It may go on compiling, which the others would feel.
    if (!made || table[index].once) stop(engine);
    return made ? sample : no_sample;
}

// --- The command line ---

static void add_engine(char* argument) {
    if (engine_count == MOST_ENGINES) fail("too many engines", argument);
    engine_t* engine = &engines[engine_count++];
    char* library = strchr(argument, '=');
    if (library == NULL) fail("an engine without library", argument);
    *library++ = '\0';
    char* variable = strchr(library, ',');
    if (variable) {
        *variable++ = '\0';
        engine->variable = variable;
        engine->value = strchr(variable, '=');
        if (engine->value == NULL) fail("a variable without value", variable);
        *engine->value++ = '\0';
    }
    engine->name = argument;
    // The processes work in the folder of the guests.
    engine->library = realpath(library, NULL);
    if (engine->library == NULL) fail(strerror(errno), library);
}

static const char* option(const char* argument, const char* name) {
    const size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

// What is measured, by the options.
static void choose_table(const char* modules, const char* timeline) {
    table_size = measurement_count;
    if (timeline) {
        table = timeline_measurements(atof(timeline), modules, json, &table_size);
    } else if (modules) {
        folder = modules;
        table = module_measurements(modules, &table_size);
    }
    if (table == NULL) fail(strerror(errno), modules);
    if (table_size == 0) fail("there are no modules", modules);
}

static void parse(int argc, char* argv[]) {
    const char *modules = NULL, *timeline = NULL, *expression = "";
    for (int i = 1; i < argc; i++) {
        const char* value;
        if ((value = option(argv[i], "--rounds="))) {
            rounds = atoi(value);
            if (rounds < 1) fail("no number of rounds", value);
        } else if ((value = option(argv[i], "--sample="))) {
            least_sample = atof(value) * 1e-3;
        } else if (strcmp(argv[i], "--cpu-time") == 0) {
            timer = CLOCK_PROCESS_CPUTIME_ID;
        } else if ((value = option(argv[i], "--only="))) {
            expression = value;
        } else if ((value = option(argv[i], "--json="))) {
            json = fopen(value, "w");
            if (json == NULL) fail(strerror(errno), value);
        } else if ((value = option(argv[i], "--modules="))) {
            modules = value;
        } else if ((value = option(argv[i], "--timeline="))) {
            timeline = value;
        } else if (argv[i][0] == '-') {
            fail("an unknown option", argv[i]);
        } else {
            add_engine(argv[i]);
        }
    }
    if (engine_count == 0) fail("at least one is needed", "engines");
    if (regcomp(&only, expression, REG_EXTENDED | REG_NOSUB) != 0) fail("no regular expression", expression);
    choose_table(modules, timeline);
}

// --- The rounds ---

// The rows of a measurement: as many as its samples have parts.
static int make_rows(const measurement_t* measurement, row_t* rows) {
    static const part_t time[] = {{"", false}, {NULL, false}};
    int count = 0;
    for (const part_t* part = measurement->parts ? measurement->parts : time; part->end != NULL; part++) {
        row_t* row = &rows[count++];
        *row = (row_t){.best = measurement->best, .bytes = part->bytes};
        snprintf(row->name, sizeof row->name, "%s%s", measurement->name, part->end);
        row->samples = calloc((size_t)(engine_count * rounds), sizeof(double));
    }
    return count;
}

// Makes the samples of a measurement in one round, one engine after the other.
static void make_samples(int index, int round, row_t* rows, int row_count) {
    for (int turn = 0; turn < engine_count; turn++) {
        // Each is the first in its turn.
        const int engine = (turn + round) % engine_count;
        const int place = engine * rounds + round;
        // What an engine does not have, or fails at, it does not in any round.
        const bool missing = round > 0 && isnan(rows->samples[engine * rounds]);
        const sample_t made = missing ? no_sample : sample(&engines[engine], index);
        for (int row = 0; row < row_count; row++) rows[row].samples[place] = made.parts[row];
    }
}

int main(int argc, char* argv[]) {
    parse(argc, argv);
    // An engine that ended is noticed.
    signal(SIGPIPE, SIG_IGN);

    row_t rows[MOST_PARTS * table_size];
    int first_rows[table_size + 1], row_count = 0;
    for (int i = 0; i < table_size; i++) {
        first_rows[i] = row_count;
        if (regexec(&only, table[i].name, 0, NULL, 0) == 0) row_count += make_rows(&table[i], &rows[row_count]);
    }
    first_rows[table_size] = row_count;

    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < table_size; i++) {
            const int first = first_rows[i], count = first_rows[i + 1] - first;
            if (count > 0) make_samples(i, round, &rows[first], count);
        }
        for (int engine = 0; engine < engine_count; engine++) stop(&engines[engine]);
    }

    const char* names[MOST_ENGINES];
    for (int engine = 0; engine < engine_count; engine++) names[engine] = engines[engine].name;
    const results_t results = {names, engine_count, rows, row_count, rounds};
    report_tables(&results, stdout);
    if (json) {
        report_json(&results, json);
        fclose(json);
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
