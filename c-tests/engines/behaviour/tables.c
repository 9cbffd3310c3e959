// Tables of the host's and of guests.

#include "probe.h"

static wasm_table_t* new_table(wasm_store_t* store, wasm_valkind_t element, uint32_t min, uint32_t max,
                               wasm_ref_t* init) {
    const wasm_limits_t limits = {min, max};
    return api->table_new(store, api->tabletype_new(api->valtype_new(element), &limits), init);
}

static void say_table(const char* what, const wasm_table_t* table) {
    if (table == NULL) {
        say("%s: no table", what);
        return;
    }
    say("%s: %s of size %u", what, text_of_type(api->tabletype_as_externtype(api->table_type(table))),
        api->table_size(table));
}

static void new_tables(void) {
    wasm_store_t* store = new_store();
    say_table("bounded", new_table(store, WASM_FUNCREF, 1, 3, NULL));
    say_table("unbounded", new_table(store, WASM_FUNCREF, 2, wasm_limits_max_default, NULL));
    say_table("empty", new_table(store, WASM_FUNCREF, 0, 0, NULL));
    say_table("of external references", new_table(store, WASM_EXTERNREF, 1, 3, NULL));
}

static void table_that_cannot_be(void) { say_table("it", new_table(new_store(), WASM_FUNCREF, 3, 1, NULL)); }

static void null_elements(void) {
    wasm_table_t* table = new_table(new_store(), WASM_FUNCREF, 2, 3, NULL);
    say("0 is %s", api->table_get(table, 0) ? "something" : "null");
    say("2 is %s", api->table_get(table, 2) ? "something" : "null");
    say("setting 1: %d, 2: %d, -1: %d", api->table_set(table, 1, NULL), api->table_set(table, 2, NULL),
        api->table_set(table, UINT32_MAX, NULL));
}

static void tables_grow(void) {
    wasm_table_t* table = new_table(new_store(), WASM_FUNCREF, 1, 3, NULL);
    const wasm_table_size_t deltas[] = {0, 1, 2, UINT32_MAX, 1, 1};
    for (size_t i = 0; i < sizeof deltas / sizeof *deltas; i++) {
        const bool grown = api->table_grow(table, deltas[i], NULL);
        say("by %u: %d, then there are %u", deltas[i], grown, api->table_size(table));
    }
}

static void types_of_tables_that_have_grown(void) {
    wasm_table_t* table = new_table(new_store(), WASM_FUNCREF, 1, 3, NULL);
    api->table_grow(table, 1, NULL);
    say_table("it", table);
}

static void tables_of_guests(void) {
    guest_t guest = new_guest(new_store(), "table", 0, NULL);
    wasm_table_t* table = api->extern_as_table(guest.exports.data[0]);
    say_table("it", table);
    for (wasm_table_size_t i = 0; i <= 4; i++) {
        wasm_ref_t* ref = api->table_get(table, i);
        say("%u is %s", i, ref ? "something" : "null");
        say_call("it", guest_func(&guest, "call"), ARGUMENTS(I32((int32_t)i)));
    }
    // What is read can be written elsewhere.
    say("2 for 0: %d", api->table_set(table, 0, api->table_get(table, 2)));
    say_call("0", guest_func(&guest, "call"), ARGUMENTS(I32(0)));
    say("null for 1: %d", api->table_set(table, 1, NULL));
    say_call("1", guest_func(&guest, "call"), ARGUMENTS(I32(1)));
    say("growth with 2: %d", api->table_grow(table, 3, api->table_get(table, 2)));
    say("then there are %u", api->table_size(table));
    say_call("6", guest_func(&guest, "call"), ARGUMENTS(I32(6)));
}

static void functions_as_elements(void) {
    guest_t guest = new_guest(new_store(), "table", 0, NULL);
    wasm_table_t* table = api->extern_as_table(guest.exports.data[0]);
    wasm_func_t* func = guest_func(&guest, "one");
    say("%d", api->table_set(table, 0, api->func_as_ref(func)));
    say_call("0", guest_func(&guest, "call"), ARGUMENTS(I32(0)));
}

static void elements_as_functions(void) {
    guest_t guest = new_guest(new_store(), "table", 0, NULL);
    wasm_table_t* table = api->extern_as_table(guest.exports.data[0]);
    const wasm_func_t* func = api->ref_as_func(api->table_get(table, 2));
    say_call("2", func, NO_ARGUMENTS);
}

static void a_table_of_two_guests(void) {
    wasm_store_t* store = new_store();
    wasm_table_t* table = new_table(store, WASM_FUNCREF, 2, 4, NULL);
    wasm_extern_t* imports[] = {api->table_as_extern(table)};
    guest_t first = new_guest(store, "table_user", 1, imports);
    guest_t second = new_guest(store, "table_user", 1, imports);
    say_call("by the first", guest_func(&first, "call"), ARGUMENTS(I32(0)));
    say("1 for 0: %d", api->table_set(table, 1, api->table_get(table, 0)));
    say_call("by the second", guest_func(&second, "call"), ARGUMENTS(I32(1)));
}

const probe_t table_probes[] = {
    PROBE(new_tables),
    PROBE(table_that_cannot_be),
    PROBE(null_elements),
    PROBE(tables_grow),
    PROBE(types_of_tables_that_have_grown),
    PROBE(tables_of_guests),
    PROBE(functions_as_elements),
    PROBE(elements_as_functions),
    PROBE(a_table_of_two_guests),
    {NULL, NULL},
};
