// Prints what an engine does in a great many small situations, as lines that can be compared with those of another one.
//
//     behaviour <library> [<probe>]
//
// In the current folder are the guests.

#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

const api_t* api;
static const char* current_probe;

void say(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("%s: ", current_probe);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    // It may be the last thing that this process does.
    fflush(stdout);
}

// A library that gives up says why on the standard error. That is no behaviour to compare.
static void be_quiet(void) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (freopen("/dev/null", "w", stderr) == NULL) api_fail("no /dev/null");
}

static void run(const char* library, const probe_t* probe) {
    current_probe = probe->name;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        be_quiet();
        // A hang is a behaviour too.
        alarm(60);
        const api_t loaded = api_load(library);
        api = &loaded;
        probe->run();
        fflush(stdout);
        _exit(EXIT_SUCCESS);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) api_fail("no process for %s", probe->name);
    if (WIFSIGNALED(status)) say("the process ends with SIG%s", sigabbrev_np(WTERMSIG(status)));
    // The probe itself has failed, and said so.
    if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SUCCESS) exit(EXIT_FAILURE);
}

int main(int argc, char* argv[]) {
    static const probe_t* const all[] = {type_probes,     vector_probes, module_probes, instance_probes,
                                         function_probes, trap_probes,   global_probes, table_probes,
                                         memory_probes,   reference_probes, null_probes};
    if (argc < 2) api_fail("which library?");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (const probe_t* probe = all[i]; probe->name; probe++) {
            if (argc == 2 || strcmp(argv[2], probe->name) == 0) run(argv[1], probe);
        }
    }
    return EXIT_SUCCESS;
}
