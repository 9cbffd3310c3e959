// Runs SQLite in two engines, which must come to the same.
//
//     sqlite [--seconds=10] [--rounds=<number>] [--seed=1] [--threads=2] [--tier-up=<value>,…] <sqlite.wasm>
//
// One engine is in the mode Highly-Optimised, the other in Lift-Off, where as many instances of one module as there are
// threads do the same work at the same time. After every round of work all have answered the same, or the program says
// at which statement they parted, and fails.
//
// A Lift-Off module has few rounds to live, so that there is always one whose functions are being compiled, for the
// first time or anew: each life is that of a new module, with the next of the values of the setting `tier-up`. In its
// last round the power fails, and the next instances find what was written, on both sides the same. Every other life
// that round is one of the better code alone, which is waited for; else what is being compiled then is left. Other
// settings may come from WASMO_CONFIG.
//
// It runs so many seconds or rounds, whatever comes first. A round that takes ten minutes ends it with SIGALRM.

#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

enum { MOST_THREADS = 64, MOST_VALUES = 16, LONGEST_LIFE = 20, LONGEST_ROUND = 600 };

static double seconds = 10;
static uint64_t rounds = UINT64_MAX;
static uint32_t seed = 1;
static int threads = 2;
static const char* values[MOST_VALUES];
static int value_count = 0;
static const char* path = NULL;

// --- Engines ---

// An engine with the module.
typedef struct {
    wasm_engine_t* engine;
    wasm_shared_module_t* module;
} side_t;

static void set(wasm_config_t* config, const char* name, const char* value) {
    if (!wasmo_config_set(config, name, value)) fail("%s=%s: %s", name, value, wasmo_last_error());
}

// `tier_up` is NULL for the default.
static side_t side_new(const wasm_byte_vec_t* binary, const char* mode, const char* tier_up) {
    wasm_config_t* config = wasm_config_new();
    set(config, "mode", mode);
    if (tier_up) set(config, "tier-up", tier_up);
    side_t side = {.engine = wasm_engine_new_with_config(config)};
    if (side.engine == NULL) fail("there is no engine: %s", wasmo_last_error());
    wasm_store_t* store = wasm_store_new(side.engine);
    wasm_module_t* module = wasm_module_new(store, binary);
    if (module == NULL) fail("%s: %s", path, wasmo_last_error());
    side.module = wasm_module_share(module);
    wasm_module_delete(module);
    wasm_store_delete(store);
    return side;
}

static void side_delete(side_t* side) {
    wasm_shared_module_delete(side->module);
    wasm_engine_delete(side->engine);
}

// --- Rounds ---

// A session and the round that it makes.
typedef struct {
    session_t session;
    side_t* side;
    uint64_t seed;
    bool power_fails;
    double seconds;
    pthread_t thread;
} worker_t;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void* work(void* argument) {
    worker_t* worker = argument;
    const double start = now();
    session_round(&worker->session, worker->side->engine, worker->side->module, worker->seed, worker->power_fails);
    worker->seconds = now() - start;
    return NULL;
}

// Workers on threads of their own, which are new ones: a store is not bound to a thread. How long they took on average.
static double work_together(worker_t workers[], int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) fail("there is no thread");
    }
    for (int i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        sum += workers[i].seconds;
    }
    return sum / count;
}

static void compare(const session_t* expected, const session_t* actual, int thread, uint64_t round, const char* life) {
    if (expected->hash == actual->hash) return;
    int i = 0;
    while (i < expected->step_count && expected->steps[i].hash == actual->steps[i].hash) i++;
    fail("round %" PRIu64 ", %s: thread %d differs from the mode Highly-Optimised at step %d: %s", round, life, thread,
         i, i < expected->step_count ? expected->steps[i].sql : "after the last");
}

// --- Lives ---

// Times of rounds in seconds.
typedef struct {
    double sum;
    uint64_t count;
} times_t;

static void add_time(times_t* times, double time) {
    times->sum += time;
    times->count++;
}

static double milliseconds(const times_t* times) {
    return times->count ? times->sum / (double)times->count * 1e3 : NAN;
}

static void add_times(times_t* to, const times_t* times) {
    to->sum += times->sum;
    to->count += times->count;
}

// What is measured: rounds in Highly-Optimised, the first ones in Lift-Off, with the start of the instance, and others.
typedef struct {
    times_t optimised, first, others;
    // Of the Lift-Off module, in the end.
    wasmo_module_statistics_t statistics;
} measured_t;

static void print_measured(const measured_t* measured) {
    printf("%7.1f ms a round; lift-off: %7.1f ms, and %7.1f ms for the first\n", milliseconds(&measured->optimised),
           milliseconds(&measured->others), milliseconds(&measured->first));
    fflush(stdout);
}

// Whether there is to be another round.
static bool goes_on(uint64_t round, double end) { return round < rounds && now() < end; }

