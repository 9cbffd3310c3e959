// Modules that others made: what they take until they can be called, in processes that do nothing else.

#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "measurement.h"
#include "world.h"

// --- What a sample is made of ---

// The time by the clock, that of all threads, and the most memory that the process had.
static const part_t all[] = {{"", false}, {"-cpu", false}, {"-peak", true}, {NULL, false}};

static sample_t start(void) { return (sample_t){{now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID)}}; }

static sample_t since(sample_t start) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (sample_t){{now(CLOCK_MONOTONIC) - start.parts[0], now(CLOCK_PROCESS_CPUTIME_ID) - start.parts[1],
                       (double)usage.ru_maxrss * 1024}};
}

// --- Artifacts: what an engine's first process leaves to the next ---

static FILE* artifact(const measurement_t* measurement, const char* mode) {
    char path[256];
    snprintf(path, sizeof path, "%s.%s.artifact", measurement->guest, world.name);
    return fopen(path, mode);
}

static void write_artifact(const measurement_t* measurement, const wasm_module_t* module) {
    wasm_byte_vec_t bytes = WASM_EMPTY_VEC;
    FILE* file = artifact(measurement, "wb");
    if (module) world.api.module_serialize(module, &bytes);
    if (file == NULL || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0) {
        api_fail("the artifact of %s cannot be written", measurement->guest);
    }
}

// Of no bytes if the engine refuses the module.
static wasm_byte_vec_t read_artifact(const measurement_t* measurement) {
    FILE* file = artifact(measurement, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) api_fail("%s is to be compiled first", measurement->guest);
    wasm_byte_vec_t bytes;
    world.api.byte_vec_new_uninitialized(&bytes, (size_t)ftell(file));
    rewind(file);
    if (fread(bytes.data, 1, bytes.size, file) != bytes.size) api_fail("no artifact of %s", measurement->guest);
    fclose(file);
    return bytes;
}

// --- Measurements ---

static sample_t compile(const measurement_t* measurement) {
    if (world.engine == NULL) return no_sample;
    const wasm_byte_vec_t binary = api_read(&world.api, measurement->guest);
    const sample_t before = start();
    const wasm_module_t* module = world.api.module_new(world.store, &binary);
    const sample_t sample = since(before);
    write_artifact(measurement, module);
    return module ? sample : no_sample;
}

static sample_t load(const measurement_t* measurement, wasm_module_t** module) {
    if (world.engine == NULL) return no_sample;
    const wasm_byte_vec_t bytes = read_artifact(measurement);
    if (bytes.size == 0) return no_sample;
    const sample_t before = start();
    *module = world.api.module_deserialize(world.store, &bytes);
    const sample_t sample = since(before);
    if (*module == NULL) api_fail("%s does not load its own %s", world.library, measurement->guest);
    return sample;
}

static sample_t load_alone(const measurement_t* measurement) {
    wasm_module_t* module;
    return load(measurement, &module);
}

static sample_t instantiate(const measurement_t* measurement) {
    wasm_module_t* module;
    if (isnan(load(measurement, &module).parts[0])) return no_sample;
    const wasm_extern_vec_t imports = world_stand_ins(module);
    const sample_t before = start();
    world_instantiate(world.store, module, &imports, measurement->guest);
    return since(before);
}

// Calls the first function without parameters that is exported, or else the first function, with zeros. Where it traps,
// as all do that call an import, the call ends as well. False if there is none.
static bool call_first(const wasm_instance_t* instance) {
    const api_t* api = &world.api;
    wasm_extern_vec_t exports;
    api->instance_exports(instance, &exports);
    const wasm_func_t* first = NULL;
    for (size_t i = 0; i < exports.size && (first == NULL || api->func_param_arity(first) > 0); i++) {
        const wasm_func_t* func = api->extern_as_func(exports.data[i]);
        if (func != NULL && (first == NULL || api->func_param_arity(func) == 0)) first = func;
    }
    if (first == NULL) return false;
    const wasm_valtype_vec_t* params = api->functype_params(api->func_type(first));
    wasm_val_t arguments[params->size + 1], values[api->func_result_arity(first) + 1];
    for (size_t i = 0; i < params->size; i++) {
        arguments[i] = (wasm_val_t){.kind = api->valtype_kind(params->data[i])};
    }
    const wasm_val_vec_t args = {params->size, arguments};
    memset(values, 0, sizeof values);
    wasm_val_vec_t results = {api->func_result_arity(first), values};
    api->func_call(first, &args, &results);
    return true;
}

static sample_t first_call(const measurement_t* measurement) {
    if (world.program) {
        sample_t sample;
        const int printed = world_program(sample.parts, MOST_PARTS, "first-call '%s.wasm'", measurement->guest);
        return printed == MOST_PARTS ? sample : no_sample;
    }
    if (world.engine == NULL) return no_sample;
    const wasm_byte_vec_t binary = api_read(&world.api, measurement->guest);
    const sample_t before = start();
    const wasm_module_t* module = world.api.module_new(world.store, &binary);
    if (module == NULL) return no_sample;
    const wasm_extern_vec_t imports = world_stand_ins(module);
    const bool called = call_first(world_instantiate(world.store, module, &imports, measurement->guest));
    return called ? since(before) : no_sample;
}

// --- The table of measurements ---

static int is_module(const struct dirent* entry) {
    const char* end = strrchr(entry->d_name, '.');
    return end && strcmp(end, ".wasm") == 0;
}

const measurement_t* module_measurements(const char* folder, int* count) {
    static const struct {
        const char* name;
        const part_t* parts;
        sample_t (*once)(const measurement_t*);
    } kinds[] = {{"compile", all, compile},
                 {"load", NULL, load_alone},
                 {"instantiate", NULL, instantiate},
                 {"first-call", all, first_call}};
    enum { KINDS = sizeof kinds / sizeof *kinds };

    struct dirent** entries;
    const int modules = scandir(folder, &entries, is_module, alphasort);
    if (modules < 0) return NULL;
    measurement_t* table = calloc((size_t)modules * KINDS + 1, sizeof *table);
    for (int i = 0; i < modules; i++) {
        char* guest = entries[i]->d_name;
        *strrchr(guest, '.') = '\0';
        for (int kind = 0; kind < KINDS; kind++) {
            char* name;
            if (asprintf(&name, "%s/%s", guest, kinds[kind].name) < 0) return NULL;
            table[i * KINDS + kind] =
                (measurement_t){.name = name, .guest = guest, .once = kinds[kind].once, .parts = kinds[kind].parts};
        }
    }
    *count = modules * KINDS;
    return table;
}
