// Instances: linking and its errors, start functions, many instances of one module, and lifetimes.

#include "check.h"
#include "guest.h"

// --- Linking ---

// The imports of link.wat, in its order.
enum { FUNC, GLOBAL, MEMORY, TABLE, IMPORTS };

static wasm_trap_t* give_seven(const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    results->data[0] = (wasm_val_t)WASM_I64_VAL(7);
    return NULL;
}

static wasm_extern_t* new_func(wasm_store_t* store, wasm_functype_t* type) {
    return wasm_func_as_extern(host_func(store, type, give_seven));
}

static wasm_extern_t* new_global(wasm_store_t* store, wasm_val_t value, wasm_mutability_t mutability) {
    wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new(value.kind), mutability);
    wasm_global_t* global = wasm_global_new(store, type, &value);
    wasm_globaltype_delete(type);
    return wasm_global_as_extern(global);
}

static wasm_extern_t* new_memory(wasm_store_t* store, uint32_t min, uint32_t max) {
    const wasm_limits_t limits = {min, max};
    wasm_memorytype_t* type = wasm_memorytype_new(&limits);
    wasm_memory_t* memory = wasm_memory_new(store, type);
    wasm_memorytype_delete(type);
    return wasm_memory_as_extern(memory);
}

static wasm_extern_t* new_table(wasm_store_t* store, uint32_t min, uint32_t max) {
    const wasm_limits_t limits = {min, max};
    wasm_tabletype_t* type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_table_t* table = wasm_table_new(store, type, NULL);
    wasm_tabletype_delete(type);
    return wasm_table_as_extern(table);
}

static wasm_functype_t* right_functype(void) {
    return wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_f32(), wasm_valtype_new_i64());
}

// Imports that fit link.wat. The caller owns them, and may put others in their places.
static wasm_extern_vec_t right_imports(wasm_store_t* store) {
    wasm_extern_vec_t imports;
    wasm_extern_vec_new_uninitialized(&imports, IMPORTS);
    imports.data[FUNC] = new_func(store, right_functype());
    imports.data[GLOBAL] = new_global(store, (wasm_val_t)WASM_I64_VAL(0), WASM_VAR);
    imports.data[MEMORY] = new_memory(store, 2, 10);
    imports.data[TABLE] = new_table(store, 3, 5);
    return imports;
}

static void replace(wasm_extern_vec_t* imports, size_t index, wasm_extern_t* other) {
    wasm_extern_delete(imports->data[index]);
    imports->data[index] = other;
}

// Instantiates link.wat; a trap must be set if, and only if, there is no instance. The caller owns the trap.
static wasm_trap_t* link_trap(wasm_store_t* store, const wasm_extern_vec_t* imports) {
    wasm_module_t* module = load_module(store, "link");
    // Not NULL, so that it is seen to be written.
    wasm_trap_t* trap = (wasm_trap_t*)&trap;
    wasm_instance_t* instance = wasm_instance_new(store, module, imports, &trap);
    CHECK_EQUAL(instance == NULL, trap != NULL);
    wasm_instance_delete(instance);
    // Whoever does not care for the reason gets none.
    wasm_instance_t* again = wasm_instance_new(store, module, imports, NULL);
    CHECK_EQUAL(again == NULL, trap != NULL);
    wasm_instance_delete(again);
    wasm_module_delete(module);
    return trap;
}

static void check_links(size_t index, wasm_extern_t* make(wasm_store_t*)) {
    world_t world = world_new();
    wasm_extern_vec_t imports = right_imports(world.store);
    replace(&imports, index, make(world.store));
    CHECK(link_trap(world.store, &imports) == NULL);
    wasm_extern_vec_delete(&imports);
    world_delete(&world);
}

