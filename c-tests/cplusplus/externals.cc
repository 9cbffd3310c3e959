// Globals, tables and memories, those of the host and those that modules export.

#include <algorithm>

#include "guest.hh"

using namespace wasm;

static auto give_seven(const vec<Val>&, vec<Val>& results) -> own<Trap> {
    results[0] = Val::i32(7);
    return nullptr;
}

static void externals_are_one_object_under_two_types() {
    World world;
    Guest guest(world.store.get(),
                R"((module (func (export "0")) (global (export "1") i32 (i32.const 1)) (table (export "2") 1 funcref)
                           (memory (export "3") 1)))");
    for (int i = 0; i < 4; i++) {
        Extern* external = guest.external(std::to_string(i));
        const Extern* constant = external;
        CHECK_EQUAL(external->kind(), i);
        CHECK_EQUAL(external->type()->kind(), i);
        Extern* views[] = {external->func(), external->global(), external->table(), external->memory()};
        const Extern* constants[] = {constant->func(), constant->global(), constant->table(), constant->memory()};
        for (int kind = 0; kind < 4; kind++) {
            CHECK(views[kind] == (kind == i ? external : nullptr));
            CHECK(constants[kind] == views[kind]);
        }
        CHECK(external->copy()->same(external));
    }
}

static void globals_are_read_and_assigned() {
    World world;
    auto type = GlobalType::make(ValType::make(ValKind::I64), Mutability::VAR);
    auto global = Global::make(world.store.get(), type.get(), Val::i64(1));
    CHECK(global->type()->mutability() == Mutability::VAR);

    auto imports = vec<Extern*>::make(global.get());
    Guest guest(world.store.get(),
                R"((module (global $g (import "" "g") (mut i64))
                           (func (export "add") (param i64)
                             (global.set $g (i64.add (global.get $g) (local.get 0))))))",
                imports);
    call(guest.func("add"), Val::i64(41));
    CHECK_EQUAL(global->get().i64(), 42);
    global->set(Val::i64(-1));
    call(guest.func("add"), Val::i64(3));
    CHECK_EQUAL(global->copy()->get().i64(), 2);
    // Of another type: nothing happens.
    global->set(Val::i32(9));
    CHECK_EQUAL(global->get().i64(), 2);
    CHECK(!Global::make(world.store.get(), type.get(), Val::i32(1)));
}

static void globals_copy_references() {
    World world;
    auto type = GlobalType::make(ValType::make(ValKind::FUNCREF), Mutability::VAR);
    auto seven = func_type({}, {ValKind::I32});
    auto func = Func::make(world.store.get(), seven.get(), give_seven);
    const auto value = Val::ref(func->copy());
    auto global = Global::make(world.store.get(), type.get(), value);
    CHECK(value.ref()->same(func.get()));
    auto content = global->get();
    CHECK(content.kind() == ValKind::FUNCREF);
    CHECK(content.ref()->same(func.get()));
    global->set(Val());
    CHECK(!global->get().ref());
}

static void tables_hold_references() {
    World world;
    auto seven = func_type({}, {ValKind::I32});
    const auto func = Func::make(world.store.get(), seven.get(), give_seven);
    auto type = TableType::make(ValType::make(ValKind::FUNCREF), Limits(2, 4));
    auto table = Table::make(world.store.get(), type.get(), func.get());
    CHECK_EQUAL(table->size(), 2);
    CHECK(table->get(1)->same(func.get()));
    CHECK(!table->get(2));

    CHECK(table->set(1, nullptr) && !table->get(1));
    CHECK(!table->set(2, func.get()));
    CHECK(table->grow(1, func.get()) && table->get(2)->same(func.get()));
    CHECK(table->grow(1) && !table->get(3));
    CHECK(!table->grow(1));
    CHECK_EQUAL(table->type()->limits().min, 4);
    CHECK(table->copy()->same(table.get()));

    auto empty = Table::make(world.store.get(), type.get());
    CHECK(!empty->get(0));
    // A memory is no function.
    auto memory_type = MemoryType::make(Limits(1));
    auto memory = Memory::make(world.store.get(), memory_type.get());
    CHECK(!empty->set(0, memory.get()));
}

static void memories_are_bytes_that_do_not_move() {
    World world;
    auto type = MemoryType::make(Limits(1, 3));
    auto memory = Memory::make(world.store.get(), type.get());
    CHECK_EQUAL(memory->size(), 1);
    CHECK_EQUAL(memory->data_size(), Memory::page_size);
    // Its address is taken here, which needs a definition.
    CHECK_EQUAL(std::min(Memory::page_size, memory->data_size()), 65536);

    const auto& constant = *memory;
    byte_t* data = constant.data();
    data[0] = 'x';
    CHECK(memory->grow(2) && !memory->grow(1));
    CHECK(memory->data() == data);
    CHECK_EQUAL(data[0], 'x');
    CHECK_EQUAL(data[3 * Memory::page_size - 1], 0);
    CHECK_EQUAL(memory->type()->limits().min, 3);
}

int main(int argc, char* argv[]) {
    const test_t tests[] = {
        TEST(externals_are_one_object_under_two_types),
        TEST(globals_are_read_and_assigned),
        TEST(globals_copy_references),
        TEST(tables_hold_references),
        TEST(memories_are_bytes_that_do_not_move),
    };
    return RUN_TESTS(argc, argv, tests);
}
