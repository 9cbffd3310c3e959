// The standard's interface, function by function: what does not have the type that it has there does not compile.
//
// This file compiles with the wasm.hh of wasmo and, in the tests of peers, with that of another engine. So its
// assertions are facts about the standard.

#include <type_traits>

#include "wasm.hh"

namespace {

using namespace wasm;

// Whether a function, which may be overloaded, has a type; what it is called with need not be converted.
template<class Signature>
constexpr bool has(Signature) { return true; }

#define STATIC(Result, Class, name, ...) \
    static_assert(has<Result (*) __VA_ARGS__>(&Class::name), #Class "::" #name)
#define METHOD(Result, Class, name, ...) \
    static_assert(has<Result (Class::*) __VA_ARGS__>(&Class::name), #Class "::" #name)

template<class T>
constexpr bool has_no_objects() {
    return !std::is_default_constructible<T>::value && !std::is_destructible<T>::value;
}

#define OWNED(Class) \
    static_assert(std::is_same<own<Class>, std::unique_ptr<Class, destroyer>>::value, "own"); \
    static_assert(has_no_objects<Class>(), #Class)

// A type of objects that can be copied, which derives from another.
#define COPIED(Class) \
    OWNED(Class); \
    METHOD(own<Class>, Class, copy, () const)
#define DERIVED(Class, Base) \
    COPIED(Class); \
    static_assert(std::is_convertible<Class*, Base*>::value, #Class " is a " #Base); \
    static_assert(std::is_convertible<own<Class>, own<Base>>::value, #Class " is a " #Base)

// --- Vectors ---

using numbers = vec<int>;
static_assert(std::is_same<numbers::elem_type, int>::value, "elem_type");
static_assert(!std::is_copy_constructible<numbers>::value && std::is_move_constructible<numbers>::value, "moves only");
static_assert(std::is_convertible<numbers, bool>::value, "whether it is valid");
METHOD(size_t, numbers, size, () const);
METHOD(const int*, numbers, get, () const);
METHOD(int*, numbers, get, ());
METHOD(int*, numbers, release, ());
METHOD(void, numbers, reset, ());
METHOD(void, numbers, reset, (numbers&));
METHOD(numbers&, numbers, operator=, (numbers&&));
METHOD(int&, numbers, operator[], (size_t));
METHOD(const int&, numbers, operator[], (size_t) const);
METHOD(numbers, numbers, copy, () const);
METHOD(ownvec<ValType>, ownvec<ValType>, deep_copy, () const);
STATIC(numbers, numbers, make_uninitialized, (size_t));
STATIC(numbers, numbers, make, (size_t, int*));
STATIC(vec<char>, vec<char>, make, (std::string));
STATIC(vec<char>, vec<char>, make_nt, (std::string));
STATIC(numbers, numbers, make, ());
STATIC(numbers, numbers, adopt, (size_t, int*));
STATIC(numbers, numbers, invalid, ());
static_assert(std::is_same<decltype(numbers::make(1, 2, 3)), numbers>::value, "make of elements");
static_assert(std::is_same<decltype(make_own(static_cast<Func*>(nullptr))), own<Func>>::value, "make_own");
static_assert(std::is_same<ownvec<Func>, vec<own<Func>>>::value, "ownvec");

// --- Engines ---

OWNED(Config);
STATIC(own<Config>, Config, make, ());
OWNED(Engine);
STATIC(own<Engine>, Engine, make, (own<Config>&&));
static_assert(std::is_same<decltype(Engine::make()), own<Engine>>::value, "the default configuration");
OWNED(Store);
STATIC(own<Store>, Store, make, (Engine*));

// --- Types ---

static_assert(static_cast<int>(Mutability::CONST) == 0 && static_cast<int>(Mutability::VAR) == 1, "Mutability");
static_assert(std::is_same<decltype(Limits::min), uint32_t>::value, "Limits");
static_assert(std::is_same<decltype(Limits::max), uint32_t>::value, "Limits");
static_assert(std::is_constructible<Limits, uint32_t>::value, "Limits");
static_assert(std::is_constructible<Limits, uint32_t, uint32_t>::value, "Limits");

static_assert(std::is_same<std::underlying_type<ValKind>::type, uint8_t>::value, "ValKind");
static_assert(static_cast<int>(ValKind::I32) == 0 && static_cast<int>(ValKind::I64) == 1, "ValKind");
static_assert(static_cast<int>(ValKind::F32) == 2 && static_cast<int>(ValKind::F64) == 3, "ValKind");
static_assert(static_cast<int>(ValKind::EXTERNREF) == 128 && static_cast<int>(ValKind::FUNCREF) == 129, "ValKind");
static_assert(has<bool (*)(ValKind)>(&is_num) && has<bool (*)(ValKind)>(&is_ref), "is_num, is_ref");

COPIED(ValType);
STATIC(own<ValType>, ValType, make, (ValKind));
METHOD(ValKind, ValType, kind, () const);
METHOD(bool, ValType, is_num, () const);
METHOD(bool, ValType, is_ref, () const);

static_assert(static_cast<int>(ExternKind::FUNC) == 0 && static_cast<int>(ExternKind::GLOBAL) == 1, "ExternKind");
static_assert(static_cast<int>(ExternKind::TABLE) == 2 && static_cast<int>(ExternKind::MEMORY) == 3, "ExternKind");
static_assert(static_cast<int>(ExternKind::TAG) == 4, "ExternKind");

COPIED(ExternType);
METHOD(ExternKind, ExternType, kind, () const);
METHOD(FuncType*, ExternType, func, ());
METHOD(GlobalType*, ExternType, global, ());
METHOD(TableType*, ExternType, table, ());
METHOD(MemoryType*, ExternType, memory, ());
METHOD(TagType*, ExternType, tag, ());
METHOD(const FuncType*, ExternType, func, () const);
METHOD(const GlobalType*, ExternType, global, () const);
METHOD(const TableType*, ExternType, table, () const);
METHOD(const MemoryType*, ExternType, memory, () const);
METHOD(const TagType*, ExternType, tag, () const);

DERIVED(FuncType, ExternType);
STATIC(own<FuncType>, FuncType, make, (ownvec<ValType>&&, ownvec<ValType>&&));
static_assert(std::is_same<decltype(FuncType::make()), own<FuncType>>::value, "neither parameters nor results");
METHOD(const ownvec<ValType>&, FuncType, params, () const);
METHOD(const ownvec<ValType>&, FuncType, results, () const);

DERIVED(GlobalType, ExternType);
STATIC(own<GlobalType>, GlobalType, make, (own<ValType>&&, Mutability));
METHOD(const ValType*, GlobalType, content, () const);
METHOD(Mutability, GlobalType, mutability, () const);

DERIVED(TableType, ExternType);
STATIC(own<TableType>, TableType, make, (own<ValType>&&, Limits));
METHOD(const ValType*, TableType, element, () const);
METHOD(const Limits&, TableType, limits, () const);

DERIVED(MemoryType, ExternType);
STATIC(own<MemoryType>, MemoryType, make, (Limits));
METHOD(const Limits&, MemoryType, limits, () const);

DERIVED(TagType, ExternType);
STATIC(own<TagType>, TagType, make, (own<FuncType>&&));
METHOD(const FuncType*, TagType, functype, () const);

static_assert(std::is_same<Name, vec<byte_t>>::value && std::is_same<Message, vec<byte_t>>::value, "names");

COPIED(ImportType);
STATIC(own<ImportType>, ImportType, make, (Name&&, Name&&, own<ExternType>&&));
METHOD(const Name&, ImportType, module, () const);
METHOD(const Name&, ImportType, name, () const);
METHOD(const ExternType*, ImportType, type, () const);

COPIED(ExportType);
STATIC(own<ExportType>, ExportType, make, (Name&&, own<ExternType>&&));
METHOD(const Name&, ExportType, name, () const);
METHOD(const ExternType*, ExportType, type, () const);

// --- References and values ---

COPIED(Ref);
METHOD(bool, Ref, same, (const Ref*) const);
METHOD(void*, Ref, get_host_info, () const);
METHOD(void, Ref, set_host_info, (void*, void (*)(void*)));

static_assert(std::is_default_constructible<Val>::value && !std::is_copy_constructible<Val>::value, "Val");
static_assert(std::is_move_constructible<Val>::value, "Val");
static_assert(std::is_constructible<Val, int32_t>::value && !std::is_convertible<int32_t, Val>::value, "explicit");
static_assert(std::is_constructible<Val, int64_t>::value && !std::is_convertible<int64_t, Val>::value, "explicit");
static_assert(std::is_constructible<Val, float32_t>::value && !std::is_convertible<float32_t, Val>::value, "explicit");
static_assert(std::is_constructible<Val, float64_t>::value && !std::is_convertible<float64_t, Val>::value, "explicit");
static_assert(std::is_constructible<Val, own<Func>>::value && !std::is_convertible<own<Ref>, Val>::value, "explicit");
METHOD(bool, Val, is_num, () const);
METHOD(bool, Val, is_ref, () const);
STATIC(Val, Val, i32, (int32_t));
STATIC(Val, Val, i64, (int64_t));
STATIC(Val, Val, f32, (float32_t));
STATIC(Val, Val, f64, (float64_t));
STATIC(Val, Val, ref, (own<Ref>&&));
STATIC(Val, Val, make<int32_t>, (int32_t));
STATIC(Val, Val, make<uint64_t>, (uint64_t));
STATIC(Val, Val, make<Ref>, (own<Ref>&&));
METHOD(void, Val, reset, ());
METHOD(void, Val, reset, (Val&));
METHOD(Val&, Val, operator=, (Val&&));
METHOD(ValKind, Val, kind, () const);
METHOD(int32_t, Val, i32, () const);
METHOD(int64_t, Val, i64, () const);
METHOD(float32_t, Val, f32, () const);
METHOD(float64_t, Val, f64, () const);
METHOD(Ref*, Val, ref, () const);
METHOD(uint32_t, Val, get<uint32_t>, () const);
METHOD(float64_t, Val, get<float64_t>, () const);
METHOD(Ref*, Val, get<Ref*>, () const);
METHOD(own<Ref>, Val, release_ref, ());
METHOD(Val, Val, copy, () const);

// --- Traps ---

COPIED(Frame);
METHOD(Instance*, Frame, instance, () const);
METHOD(uint32_t, Frame, func_index, () const);
METHOD(size_t, Frame, func_offset, () const);
METHOD(size_t, Frame, module_offset, () const);

DERIVED(Trap, Ref);
STATIC(own<Trap>, Trap, make, (Store*, const Message&));
METHOD(Message, Trap, message, () const);
METHOD(own<Frame>, Trap, origin, () const);
METHOD(ownvec<Frame>, Trap, trace, () const);

// --- Objects ---

OWNED(Shared<Module>);
DERIVED(Module, Ref);
STATIC(bool, Module, validate, (Store*, const vec<byte_t>&));
STATIC(own<Module>, Module, make, (Store*, const vec<byte_t>&));
METHOD(ownvec<ImportType>, Module, imports, () const);
METHOD(ownvec<ExportType>, Module, exports, () const);
METHOD(own<Shared<Module>>, Module, share, () const);
STATIC(own<Module>, Module, obtain, (Store*, const Shared<Module>*));
METHOD(vec<byte_t>, Module, serialize, () const);
STATIC(own<Module>, Module, deserialize, (Store*, const vec<byte_t>&));

DERIVED(Foreign, Ref);
STATIC(own<Foreign>, Foreign, make, (Store*));

DERIVED(Extern, Ref);
METHOD(ExternKind, Extern, kind, () const);
METHOD(own<ExternType>, Extern, type, () const);
METHOD(Func*, Extern, func, ());
METHOD(Global*, Extern, global, ());
METHOD(Table*, Extern, table, ());
METHOD(Memory*, Extern, memory, ());
METHOD(const Func*, Extern, func, () const);
METHOD(const Global*, Extern, global, () const);
METHOD(const Table*, Extern, table, () const);
METHOD(const Memory*, Extern, memory, () const);

DERIVED(Func, Extern);
static_assert(std::is_same<Func::callback, own<Trap> (*)(const vec<Val>&, vec<Val>&)>::value, "callback");
static_assert(std::is_same<Func::callback_with_env, own<Trap> (*)(void*, const vec<Val>&, vec<Val>&)>::value,
              "callback_with_env");
STATIC(own<Func>, Func, make, (Store*, const FuncType*, Func::callback));
STATIC(own<Func>, Func, make, (Store*, const FuncType*, Func::callback_with_env, void*, void (*)(void*)));
METHOD(own<FuncType>, Func, type, () const);
METHOD(size_t, Func, param_arity, () const);
METHOD(size_t, Func, result_arity, () const);
METHOD(own<Trap>, Func, call, (const vec<Val>&, vec<Val>&) const);

DERIVED(Global, Extern);
STATIC(own<Global>, Global, make, (Store*, const GlobalType*, const Val&));
METHOD(own<GlobalType>, Global, type, () const);
METHOD(Val, Global, get, () const);
METHOD(void, Global, set, (const Val&));

DERIVED(Table, Extern);
static_assert(std::is_same<Table::size_t, uint32_t>::value, "Table::size_t");
STATIC(own<Table>, Table, make, (Store*, const TableType*, const Ref*));
METHOD(own<TableType>, Table, type, () const);
METHOD(own<Ref>, Table, get, (Table::size_t) const);
METHOD(bool, Table, set, (Table::size_t, const Ref*));
METHOD(Table::size_t, Table, size, () const);
METHOD(bool, Table, grow, (Table::size_t, const Ref*));

DERIVED(Memory, Extern);
static_assert(std::is_same<Memory::pages_t, uint32_t>::value, "Memory::pages_t");
static_assert(std::is_same<decltype(Memory::page_size), const size_t>::value, "Memory::page_size");
static_assert(Memory::page_size == 0x10000, "Memory::page_size");
STATIC(own<Memory>, Memory, make, (Store*, const MemoryType*));
METHOD(own<MemoryType>, Memory, type, () const);
METHOD(byte_t*, Memory, data, () const);
METHOD(size_t, Memory, data_size, () const);
METHOD(Memory::pages_t, Memory, size, () const);
METHOD(bool, Memory, grow, (Memory::pages_t));

DERIVED(Instance, Ref);
STATIC(own<Instance>, Instance, make, (Store*, const Module*, const vec<Extern*>&, own<Trap>*));
METHOD(ownvec<Extern>, Instance, exports, () const);

}  // namespace