// The message must name the import and what was expected and given, in these words.
static void check_does_not_link(size_t index, wasm_extern_t* make(wasm_store_t*), const char* name,
                                const char* expected, const char* given) {
    world_t world = world_new();
    wasm_extern_vec_t imports = right_imports(world.store);
    replace(&imports, index, make(world.store));
    wasm_trap_t* trap = link_trap(world.store, &imports);
    CHECK_MESSAGE(trap, "world");
    CHECK_MESSAGE(trap, name);
    CHECK_MESSAGE(trap, expected);
    CHECK_MESSAGE(trap, given);
    // It did not come from running code.
    CHECK(wasm_trap_origin(trap) == NULL);
    wasm_trap_delete(trap);
    wasm_extern_vec_delete(&imports);
    world_delete(&world);
}

static wasm_extern_t* same_func(wasm_store_t* store) {
    return new_func(store, right_functype());
}

static wasm_extern_t* larger_memory(wasm_store_t* store) {
    return new_memory(store, 3, 9);
}

static wasm_extern_t* grown_memory(wasm_store_t* store) {
    wasm_extern_t* memory = new_memory(store, 1, 10);
    CHECK(wasm_memory_grow(wasm_extern_as_memory(memory), 1));
    return memory;
}

static wasm_extern_t* larger_table(wasm_store_t* store) {
    return new_table(store, 4, 4);
}

static wasm_extern_t* grown_table(wasm_store_t* store) {
    wasm_extern_t* table = new_table(store, 1, 5);
    CHECK(wasm_table_grow(wasm_extern_as_table(table), 2, NULL));
    return table;
}

static void imports_that_match_link(void) {
    check_links(FUNC, same_func);
    check_links(MEMORY, larger_memory);
    check_links(MEMORY, grown_memory);
    check_links(TABLE, larger_table);
    check_links(TABLE, grown_table);
}

static wasm_extern_t* func_with_wrong_param(wasm_store_t* store) {
    return new_func(store,
                    wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_f64(), wasm_valtype_new_i64()));
}

static wasm_extern_t* func_without_result(wasm_store_t* store) {
    return new_func(store, wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_f32()));
}

static wasm_extern_t* constant_global(wasm_store_t* store) {
    return new_global(store, (wasm_val_t)WASM_I64_VAL(0), WASM_CONST);
}

static wasm_extern_t* f64_global(wasm_store_t* store) {
    return new_global(store, (wasm_val_t)WASM_F64_VAL(0), WASM_VAR);
}

static wasm_extern_t* small_memory(wasm_store_t* store) {
    return new_memory(store, 1, 10);
}

static wasm_extern_t* open_memory(wasm_store_t* store) {
    return new_memory(store, 2, wasm_limits_max_default);
}

static wasm_extern_t* small_table(wasm_store_t* store) {
    return new_table(store, 2, 5);
}

static wasm_extern_t* far_table(wasm_store_t* store) {
    return new_table(store, 3, 6);
}

static void imports_of_another_type_are_link_errors(void) {
    check_does_not_link(FUNC, func_with_wrong_param, "function", "f32", "f64");
    check_does_not_link(FUNC, func_without_result, "function", "i64", "f32");
    check_does_not_link(GLOBAL, constant_global, "variable", "mut", "i64");
    check_does_not_link(GLOBAL, f64_global, "variable", "i64", "f64");
    check_does_not_link(MEMORY, small_memory, "memory", "2", "1");
    check_does_not_link(MEMORY, open_memory, "memory", "10", "2");
    check_does_not_link(TABLE, small_table, "table", "3", "2");
    check_does_not_link(TABLE, far_table, "table", "5", "6");
}

static void imports_of_another_kind_are_link_errors(void) {
    check_does_not_link(FUNC, constant_global, "function", "func", "global");
    check_does_not_link(GLOBAL, same_func, "variable", "global", "func");
    check_does_not_link(MEMORY, larger_table, "memory", "memory", "table");
    check_does_not_link(TABLE, larger_memory, "table", "table", "memory");
}

