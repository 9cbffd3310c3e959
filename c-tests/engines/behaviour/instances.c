// Instances: imports that fit and that do not, start functions and segments that fail, and exports.

#include <string.h>

#include "probe.h"

static wasm_trap_t* give_seven(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)env;
    (void)arguments;
    results->data[0] = I64(7);
    return NULL;
}

static wasm_extern_t* func_of(wasm_store_t* store, const char* params, const char* results) {
    return api->func_as_extern(new_func(store, params, results, give_seven, NULL));
}

static wasm_extern_t* global_of(wasm_store_t* store, wasm_valkind_t kind, wasm_mutability_t mutability) {
    const wasm_val_t zero = {.kind = kind};
    return api->global_as_extern(
        api->global_new(store, api->globaltype_new(api->valtype_new(kind), mutability), &zero));
}

static wasm_extern_t* memory_of(wasm_store_t* store, uint32_t min, uint32_t max) {
    const wasm_limits_t limits = {min, max};
    return api->memory_as_extern(api->memory_new(store, api->memorytype_new(&limits)));
}

static wasm_extern_t* table_of(wasm_store_t* store, wasm_valkind_t element, uint32_t min, uint32_t max) {
    const wasm_limits_t limits = {min, max};
    return api->table_as_extern(
        api->table_new(store, api->tabletype_new(api->valtype_new(element), &limits), NULL));
}

static wasm_module_t* load(wasm_store_t* store, const char* name) {
    wasm_byte_vec_t binary = api_read(api, name);
    return api->module_new(store, &binary);
}

// Instantiates, and says what came of it.
static wasm_instance_t* link_with(const char* what, wasm_store_t* store, const wasm_module_t* module, size_t count,
                                  wasm_extern_t* externs[]) {
    const wasm_extern_vec_t imports = {count, externs};
    wasm_trap_t* trap = NULL;
    wasm_instance_t* instance = api->instance_new(store, module, &imports, &trap);
    say("%s: %s, %s", what, instance ? "an instance" : "no instance", trap ? "a trap" : "no trap");
    return instance;
}

// --- Imports: link.wat wants a function, a global, a memory and a table, in this order ---

enum { LINKS = 4 };

static void right_imports(wasm_store_t* store, wasm_extern_t* externs[LINKS]) {
    externs[0] = func_of(store, "if", "I");
    externs[1] = global_of(store, WASM_I64, WASM_VAR);
    externs[2] = memory_of(store, 2, 10);
    externs[3] = table_of(store, WASM_FUNCREF, 3, 5);
}

static void imports_that_fit(void) {
    wasm_store_t* store = new_store();
    wasm_module_t* module = load(store, "link");
    wasm_extern_t* externs[LINKS];
    right_imports(store, externs);
    link_with("exactly", store, module, LINKS, externs);
    externs[2] = memory_of(store, 3, 9);
    externs[3] = table_of(store, WASM_FUNCREF, 4, 4);
    link_with("within the limits", store, module, LINKS, externs);
}

// One import is another one than the module wants.
static void link_with_other(const char* what, size_t index, wasm_extern_t* (*make)(wasm_store_t*)) {
    wasm_store_t* store = new_store();
    wasm_extern_t* externs[LINKS];
    right_imports(store, externs);
    externs[index] = make(store);
    link_with(what, store, load(store, "link"), LINKS, externs);
}

static wasm_extern_t* more_params(wasm_store_t* store) { return func_of(store, "ifi", "I"); }
static wasm_extern_t* fewer_params(wasm_store_t* store) { return func_of(store, "i", "I"); }
static wasm_extern_t* other_param(wasm_store_t* store) { return func_of(store, "iF", "I"); }
static wasm_extern_t* no_result(wasm_store_t* store) { return func_of(store, "if", ""); }
static wasm_extern_t* other_result(wasm_store_t* store) { return func_of(store, "if", "i"); }
static wasm_extern_t* immutable(wasm_store_t* store) { return global_of(store, WASM_I64, WASM_CONST); }
static wasm_extern_t* other_content(wasm_store_t* store) { return global_of(store, WASM_I32, WASM_VAR); }
static wasm_extern_t* small_memory(wasm_store_t* store) { return memory_of(store, 1, 10); }
static wasm_extern_t* large_memory(wasm_store_t* store) { return memory_of(store, 2, 11); }
static wasm_extern_t* open_memory(wasm_store_t* store) { return memory_of(store, 2, wasm_limits_max_default); }
static wasm_extern_t* small_table(wasm_store_t* store) { return table_of(store, WASM_FUNCREF, 2, 5); }
static wasm_extern_t* large_table(wasm_store_t* store) { return table_of(store, WASM_FUNCREF, 3, 6); }
static wasm_extern_t* open_table(wasm_store_t* store) {
    return table_of(store, WASM_FUNCREF, 3, wasm_limits_max_default);
}
static wasm_extern_t* other_element(wasm_store_t* store) { return table_of(store, WASM_EXTERNREF, 3, 5); }

