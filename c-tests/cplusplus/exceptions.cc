// Exceptions that callbacks throw: they leave the calls of C++, through any number of layers, and are traps to C.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include "elsewhere.hh"
#include "guest.hh"

using namespace wasm;

static const char* const calls_host = R"((module
    (import "host" "f" (func $host (param i32) (result i32)))
    (global $calls (export "calls") (mut i32) (i32.const 0))
    (func (export "f") (param i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (call $host (local.get 0)))))";

// A host function `(i32) -> i32`, and a module that calls it.
struct Layer {
    own<FuncType> type = func_type({ValKind::I32}, {ValKind::I32});
    own<Func> host;
    Guest guest;

    Layer(Store* store, Func::callback code) :
        host(Func::make(store, type.get(), code)), guest(store, calls_host, vec<Extern*>::make(host.get())) {}

    Layer(Store* store, Func::callback_with_env code, void* env) :
        host(Func::make(store, type.get(), code, env)), guest(store, calls_host, vec<Extern*>::make(host.get())) {}

    auto func() const -> Func* { return guest.func("f"); }
    auto calls() const -> int32_t { return guest.global("calls")->get().i32(); }
};

// The number of the Thrown that a call throws.
static int thrown_by(const Func* func, int number) {
    auto results = vec<Val>::make_uninitialized(1);
    try {
        auto trap = func->call(vec<Val>::make(Val::i32(number)), results);
    } catch (const Thrown& thrown) {
        CHECK_EQUAL(Thrown::alive, 1);
        return thrown.number;
    }
    check_failed(__FILE__, __LINE__, "the call throws");
}

static void what_a_callback_throws_leaves_the_call() {
    World world;
    Layer layer(world.store.get(), throw_number);
    CHECK_EQUAL(thrown_by(layer.func(), 7), 7);
    CHECK_EQUAL(Thrown::alive, 0);
    // From the host straight to the host, too.
    CHECK_EQUAL(thrown_by(layer.host.get(), 8), 8);
    CHECK_EQUAL(Thrown::alive, 0);
    // What happened before has happened, and the store goes on.
    CHECK_EQUAL(layer.calls(), 1);
    CHECK_EQUAL(thrown_by(layer.func(), 9), 9);
    CHECK_EQUAL(layer.calls(), 2);
}

static void anything_may_be_thrown() {
    World world;
    Layer layer(world.store.get(), [](const vec<Val>& args, vec<Val>&) -> own<Trap> {
        if (args[0].i32() == 0) throw 42;
        throw Val::i32(args[0].i32());
    });
    auto results = vec<Val>::make_uninitialized(1);
    int caught = 0;
    try {
        layer.func()->call(vec<Val>::make(Val::i32(0)), results);
    } catch (int number) {
        caught = number;
    }
    CHECK_EQUAL(caught, 42);
    // Nor is it copied.
    try {
        layer.func()->call(vec<Val>::make(Val::i32(5)), results);
    } catch (Val& value) {
        caught = value.i32();
    }
    CHECK_EQUAL(caught, 5);
}

static void exceptions_pass_through_many_layers() {
    World world;
    Layer innermost(world.store.get(), throw_number);
    const Func* first = innermost.func();
    Layer middle(world.store.get(), forward, &first);
    const Func* second = middle.func();
    Layer outermost(world.store.get(), forward, &second);
    CHECK_EQUAL(thrown_by(outermost.func(), 3), 3);
    CHECK_EQUAL(Thrown::alive, 0);
    CHECK_EQUAL(innermost.calls() + middle.calls() + outermost.calls(), 3);
}

static void a_callback_may_catch_what_another_one_threw() {
    World world;
    Layer inner(world.store.get(), throw_number);
    const Func* func = inner.func();
    Layer outer(
        world.store.get(),
        [](void* env, const vec<Val>& args, vec<Val>& results) -> own<Trap> {
            try {
                return (*static_cast<const Func**>(env))->call(args, results);
            } catch (const Thrown& thrown) {
                results[0] = Val::i32(thrown.number * 2);
                return nullptr;
            }
        },
        &func);
    CHECK_EQUAL(call(outer.func(), Val::i32(21)).i32(), 42);
    CHECK_EQUAL(Thrown::alive, 0);
}

static void exceptions_leave_start_functions() {
    World world;
    auto type = FuncType::make();
    auto host = Func::make(world.store.get(), type.get(), [](const vec<Val>&, vec<Val>&) -> own<Trap> {
        throw Thrown(1);
    });
    auto imports = vec<Extern*>::make(host.get());
    // By way of wasm, and the import itself.
    for (auto wat : {R"((module (import "" "" (func $host)) (func $start (call $host)) (start $start)))",
                     R"((module (import "" "" (func $host)) (start $host)))"}) {
        auto module = compile(world.store.get(), wat);
        own<Trap> trap;
        own<Trap>* places[] = {&trap, nullptr};
        for (auto* place : places) {
            int caught = 0;
            try {
                Instance::make(world.store.get(), module.get(), imports, place);
            } catch (const Thrown& thrown) {
                caught = thrown.number;
            }
            CHECK_EQUAL(caught, 1);
            CHECK(!trap);
        }
    }
    CHECK_EQUAL(Thrown::alive, 0);
}