static void a_wrong_number_of_imports_is_a_link_error(void) {
    world_t world = world_new();
    wasm_extern_vec_t imports = right_imports(world.store);
    const wasm_extern_vec_t fewer = {IMPORTS - 1, imports.data}, none = WASM_EMPTY_VEC;
    wasm_extern_t* externs[IMPORTS + 1];
    for (size_t i = 0; i <= IMPORTS; i++) externs[i] = imports.data[i % IMPORTS];
    const wasm_extern_vec_t more = WASM_ARRAY_VEC(externs);

    const wasm_extern_vec_t* wrong[] = {&fewer, &none, &more, NULL};
    for (size_t i = 0; i < 4; i++) {
        wasm_trap_t* trap = link_trap(world.store, wrong[i]);
        CHECK_MESSAGE(trap, "import");
        CHECK_MESSAGE(trap, "4");
        wasm_trap_delete(trap);
    }
    wasm_extern_vec_delete(&imports);
    world_delete(&world);
}

static void a_null_import_is_a_link_error(void) {
    world_t world = world_new();
    wasm_extern_vec_t imports = right_imports(world.store);
    replace(&imports, MEMORY, NULL);
    wasm_trap_t* trap = link_trap(world.store, &imports);
    CHECK_MESSAGE(trap, "memory");
    wasm_trap_delete(trap);
    wasm_extern_vec_delete(&imports);
    world_delete(&world);
}

static void imports_may_be_null_where_there_are_none(void) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "counter");
    wasm_trap_t* trap = (wasm_trap_t*)&trap;
    wasm_instance_t* instance = wasm_instance_new(world.store, module, NULL, &trap);
    CHECK(instance != NULL);
    CHECK(trap == NULL);
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    world_delete(&world);
}

static void segments_that_do_not_fit_are_traps(void) {
    world_t world = world_new();
    wasm_extern_t* externs[] = {new_memory(world.store, 1, 1)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs), none = WASM_EMPTY_VEC;
    wasm_module_t* data = load_module(world.store, "data_outside");
    wasm_module_t* elements = load_module(world.store, "elements_outside");
    wasm_trap_t* trap = NULL;
    CHECK(wasm_instance_new(world.store, data, &imports, &trap) == NULL);
    CHECK_MESSAGE(trap, "out of bounds memory access");
    wasm_trap_delete(trap);
    CHECK(wasm_instance_new(world.store, elements, &none, &trap) == NULL);
    CHECK_MESSAGE(trap, "out of bounds table access");
    wasm_trap_delete(trap);
    wasm_module_delete(data);
    wasm_module_delete(elements);
    wasm_extern_delete(externs[0]);
    world_delete(&world);
}

// --- Start functions ---

typedef struct {
    wasm_store_t* store;
    int32_t answer;
    const char* message;  // makes the host trap
    int calls;
} teller_t;

static wasm_trap_t* tell(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    teller_t* teller = env;
    teller->calls++;
    results->data[0] = (wasm_val_t)WASM_I32_VAL(teller->answer);
    return teller->message ? host_trap(teller->store, teller->message) : NULL;
}

// Instantiates start.wat. The caller owns the instance and the trap.
static wasm_instance_t* run_start(teller_t* teller, wasm_trap_t** trap) {
    wasm_func_t* func =
        host_func_with_env(teller->store, wasm_functype_new_0_1(wasm_valtype_new_i32()), tell, teller);
    wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
    const wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
    wasm_module_t* module = load_module(teller->store, "start");
    wasm_instance_t* instance = wasm_instance_new(teller->store, module, &imports, trap);
    wasm_module_delete(module);
    wasm_func_delete(func);
    return instance;
}

static void start_functions_run_once(void) {
    world_t world = world_new();
    teller_t teller = {.store = world.store};
    wasm_trap_t* trap = (wasm_trap_t*)&trap;
    wasm_instance_t* instance = run_start(&teller, &trap);
    CHECK(instance != NULL);
    CHECK(trap == NULL);
    CHECK_EQUAL(teller.calls, 1);
    wasm_extern_vec_t exports;
    wasm_instance_exports(instance, &exports);
    wasm_val_t started = WASM_INIT_VAL;
    wasm_global_get(wasm_extern_as_global(exports.data[0]), &started);
    CHECK_EQUAL(started.of.i32, 1);
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    world_delete(&world);
}