// What counts is the size that it has now.
static void a_memory_that_had_to_grow_to_fit(void) {
    wasm_store_t* store = new_store();
    wasm_module_t* module = load(store, "memory_user");
    wasm_extern_t* externs[] = {memory_of(store, 1, 3)};
    link_with("before", store, module, 1, externs);
    api->memory_grow(api->extern_as_memory(externs[0]), 1);
    link_with("then", store, module, 1, externs);
}

static void imports_that_do_not_fit(void) {
    link_with_other("a parameter too many", 0, more_params);
    link_with_other("a parameter too few", 0, fewer_params);
    link_with_other("another parameter", 0, other_param);
    link_with_other("no result", 0, no_result);
    link_with_other("another result", 0, other_result);
    link_with_other("an immutable global", 1, immutable);
    link_with_other("another content", 1, other_content);
    link_with_other("a memory that is too small", 2, small_memory);
    link_with_other("a memory that may grow too large", 2, large_memory);
    link_with_other("a memory without maximum", 2, open_memory);
    link_with_other("a table that is too small", 3, small_table);
    link_with_other("a table that may grow too large", 3, large_table);
    link_with_other("a table without maximum", 3, open_table);
    link_with_other("another element", 3, other_element);
}

static void imports_of_another_kind(void) {
    link_with_other("a global for a function", 0, immutable);
    link_with_other("a function for a global", 1, no_result);
    link_with_other("a table for a memory", 2, open_table);
    link_with_other("a memory for a table", 3, open_memory);
}

static void wrong_numbers_of_imports(void) {
    wasm_store_t* store = new_store();
    wasm_module_t* module = load(store, "link");
    wasm_extern_t* externs[LINKS + 1];
    right_imports(store, externs);
    externs[LINKS] = externs[0];
    link_with("one too few", store, module, LINKS - 1, externs);
    link_with("none", store, module, 0, NULL);
    link_with("one too many", store, module, LINKS + 1, externs);
}

static void null_among_the_imports(void) {
    wasm_store_t* store = new_store();
    wasm_extern_t* externs[LINKS];
    right_imports(store, externs);
    externs[1] = NULL;
    link_with("it", store, load(store, "link"), LINKS, externs);
}

static void imports_of_another_store(void) {
    wasm_store_t* store = new_store();
    wasm_extern_t* externs[LINKS];
    right_imports(new_store(), externs);
    link_with("it", store, load(store, "link"), LINKS, externs);
}

static void no_imports_where_none_are_needed(void) {
    wasm_store_t* store = new_store();
    wasm_trap_t* trap = NULL;
    say("%s", api->instance_new(store, load(store, "counter"), NULL, &trap) ? "an instance" : "no instance");
}

static void reason_of_a_failed_link(void) {
    wasm_store_t* store = new_store();
    wasm_extern_t* externs[LINKS];
    right_imports(store, externs);
    externs[0] = no_result(store);
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    wasm_trap_t* trap = NULL;
    api->instance_new(store, load(store, "link"), &imports, &trap);
    wasm_message_t message;
    api->trap_message(trap, &message);
    say("it names the module: %d, and the import: %d", strstr(message.data, "world") != NULL,
        strstr(message.data, "function") != NULL);
}

// What it leaves in `trap`, of what was there before.
static void trap_of_an_instance(void) {
    wasm_store_t* store = new_store();
    const wasm_extern_vec_t none = WASM_EMPTY_VEC;
    wasm_trap_t *const before = new_trap(store, "before"), *trap = before;
    api->instance_new(store, load(store, "counter"), &none, &trap);
    say("%s", trap == NULL ? "null" : trap == before ? "what was there" : "another trap");
}

static void nobody_wants_the_trap(void) {
    wasm_store_t* store = new_store();
    const wasm_extern_vec_t none = WASM_EMPTY_VEC;
    say("%s", api->instance_new(store, load(store, "link"), &none, NULL) ? "an instance" : "no instance");
}

// --- Start functions ---

typedef struct {
    bool fails;
    int calls;
} start_t;

static wasm_trap_t* tell(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    start_t* start = env;
    start->calls++;
    results->data[0] = I32(start->fails);
    return NULL;
}

static void start_functions(void) {
    for (int fails = 0; fails <= 1; fails++) {
        wasm_store_t* store = new_store();
        start_t start = {fails, 0};
        wasm_extern_t* externs[] = {api->func_as_extern(new_func(store, "", "i", tell, &start))};
        const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
        wasm_trap_t* trap = NULL;
        wasm_instance_t* instance = api->instance_new(store, load(store, "start"), &imports, &trap);
        say("%s, %s, %d call", instance ? "an instance" : "no instance", text_of_trap(trap), start.calls);
        wasm_frame_vec_t trace = WASM_EMPTY_VEC;
        if (trap) api->trap_trace(trap, &trace);
        for (size_t i = 0; i < trace.size; i++) say("in function %u", api->frame_func_index(trace.data[i]));
    }
}

