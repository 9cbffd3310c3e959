// Values and references: values own the references in them, and copies of a reference are handles to one object.

#include <cmath>
#include <cstring>
#include <limits>

#include "guest.hh"

using namespace wasm;

static auto do_nothing(const vec<Val>&, vec<Val>&) -> own<Trap> { return nullptr; }

static void values_have_what_they_are_made_of() {
    CHECK(Val(int32_t{-1}).kind() == ValKind::I32);
    CHECK_EQUAL(Val::i32(INT32_MIN).i32(), INT32_MIN);
    CHECK_EQUAL(Val::i64(INT64_MIN).i64(), INT64_MIN);
    CHECK(Val::f32(1.5f).f32() == 1.5f && Val::f32(0).kind() == ValKind::F32);
    CHECK(std::signbit(Val::f64(-0.0).f64()) && Val::f64(0).is_num());
    CHECK(Val().is_ref() && !Val().is_num() && !Val().ref());

    // By the type, signed or not.
    CHECK_EQUAL(Val::make(UINT32_MAX).i32(), -1);
    CHECK_EQUAL(Val::make(UINT64_MAX).i64(), -1);
    CHECK(Val::make(2.5f).get<float32_t>() == 2.5f && Val::make(2.5).get<float64_t>() == 2.5);
    CHECK_EQUAL(Val::i32(-1).get<uint32_t>(), UINT32_MAX);
    CHECK(Val::i64(-1).get<uint64_t>() == UINT64_MAX);
    CHECK_EQUAL(Val::make(int32_t{3}).get<int32_t>() + Val::make(int64_t{4}).get<int64_t>(), 7);
}

static void values_keep_the_bits_of_a_signalling_nan() {
    const uint32_t bits = 0x7fa12345;
    float nan;
    std::memcpy(&nan, &bits, sizeof nan);
    const auto value = Val::f32(nan);
    auto copy = value.copy();
    auto moved = std::move(copy);
    uint32_t kept;
    const float content = moved.f32();
    std::memcpy(&kept, &content, sizeof kept);
    CHECK_EQUAL(kept, bits);
}

static void values_own_their_references() {
    World world;
    auto type = FuncType::make();
    auto func = Func::make(world.store.get(), type.get(), do_nothing);

    auto value = Val::ref(func->copy());
    CHECK(value.ref()->same(func.get()));
    CHECK(value.get<Ref*>() == value.ref());

    auto copy = value.copy();
    CHECK(copy.ref() != value.ref() && copy.ref()->same(func.get()));

    auto moved = std::move(value);
    CHECK(!value.ref() && moved.ref()->same(func.get()));

    copy = std::move(moved);
    CHECK(!moved.ref() && copy.ref()->same(func.get()));
    auto& itself = copy;
    copy = std::move(itself);
    CHECK(copy.ref()->same(func.get()));

    auto reference = copy.release_ref();
    CHECK(!copy.ref() && reference->same(func.get()));

    auto again = Val::make(std::move(reference));
    again.reset();
    CHECK(again.is_ref() && !again.ref());
    // Of a derived class.
    again = Val::make(std::move(func));
    again = Val::i32(1);
    again.reset();
    CHECK_EQUAL(again.i32(), 1);
}

static void a_value_is_one_of_c() {
    auto value = Val::i64(-2);
    auto* handle = reinterpret_cast<wasm_val_t*>(&value);
    CHECK_EQUAL(handle->kind, WASM_I64);
    CHECK_EQUAL(handle->of.i64, -2);
    handle->of.i64 = 3;
    CHECK_EQUAL(value.i64(), 3);
}

static void copies_are_handles_to_the_same_object() {
    World world;
    auto type = FuncType::make();
    auto func = Func::make(world.store.get(), type.get(), do_nothing);
    auto other = Func::make(world.store.get(), type.get(), do_nothing);
    own<Func> copy = func->copy();
    own<Ref> reference = static_cast<Ref*>(func.get())->copy();
    CHECK(copy.get() != func.get());
    CHECK(copy->same(func.get()) && reference->same(copy.get()) && func->same(reference.get()));
    CHECK(!func->same(other.get()) && !func->same(nullptr));
}