static void start_functions_that_trap_leave_no_instance(void) {
    world_t world = world_new();
    teller_t teller = {.store = world.store, .answer = 1};
    wasm_trap_t* trap = NULL;
    CHECK(run_start(&teller, &trap) == NULL);
    CHECK_MESSAGE(trap, "unreachable");
    wasm_frame_vec_t trace;
    wasm_trap_trace(trap, &trace);
    CHECK_EQUAL(trace.size, 2);
    // $fault, called by $start.
    CHECK_EQUAL(wasm_frame_func_index(trace.data[0]), 2);
    CHECK_EQUAL(wasm_frame_func_offset(trace.data[0]), 1);
    CHECK_EQUAL(wasm_frame_func_index(trace.data[1]), 1);
    CHECK_EQUAL(wasm_frame_func_offset(trace.data[1]), 9);
    wasm_frame_vec_delete(&trace);
    wasm_trap_delete(trap);
    world_delete(&world);
}

static void start_functions_hand_on_the_trap_of_the_host(void) {
    world_t world = world_new();
    teller_t teller = {.store = world.store, .message = "not today"};
    wasm_trap_t* trap = NULL;
    CHECK(run_start(&teller, &trap) == NULL);
    CHECK_MESSAGE(trap, "not today");
    wasm_trap_delete(trap);
    CHECK(run_start(&teller, NULL) == NULL);
    world_delete(&world);
}

// --- Many instances ---

static void exports_stand_where_the_module_lists_them(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "extern", NULL);
    wasm_exporttype_vec_t types;
    wasm_module_exports(guest.module, &types);
    CHECK_EQUAL(types.size, guest.exports.size);
    for (size_t i = 0; i < types.size; i++) {
        const wasm_externkind_t kind = wasm_externtype_kind(wasm_exporttype_type(types.data[i]));
        CHECK_EQUAL(wasm_extern_kind(guest.exports.data[i]), kind);
    }
    wasm_exporttype_vec_delete(&types);
    guest_delete(&guest);
    world_delete(&world);
}

static wasm_instance_t* new_counter(wasm_store_t* store, const wasm_module_t* module, wasm_extern_vec_t* exports) {
    wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
    CHECK(instance != NULL);
    wasm_instance_exports(instance, exports);
    return instance;
}

// The exports of counter.wat that the tests use.
enum { COUNTER_MEMORY, COUNTER_COUNT };

static void instances_of_a_module_have_their_own_state(void) {
    enum { INSTANCES = 50 };
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "counter");
    wasm_instance_t* instances[INSTANCES];
    wasm_extern_vec_t exports[INSTANCES];
    for (int i = 0; i < INSTANCES; i++) instances[i] = new_counter(world.store, module, &exports[i]);
    for (int i = 0; i < INSTANCES; i++) {
        for (int call = 1; call <= i; call++) {
            CHECK_EQUAL(call_i32(wasm_extern_as_func(exports[i].data[COUNTER_COUNT])), call);
        }
        wasm_memory_data(wasm_extern_as_memory(exports[i].data[COUNTER_MEMORY]))[0] = (char)i;
    }
    for (int i = 0; i < INSTANCES; i++) {
        CHECK_EQUAL(call_i32(wasm_extern_as_func(exports[i].data[COUNTER_COUNT])), i + 1);
        CHECK_EQUAL(wasm_memory_data(wasm_extern_as_memory(exports[i].data[COUNTER_MEMORY]))[0], i);
        wasm_extern_vec_delete(&exports[i]);
        wasm_instance_delete(instances[i]);
    }
    wasm_module_delete(module);
    world_delete(&world);
}

// Would need hundreds of terabytes of addresses, were they not given back.
static void deleted_instances_give_their_memory_back(void) {
    world_t world = world_new();
    wasm_module_t* module = load_module(world.store, "counter");
    for (int i = 0; i < 30000; i++) {
        wasm_extern_vec_t exports;
        wasm_instance_t* instance = new_counter(world.store, module, &exports);
        CHECK_EQUAL(call_i32(wasm_extern_as_func(exports.data[COUNTER_COUNT])), 1);
        wasm_extern_vec_delete(&exports);
        wasm_instance_delete(instance);
    }
    wasm_module_delete(module);
    world_delete(&world);
}

