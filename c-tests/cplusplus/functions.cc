// Functions: calls of them, and callbacks, their results, environments and traps.

#include "guest.hh"

using namespace wasm;

static auto reverse(const vec<Val>& args, vec<Val>& results) -> own<Trap> {
    for (size_t i = 0; i < args.size(); ++i) results[args.size() - 1 - i] = args[i].copy();
    return nullptr;
}

static void values_of_all_kinds_pass_both_ways() {
    World world;
    using kind = ValKind;
    auto type = func_type({kind::I32, kind::I64, kind::F32, kind::F64, kind::FUNCREF, kind::EXTERNREF},
                          {kind::EXTERNREF, kind::FUNCREF, kind::F64, kind::F32, kind::I64, kind::I32});
    auto host = Func::make(world.store.get(), type.get(), reverse);
    Guest guest(world.store.get(),
                R"((module (import "" "" (func $host (param i32 i64 f32 f64 funcref externref)
                                                     (result externref funcref f64 f32 i64 i32)))
                           (func (export "f") (param i32 i64 f32 f64 funcref externref)
                                              (result externref funcref f64 f32 i64 i32)
                             local.get 0 local.get 1 local.get 2 local.get 3 local.get 4 local.get 5 call $host)))",
                vec<Extern*>::make(host.get()));
    int mark = 0;
    auto foreign = Foreign::make(world.store.get());
    foreign->set_host_info(&mark);

    for (const Func* func : {host.get(), guest.func("f")}) {
        auto args = vec<Val>::make(Val::i32(-1), Val::i64(2), Val::f32(3), Val::f64(4), Val::ref(host->copy()),
                                   Val::ref(foreign->copy()));
        auto results = vec<Val>::make_uninitialized(6);
        CHECK(!func->call(args, results));
        CHECK(results[0].ref()->get_host_info() == &mark);
        CHECK(results[1].kind() == ValKind::FUNCREF && results[1].ref()->same(host.get()));
        CHECK(results[2].f64() == 4 && results[3].f32() == 3);
        CHECK_EQUAL(results[4].i64(), 2);
        CHECK_EQUAL(results[5].i32(), -1);
        // The arguments still belong to the caller.
        CHECK(args[5].ref()->same(foreign.get()));
    }
}

static void functions_know_their_type() {
    World world;
    auto type = func_type({ValKind::I32, ValKind::F64}, {ValKind::I64});
    auto func = Func::make(world.store.get(), type.get(), reverse);
    type.reset();
    CHECK_EQUAL(func->param_arity(), 2);
    CHECK_EQUAL(func->result_arity(), 1);
    CHECK(func->type()->params()[1]->kind() == ValKind::F64);
    CHECK(func->type()->results()[0]->kind() == ValKind::I64);
}

static void results_that_are_not_written_are_zero_and_null() {
    World world;
    auto type = func_type({}, {ValKind::I32, ValKind::F64, ValKind::FUNCREF});
    auto func = Func::make(world.store.get(), type.get(), [](const vec<Val>&, vec<Val>& results) -> own<Trap> {
        CHECK_EQUAL(results.size(), 3);
        CHECK(results[1].f64() == 0);
        return nullptr;
    });
    auto results = vec<Val>::make(Val::i32(1), Val::i32(1), Val::i32(1));
    CHECK(!func->call(vec<Val>::make(), results));
    CHECK_EQUAL(results[0].i32(), 0);
    CHECK(results[1].f64() == 0);
    CHECK(results[2].is_ref() && !results[2].ref());
}

static void a_callback_may_put_another_vector_in_place_of_its_results() {
    World world;
    auto type = func_type({ValKind::I32}, {ValKind::I32, ValKind::I32});
    auto func = Func::make(world.store.get(), type.get(), [](const vec<Val>& args, vec<Val>& results) -> own<Trap> {
        results = args[0].i32() == 2 ? vec<Val>::make(Val::i32(5), Val::i32(6)) : vec<Val>::make(Val::i32(5));
        if (args[0].i32() == 0) results.reset();
        return nullptr;
    });
    auto results = vec<Val>::make_uninitialized(2);
    CHECK(!func->call(vec<Val>::make(Val::i32(2)), results));
    CHECK_EQUAL(results[0].i32() * 10 + results[1].i32(), 56);
    for (int count : {1, 0}) {
        auto trap = func->call(vec<Val>::make(Val::i32(count)), results);
        CHECK_MESSAGE(raw(trap), "wrong number of results");
    }
}

static void a_result_of_another_kind_is_a_trap() {
    World world;
    for (auto kind : {ValKind::I32, ValKind::FUNCREF}) {
        auto type = func_type({}, {kind});
        auto func = Func::make(world.store.get(), type.get(), [](const vec<Val>&, vec<Val>& results) -> own<Trap> {
            results[0] = Val::f32(1);
            return nullptr;
        });
        CHECK_MESSAGE(raw(call_for_trap(func.get())), "wrong type");
    }
}

