// Modules, stores and instances that come and go.

#include <stdlib.h>

#include "measurement.h"
#include "world.h"

// So many instances are made in one store: engines that keep an instance until its store ends allow some thousands.
enum { INSTANCES_PER_STORE = 1000 };

static wasm_byte_vec_t binary;
static wasm_shared_module_t* shared;

bool prepare_module(const measurement_t* measurement) {
    if (world.engine == NULL) return false;
    binary = api_read(&world.api, measurement->guest);
    return true;
}

void run_module(const measurement_t* measurement, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        wasm_module_t* module = world.api.module_new(world.store, &binary);
        if (module == NULL) api_fail("%s does not compile %s", world.library, measurement->guest);
        world.api.module_delete(module);
    }
}

bool prepare_store(const measurement_t* measurement) {
    (void)measurement;
    return world.engine != NULL;
}

void run_store(const measurement_t* measurement, uint64_t count) {
    (void)measurement;
    for (uint64_t i = 0; i < count; i++) world.api.store_delete(world.api.store_new(world.engine));
}

bool prepare_instance(const measurement_t* measurement) {
    if (world.engine == NULL || world.api.module_share == NULL) return false;
    wasm_module_t* module = world_compile(measurement->guest);
    shared = world.api.module_share(module);
    world.api.module_delete(module);
    return true;
}

void run_instance(const measurement_t* measurement, uint64_t count) {
    const api_t* api = &world.api;
    const wasm_extern_vec_t imports = WASM_EMPTY_VEC;
    while (count > 0) {
        wasm_store_t* store = world_store_new();
        wasm_module_t* module = api->module_obtain(store, shared);
        for (int i = 0; i < INSTANCES_PER_STORE && count > 0; i++, count--) {
            api->instance_delete(world_instantiate(store, module, &imports, measurement->guest));
        }
        api->module_delete(module);
        api->store_delete(store);
    }
}