// --- Segments ---

// What was written before the segment that fails stays.
static void data_outside(void) {
    wasm_store_t* store = new_store();
    wasm_extern_t* externs[] = {memory_of(store, 1, 1)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    wasm_trap_t* trap = NULL;
    wasm_instance_t* instance = api->instance_new(store, load(store, "data_outside"), &imports, &trap);
    const char* data = api->memory_data(api->extern_as_memory(externs[0]));
    say("%s, %s; the memory begins with \"%.5s\" and ends with %d", instance ? "an instance" : "no instance",
        text_of_trap(trap), data, data[0xffff]);
}

static void elements_outside(void) {
    wasm_store_t* store = new_store();
    const wasm_extern_vec_t none = WASM_EMPTY_VEC;
    wasm_trap_t* trap = NULL;
    wasm_instance_t* instance = api->instance_new(store, load(store, "elements_outside"), &none, &trap);
    say("%s, %s", instance ? "an instance" : "no instance", text_of_trap(trap));
}

// --- Exports ---

static void exports(void) {
    wasm_store_t* store = new_store();
    guest_t guest = new_guest(store, "extern", 0, NULL);
    for (size_t i = 0; i < guest.exports.size; i++) {
        wasm_extern_t* external = guest.exports.data[i];
        say("kind %d, %s; as function %d, global %d, table %d, memory %d", api->extern_kind(external),
            text_of_type(api->extern_type(external)), api->extern_as_func(external) != NULL,
            api->extern_as_global(external) != NULL, api->extern_as_table(external) != NULL,
            api->extern_as_memory(external) != NULL);
    }
}

// Of a module that hands on what it imports.
static void exports_come_in_the_order_of_the_module(void) {
    wasm_store_t* store = new_store();
    wasm_extern_t* externs[] = {func_of(store, "iIfF", "Fi"), global_of(store, WASM_I64, WASM_CONST),
                                table_of(store, WASM_FUNCREF, 1, 10), memory_of(store, 2, 3), func_of(store, "", "")};
    guest_t guest = new_guest(store, "module", sizeof externs / sizeof *externs, externs);
    for (size_t i = 0; i < guest.exports.size; i++) say("%s", text_of_type(api->extern_type(guest.exports.data[i])));
}

static void copies_of_exports(void) {
    guest_t guest = new_guest(new_store(), "counter", 0, NULL);
    wasm_extern_vec_t copies;
    api->extern_vec_copy(&copies, &guest.exports);
    api->extern_vec_delete(&guest.exports);
    const wasm_func_t* count = api_export(api, guest.module, &copies, "count");
    say_call("it", count, NO_ARGUMENTS);
    wasm_extern_t* copy = api->extern_copy(api->func_as_extern_const(count));
    say_call("its copy", api->extern_as_func(copy), NO_ARGUMENTS);
}

static void instances_have_their_own_state(void) {
    wasm_store_t* store = new_store();
    guest_t first = new_guest(store, "counter", 0, NULL), second = new_guest(store, "counter", 0, NULL);
    say_call("the first", guest_func(&first, "count"), NO_ARGUMENTS);
    say_call("the first", guest_func(&first, "count"), NO_ARGUMENTS);
    say_call("the second", guest_func(&second, "count"), NO_ARGUMENTS);
    wasm_instance_t* copy = api->instance_copy(first.instance);
    wasm_extern_vec_t externs;
    api->instance_exports(copy, &externs);
    say_call("a copy of the first", api_export(api, first.module, &externs, "count"), NO_ARGUMENTS);
}

// As some programs do it: all goes, but an export.
static void exports_outlive_their_instance(void) {
    wasm_store_t* store = new_store();
    guest_t guest = new_guest(store, "counter", 0, NULL);
    wasm_func_t* func = api->func_copy(guest_func(&guest, "count"));
    api->extern_vec_delete(&guest.exports);
    api->instance_delete(guest.instance);
    api->module_delete(guest.module);
    say_call("it", func, NO_ARGUMENTS);
    say_call("it", func, NO_ARGUMENTS);
}

const probe_t instance_probes[] = {
    PROBE(imports_that_fit),
    PROBE(a_memory_that_had_to_grow_to_fit),
    PROBE(imports_that_do_not_fit),
    PROBE(imports_of_another_kind),
    PROBE(wrong_numbers_of_imports),
    PROBE(null_among_the_imports),
    PROBE(imports_of_another_store),
    PROBE(no_imports_where_none_are_needed),
    PROBE(reason_of_a_failed_link),
    PROBE(trap_of_an_instance),
    PROBE(nobody_wants_the_trap),
    PROBE(start_functions),
    PROBE(data_outside),
    PROBE(elements_outside),
    PROBE(exports),
    PROBE(exports_come_in_the_order_of_the_module),
    PROBE(copies_of_exports),
    PROBE(instances_have_their_own_state),
    PROBE(exports_outlive_their_instance),
    {NULL, NULL},
};