// --- Callers in C ---

// What a caller in C does with a trap that arrives.
enum class Caller { passes_it_on, deletes_it, sets_host_info, returns_another };

struct InC {
    const Func* func;
    Caller caller;
};

static wasm_trap_t* call_in_c(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    const auto* self = static_cast<InC*>(env);
    auto* trap = wasm_func_call(reinterpret_cast<const wasm_func_t*>(self->func), args, results);
    CHECK_MESSAGE(trap, "thrown by a callback");
    switch (self->caller) {
    case Caller::passes_it_on:
        break;
    case Caller::deletes_it:
        wasm_trap_delete(trap);
        return nullptr;
    case Caller::sets_host_info:
        wasm_trap_set_host_info(trap, env);
        break;
    case Caller::returns_another: {
        auto message = Message::make_nt("another");
        wasm_trap_delete(trap);
        return reinterpret_cast<wasm_trap_t*>(Trap::make(nullptr, message).release());
    }
    }
    return trap;
}

static void c_sees_a_trap_and_may_do_with_it_as_with_any_other() {
    World world;
    Layer inner(world.store.get(), throw_number);
    InC in_c = {inner.func(), Caller::passes_it_on};
    auto* store = reinterpret_cast<wasm_store_t*>(world.store.get());
    auto* type = reinterpret_cast<const wasm_functype_t*>(inner.type.get());
    own<Func> c_func(
        reinterpret_cast<Func*>(wasm_func_new_with_env(store, type, call_in_c, &in_c, nullptr)));
    Guest guest(world.store.get(), calls_host, vec<Extern*>::make(c_func.get()));
    const Func* through_c = guest.func("f");
    Layer outer(world.store.get(), forward, &through_c);
    const auto* func = outer.func();

    CHECK_EQUAL(thrown_by(func, 4), 4);
    CHECK_EQUAL(Thrown::alive, 0);

    in_c.caller = Caller::deletes_it;
    call(func, Val::i32(1));
    CHECK_EQUAL(Thrown::alive, 0);

    in_c.caller = Caller::sets_host_info;
    auto trap = call_for_trap(func, Val::i32(1));
    CHECK_EQUAL(Thrown::alive, 0);
    CHECK_MESSAGE(raw(trap), "thrown by a callback");
    CHECK(trap->get_host_info() == &in_c);

    in_c.caller = Caller::returns_another;
    CHECK_MESSAGE(raw(call_for_trap(func, Val::i32(1))), "another");
    CHECK_EQUAL(Thrown::alive, 0);
}

static void the_trap_has_the_frames_of_the_callback() {
    World world;
    Layer layer(world.store.get(), throw_number);
    wasm_val_t argument[] = {{WASM_I32, {0}}}, room[] = {{WASM_I32, {0}}};
    wasm_val_vec_t args = WASM_ARRAY_VEC(argument), results = WASM_ARRAY_VEC(room);
    own<Trap> trap(reinterpret_cast<Trap*>(
        wasm_func_call(reinterpret_cast<const wasm_func_t*>(layer.func()), &args, &results)));
    CHECK_EQUAL(trap->origin()->func_index(), 1);
    // As long as the trap lives, so does the exception.
    CHECK_EQUAL(Thrown::alive, 1);
    trap.reset();
    CHECK_EQUAL(Thrown::alive, 0);
}

static void exceptions_without_a_text_are_traps_with_one() {
    World world;
    Layer layer(world.store.get(), [](const vec<Val>&, vec<Val>&) -> own<Trap> { throw 1; });
    wasm_val_t argument[] = {{WASM_I32, {0}}}, room[] = {{WASM_I32, {0}}};
    wasm_val_vec_t args = WASM_ARRAY_VEC(argument), results = WASM_ARRAY_VEC(room);
    own<Trap> trap(reinterpret_cast<Trap*>(
        wasm_func_call(reinterpret_cast<const wasm_func_t*>(layer.host.get()), &args, &results)));
    CHECK_MESSAGE(raw(trap), "exception of C++");
}

static void host_info_that_others_set_is_no_exception() {
    World world;
    // Among others, what does not lead anywhere.
    for (intptr_t info : {intptr_t{1}, reinterpret_cast<intptr_t>(&world), intptr_t{-1}}) {
        Layer layer(
            world.store.get(),
            [](void* info, const vec<Val>&, vec<Val>&) -> own<Trap> {
                auto trap = Trap::make(nullptr, Message::make_nt("no exception"));
                trap->set_host_info(info);
                return trap;
            },
            reinterpret_cast<void*>(info));
        auto trap = call_for_trap(layer.func(), Val::i32(0));
        CHECK(trap->get_host_info() == reinterpret_cast<void*>(info));
    }
}