// The rounds of one Lift-Off module, of which `round` is the first: so many, or fewer if the program is to end. The
// round after them.
static uint64_t live(worker_t* reference, worker_t workers[], const char* name, uint64_t round, uint64_t count,
                     bool waits, double end, measured_t* measured) {
    const uint64_t first = round, after = first + count;
    do {
        const wasm_module_t* module = workers[0].session.running ? workers[0].session.sqlite.module : NULL;
        if (waits && module && round + 1 == after && !wasmo_module_wait_for_tier_up(module)) {
            fail("%s: functions cannot be optimised: %s", name, wasmo_last_error());
        }
        for (int i = 0; i <= threads; i++) {
            worker_t* worker = i < threads ? &workers[i] : reference;
            worker->seed = (uint64_t)seed << 32 | round;
            worker->power_fails = round + 1 == after;
        }
        alarm(LONGEST_ROUND);
        work(reference);
        add_time(&measured->optimised, reference->seconds);
        add_time(round == first ? &measured->first : &measured->others, work_together(workers, threads));
        for (int i = 0; i < threads; i++) compare(&reference->session, &workers[i].session, i, round, name);
        round++;
    } while (round < after && goes_on(round, end));
    alarm(0);
    if (!wasmo_module_statistics(workers[0].session.sqlite.module, &measured->statistics)) fail("no statistics");
    session_stop(&reference->session);
    for (int i = 0; i < threads; i++) session_stop(&workers[i].session);
    return round;
}

static void run(const wasm_byte_vec_t* binary) {
    side_t optimised = side_new(binary, "highly-optimised", NULL);
    worker_t* reference = calloc(1, sizeof *reference);
    worker_t* workers = calloc((size_t)threads, sizeof *workers);
    if (reference == NULL || workers == NULL) fail("no memory");
    reference->side = &optimised;
    session_new(&reference->session);
    for (int i = 0; i < threads; i++) session_new(&workers[i].session);

    measured_t total = {0};
    const double end = now() + seconds;
    uint64_t round = 0, improved = 0;
    for (uint64_t life = 0; goes_on(round, end); life++) {
        const char* value = value_count ? values[life % (uint64_t)value_count] : NULL;
        char name[80];
        snprintf(name, sizeof name, "life %" PRIu64 "%s%s", life, value ? ", tier-up=" : "", value ? value : "");
        side_t lift_off = side_new(binary, "lift-off", value);
        for (int i = 0; i < threads; i++) workers[i].side = &lift_off;
        measured_t measured = {0};
        const uint64_t first = round;
        // Every value is waited for in one turn, and not in the next.
        const bool waits = life / (value_count ? (uint64_t)value_count : 1) % 2 == 1;
        const uint64_t count = 1 + (life * 7 + seed) % LONGEST_LIFE;
        round = live(reference, workers, name, first, count, waits, end, &measured);
        improved += measured.statistics.tiered_up_functions;
        printf("%-26s %2" PRIu64 " rounds, %4" PRIu64 " functions handed over; highly-optimised: ", name, round - first,
               measured.statistics.tiered_up_functions);
        print_measured(&measured);
        add_times(&total.optimised, &measured.optimised);
        add_times(&total.first, &measured.first);
        add_times(&total.others, &measured.others);
        side_delete(&lift_off);
    }

    const session_t* session = &reference->session;
    printf("The same in both modes: %" PRIu64 " rounds, %" PRIu64 " transactions, %" PRIu64 " statements, %" PRIu64
           " rows; hash %016" PRIx64 "\n%" PRIu64 " functions handed over; highly-optimised: ", round,
           session->transactions, session->statements, session->rows, session->hash, improved);
    print_measured(&total);
    for (int i = 0; i < threads; i++) session_delete(&workers[i].session);
    session_delete(&reference->session);
    free(workers);
    free(reference);
    side_delete(&optimised);
}

// --- The command line ---

// The value of an option, or NULL if the argument is another one.
static const char* option(const char* argument, const char* name) {
    const size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

static void parse(int argc, char* argv[]) {
    for (int i = 1; i < argc; i++) {
        const char* value;
        if ((value = option(argv[i], "--seconds="))) {
            seconds = atof(value);
        } else if ((value = option(argv[i], "--rounds="))) {
            rounds = strtoull(value, NULL, 10);
        } else if ((value = option(argv[i], "--seed="))) {
            seed = (uint32_t)strtoul(value, NULL, 10);
        } else if ((value = option(argv[i], "--threads="))) {
            threads = atoi(value);
            if (threads < 1 || threads > MOST_THREADS) fail("no number of threads: %s", value);
        } else if (option(argv[i], "--tier-up=")) {
            char* rest = strchr(argv[i], '=') + 1;
            for (char* part = strtok(rest, ","); part; part = strtok(NULL, ",")) {
                if (value_count == MOST_VALUES) fail("too many values of tier-up");
                values[value_count++] = part;
            }
        } else if (argv[i][0] == '-' || path) {
            fail("an unknown argument: %s", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (path == NULL) fail("which module?");
}

static wasm_byte_vec_t read_file(void) {
    FILE* file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail("cannot read %s", path);
    const long size = ftell(file);
    if (size < 0) fail("cannot read %s", path);
    rewind(file);
    wasm_byte_vec_t bytes;
    wasm_byte_vec_new_uninitialized(&bytes, (size_t)size);
    if (fread(bytes.data, 1, bytes.size, file) != bytes.size) fail("cannot read %s", path);
    fclose(file);
    return bytes;
}

int main(int argc, char* argv[]) {
    parse(argc, argv);
    wasm_byte_vec_t binary = read_file();
    run(&binary);
    wasm_byte_vec_delete(&binary);
    return EXIT_SUCCESS;
}
