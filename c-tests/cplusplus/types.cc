// Types: they are made of other types, which they take, and lend what they are made of.

#include "guest.hh"

using namespace wasm;

static void value_types_have_their_kinds() {
    for (auto kind : {ValKind::I32, ValKind::I64, ValKind::F32, ValKind::F64, ValKind::EXTERNREF, ValKind::FUNCREF}) {
        auto type = ValType::make(kind);
        auto copy = type->copy();
        CHECK(copy.get() != type.get());
        type.reset();
        CHECK(copy->kind() == kind);
        const bool is_ref = kind == ValKind::EXTERNREF || kind == ValKind::FUNCREF;
        CHECK(copy->is_ref() == is_ref && copy->is_num() == !is_ref);
        CHECK(wasm::is_ref(kind) == is_ref && wasm::is_num(kind) == !is_ref);
    }
    CHECK(!ValType::make(static_cast<ValKind>(77)));
}

static void older_names_are_known() {
    static_assert(ValKind::ANYREF == ValKind::EXTERNREF, "an older name of externref");
    own<ValueType> type = ValType::make(ValueKind::ANYREF);
    const auto value = Value::i32(5);
    CHECK(type->kind() == ValKind::EXTERNREF);
    CHECK_EQUAL(value.i32(), 5);
}

static void function_types_lend_their_parameters_and_results() {
    auto params = types({ValKind::I32, ValKind::F64, ValKind::FUNCREF});
    auto results = types({ValKind::I64});
    auto type = FuncType::make(std::move(params), std::move(results));
    CHECK(!params && !results);

    const auto& lent = type->params();
    CHECK(lent);
    CHECK_EQUAL(lent.size(), 3);
    CHECK(lent[0]->kind() == ValKind::I32);
    CHECK(lent[1]->kind() == ValKind::F64);
    CHECK(lent[2]->is_ref());
    CHECK(&lent == &type->params());
    CHECK_EQUAL(type->results().size(), 1);

    auto copy = type->copy();
    auto taken = type->params().deep_copy();
    type.reset();
    CHECK(copy->results()[0]->kind() == ValKind::I64);
    CHECK(taken[1]->kind() == ValKind::F64);
}

static void function_types_may_be_empty() {
    auto type = FuncType::make();
    CHECK(type->params() && type->results());
    CHECK_EQUAL(type->params().size() + type->results().size(), 0);
    CHECK(type->params().get() == nullptr);
}

static void there_is_no_type_of_what_is_missing() {
    auto moved = types({ValKind::I32});
    auto elsewhere = std::move(moved);
    CHECK(!FuncType::make(std::move(moved)));
    CHECK(!FuncType::make(std::move(elsewhere), ownvec<ValType>::invalid()));
    CHECK(!FuncType::make(ownvec<ValType>::make(ValType::make(ValKind::I32), nullptr)));
    CHECK(!GlobalType::make(nullptr, Mutability::CONST));
    CHECK(!TableType::make(nullptr, Limits(1)));
    CHECK(!TableType::make(ValType::make(ValKind::I32), Limits(1)));
    CHECK(!TagType::make(nullptr));
    CHECK(!ImportType::make(Name::make(), Name::make(), nullptr));
    CHECK(!ImportType::make(Name::invalid(), Name::make(), FuncType::make()));
    CHECK(!ExportType::make(Name::invalid(), FuncType::make()));
}

static void global_types() {
    for (auto mutability : {Mutability::CONST, Mutability::VAR}) {
        auto type = GlobalType::make(ValType::make(ValKind::F32), mutability);
        auto copy = type->copy();
        type.reset();
        CHECK(copy->content()->kind() == ValKind::F32);
        CHECK(copy->mutability() == mutability);
    }
}

static void table_and_memory_types() {
    auto table = TableType::make(ValType::make(ValKind::FUNCREF), Limits(2, 5))->copy();
    CHECK(table->element()->kind() == ValKind::FUNCREF);
    CHECK_EQUAL(table->limits().min, 2);
    CHECK_EQUAL(table->limits().max, 5);

    auto memory = MemoryType::make(Limits(1))->copy();
    CHECK_EQUAL(memory->limits().min, 1);
    CHECK_EQUAL(memory->limits().max, Limits(0).max);
    CHECK_EQUAL(memory->limits().max, UINT32_MAX);
}

static void tag_types() {
    auto tag = TagType::make(func_type({ValKind::I32}, {}))->copy();
    CHECK(tag->functype()->params()[0]->kind() == ValKind::I32);
    CHECK(tag->kind() == ExternKind::TAG);
}

// What an extern type is when it is looked at as each of the kinds.
template<class Type>
static int as_kinds(Type* type) {
    return (type->func() ? 1 : 0) | (type->global() ? 2 : 0) | (type->table() ? 4 : 0) | (type->memory() ? 8 : 0) |
           (type->tag() ? 16 : 0);
}

static void extern_types_are_one_object_under_two_types() {
    auto func = func_type({ValKind::I64}, {});
    FuncType* address = func.get();
    own<ExternType> external = std::move(func);
    CHECK(external->func() == address);
    CHECK(external->func()->params()[0]->kind() == ValKind::I64);
    external = external->copy();

    own<ExternType> all[] = {std::move(external), GlobalType::make(ValType::make(ValKind::I32), Mutability::VAR),
                             TableType::make(ValType::make(ValKind::EXTERNREF), Limits(0)), MemoryType::make(Limits(0)),
                             TagType::make(FuncType::make())};
    for (int i = 0; i < 5; i++) {
        CHECK_EQUAL(all[i]->kind(), i);
        CHECK_EQUAL(as_kinds(all[i].get()), 1 << i);
        CHECK_EQUAL(as_kinds(static_cast<const ExternType*>(all[i].get())), 1 << i);
    }
}

static void import_and_export_types_own_their_names() {
    auto module = Name::make(std::string("mo\0dule", 7)), name = Name::make(std::string("name"));
    auto import = ImportType::make(std::move(module), std::move(name), func_type({ValKind::F32}, {}));
    CHECK(!module && !name);
    auto copy = import->copy();
    import.reset();
    CHECK(text(copy->module()) == std::string("mo\0dule", 7));
    CHECK(text(copy->name()) == "name");
    CHECK(copy->type()->func()->params()[0]->kind() == ValKind::F32);

    auto export_type = ExportType::make(Name::make(), MemoryType::make(Limits(3)))->copy();
    CHECK(export_type->name());
    CHECK(text(export_type->name()) == "");
    CHECK_EQUAL(export_type->type()->memory()->limits().min, 3);
}

int main(int argc, char* argv[]) {
    const test_t tests[] = {
        TEST(value_types_have_their_kinds),
        TEST(older_names_are_known),
        TEST(function_types_lend_their_parameters_and_results),
        TEST(function_types_may_be_empty),
        TEST(there_is_no_type_of_what_is_missing),
        TEST(global_types),
        TEST(table_and_memory_types),
        TEST(tag_types),
        TEST(extern_types_are_one_object_under_two_types),
        TEST(import_and_export_types_own_their_names),
    };
    return RUN_TESTS(argc, argv, tests);
}