static void results_may_hold_references_and_be_used_again() {
    World world;
    auto type = func_type({ValKind::FUNCREF}, {ValKind::FUNCREF});
    auto func = Func::make(world.store.get(), type.get(), reverse);
    auto trapping = Func::make(world.store.get(), type.get(), [](const vec<Val>&, vec<Val>& results) -> own<Trap> {
        results[0] = Val::i32(1);
        return Trap::make(nullptr, Message::make_nt("no"));
    });
    auto args = vec<Val>::make(Val::ref(func->copy()));
    auto results = vec<Val>::make(Val::ref(trapping->copy()), Val::ref(func->copy()));
    // What is not a result stays.
    CHECK(!func->call(args, results));
    CHECK(results[0].ref()->same(func.get()) && results[1].ref()->same(func.get()));
    args[0].reset();
    // And if there is a trap, all of it.
    CHECK(trapping->call(args, results));
    CHECK(results[0].ref()->same(func.get()));
    CHECK(!func->call(args, results));
    CHECK(!results[0].ref());
}

static void one_vector_may_be_arguments_and_results() {
    World world;
    auto numbers = func_type({ValKind::I32, ValKind::I32}, {ValKind::I32, ValKind::I32});
    auto func = Func::make(world.store.get(), numbers.get(), reverse);
    auto values = vec<Val>::make(Val::i32(1), Val::i32(2));
    CHECK(!func->call(values, values));
    CHECK_EQUAL(values[0].i32() * 10 + values[1].i32(), 21);

    auto references = func_type({ValKind::FUNCREF, ValKind::FUNCREF}, {ValKind::FUNCREF, ValKind::FUNCREF});
    func = Func::make(world.store.get(), references.get(), reverse);
    values = vec<Val>::make(Val::ref(func->copy()), Val());
    CHECK(!func->call(values, values));
    CHECK(!values[0].ref() && values[1].ref()->same(func.get()));
}

static void calls_that_do_not_fit_are_traps() {
    World world;
    auto type = func_type({ValKind::I32}, {ValKind::I32});
    auto func = Func::make(world.store.get(), type.get(), reverse);
    auto room = vec<Val>::make_uninitialized(1), none = vec<Val>::make(), invalid = vec<Val>::invalid();
    CHECK(func->call(vec<Val>::make(), room));
    CHECK(func->call(invalid, room));
    CHECK(func->call(vec<Val>::make(Val::i64(1)), room));
    CHECK(func->call(vec<Val>::make(Val::i32(1)), none));
    CHECK(func->call(vec<Val>::make(Val::i32(1)), invalid));
    CHECK(!func->call(vec<Val>::make(Val::i32(1)), room));
}

static void traps_that_a_callback_returns_arrive() {
    World world;
    auto type = FuncType::make();
    auto host = Func::make(world.store.get(), type.get(), [](void* store, const vec<Val>&, vec<Val>&) -> own<Trap> {
        auto trap = Trap::make(static_cast<Store*>(store), Message::make_nt("stop"));
        trap->set_host_info(store);
        return trap;
    }, world.store.get());
    Guest guest(world.store.get(), R"((module (import "" "" (func $host)) (func (export "f") call $host)))",
                vec<Extern*>::make(host.get()));
    auto trap = call_for_trap(guest.func("f"));
    CHECK_EQUAL(trap->message().size(), 5);
    CHECK(std::string(trap->message().get()) == "stop");
    CHECK(trap->get_host_info() == world.store.get());

    auto trace = trap->trace();
    CHECK_EQUAL(trace.size(), 1);
    auto origin = trap->origin();
    for (auto& frame : {std::move(trace[0]), origin->copy(), std::move(origin)}) {
        CHECK_EQUAL(frame->func_index(), 1);
        CHECK_EQUAL(frame->func_offset(), 1);
        CHECK(frame->module_offset() > frame->func_offset());
        CHECK(frame->instance()->same(guest.instance()));
    }
    CHECK(trap->copy()->same(trap.get()));
}

static void a_function_owns_its_environment() {
    int ended = 0;
    {
        World world;
        auto type = func_type({}, {ValKind::I32});
        Func::callback_with_env give = [](void* env, const vec<Val>&, vec<Val>& results) -> own<Trap> {
            results[0] = Val::i32(*static_cast<int*>(env) + 7);
            return nullptr;
        };
        auto func = Func::make(world.store.get(), type.get(), give, &ended, count);
        auto copy = func->copy();
        func.reset();
        CHECK_EQUAL(call(copy.get()).i32(), 7);
        CHECK_EQUAL(ended, 0);
        // Without a finalizer, and without an environment.
        CHECK_EQUAL(call(Func::make(world.store.get(), type.get(), give, &ended).get()).i32(), 7);
        CHECK(Func::make(world.store.get(), type.get(), give, nullptr));
    }
    CHECK_EQUAL(ended, 1);
}