static void a_trap_that_carries_an_exception_may_be_returned() {
    World world;
    Layer inner(world.store.get(), throw_number);
    Layer outer(
        world.store.get(),
        [](void* env, const vec<Val>&, vec<Val>&) -> own<Trap> {
            wasm_val_t argument[] = {{WASM_I32, {6}}}, room[] = {{WASM_I32, {0}}};
            wasm_val_vec_t args = WASM_ARRAY_VEC(argument), results = WASM_ARRAY_VEC(room);
            return own<Trap>(reinterpret_cast<Trap*>(wasm_func_call(static_cast<wasm_func_t*>(env), &args, &results)));
        },
        inner.func());
    CHECK_EQUAL(thrown_by(outer.func(), 0), 6);
}

// --- Circumstances ---

static void wasm_may_be_called_while_an_exception_is_on_its_way() {
    World world;
    static const Func* func;
    static int caught;
    struct CallsOnExit {
        ~CallsOnExit() { caught = thrown_by(func, 2); }
    };
    Layer inner(world.store.get(), [](const vec<Val>& args, vec<Val>&) -> own<Trap> {
        throw args[0].i32();
    });
    Layer thrower(world.store.get(), throw_number);
    func = thrower.func();
    const Func* throws_int = inner.func();
    Layer outer(
        world.store.get(),
        [](void* env, const vec<Val>& args, vec<Val>& results) -> own<Trap> {
            CallsOnExit on_exit;
            return forward(env, args, results);
        },
        &throws_int);
    auto results = vec<Val>::make_uninitialized(1);
    int arrived = 0;
    try {
        outer.func()->call(vec<Val>::make(Val::i32(1)), results);
    } catch (int number) {
        arrived = number;
    }
    CHECK_EQUAL(arrived, 1);
    CHECK_EQUAL(caught, 2);
}

static void many_exceptions_leave_nothing_behind() {
    World world;
    Layer inner(world.store.get(), throw_number);
    const Func* func = inner.func();
    Layer outer(world.store.get(), forward, &func);
    for (int i = 0; i < 500; i++) CHECK_EQUAL(thrown_by(outer.func(), i), i);
    CHECK_EQUAL(Thrown::alive, 0);
}

static void threads_throw_at_the_same_time() {
    auto engine = Engine::make();
    std::atomic<int> arrived{0};
    std::vector<std::thread> threads;
    for (int id = 0; id < 4; id++) {
        threads.emplace_back([&engine, &arrived, id] {
            auto store = Store::make(engine.get());
            Layer layer(store.get(), [](const vec<Val>& args, vec<Val>&) -> own<Trap> {
                throw std::runtime_error(std::to_string(args[0].i32()));
            });
            auto results = vec<Val>::make_uninitialized(1);
            for (int i = 0; i < 100; i++) {
                try {
                    layer.func()->call(vec<Val>::make(Val::i32(id * 1000 + i)), results);
                } catch (const std::runtime_error& error) {
                    if (error.what() == std::to_string(id * 1000 + i)) ++arrived;
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK_EQUAL(arrived, 400);
}

static void an_exception_that_leaves_a_callback_of_c_ends_the_program() {
    for (bool through_wasm : {true, false}) {
        const pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            // What the runtime has to say about it is no part of the test's output.
            if (!std::freopen("/dev/null", "w", stderr)) _exit(2);
            std::signal(SIGABRT, SIG_DFL);
            World world;
            auto type = func_type({ValKind::I32}, {ValKind::I32});
            own<Func> func(reinterpret_cast<Func*>(wasm_func_new(
                reinterpret_cast<wasm_store_t*>(world.store.get()),
                reinterpret_cast<const wasm_functype_t*>(type.get()),
                [](const wasm_val_vec_t*, wasm_val_vec_t*) -> wasm_trap_t* { throw Thrown(1); })));
            Guest guest(world.store.get(), calls_host, vec<Extern*>::make(func.get()));
            try {
                call(through_wasm ? guest.func("f") : func.get(), Val::i32(0));
            } catch (...) {
            }
            _exit(0);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

int main(int argc, char* argv[]) {
    const test_t tests[] = {
        TEST(what_a_callback_throws_leaves_the_call),
        TEST(anything_may_be_thrown),
        TEST(exceptions_pass_through_many_layers),
        TEST(a_callback_may_catch_what_another_one_threw),
        TEST(exceptions_leave_start_functions),
        TEST(c_sees_a_trap_and_may_do_with_it_as_with_any_other),
        TEST(the_trap_has_the_frames_of_the_callback),
        TEST(exceptions_without_a_text_are_traps_with_one),
        TEST(host_info_that_others_set_is_no_exception),
        TEST(a_trap_that_carries_an_exception_may_be_returned),
        TEST(wasm_may_be_called_while_an_exception_is_on_its_way),
        TEST(many_exceptions_leave_nothing_behind),
        TEST(threads_throw_at_the_same_time),
        TEST(an_exception_that_leaves_a_callback_of_c_ends_the_program),
    };
    return RUN_TESTS(argc, argv, tests);
}
