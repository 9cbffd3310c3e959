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

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static sample_t start(void) { return (sample_t){now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID), 0}; }

static sample_t since(sample_t start) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (sample_t){now(CLOCK_MONOTONIC) - start.seconds, now(CLOCK_PROCESS_CPUTIME_ID) - start.cpu_seconds,
                      (double)usage.ru_maxrss * 1024};
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

// --- Imports: nothing that can be called ---

static wasm_trap_t* refuse(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    (void)args;
    (void)results;
    static char text[] = "only here to be imported";
    const wasm_message_t message = {sizeof text, text};
    return world.api.trap_new(world.store, &message);
}

static wasm_extern_t* stand_in(const wasm_externtype_t* type) {
    const api_t* api = &world.api;
    switch (api->externtype_kind(type)) {
        case WASM_EXTERN_FUNC:
            return api->func_as_extern(api->func_new(world.store, api->externtype_as_functype_const(type), refuse));
        case WASM_EXTERN_GLOBAL: {
            const wasm_globaltype_t* global = api->externtype_as_globaltype_const(type);
            const wasm_val_t zero = {.kind = api->valtype_kind(api->globaltype_content(global))};
            return api->global_as_extern(api->global_new(world.store, global, &zero));
        }
        case WASM_EXTERN_TABLE:
            return api->table_as_extern(api->table_new(world.store, api->externtype_as_tabletype_const(type), NULL));
        case WASM_EXTERN_MEMORY:
            return api->memory_as_extern(api->memory_new(world.store, api->externtype_as_memorytype_const(type)));
        default: api_fail("an import of a kind that wasm.h has no function for");
    }
}

// --- Measurements ---

static const sample_t nothing = {NAN, NAN, NAN};

static sample_t compile(const measurement_t* measurement) {
    if (world.engine == NULL) return nothing;
    const wasm_byte_vec_t binary = api_read(&world.api, measurement->guest);
    const sample_t before = start();
    const wasm_module_t* module = world.api.module_new(world.store, &binary);
    const sample_t sample = since(before);
    write_artifact(measurement, module);
    return module ? sample : nothing;
}

static sample_t load(const measurement_t* measurement, wasm_module_t** module) {
    if (world.engine == NULL) return nothing;
    const wasm_byte_vec_t bytes = read_artifact(measurement);
    if (bytes.size == 0) return nothing;
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
    const api_t* api = &world.api;
    wasm_module_t* module;
    if (isnan(load(measurement, &module).seconds)) return nothing;
    wasm_importtype_vec_t types;
    api->module_imports(module, &types);
    wasm_extern_t* externs[types.size + 1];
    for (size_t i = 0; i < types.size; i++) externs[i] = stand_in(api->importtype_type(types.data[i]));
    const wasm_extern_vec_t imports = {types.size, externs};
    wasm_trap_t* trap = NULL;
    const sample_t before = start();
    const wasm_instance_t* instance = api->instance_new(world.store, module, &imports, &trap);
    const sample_t sample = since(before);
    world_expect(trap, measurement->guest);
    if (instance == NULL) api_fail("%s does not instantiate %s", world.library, measurement->guest);
    return sample;
}

// --- The table of measurements ---

static int is_module(const struct dirent* entry) {
    const char* end = strrchr(entry->d_name, '.');
    return end && strcmp(end, ".wasm") == 0;
}

const measurement_t* module_measurements(const char* folder, int* count) {
    static const struct {
        const char* name;
        bool whole;
        sample_t (*once)(const measurement_t*);
    } kinds[] = {{"compile", true, compile}, {"load", false, load_alone}, {"instantiate", false, instantiate}};
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
                (measurement_t){.name = name, .guest = guest, .once = kinds[kind].once, .whole = kinds[kind].whole};
        }
    }
    *count = modules * KINDS;
    return table;
}
