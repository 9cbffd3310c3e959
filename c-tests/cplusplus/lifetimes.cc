// Lifetimes: objects may be let go in any order, live as long as something uses them, and end once.

#include <stdexcept>
#include <vector>

#include "guest.hh"

using namespace wasm;

static auto do_nothing(const vec<Val>&, vec<Val>&) -> own<Trap> { return nullptr; }

static const char* const counter = R"((module
    (global $g (export "global") (mut i32) (i32.const 0))
    (memory (export "memory") 1)
    (table (export "table") 1 funcref)
    (elem (i32.const 0) $next)
    (func $next (export "next") (result i32)
      (global.set $g (i32.add (global.get $g) (i32.const 1)))
      (global.get $g))))";

static void exports_outlive_their_instance_its_module_and_its_store() {
    auto world = std::unique_ptr<World>(new World);
    auto guest = std::unique_ptr<Guest>(new Guest(world->store.get(), counter));
    auto func = guest->func("next")->copy();
    auto global = guest->global("global")->copy();
    auto memory = guest->memory("memory")->copy();
    auto table = guest->table("table")->copy();
    guest.reset();
    world.reset();

    CHECK_EQUAL(call(func.get()).i32(), 1);
    auto from_table = table->get(0);
    CHECK(from_table->same(func.get()));
    func.reset();
    table.reset();
    global->set(Val::i32(10));
    auto* handle = wasm_ref_as_func(reinterpret_cast<wasm_ref_t*>(from_table.get()));
    CHECK_EQUAL(call(reinterpret_cast<Func*>(handle)).i32(), 11);
    memory->data()[0] = 1;
}

static void objects_may_be_let_go_in_any_order() {
    // Each of them goes first once, and the others in order.
    for (int first = 0; first < 5; first++) {
        auto engine = Engine::make();
        auto store = Store::make(engine.get());
        auto module = compile(store.get(), counter);
        auto instance = Instance::make(store.get(), module.get(), vec<Extern*>::make());
        auto exports = instance->exports();
        if (first == 0) engine.reset();
        if (first == 1) store.reset();
        if (first == 2) module.reset();
        if (first == 3) instance.reset();
        if (first == 4) exports.reset();
        engine.reset();
        store.reset();
        module.reset();
        if (instance) exports = instance->exports();
        instance.reset();
        CHECK_EQUAL(exports.size(), 4);
        CHECK_EQUAL(call(exports[3]->func()).i32(), 1);
    }
}

static void finalizers_run_once_and_no_later_than_the_end() {
    enum { OBJECTS = 9 };
    int ended[OBJECTS] = {};
    {
        World world;
        auto* store = world.store.get();
        auto func_type = FuncType::make();
        auto global_type = GlobalType::make(ValType::make(ValKind::I32), Mutability::VAR);
        auto table_type = TableType::make(ValType::make(ValKind::FUNCREF), Limits(1));
        auto memory_type = MemoryType::make(Limits(0));
        auto func = Func::make(store, func_type.get(), do_nothing);
        auto trap = Trap::make(store, Message::make_nt("trap"));
        Guest guest(store, counter);
        own<Ref> objects[OBJECTS] = {Foreign::make(store),
                                     Global::make(store, global_type.get(), Val::i32(0)),
                                     Table::make(store, table_type.get(), func.get()),
                                     Memory::make(store, memory_type.get()),
                                     compile(store, "(module)"),
                                     guest.instance()->copy(),
                                     guest.func("next")->copy(),
                                     std::move(func),
                                     trap->copy()};
        for (int i = 0; i < OBJECTS; i++) objects[i]->set_host_info(&ended[i], count);
        for (int i = 0; i < OBJECTS; i++) CHECK(objects[i]->copy()->get_host_info() == &ended[i]);
    }
    for (int count : ended) CHECK_EQUAL(count, 1);
}

static void what_a_value_owns_ends_with_it() {
    int ended = 0;
    World world;
    {
        auto foreign = Foreign::make(world.store.get());
        foreign->set_host_info(&ended, count);
        auto values = vec<Val>::make(Val::ref(foreign->copy()), Val::ref(std::move(foreign)));
        auto copy = values[0].copy();
        auto moved = std::move(values[1]);
    }
    world.store.reset();
    CHECK_EQUAL(ended, 1);
}

static void references_that_callbacks_keep_stay_valid() {
    World world;
    std::vector<own<Ref>> kept;
    auto type = func_type({ValKind::EXTERNREF}, {});
    auto func = Func::make(
        world.store.get(), type.get(),
        [](void* env, const vec<Val>& args, vec<Val>&) -> own<Trap> {
            static_cast<std::vector<own<Ref>>*>(env)->push_back(args[0].ref()->copy());
            return nullptr;
        },
        &kept);
    int marks[3];
    for (auto& mark : marks) {
        auto foreign = Foreign::make(world.store.get());
        foreign->set_host_info(&mark);
        call(func.get(), Val::ref(std::move(foreign)));
    }
    for (int i = 0; i < 3; i++) CHECK(kept[static_cast<size_t>(i)]->get_host_info() == &marks[i]);
}

// Of static duration: these end after `main`, and with them an exception.
static World static_world;
static own<Trap> static_trap;

static void objects_may_end_with_the_program() {
    auto type = FuncType::make();
    auto func = Func::make(static_world.store.get(), type.get(), [](const vec<Val>&, vec<Val>&) -> own<Trap> {
        throw std::runtime_error("never seen");
    });
    wasm_val_vec_t none = WASM_EMPTY_VEC;
    auto* trap = wasm_func_call(reinterpret_cast<const wasm_func_t*>(func.get()), &none, &none);
    static_trap.reset(reinterpret_cast<Trap*>(trap));
    CHECK(static_trap);
}

int main(int argc, char* argv[]) {
    const test_t tests[] = {
        TEST(exports_outlive_their_instance_its_module_and_its_store),
        TEST(objects_may_be_let_go_in_any_order),
        TEST(finalizers_run_once_and_no_later_than_the_end),
        TEST(what_a_value_owns_ends_with_it),
        TEST(references_that_callbacks_keep_stay_valid),
        TEST(objects_may_end_with_the_program),
    };
    return RUN_TESTS(argc, argv, tests);
}