static void a_cast_to_a_base_is_the_same_pointer() {
    World world;
    auto* store = world.store.get();
    auto func_type = FuncType::make();
    auto memory_type = MemoryType::make(Limits(1));
    auto func = Func::make(store, func_type.get(), do_nothing);
    auto memory = Memory::make(store, memory_type.get());
    auto foreign = Foreign::make(store);
    auto* c_func = reinterpret_cast<wasm_func_t*>(func.get());
    auto* c_memory = reinterpret_cast<wasm_memory_t*>(memory.get());
    auto* c_foreign = reinterpret_cast<wasm_foreign_t*>(foreign.get());

    CHECK(reinterpret_cast<wasm_extern_t*>(static_cast<Extern*>(func.get())) == wasm_func_as_extern(c_func));
    CHECK(reinterpret_cast<wasm_ref_t*>(static_cast<Ref*>(func.get())) == wasm_func_as_ref(c_func));
    CHECK(reinterpret_cast<wasm_extern_t*>(static_cast<Extern*>(memory.get())) == wasm_memory_as_extern(c_memory));
    CHECK(reinterpret_cast<wasm_ref_t*>(static_cast<Ref*>(memory.get())) == wasm_memory_as_ref(c_memory));
    CHECK(reinterpret_cast<wasm_ref_t*>(static_cast<Ref*>(foreign.get())) == wasm_foreign_as_ref(c_foreign));
    auto* c_type = reinterpret_cast<wasm_functype_t*>(func_type.get());
    CHECK(reinterpret_cast<wasm_externtype_t*>(static_cast<ExternType*>(func_type.get())) ==
          wasm_functype_as_externtype(c_type));
}

static void host_info_belongs_to_the_object() {
    int ended = 0, ended_later = 0;
    {
        World world;
        auto type = FuncType::make();
        auto func = Func::make(world.store.get(), type.get(), do_nothing);
        CHECK(func->get_host_info() == nullptr);
        func->set_host_info(&type);
        CHECK(func->get_host_info() == &type);
        func->set_host_info(&ended, count);
        auto copy = func->copy();
        func.reset();
        CHECK(copy->get_host_info() == &ended);
        CHECK_EQUAL(ended, 0);
        copy->set_host_info(&ended_later, count);
        CHECK_EQUAL(ended, 1);
    }
    CHECK_EQUAL(ended, 1);
    CHECK_EQUAL(ended_later, 1);
}

static void objects_of_the_host_pass_through_wasm() {
    World world;
    Guest guest(world.store.get(),
                R"((module (global (export "global") (mut externref) (ref.null extern))
                           (func (export "same") (param externref) (result externref) local.get 0)))");
    int mark = 0;
    auto foreign = Foreign::make(world.store.get());
    foreign->set_host_info(&mark);
    auto back = call(guest.func("same"), Val::ref(foreign->copy()));
    CHECK(back.kind() == ValKind::EXTERNREF);
    CHECK(back.ref()->same(foreign.get()));
    CHECK(back.ref()->get_host_info() == &mark);
    CHECK(!call(guest.func("same"), Val()).ref());

    guest.global("global")->set(back);
    back.reset();
    foreign.reset();
    CHECK(guest.global("global")->get().ref()->get_host_info() == &mark);
}

int main(int argc, char* argv[]) {
    const test_t tests[] = {
        TEST(values_have_what_they_are_made_of),
        TEST(values_keep_the_bits_of_a_signalling_nan),
        TEST(values_own_their_references),
        TEST(a_value_is_one_of_c),
        TEST(copies_are_handles_to_the_same_object),
        TEST(a_cast_to_a_base_is_the_same_pointer),
        TEST(host_info_belongs_to_the_object),
        TEST(objects_of_the_host_pass_through_wasm),
    };
    return RUN_TESTS(argc, argv, tests);
}
