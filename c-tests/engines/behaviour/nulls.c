// NULL where the header leaves open whether it may be. Wasmtime takes it at few places; what wasmo does at all of them
// is in null.c of the C tests.

#include "probe.h"

static void deletion_of_null_references(void) {
    api->ref_delete(NULL);
    say("it goes on");
}

static void copies_of_null_references(void) { say("%s", api->ref_copy(NULL) ? "something" : "null"); }

static void engine_with_a_config(void) {
    say("%s", api->engine_new_with_config(api->config_new()) ? "an engine" : "null");
}

static void table_with_null(void) {
    const wasm_limits_t limits = {2, 3};
    wasm_tabletype_t* type = api->tabletype_new(api->valtype_new(WASM_FUNCREF), &limits);
    say("%s", api->table_new(new_store(), type, NULL) ? "a table" : "null");
}

static wasm_trap_t* nothing(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    (void)results;
    say("the environment is %s", env ? "something" : "null");
    return NULL;
}

static void environment_of_null(void) { say_call("it", new_func(new_store(), "", "", nothing, NULL), NO_ARGUMENTS); }

static void nobody_wants_the_instance_or_the_trap(void) {
    wasm_store_t* store = new_store();
    wasm_byte_vec_t binary = api_read(api, "counter");
    const wasm_extern_vec_t none = WASM_EMPTY_VEC;
    wasm_instance_t* instance = api->instance_new(store, api->module_new(store, &binary), &none, NULL);
    say("%s", instance ? "an instance" : "null");
}

const probe_t null_probes[] = {
    PROBE(deletion_of_null_references),
    PROBE(copies_of_null_references),
    PROBE(engine_with_a_config),
    PROBE(table_with_null),
    PROBE(environment_of_null),
    PROBE(nobody_wants_the_instance_or_the_trap),
    {NULL, NULL},
};