static void there_is_no_function_of_what_is_missing() {
    World world;
    auto type = FuncType::make();
    int ended = 0;
    CHECK(!Func::make(world.store.get(), type.get(), static_cast<Func::callback>(nullptr)));
    CHECK(!Func::make(world.store.get(), type.get(), static_cast<Func::callback_with_env>(nullptr), &ended, count));
    CHECK(!Func::make(world.store.get(), nullptr, reverse));
    CHECK_EQUAL(ended, 1);
}

// Calls itself through wasm: n + (n-1) + ... + 1.
static auto sum(void* env, const vec<Val>& args, vec<Val>& results) -> own<Trap> {
    const int32_t n = args[0].i32();
    results[0] = Val::i32(-1);
    if (n == 0) {
        results[0] = Val::i32(0);
        return nullptr;
    }
    auto smaller = vec<Val>::make_uninitialized(1);
    auto trap = (*static_cast<Func**>(env))->call(vec<Val>::make(Val::i32(n - 1)), smaller);
    results[0] = Val::i32(n + smaller[0].i32());
    return trap;
}

static void callbacks_call_themselves() {
    World world;
    Func* through_wasm = nullptr;
    auto type = func_type({ValKind::I32}, {ValKind::I32});
    auto host = Func::make(world.store.get(), type.get(), sum, &through_wasm);
    Guest guest(world.store.get(),
                R"((module (import "" "" (func $host (param i32) (result i32)))
                           (func (export "f") (param i32) (result i32) (call $host (local.get 0)))))",
                vec<Extern*>::make(host.get()));
    through_wasm = guest.func("f");
    CHECK_EQUAL(call(through_wasm, Val::i32(100)).i32(), 5050);
    CHECK_EQUAL(call(host.get(), Val::i32(10)).i32(), 55);
}

static void a_callback_may_delete_its_own_function() {
    int ended = 0;
    World world;
    for (auto kind : {ValKind::I32, ValKind::EXTERNREF}) {
        struct Env {
            own<Func> func;
            int* ended;
        };
        auto type = func_type({kind}, {kind});
        auto* env = new Env{nullptr, &ended};
        env->func = Func::make(
            world.store.get(), type.get(),
            [](void* self, const vec<Val>& args, vec<Val>& results) -> own<Trap> {
                static_cast<Env*>(self)->func.reset();
                results[0] = args[0].copy();
                return nullptr;
            },
            env, [](void* self) {
                ++*static_cast<Env*>(self)->ended;
                delete static_cast<Env*>(self);
            });
        auto args = vec<Val>::make(kind == ValKind::I32 ? Val::i32(3) : Val());
        auto results = vec<Val>::make_uninitialized(1);
        CHECK(!env->func->call(args, results));
        CHECK(results[0].kind() == kind);
    }
    world.store.reset();
    CHECK_EQUAL(ended, 2);
}

static wasm_trap_t* double_in_c(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    results->data[0].of.i32 = args->data[0].of.i32 * 2;
    return nullptr;
}

static void functions_of_c_and_of_cplusplus_call_each_other() {
    World world;
    auto type = func_type({ValKind::I32}, {ValKind::I32});
    auto* c_type = reinterpret_cast<const wasm_functype_t*>(type.get());
    auto* c_func = wasm_func_new(reinterpret_cast<wasm_store_t*>(world.store.get()), c_type, double_in_c);
    own<Func> func(reinterpret_cast<Func*>(c_func));
    CHECK_EQUAL(call(func.get(), Val::i32(21)).i32(), 42);

    auto host = Func::make(world.store.get(), type.get(), reverse);
    wasm_val_t arguments[] = {{WASM_I32, {5}}}, room[] = {{WASM_I32, {0}}};
    wasm_val_vec_t args = WASM_ARRAY_VEC(arguments), results = WASM_ARRAY_VEC(room);
    CHECK(wasm_func_call(reinterpret_cast<const wasm_func_t*>(host.get()), &args, &results) == nullptr);
    CHECK_EQUAL(room[0].of.i32, 5);
}

int main(int argc, char* argv[]) {
    const test_t tests[] = {
        TEST(values_of_all_kinds_pass_both_ways),
        TEST(functions_know_their_type),
        TEST(results_that_are_not_written_are_zero_and_null),
        TEST(a_callback_may_put_another_vector_in_place_of_its_results),
        TEST(a_result_of_another_kind_is_a_trap),
        TEST(results_may_hold_references_and_be_used_again),
        TEST(one_vector_may_be_arguments_and_results),
        TEST(calls_that_do_not_fit_are_traps),
        TEST(traps_that_a_callback_returns_arrive),
        TEST(a_function_owns_its_environment),
        TEST(there_is_no_function_of_what_is_missing),
        TEST(callbacks_call_themselves),
        TEST(a_callback_may_delete_its_own_function),
        TEST(functions_of_c_and_of_cplusplus_call_each_other),
    };
    return RUN_TESTS(argc, argv, tests);
}
