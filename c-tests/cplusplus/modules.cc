// Modules and instances: what they import and export, why they cannot be made, and how modules get to other threads.

#include <thread>
#include <vector>

#include "guest.hh"

using namespace wasm;

static const char* const sample = R"((module
    (import "host" "print" (func (param i32)))
    (import "" "memory" (memory 1 2))
    (global (export "answer") i64 (i64.const 42))
    (table (export "table \00") 3 funcref)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))))";

static void modules_list_what_they_import_and_export() {
    World world;
    auto module = compile(world.store.get(), sample);
    auto imports = module->imports();
    CHECK_EQUAL(imports.size(), 2);
    CHECK(text(imports[0]->module()) == "host" && text(imports[0]->name()) == "print");
    CHECK(imports[0]->type()->func()->params()[0]->kind() == ValKind::I32);
    CHECK(text(imports[1]->module()) == "" && text(imports[1]->name()) == "memory");
    CHECK_EQUAL(imports[1]->type()->memory()->limits().max, 2);

    auto exports = module->exports();
    // They do not belong to the module.
    module.reset();
    CHECK_EQUAL(exports.size(), 3);
    CHECK(text(exports[0]->name()) == "answer");
    CHECK(exports[0]->type()->global()->content()->kind() == ValKind::I64);
    CHECK(text(exports[1]->name()) == std::string("table \0", 7));
    CHECK_EQUAL(exports[1]->type()->table()->limits().min, 3);
    CHECK_EQUAL(exports[2]->type()->func()->params().size(), 2);

    auto nothing = compile(world.store.get(), "(module)");
    CHECK(nothing->imports() && nothing->exports());
    CHECK_EQUAL(nothing->imports().size() + nothing->exports().size(), 0);
}

static void there_is_no_module_of_bytes_that_are_not_valid() {
    World world;
    const auto good = vec<byte_t>::make(std::string("\0asm\1\0\0\0", 8));
    const auto bad = vec<byte_t>::make(std::string("\0asm\1\0\0\0\1", 9));
    CHECK(Module::validate(world.store.get(), good) && Module::make(world.store.get(), good));
    CHECK(!Module::validate(world.store.get(), bad) && !Module::make(world.store.get(), bad));
    for (const auto& none : {vec<byte_t>::make(), vec<byte_t>::invalid()}) {
        CHECK(!Module::validate(world.store.get(), none) && !Module::make(world.store.get(), none));
    }
}

static void instances_export_in_the_order_of_their_modules() {
    World world;
    auto type = func_type({ValKind::I32}, {});
    auto print =
        Func::make(world.store.get(), type.get(), [](const vec<Val>&, vec<Val>&) -> own<Trap> { return nullptr; });
    auto memory_type = MemoryType::make(Limits(1, 2));
    auto memory = Memory::make(world.store.get(), memory_type.get());
    auto module = compile(world.store.get(), sample);
    auto instance =
        Instance::make(world.store.get(), module.get(), vec<Extern*>::make(print.get(), memory.get()));
    CHECK(instance);
    auto exports = instance->exports();
    CHECK_EQUAL(exports.size(), 3);
    CHECK_EQUAL(exports[0]->global()->get().i64(), 42);
    CHECK_EQUAL(exports[1]->table()->size(), 3);
    CHECK_EQUAL(call(exports[2]->func(), Val::i32(2), Val::i32(3)).i32(), 5);
    CHECK(instance->copy()->same(instance.get()));
    CHECK(module->copy()->same(module.get()));
}

static void why_there_is_no_instance_is_a_trap() {
    World world;
    auto module = compile(world.store.get(), sample);
    auto type = FuncType::make();
    auto func =
        Func::make(world.store.get(), type.get(), [](const vec<Val>&, vec<Val>&) -> own<Trap> { return nullptr; });
    own<Trap> trap;
    // Too few, of another type, and null.
    CHECK(!Instance::make(world.store.get(), module.get(), vec<Extern*>::make(), &trap));
    CHECK(trap);
    CHECK(!Instance::make(world.store.get(), module.get(), vec<Extern*>::make(func.get(), func.get()), &trap));
    CHECK_MESSAGE(raw(trap), "print");
    Extern* nulls[] = {nullptr, nullptr};
    CHECK(!Instance::make(world.store.get(), module.get(), vec<Extern*>::make(size_t{2}, nulls), &trap));
    CHECK_MESSAGE(raw(trap), "NULL");
    CHECK(!Instance::make(world.store.get(), module.get(), vec<Extern*>::invalid()));

    auto starts = compile(world.store.get(), "(module (func $start unreachable) (start $start))");
    CHECK(!Instance::make(world.store.get(), starts.get(), vec<Extern*>::make(), &trap));
    CHECK_MESSAGE(raw(trap), "unreachable");
    CHECK_EQUAL(trap->origin()->func_index(), 0);

    // What the trap was is forgotten when there is one.
    auto empty = compile(world.store.get(), "(module)");
    CHECK(Instance::make(world.store.get(), empty.get(), vec<Extern*>::make(), &trap));
    CHECK(!trap);
}

static void shared_modules_run_in_other_threads() {
    auto engine = Engine::make();
    own<Shared<Module>> shared;
    {
        auto store = Store::make(engine.get());
        shared = compile(store.get(), R"((module (func (export "id") (param i32) (result i32) local.get 0)))")->share();
        CHECK(shared);
    }
    std::vector<std::thread> threads;
    for (int id = 0; id < 4; id++) {
        threads.emplace_back([&engine, &shared, id] {
            auto store = Store::make(engine.get());
            auto module = Module::obtain(store.get(), shared.get());
            CHECK(module);
            auto instance = Instance::make(store.get(), module.get(), vec<Extern*>::make());
            auto exports = instance->exports();
            CHECK_EQUAL(call(exports[0]->func(), Val::i32(id)).i32(), id);
        });
    }
    for (auto& thread : threads) thread.join();
    auto store = Store::make(engine.get());
    CHECK(!Module::obtain(store.get(), nullptr));
}

static void serialized_modules_run_elsewhere() {
    vec<byte_t> serialized = vec<byte_t>::invalid();
    {
        World world;
        serialized = compile(world.store.get(), sample)->serialize();
        CHECK(serialized && serialized.size() > 0);
    }
    World world;
    auto module = Module::deserialize(world.store.get(), serialized);
    CHECK(module);
    CHECK_EQUAL(module->exports().size(), 3);
    CHECK(text(module->serialize()) == text(serialized));

    serialized[serialized.size() / 2] = static_cast<byte_t>(serialized[serialized.size() / 2] ^ 1);
    CHECK(!Module::deserialize(world.store.get(), serialized));
    CHECK(!Module::deserialize(world.store.get(), vec<byte_t>::make()));
    CHECK(!Module::deserialize(world.store.get(), vec<byte_t>::invalid()));
}

int main(int argc, char* argv[]) {
    const test_t tests[] = {
        TEST(modules_list_what_they_import_and_export),
        TEST(there_is_no_module_of_bytes_that_are_not_valid),
        TEST(instances_export_in_the_order_of_their_modules),
        TEST(why_there_is_no_instance_is_a_trap),
        TEST(shared_modules_run_in_other_threads),
        TEST(serialized_modules_run_elsewhere),
    };
    return RUN_TESTS(argc, argv, tests);
}
