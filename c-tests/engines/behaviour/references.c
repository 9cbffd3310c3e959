// References: identity, host info, casts, and external references in the guest.

#include "probe.h"

// An object of every kind that is a reference, each with a copy.
typedef struct {
    wasm_trap_t* trap;
    wasm_module_t* module;
    wasm_instance_t* instance;
    wasm_func_t* func;
    wasm_global_t* global;
    wasm_table_t* table;
    wasm_memory_t* memory;
    wasm_extern_t* extern_;
} objects_t;

static objects_t new_objects(void) {
    wasm_store_t* store = new_store();
    guest_t guest = new_guest(store, "extern", 0, NULL);
    return (objects_t){
        .trap = new_trap(store, "a trap"),
        .module = guest.module,
        .instance = guest.instance,
        .func = api->extern_as_func(guest.exports.data[0]),
        .global = api->extern_as_global(guest.exports.data[1]),
        .table = api->extern_as_table(guest.exports.data[2]),
        .memory = api->extern_as_memory(guest.exports.data[3]),
        .extern_ = guest.exports.data[0],
    };
}

static void say_finalized(void* info) { say("\"%s\" is finalized", (const char*)info); }

// A probe of each function of each kind, for a library may have some of them. `member` is the kind in `objects_t`.
#define REFERENCE_PROBES(kind, member)                                                                  \
    static void same_##kind(void) {                                                                     \
        const objects_t objects = new_objects(), others = new_objects();                                \
        const bool as_copy = api->kind##_same(objects.member, api->kind##_copy(objects.member));        \
        say("as a copy: %d, as another: %d", as_copy, api->kind##_same(objects.member, others.member)); \
    }                                                                                                   \
    static void host_info_of_##kind(void) {                                                             \
        const objects_t objects = new_objects();                                                        \
        say("first %s", api->kind##_get_host_info(objects.member) ? "something" : "null");              \
        api->kind##_set_host_info(objects.member, "info");                                              \
        say("then %s", (const char*)api->kind##_get_host_info(objects.member));                         \
    }                                                                                                   \
    static void finalizer_of_##kind(void) {                                                             \
        const objects_t objects = new_objects();                                                        \
        api->kind##_set_host_info_with_finalizer(objects.member, "first", say_finalized);               \
        api->kind##_set_host_info_with_finalizer(objects.member, "second", say_finalized);              \
        say("then %s", (const char*)api->kind##_get_host_info(objects.member));                         \
    }                                                                                                   \
    static void reference_of_##kind(void) {                                                             \
        const objects_t objects = new_objects();                                                        \
        say("%s", api->kind##_as_ref(objects.member) ? "a reference" : "null");                         \
    }                                                                                                   \
    static void const_reference_of_##kind(void) {                                                       \
        const objects_t objects = new_objects();                                                        \
        say("%s", api->kind##_as_ref_const(objects.member) ? "a reference" : "null");                   \
    }

#define LISTED(kind)                                                            \
    PROBE(same_##kind), PROBE(host_info_of_##kind), PROBE(finalizer_of_##kind), \
        PROBE(reference_of_##kind), PROBE(const_reference_of_##kind)

REFERENCE_PROBES(trap, trap)
REFERENCE_PROBES(module, module)
REFERENCE_PROBES(instance, instance)
REFERENCE_PROBES(func, func)
REFERENCE_PROBES(global, global)
REFERENCE_PROBES(table, table)
REFERENCE_PROBES(memory, memory)
REFERENCE_PROBES(extern, extern_)

// --- References themselves, of which a function in a table is one in every engine ---

static wasm_ref_t* new_ref(void) {
    guest_t guest = new_guest(new_store(), "table", 0, NULL);
    return api->table_get(api->extern_as_table(guest.exports.data[0]), 1);
}

static void copies_of_references(void) {
    wasm_ref_t* ref = new_ref();
    wasm_ref_t* copy = api->ref_copy(ref);
    api->ref_delete(ref);
    say("%s", copy ? "a reference" : "null");
    api->ref_delete(copy);
}

static void same_references(void) {
    wasm_ref_t* ref = new_ref();
    say("as a copy: %d, as another: %d", api->ref_same(ref, api->ref_copy(ref)), api->ref_same(ref, new_ref()));
}

static void host_info_of_references(void) {
    wasm_ref_t* ref = new_ref();
    api->ref_set_host_info(ref, "info");
    say("%s", (const char*)api->ref_get_host_info(ref));
}

#define CAST_PROBE(kind) \
    static void reference_as_##kind(void) { say("%s", api->ref_as_##kind(new_ref()) ? "an object" : "null"); }
CAST_PROBE(trap)
CAST_PROBE(module)
CAST_PROBE(instance)
CAST_PROBE(func)
CAST_PROBE(global)
CAST_PROBE(table)
CAST_PROBE(memory)
CAST_PROBE(extern)
CAST_PROBE(foreign)

// --- Foreign objects, and external references in the guest ---

static void foreign_objects(void) { say("%s", api->foreign_new(new_store()) ? "an object" : "null"); }

static wasm_trap_t* pass(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)env;
    api->val_copy(&results->data[0], &arguments->data[0]);
    return NULL;
}

static guest_t new_externref_guest(wasm_store_t* store) {
    wasm_extern_t* imports[] = {api->func_as_extern(new_func(store, "r", "r", pass, NULL))};
    return new_guest(store, "externref", 1, imports);
}

static void guests_of_references(void) {
    guest_t guest = new_externref_guest(new_store());
    say("%zu exports", guest.exports.size);
}

static void null_references_in_guests(void) {
    guest_t guest = new_externref_guest(new_store());
    const wasm_val_t null = WASM_INIT_VAL;
    say_call("is_null", guest_func(&guest, "is_null"), ARGUMENTS(null));
    say_call("stack", guest_func(&guest, "stack"), ARGUMENTS(null));
    say_call("callback", guest_func(&guest, "callback"), ARGUMENTS(null));
}

static void foreign_objects_in_guests(void) {
    wasm_store_t* store = new_store();
    guest_t guest = new_externref_guest(store);
    const wasm_val_t value = WASM_REF_VAL(api->foreign_as_ref(api->foreign_new(store)));
    say_call("is_null", guest_func(&guest, "is_null"), ARGUMENTS(value));
    say_call("cell", guest_func(&guest, "cell"), ARGUMENTS(value));
}

const probe_t reference_probes[] = {
    LISTED(trap),
    LISTED(module),
    LISTED(instance),
    LISTED(func),
    LISTED(global),
    LISTED(table),
    LISTED(memory),
    LISTED(extern),
    PROBE(copies_of_references),
    PROBE(same_references),
    PROBE(host_info_of_references),
    PROBE(reference_as_trap),
    PROBE(reference_as_module),
    PROBE(reference_as_instance),
    PROBE(reference_as_func),
    PROBE(reference_as_global),
    PROBE(reference_as_table),
    PROBE(reference_as_memory),
    PROBE(reference_as_extern),
    PROBE(reference_as_foreign),
    PROBE(foreign_objects),
    PROBE(guests_of_references),
    PROBE(null_references_in_guests),
    PROBE(foreign_objects_in_guests),
    {NULL, NULL},
};