static void a_module_is_instantiated_in_two_stores(void) {
    world_t world = world_new();
    wasm_store_t* other = wasm_store_new(world.engine);
    wasm_module_t* module = load_module(world.store, "counter");
    wasm_extern_vec_t exports, other_exports;
    wasm_instance_t* instance = new_counter(world.store, module, &exports);
    wasm_instance_t* other_instance = new_counter(other, module, &other_exports);
    wasm_module_delete(module);
    CHECK_EQUAL(call_i32(wasm_extern_as_func(exports.data[COUNTER_COUNT])), 1);
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_store_delete(world.store);
    CHECK_EQUAL(call_i32(wasm_extern_as_func(other_exports.data[COUNTER_COUNT])), 1);
    wasm_extern_vec_delete(&other_exports);
    wasm_instance_delete(other_instance);
    wasm_store_delete(other);
    wasm_engine_delete(world.engine);
}

// --- Lifetimes ---

static void exports_work_without_instance_and_module(void) {
    world_t world = world_new();
    guest_t guest = guest_new(world.store, "counter", NULL);
    wasm_func_t* count = wasm_func_copy(guest_func(&guest, "count"));
    guest_delete(&guest);
    CHECK_EQUAL(call_i32(count), 1);
    CHECK_EQUAL(call_i32(count), 2);
    wasm_func_delete(count);
    world_delete(&world);
}

static void instances_work_without_the_handles_of_their_imports(void) {
    world_t world = world_new();
    wasm_extern_vec_t imports = right_imports(world.store);
    guest_t guest = guest_new(world.store, "link", &imports);
    wasm_extern_vec_delete(&imports);
    CHECK_EQUAL(call_i32(guest_func(&guest, "call")), 7);
    guest_delete(&guest);
    world_delete(&world);
}

// A host function that instantiates a module and calls it, while a guest waits for it.
static wasm_trap_t* run_another_guest(void* env, const wasm_val_vec_t* arguments, wasm_val_vec_t* results) {
    (void)arguments;
    guest_t guest = guest_new(env, "counter", NULL);
    results->data[0] = (wasm_val_t)WASM_I64_VAL(100 + call_i32(guest_func(&guest, "count")));
    guest_delete(&guest);
    return NULL;
}

static void host_functions_make_instances(void) {
    world_t world = world_new();
    wasm_extern_vec_t imports = right_imports(world.store);
    replace(&imports, FUNC,
            wasm_func_as_extern(host_func_with_env(world.store, right_functype(), run_another_guest, world.store)));
    guest_t guest = guest_new(world.store, "link", &imports);
    wasm_extern_vec_delete(&imports);
    for (int i = 0; i < 10; i++) CHECK_EQUAL(call_i32(guest_func(&guest, "call")), 101);
    guest_delete(&guest);
    world_delete(&world);
}

int main(int argc, char* argv[]) {
    static const test_t tests[] = {
        TEST(imports_that_match_link),
        TEST(imports_of_another_type_are_link_errors),
        TEST(imports_of_another_kind_are_link_errors),
        TEST(a_wrong_number_of_imports_is_a_link_error),
        TEST(a_null_import_is_a_link_error),
        TEST(imports_may_be_null_where_there_are_none),
        TEST(segments_that_do_not_fit_are_traps),
        TEST(start_functions_run_once),
        TEST(start_functions_that_trap_leave_no_instance),
        TEST(start_functions_hand_on_the_trap_of_the_host),
        TEST(exports_stand_where_the_module_lists_them),
        TEST(instances_of_a_module_have_their_own_state),
        TEST(deleted_instances_give_their_memory_back),
        TEST(a_module_is_instantiated_in_two_stores),
        TEST(exports_work_without_instance_and_module),
        TEST(instances_work_without_the_handles_of_their_imports),
        TEST(host_functions_make_instances),
    };
    return RUN_TESTS(argc, argv, tests);
}
