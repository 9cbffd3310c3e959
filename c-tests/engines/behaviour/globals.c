// Globals of the host's and of guests.

#include "probe.h"

static wasm_global_t* new_global(wasm_store_t* store, wasm_valkind_t kind, wasm_mutability_t mutability,
                                 wasm_val_t value) {
    return api->global_new(store, api->globaltype_new(api->valtype_new(kind), mutability), &value);
}

static void say_global(const char* what, const wasm_global_t* global) {
    if (global == NULL) {
        say("%s is no global", what);
        return;
    }
    wasm_val_t value;
    api->global_get(global, &value);
    say("%s is %s, %s", what, text_of_value(&value),
        text_of_type(api->globaltype_as_externtype(api->global_type(global))));
}

static void globals_of_every_kind(void) {
    wasm_store_t* store = new_store();
    say_global("i32", new_global(store, WASM_I32, WASM_CONST, I32(-1)));
    say_global("i64", new_global(store, WASM_I64, WASM_VAR, I64(INT64_MIN)));
    say_global("f32", new_global(store, WASM_F32, WASM_CONST, F32(-0.0f)));
    say_global("f64", new_global(store, WASM_F64, WASM_VAR, F64(1e300)));
}

static void globals_that_are_set(void) {
    wasm_global_t* global = new_global(new_store(), WASM_I64, WASM_VAR, I64(1));
    api->global_set(global, &I64(2));
    say_global("it", global);
    wasm_global_t* copy = api->global_copy(global);
    api->global_set(copy, &I64(3));
    say_global("it", global);
}

static void setting_a_constant(void) {
    wasm_global_t* global = new_global(new_store(), WASM_I32, WASM_CONST, I32(1));
    api->global_set(global, &I32(2));
    say_global("it", global);
}

static void setting_another_kind(void) {
    wasm_global_t* global = new_global(new_store(), WASM_I32, WASM_VAR, I32(1));
    api->global_set(global, &I64(2));
    say_global("it", global);
}

static void beginning_with_another_kind(void) {
    say_global("it", new_global(new_store(), WASM_I32, WASM_VAR, I64(2)));
}

static void globals_of_references(void) {
    wasm_val_t null = WASM_INIT_VAL;
    say_global("externref", new_global(new_store(), WASM_EXTERNREF, WASM_VAR, null));
}

static void globals_of_functions(void) {
    wasm_val_t null = WASM_INIT_VAL;
    null.kind = WASM_FUNCREF;
    say_global("funcref", new_global(new_store(), WASM_FUNCREF, WASM_VAR, null));
}

static void globals_of_guests(void) {
    wasm_store_t* store = new_store();
    wasm_global_t* globals[] = {
        new_global(store, WASM_I32, WASM_CONST, I32(10)), new_global(store, WASM_I32, WASM_VAR, I32(20)),
        new_global(store, WASM_I64, WASM_VAR, I64(30)),   new_global(store, WASM_F32, WASM_VAR, F32(40)),
        new_global(store, WASM_F64, WASM_VAR, F64(50)),
    };
    enum { GLOBALS = sizeof globals / sizeof *globals };
    wasm_extern_t* imports[GLOBALS];
    for (size_t i = 0; i < GLOBALS; i++) imports[i] = api->global_as_extern(globals[i]);
    guest_t guest = new_guest(store, "global", GLOBALS, imports);

    say_call("get_const", guest_func(&guest, "get_const"), NO_ARGUMENTS);
    say_call("increment", guest_func(&guest, "increment"), NO_ARGUMENTS);
    say_call("set", guest_func(&guest, "set"), ARGUMENTS(I32(21)));
    for (size_t i = 0; i < GLOBALS; i++) say_global("import", globals[i]);
    api->global_set(globals[1], &I32(22));
    say_call("get", guest_func(&guest, "get"), NO_ARGUMENTS);
    for (size_t i = 0; i < guest.exports.size; i++) {
        wasm_global_t* global = api->extern_as_global(guest.exports.data[i]);
        if (global) say_global("export", global);
    }
}

const probe_t global_probes[] = {
    PROBE(globals_of_every_kind),
    PROBE(globals_that_are_set),
    PROBE(setting_a_constant),
    PROBE(setting_another_kind),
    PROBE(beginning_with_another_kind),
    PROBE(globals_of_references),
    PROBE(globals_of_functions),
    PROBE(globals_of_guests),
    {NULL, NULL},
};
