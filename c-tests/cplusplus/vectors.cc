// Vectors: they own their elements, can be moved but not copied, and are false once they are without content.

#include <cstdint>

#include "guest.hh"

using namespace wasm;

static void a_vector_has_the_elements_that_it_is_made_of() {
    auto numbers = vec<int>::make(3, 1, 4);
    CHECK(numbers);
    CHECK_EQUAL(numbers.size(), 3);
    CHECK_EQUAL(numbers[0] * 100 + numbers[1] * 10 + numbers[2], 314);
    int more[] = {1, 5};
    numbers = vec<int>::make(size_t{2}, more);
    CHECK_EQUAL(numbers.size(), 2);
    CHECK_EQUAL(numbers.get()[1], 5);
    const auto& same = numbers;
    CHECK_EQUAL(same[0], 1);
    CHECK(same.get() == numbers.get());
}

static void an_empty_vector_is_a_vector() {
    const vec<int> empty[] = {vec<int>::make(), vec<int>::make_uninitialized(), vec<int>::make().copy()};
    for (const auto& vector : empty) {
        CHECK(vector);
        CHECK_EQUAL(vector.size(), 0);
        CHECK(vector.get() == nullptr);
    }
    const auto none = vec<int>::invalid();
    CHECK(!none);
    CHECK(!none.copy());
    CHECK(!ownvec<ValType>::invalid().deep_copy());
}

static void what_is_moved_from_is_no_vector_any_more() {
    auto first = vec<int>::make(1, 2);
    auto second = std::move(first);
    CHECK(!first && second);
    first = std::move(second);
    CHECK(first && !second);
    second.reset(first);
    CHECK(!first && second);
    CHECK_EQUAL(second[1], 2);

    auto& itself = second;
    second = std::move(itself);
    CHECK_EQUAL(second[1], 2);

    second.reset();
    CHECK(!second);
    CHECK(second.get() == nullptr);
}

static void arrays_are_adopted_and_released() {
    auto numbers = vec<int>::adopt(2, new int[2]{7, 8});
    int* data = numbers.release();
    CHECK(!numbers);
    CHECK_EQUAL(data[1], 8);
    delete[] data;

    // Elements that own something, too.
    auto kinds = types({ValKind::I32, ValKind::F64});
    auto* elements = kinds.release();
    auto again = ownvec<ValType>::adopt(2, elements);
    CHECK(again[1]->kind() == ValKind::F64);
}

static void strings_become_bytes() {
    const std::string with_zero("a\0b", 3);
    CHECK(text(Name::make(with_zero)) == with_zero);
    CHECK(text(Name::make(std::string())) == "");
    CHECK(text(Message::make_nt(with_zero)) == std::string("a\0b\0", 4));
    CHECK(text(Message::make_nt(std::string())) == std::string("\0", 1));
}

static void copies_have_elements_of_their_own() {
    auto numbers = vec<int>::make(1, 2);
    auto copy = numbers.copy();
    copy[0] = 9;
    CHECK_EQUAL(numbers[0], 1);
    CHECK_EQUAL(copy[1], 2);

    auto kinds = types({ValKind::I64, ValKind::FUNCREF});
    kinds[0].reset();
    auto deep = kinds.deep_copy();
    CHECK_EQUAL(deep.size(), 2);
    CHECK(deep[0] == nullptr);
    CHECK(deep[1].get() != kinds[1].get());
    kinds.reset();
    CHECK(deep[1]->kind() == ValKind::FUNCREF);
}

static void elements_that_own_something_are_moved_in() {
    auto i32 = ValType::make(ValKind::I32);
    auto* address = i32.get();
    auto kinds = ownvec<ValType>::make(std::move(i32), nullptr);
    CHECK(!i32);
    CHECK(kinds[0].get() == address);
    CHECK(!kinds[1]);

    // Also those of a derived class.
    auto externs = ownvec<ExternType>::make(func_type({}, {}), MemoryType::make(Limits(1)));
    CHECK(externs[1]->kind() == ExternKind::MEMORY);
}

static void new_elements_are_null() {
    auto kinds = ownvec<ValType>::make_uninitialized(3);
    auto values = vec<Val>::make_uninitialized(2);
    CHECK(!kinds[2]);
    CHECK(values[1].is_ref() && !values[1].ref());
}

static void sizes_that_cannot_be_make_no_vector() {
    CHECK(!vec<byte_t>::make_uninitialized(SIZE_MAX));
    CHECK(!vec<Val>::make_uninitialized(SIZE_MAX / 16 + 2));
    CHECK(!ownvec<Func>::make_uninitialized(SIZE_MAX / 8));
}

int main(int argc, char* argv[]) {
    const test_t tests[] = {
        TEST(a_vector_has_the_elements_that_it_is_made_of),
        TEST(an_empty_vector_is_a_vector),
        TEST(what_is_moved_from_is_no_vector_any_more),
        TEST(arrays_are_adopted_and_released),
        TEST(strings_become_bytes),
        TEST(copies_have_elements_of_their_own),
        TEST(elements_that_own_something_are_moved_in),
        TEST(new_elements_are_null),
        TEST(sizes_that_cannot_be_make_no_vector),
    };
    return RUN_TESTS(argc, argv, tests);
}
