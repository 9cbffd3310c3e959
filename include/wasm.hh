// The standard C++ API of WebAssembly: classes over the C API of wasm.h. One file, as the standard has it.
//
// Ownership. `own<T>` and `ownvec<T>` own what they lead to; whoever is passed one, or is returned one, owns it from
// then on. A plain pointer is only looked at during the call, or belongs to the object that it was asked of. What
// cannot be made or done is a null `own`, a vector that is false, or `false`.
//
// Representation. The classes from Config to Instance have no objects: a pointer to one *is* the handle of the C API,
// `Func*` and `wasm_func_t*` are the same address, and reinterpret_cast leads from one to the other, both ways. So C++
// makes, copies, destroys and dereferences none of them, and a cast to a base class is what `wasm_func_as_ref` is.
// Of what does lie in memory, this header and the library share three things:
// - A Val is a wasm_val_t, its only member, so an array of the one is an array of the other.
// - The vectors and limits that a type lends, and the arguments of a callback, are read as `vec` and `Limits` where the
//   library keeps them. No C++ code writes there, so the rule of strict aliasing leaves nothing to reorder.
// - An array of pointers is passed on as it is, to a call that no compiler sees through.
// All other vectors are copied, for those of C++ come from new[], and those of C from malloc.
//
// Exceptions. What a callback throws does not enter wasm. It becomes a trap, whose message is `what()`, and Func::call
// and Instance::make throw it again when it arrives there: through any number of calls, from callback to callback. To
// callers in C it is a trap like any other, which they may pass on or delete. The exception travels as the host info of
// the trap; who sets another one leaves only the trap. Under -fno-exceptions it stays one; all files of a program must
// choose alike.
// All this is about the callbacks of this API. An exception that leaves a callback of the C API ends the program; a
// longjmp or the cancellation of a thread that leaves any callback is undefined behaviour. Finalizers do not throw.
//
// Threads. Engines and shared modules are for all threads. A store, and what was made with it, is for one at a time.

#ifndef WASM_HH
#define WASM_HH

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "wasm.h"

namespace wasm {

// --- Vectors ---

// An array of fixed size that owns its elements, or none at all: then it is false, as when memory ran out, or when its
// content was moved away.
template<class T>
class vec {
  static const size_t invalid_size = SIZE_MAX;

  size_t size_;
  T* data_;

  vec(size_t size, T* data) noexcept : size_(size), data_(data) {}

 public:
  using elem_type = T;

  vec(vec<T>&& that) noexcept : size_(that.size_), data_(that.release()) {}

  ~vec() { delete[] data_; }

  operator bool() const { return size_ != invalid_size; }

  // The number of elements.
  auto size() const -> size_t { return size_; }

  // The first element; null if there is none.
  auto get() const -> const T* { return data_; }
  auto get() -> T* { return data_; }

  // The array, for the caller to delete[].
  auto release() -> T* {
    T* data = data_;
    size_ = invalid_size;
    data_ = nullptr;
    return data;
  }

  void reset() { delete[] release(); }

  // Takes the content of another vector.
  void reset(vec& that) {
    if (this == &that) return;
    reset();
    size_ = that.size_;
    data_ = that.release();
  }

  auto operator=(vec&& that) noexcept -> vec& {
    reset(that);
    return *this;
  }

  auto operator[](size_t i) -> T& {
    assert(*this && i < size_);
    return data_[i];
  }

  auto operator[](size_t i) const -> const T& {
    assert(*this && i < size_);
    return data_[i];
  }

  // A vector with copies of the elements, where T can be assigned.
  auto copy() const -> vec {
    if (!*this) return invalid();
    auto made = make_uninitialized(size_);
    for (size_t i = 0; made && i < size_; ++i) made.data_[i] = data_[i];
    return made;
  }

  // A vector with copies of what the elements own.
  auto deep_copy() const -> vec {
    if (!*this) return invalid();
    auto made = make_uninitialized(size_);
    for (size_t i = 0; made && i < size_; ++i) made.data_[i] = data_[i] ? data_[i]->copy() : T();
    return made;
  }

  // Elements to be filled in; those of class types are as their default constructor makes them.
  static auto make_uninitialized(size_t size = 0) -> vec {
    if (size == 0) return make();
    // A size in bytes that overflows need not be seen by new, which has a size of its own to add.
    if (size > static_cast<size_t>(PTRDIFF_MAX) / sizeof(T)) return invalid();
    T* data = new (std::nothrow) T[size];
    return data ? vec(size, data) : invalid();
  }

  // The elements are moved out of `init`.
  static auto make(size_t size, T init[]) -> vec {
    auto made = make_uninitialized(size);
    for (size_t i = 0; made && i < size; ++i) made.data_[i] = std::move(init[i]);
    return made;
  }

  // The bytes of a string.
  static auto make(std::string s) -> vec<char> {
    auto made = vec<char>::make_uninitialized(s.size());
    if (made.get()) std::memcpy(made.get(), s.data(), s.size());
    return made;
  }

  // The bytes of a string, and a NUL.
  static auto make_nt(std::string s) -> vec<char> {
    auto made = vec<char>::make_uninitialized(s.size() + 1);
    if (made) std::memcpy(made.get(), s.c_str(), s.size() + 1);
    return made;
  }

  // No elements.
  static auto make() -> vec { return vec(0, nullptr); }

  // These elements.
  template<class... Ts>
  static auto make(Ts&&... elements) -> vec {
    T data[] = {std::forward<Ts>(elements)...};
    return make(sizeof...(Ts), data);
  }

  // Takes an array that came from new[].
  static auto adopt(size_t size, T data[]) -> vec { return vec(size, data); }

  static auto invalid() -> vec { return vec(invalid_size, nullptr); }
};

template<class T> const size_t vec<T>::invalid_size;

// --- Ownership ---

// Ends an object of the library.
class destroyer {
 public:
  template<class T>
  void operator()(T* object) { object->destroy(); }
};

template<class T> using own = std::unique_ptr<T, destroyer>;
template<class T> using ownvec = vec<own<T>>;

template<class T>
auto make_own(T* object) -> own<T> { return own<T>(object); }

// --- The way to the C API ---

class Config;
class Engine;
class Store;
class ValType;
class ExternType;
class FuncType;
class GlobalType;
class TableType;
class MemoryType;
class TagType;
struct Limits;
class ImportType;
class ExportType;
class Ref;
class Val;
class Frame;
class Trap;
class Module;
template<class T> class Shared;
class Foreign;
class Extern;
class Func;
class Global;
class Table;
class Memory;
class Instance;

namespace detail {

// The type in wasm.h of what a class stands for.
template<class T> struct in_c;
template<> struct in_c<Config> { using type = wasm_config_t; };
template<> struct in_c<Engine> { using type = wasm_engine_t; };
template<> struct in_c<Store> { using type = wasm_store_t; };
template<> struct in_c<ValType> { using type = wasm_valtype_t; };
template<> struct in_c<ExternType> { using type = wasm_externtype_t; };
template<> struct in_c<FuncType> { using type = wasm_functype_t; };
template<> struct in_c<GlobalType> { using type = wasm_globaltype_t; };
template<> struct in_c<TableType> { using type = wasm_tabletype_t; };
template<> struct in_c<MemoryType> { using type = wasm_memorytype_t; };
template<> struct in_c<TagType> { using type = wasm_tagtype_t; };
template<> struct in_c<Limits> { using type = wasm_limits_t; };
template<> struct in_c<ImportType> { using type = wasm_importtype_t; };
template<> struct in_c<ExportType> { using type = wasm_exporttype_t; };
template<> struct in_c<Ref> { using type = wasm_ref_t; };
template<> struct in_c<Val> { using type = wasm_val_t; };
template<> struct in_c<Frame> { using type = wasm_frame_t; };
template<> struct in_c<Trap> { using type = wasm_trap_t; };
template<> struct in_c<Module> { using type = wasm_module_t; };
template<> struct in_c<Shared<Module>> { using type = wasm_shared_module_t; };
template<> struct in_c<Foreign> { using type = wasm_foreign_t; };
template<> struct in_c<Extern> { using type = wasm_extern_t; };
template<> struct in_c<Func> { using type = wasm_func_t; };
template<> struct in_c<Global> { using type = wasm_global_t; };
template<> struct in_c<Table> { using type = wasm_table_t; };
template<> struct in_c<Memory> { using type = wasm_memory_t; };
template<> struct in_c<Instance> { using type = wasm_instance_t; };

// How pointers and vectors pass between this API and that of C. Members of a class, and not functions of a namespace,
// so that no unqualified call in a program finds them by its arguments.
class crossing {
 protected:
  template<class T> using c = typename in_c<T>::type;

  // The same pointer, in C.
  template<class T> static auto to_c(T* object) -> c<T>* { return reinterpret_cast<c<T>*>(object); }
  template<class T> static auto to_c(const T* object) -> const c<T>* { return reinterpret_cast<const c<T>*>(object); }

  // The same pointer, in C++.
  template<class T> static auto see(c<T>* object) -> T* { return reinterpret_cast<T*>(object); }
  template<class T> static auto see(const c<T>* object) -> const T* { return reinterpret_cast<const T*>(object); }

  // The same pointer, which the caller owns.
  template<class T> static auto take(c<T>* object) -> own<T> { return own<T>(see<T>(object)); }

  // A vector of the library's, read where it lies.
  template<class T, class CVec>
  static auto see_vec(const CVec* raw) -> const vec<T>& {
    static_assert(std::is_standard_layout<vec<T>>::value && sizeof(vec<T>) == sizeof(CVec), "both are size and data");
    static_assert(sizeof(T) == sizeof(*raw->data), "an own is nothing but its pointer");
    return *reinterpret_cast<const vec<T>*>(raw);
  }

  // A vector as the library looks at it during a call. C has one type for what it reads and what it writes.
  template<class CVec, class T>
  static auto lend_vec(const vec<T>& vector) -> CVec {
    CVec raw;
    raw.size = vector ? vector.size() : 0;
    raw.data = reinterpret_cast<decltype(raw.data)>(const_cast<T*>(vector.get()));
    return raw;
  }

  // Moves objects out of the library.
  template<class T, class CVec>
  static auto take_vec(CVec& raw, void (*end)(CVec*)) -> ownvec<T> {
    auto taken = ownvec<T>::make_uninitialized(raw.size);
    for (size_t i = 0; taken && i < raw.size; ++i) {
      taken[i] = take<T>(raw.data[i]);
      raw.data[i] = nullptr;
    }
    end(&raw);
    return taken;
  }

  // Moves bytes out of the library.
  static auto take_bytes(wasm_byte_vec_t& raw) -> vec<byte_t> {
    auto taken = vec<byte_t>::make_uninitialized(raw.size);
    if (taken.get()) std::memcpy(taken.get(), raw.data, raw.size);
    wasm_byte_vec_delete(&raw);
    return taken;
  }

  // Moves bytes into the library.
  static auto give_bytes(vec<byte_t>&& bytes) -> wasm_byte_vec_t {
    const auto lent = lend_vec<wasm_byte_vec_t>(bytes);
    wasm_byte_vec_t raw;
    wasm_byte_vec_new(&raw, lent.size, lent.data);
    bytes.reset();
    return raw;
  }
};

// The base of what has no objects of its own.
class handle : protected crossing {
 public:
  handle() = delete;
  handle(const handle&) = delete;
  auto operator=(const handle&) -> handle& = delete;
  ~handle() = delete;
};

// In a template, as only there C++11 lets a header define a static member.
template<class>
class page {
 public:
  // The size of a page of linear memory in bytes.
  static const size_t page_size = 0x10000;
};

template<class T> const size_t page<T>::page_size;

}  // namespace detail

// --- Engines ---

// The settings of an engine.
class Config : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_config_delete(to_c(this)); }

 public:
  static auto make() -> own<Config> { return take<Config>(wasm_config_new()); }
};

// What compiles modules. Any number of engines may exist, each used by any number of threads.
class Engine : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_engine_delete(to_c(this)); }

 public:
  static auto make(own<Config>&& config = Config::make()) -> own<Engine> {
    return take<Engine>(wasm_engine_new_with_config(to_c(config.release())));
  }
};

// Where instances and all that they consist of live. What was made with one store does not fit another one.
class Store : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_store_delete(to_c(this)); }

 public:
  static auto make(Engine* engine) -> own<Store> { return take<Store>(wasm_store_new(to_c(engine))); }
};

// --- Types ---

enum class Mutability : uint8_t { CONST = WASM_CONST, VAR = WASM_VAR };

// Bounds of a size: in elements for a table, in pages for a memory.
struct Limits {
  uint32_t min;
  uint32_t max;

  Limits(uint32_t least, uint32_t most = std::numeric_limits<uint32_t>::max()) : min(least), max(most) {}
};

static_assert(std::is_standard_layout<Limits>::value && sizeof(Limits) == sizeof(wasm_limits_t), "min and max");

enum class ValKind : uint8_t {
  I32 = WASM_I32,
  I64 = WASM_I64,
  F32 = WASM_F32,
  F64 = WASM_F64,
  EXTERNREF = WASM_EXTERNREF,
  ANYREF = WASM_EXTERNREF,  // as older headers call it
  FUNCREF = WASM_FUNCREF,
};

inline auto is_num(ValKind kind) -> bool { return kind < ValKind::EXTERNREF; }
inline auto is_ref(ValKind kind) -> bool { return kind >= ValKind::EXTERNREF; }

// The type of a value.
class ValType : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_valtype_delete(to_c(this)); }

 public:
  static auto make(ValKind kind) -> own<ValType> {
    return take<ValType>(wasm_valtype_new(static_cast<wasm_valkind_t>(kind)));
  }

  auto copy() const -> own<ValType> { return take<ValType>(wasm_valtype_copy(to_c(this))); }

  auto kind() const -> ValKind { return static_cast<ValKind>(wasm_valtype_kind(to_c(this))); }
  auto is_num() const -> bool { return wasm::is_num(kind()); }
  auto is_ref() const -> bool { return wasm::is_ref(kind()); }
};

enum class ExternKind : uint8_t {
  FUNC = WASM_EXTERN_FUNC,
  GLOBAL = WASM_EXTERN_GLOBAL,
  TABLE = WASM_EXTERN_TABLE,
  MEMORY = WASM_EXTERN_MEMORY,
  TAG = WASM_EXTERN_TAG,
};

// The type of an import or an export.
class ExternType : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_externtype_delete(to_c(this)); }

 public:
  auto copy() const -> own<ExternType> { return take<ExternType>(wasm_externtype_copy(to_c(this))); }

  auto kind() const -> ExternKind { return static_cast<ExternKind>(wasm_externtype_kind(to_c(this))); }

  // This object itself, as what it is; null if it is of another kind.
  auto func() -> FuncType* { return see<FuncType>(wasm_externtype_as_functype(to_c(this))); }
  auto global() -> GlobalType* { return see<GlobalType>(wasm_externtype_as_globaltype(to_c(this))); }
  auto table() -> TableType* { return see<TableType>(wasm_externtype_as_tabletype(to_c(this))); }
  auto memory() -> MemoryType* { return see<MemoryType>(wasm_externtype_as_memorytype(to_c(this))); }
  auto tag() -> TagType* { return see<TagType>(wasm_externtype_as_tagtype(to_c(this))); }

  auto func() const -> const FuncType* { return see<FuncType>(wasm_externtype_as_functype_const(to_c(this))); }
  auto global() const -> const GlobalType* { return see<GlobalType>(wasm_externtype_as_globaltype_const(to_c(this))); }
  auto table() const -> const TableType* { return see<TableType>(wasm_externtype_as_tabletype_const(to_c(this))); }
  auto memory() const -> const MemoryType* { return see<MemoryType>(wasm_externtype_as_memorytype_const(to_c(this))); }
  auto tag() const -> const TagType* { return see<TagType>(wasm_externtype_as_tagtype_const(to_c(this))); }
};

// The type of a function: what it takes and what it returns, in order.
class FuncType : public ExternType {
  static auto give(ownvec<ValType>&& types) -> wasm_valtype_vec_t {
    wasm_valtype_vec_t raw;
    wasm_valtype_vec_new_uninitialized(&raw, types.size());
    for (size_t i = 0; i < raw.size; ++i) raw.data[i] = to_c(types[i].release());
    types.reset();
    return raw;
  }

 public:
  static auto make(
    ownvec<ValType>&& params = ownvec<ValType>::make(), ownvec<ValType>&& results = ownvec<ValType>::make()
  ) -> own<FuncType> {
    if (!params || !results) return nullptr;
    auto raw_params = give(std::move(params)), raw_results = give(std::move(results));
    return take<FuncType>(wasm_functype_new(&raw_params, &raw_results));
  }

  auto copy() const -> own<FuncType> { return take<FuncType>(wasm_functype_copy(to_c(this))); }

  auto params() const -> const ownvec<ValType>& { return see_vec<own<ValType>>(wasm_functype_params(to_c(this))); }
  auto results() const -> const ownvec<ValType>& { return see_vec<own<ValType>>(wasm_functype_results(to_c(this))); }
};

// The type of a global variable.
class GlobalType : public ExternType {
 public:
  static auto make(own<ValType>&& content, Mutability mutability) -> own<GlobalType> {
    return take<GlobalType>(wasm_globaltype_new(to_c(content.release()), static_cast<wasm_mutability_t>(mutability)));
  }

  auto copy() const -> own<GlobalType> { return take<GlobalType>(wasm_globaltype_copy(to_c(this))); }

  auto content() const -> const ValType* { return see<ValType>(wasm_globaltype_content(to_c(this))); }
  auto mutability() const -> Mutability { return static_cast<Mutability>(wasm_globaltype_mutability(to_c(this))); }
};

// The type of a table of references.
class TableType : public ExternType {
 public:
  static auto make(own<ValType>&& element, Limits limits) -> own<TableType> {
    const wasm_limits_t raw = {limits.min, limits.max};
    return take<TableType>(wasm_tabletype_new(to_c(element.release()), &raw));
  }

  auto copy() const -> own<TableType> { return take<TableType>(wasm_tabletype_copy(to_c(this))); }

  auto element() const -> const ValType* { return see<ValType>(wasm_tabletype_element(to_c(this))); }
  auto limits() const -> const Limits& { return *see<Limits>(wasm_tabletype_limits(to_c(this))); }
};

// The type of a linear memory.
class MemoryType : public ExternType {
 public:
  static auto make(Limits limits) -> own<MemoryType> {
    const wasm_limits_t raw = {limits.min, limits.max};
    return take<MemoryType>(wasm_memorytype_new(&raw));
  }

  auto copy() const -> own<MemoryType> { return take<MemoryType>(wasm_memorytype_copy(to_c(this))); }

  auto limits() const -> const Limits& { return *see<Limits>(wasm_memorytype_limits(to_c(this))); }
};

// The type of an exception tag.
class TagType : public ExternType {
 public:
  // The parameters of the function type are what an exception carries.
  static auto make(own<FuncType>&& type) -> own<TagType> {
    return take<TagType>(wasm_tagtype_new(to_c(type.release())));
  }

  auto copy() const -> own<TagType> { return take<TagType>(wasm_tagtype_copy(to_c(this))); }

  auto functype() const -> const FuncType* { return see<FuncType>(wasm_tagtype_functype(to_c(this))); }
};

// UTF-8, without a NUL at its end.
using Name = vec<byte_t>;

// An import of a module: the two parts of its name, and the type of what it asks for.
class ImportType : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_importtype_delete(to_c(this)); }

 public:
  static auto make(Name&& module, Name&& name, own<ExternType>&& type) -> own<ImportType> {
    if (!module || !name) return nullptr;
    auto raw_module = give_bytes(std::move(module)), raw_name = give_bytes(std::move(name));
    return take<ImportType>(wasm_importtype_new(&raw_module, &raw_name, to_c(type.release())));
  }

  auto copy() const -> own<ImportType> { return take<ImportType>(wasm_importtype_copy(to_c(this))); }

  auto module() const -> const Name& { return see_vec<byte_t>(wasm_importtype_module(to_c(this))); }
  auto name() const -> const Name& { return see_vec<byte_t>(wasm_importtype_name(to_c(this))); }
  auto type() const -> const ExternType* { return see<ExternType>(wasm_importtype_type(to_c(this))); }
};

// An export of a module: its name, and the type of what it offers.
class ExportType : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_exporttype_delete(to_c(this)); }

 public:
  static auto make(Name&& name, own<ExternType>&& type) -> own<ExportType> {
    if (!name) return nullptr;
    auto raw_name = give_bytes(std::move(name));
    return take<ExportType>(wasm_exporttype_new(&raw_name, to_c(type.release())));
  }

  auto copy() const -> own<ExportType> { return take<ExportType>(wasm_exporttype_copy(to_c(this))); }

  auto name() const -> const Name& { return see_vec<byte_t>(wasm_exporttype_name(to_c(this))); }
  auto type() const -> const ExternType* { return see<ExternType>(wasm_exporttype_type(to_c(this))); }
};

// --- References and values ---

// A handle to some object. Copies are handles to the same object, which lives as long as something uses it.
class Ref : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_ref_delete(to_c(this)); }

 public:
  auto copy() const -> own<Ref> { return take<Ref>(wasm_ref_copy(to_c(this))); }

  // Whether both are handles to the same object.
  auto same(const Ref* that) const -> bool { return wasm_ref_same(to_c(this), to_c(that)); }

  // What the host keeps with the object. The finalizer is called once, when another info is set or the object ends.
  auto get_host_info() const -> void* { return wasm_ref_get_host_info(to_c(this)); }
  void set_host_info(void* info, void (*finalizer)(void*) = nullptr) {
    wasm_ref_set_host_info_with_finalizer(to_c(this), info, finalizer);
  }
};

// A value. It owns its reference.
class Val : detail::crossing {
  friend class Func;

  wasm_val_t raw_;

  auto release() -> wasm_val_t {
    auto raw = raw_;
    if (is_ref()) raw_.of.ref = nullptr;
    return raw;
  }

 public:
  // The null reference.
  Val() {
    raw_.kind = WASM_EXTERNREF;
    raw_.of.ref = nullptr;
  }

  explicit Val(int32_t value) {
    raw_.kind = WASM_I32;
    raw_.of.i32 = value;
  }

  explicit Val(int64_t value) {
    raw_.kind = WASM_I64;
    raw_.of.i64 = value;
  }

  explicit Val(float32_t value) {
    raw_.kind = WASM_F32;
    raw_.of.f32 = value;
  }

  explicit Val(float64_t value) {
    raw_.kind = WASM_F64;
    raw_.of.f64 = value;
  }

  // A reference of any type. The kind of a function's is EXTERNREF too; where one is expected, either will do.
  explicit Val(own<Ref>&& reference) {
    raw_.kind = WASM_EXTERNREF;
    raw_.of.ref = to_c(reference.release());
  }

  Val(Val&& that) noexcept : raw_(that.release()) {}

  ~Val() { reset(); }

  static auto i32(int32_t value) -> Val { return Val(value); }
  static auto i64(int64_t value) -> Val { return Val(value); }
  static auto f32(float32_t value) -> Val { return Val(value); }
  static auto f64(float64_t value) -> Val { return Val(value); }
  static auto ref(own<Ref>&& reference) -> Val { return Val(std::move(reference)); }

  // For int32_t, int64_t, uint32_t, uint64_t, float32_t and float64_t.
  template<class T> static auto make(T value) -> Val = delete;
  template<class T> static auto make(own<T>&& reference) -> Val { return Val(own<Ref>(std::move(reference))); }

  // Frees the reference, and leaves null in its place. Numbers stay as they are.
  void reset() {
    if (is_num() || !raw_.of.ref) return;
    wasm_ref_delete(raw_.of.ref);
    raw_.of.ref = nullptr;
  }

  // Takes the content of another value.
  void reset(Val& that) {
    if (this == &that) return;
    reset();
    raw_ = that.release();
  }

  auto operator=(Val&& that) noexcept -> Val& {
    reset(that);
    return *this;
  }

  auto kind() const -> ValKind { return static_cast<ValKind>(raw_.kind); }
  auto is_num() const -> bool { return wasm::is_num(kind()); }
  auto is_ref() const -> bool { return wasm::is_ref(kind()); }

  auto i32() const -> int32_t {
    assert(kind() == ValKind::I32);
    return raw_.of.i32;
  }

  auto i64() const -> int64_t {
    assert(kind() == ValKind::I64);
    return raw_.of.i64;
  }

  auto f32() const -> float32_t {
    assert(kind() == ValKind::F32);
    return raw_.of.f32;
  }

  auto f64() const -> float64_t {
    assert(kind() == ValKind::F64);
    return raw_.of.f64;
  }

  // The reference, which still belongs to the value; null for the null reference.
  auto ref() const -> Ref* {
    assert(is_ref());
    return see<Ref>(raw_.of.ref);
  }

  // For the types of `make`, and for Ref*.
  template<class T> auto get() const -> T = delete;

  // The reference; null is left in its place.
  auto release_ref() -> own<Ref> {
    assert(is_ref());
    return take<Ref>(release().of.ref);
  }

  auto copy() const -> Val {
    Val made;
    made.raw_ = raw_;
    if (is_ref()) made.raw_.of.ref = wasm_ref_copy(raw_.of.ref);
    return made;
  }
};

static_assert(std::is_standard_layout<Val>::value && sizeof(Val) == sizeof(wasm_val_t), "a Val is a wasm_val_t");

template<> inline auto Val::make<int32_t>(int32_t value) -> Val { return Val(value); }
template<> inline auto Val::make<int64_t>(int64_t value) -> Val { return Val(value); }
template<> inline auto Val::make<uint32_t>(uint32_t value) -> Val { return Val(static_cast<int32_t>(value)); }
template<> inline auto Val::make<uint64_t>(uint64_t value) -> Val { return Val(static_cast<int64_t>(value)); }
template<> inline auto Val::make<float32_t>(float32_t value) -> Val { return Val(value); }
template<> inline auto Val::make<float64_t>(float64_t value) -> Val { return Val(value); }

template<> inline auto Val::get<int32_t>() const -> int32_t { return i32(); }
template<> inline auto Val::get<int64_t>() const -> int64_t { return i64(); }
template<> inline auto Val::get<uint32_t>() const -> uint32_t { return static_cast<uint32_t>(i32()); }
template<> inline auto Val::get<uint64_t>() const -> uint64_t { return static_cast<uint64_t>(i64()); }
template<> inline auto Val::get<float32_t>() const -> float32_t { return f32(); }
template<> inline auto Val::get<float64_t>() const -> float64_t { return f64(); }
template<> inline auto Val::get<Ref*>() const -> Ref* { return ref(); }

// As older headers call them.
using Value = Val;
using ValueKind = ValKind;
using ValueType = ValType;

// --- Traps ---

// What a trap says, with a NUL at its end.
using Message = vec<byte_t>;

// A wasm function that was active when a trap occurred, and where in it that was.
class Frame : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_frame_delete(to_c(this)); }

 public:
  auto copy() const -> own<Frame> { return take<Frame>(wasm_frame_copy(to_c(this))); }

  // Null if the instance is not known.
  auto instance() const -> Instance* { return see<Instance>(wasm_frame_instance(to_c(this))); }
  auto func_index() const -> uint32_t { return wasm_frame_func_index(to_c(this)); }
  // Offsets are in bytes: from the start of the function's body, and of the module.
  auto func_offset() const -> size_t { return wasm_frame_func_offset(to_c(this)); }
  auto module_offset() const -> size_t { return wasm_frame_module_offset(to_c(this)); }
};

// Why code stopped.
class Trap : public Ref {
 public:
  static auto make(Store* store, const Message& message) -> own<Trap> {
    const auto raw = lend_vec<wasm_message_t>(message);
    return take<Trap>(wasm_trap_new(to_c(store), &raw));
  }

  auto copy() const -> own<Trap> { return take<Trap>(wasm_trap_copy(to_c(this))); }

  auto message() const -> Message {
    wasm_message_t raw;
    wasm_trap_message(to_c(this), &raw);
    return take_bytes(raw);
  }

  // The innermost frame; null if there is none.
  auto origin() const -> own<Frame> { return take<Frame>(wasm_trap_origin(to_c(this))); }

  // The frames, the innermost first.
  auto trace() const -> ownvec<Frame> {
    wasm_frame_vec_t raw;
    wasm_trap_trace(to_c(this), &raw);
    return take_vec<Frame>(raw, wasm_frame_vec_delete);
  }
};

namespace detail {

// An exception on its way through wasm: the host info of the trap that carries it.
class carried : crossing {
#ifdef __cpp_exceptions
  std::exception_ptr exception_;

  // Other code sets host info too. So whether a pointer leads to one of these is looked up here, not where it leads.
  struct register_of_all {
    std::mutex mutex;
    std::set<const void*> members;
  };

  // It is never destroyed, because objects of static duration may end stores later than that.
  static auto all() -> register_of_all& {
    static auto* const all = new register_of_all;
    return *all;
  }

  explicit carried(std::exception_ptr&& exception) : exception_(std::move(exception)) {
    std::lock_guard<std::mutex> lock(all().mutex);
    all().members.insert(this);
  }

  ~carried() {
    std::lock_guard<std::mutex> lock(all().mutex);
    all().members.erase(this);
  }

  static void finalize(void* self) { delete static_cast<carried*>(self); }

  // What a trap carries; null if that is no exception.
  static auto by(const Trap& trap) -> std::exception_ptr {
    const void* info = trap.get_host_info();
    if (!info) return nullptr;
    std::lock_guard<std::mutex> lock(all().mutex);
    return all().members.count(info) ? static_cast<const carried*>(info)->exception_ : nullptr;
  }
#endif

 public:
#ifdef __cpp_exceptions
  // The trap that carries the exception which is being handled. Without memory for it, the program ends.
  static auto in_trap(const char* message) noexcept -> wasm_trap_t* {
    const wasm_message_t raw = {std::strlen(message) + 1, const_cast<char*>(message)};
    auto* trap = wasm_trap_new(nullptr, &raw);
    if (!trap) std::terminate();
    wasm_trap_set_host_info_with_finalizer(trap, new carried(std::current_exception()), finalize);
    return trap;
  }
#endif

  // The trap of a call, which the caller owns. If it carries an exception, that is thrown.
  static auto arrive(wasm_trap_t* raw) -> own<Trap> {
    auto trap = take<Trap>(raw);
#ifdef __cpp_exceptions
    if (auto exception = trap ? by(*trap) : nullptr) {
      trap.reset();
      std::rethrow_exception(std::move(exception));
    }
#endif
    return trap;
  }
};

}  // namespace detail

// --- Modules ---

// A module on its way to other stores and threads.
template<>
class Shared<Module> : public detail::handle {
  friend class destroyer;
  void destroy() { wasm_shared_module_delete(to_c(this)); }
};

// A compiled module.
class Module : public Ref {
 public:
  // Whether `make` would accept these bytes.
  static auto validate(Store* store, const vec<byte_t>& binary) -> bool {
    const auto raw = lend_vec<wasm_byte_vec_t>(binary);
    return wasm_module_validate(to_c(store), &raw);
  }

  static auto make(Store* store, const vec<byte_t>& binary) -> own<Module> {
    const auto raw = lend_vec<wasm_byte_vec_t>(binary);
    return take<Module>(wasm_module_new(to_c(store), &raw));
  }

  auto copy() const -> own<Module> { return take<Module>(wasm_module_copy(to_c(this))); }

  // What it imports and exports, in order.
  auto imports() const -> ownvec<ImportType> {
    wasm_importtype_vec_t raw;
    wasm_module_imports(to_c(this), &raw);
    return take_vec<ImportType>(raw, wasm_importtype_vec_delete);
  }

  auto exports() const -> ownvec<ExportType> {
    wasm_exporttype_vec_t raw;
    wasm_module_exports(to_c(this), &raw);
    return take_vec<ExportType>(raw, wasm_exporttype_vec_delete);
  }

  // The module for any thread, and the shared module for one store of the same engine.
  auto share() const -> own<Shared<Module>> { return take<Shared<Module>>(wasm_module_share(to_c(this))); }
  static auto obtain(Store* store, const Shared<Module>* shared) -> own<Module> {
    return take<Module>(wasm_module_obtain(to_c(store), to_c(shared)));
  }

  // The compiled code. Reading it back means to trust whoever wrote it.
  auto serialize() const -> vec<byte_t> {
    wasm_byte_vec_t raw;
    wasm_module_serialize(to_c(this), &raw);
    return raw.size ? take_bytes(raw) : vec<byte_t>::invalid();
  }
  static auto deserialize(Store* store, const vec<byte_t>& serialized) -> own<Module> {
    const auto raw = lend_vec<wasm_byte_vec_t>(serialized);
    return take<Module>(wasm_module_deserialize(to_c(store), &raw));
  }
};

// --- Objects of the host ---

// An object of the host, known by its host info, for wasm to pass on as an externref.
class Foreign : public Ref {
 public:
  static auto make(Store* store) -> own<Foreign> { return take<Foreign>(wasm_foreign_new(to_c(store))); }

  auto copy() const -> own<Foreign> { return take<Foreign>(wasm_foreign_copy(to_c(this))); }
};

// --- Externals ---

// A function, a global, a table or a memory.
class Extern : public Ref {
 public:
  auto copy() const -> own<Extern> { return take<Extern>(wasm_extern_copy(to_c(this))); }

  auto kind() const -> ExternKind { return static_cast<ExternKind>(wasm_extern_kind(to_c(this))); }
  auto type() const -> own<ExternType> { return take<ExternType>(wasm_extern_type(to_c(this))); }

  // This object itself, as what it is; null if it is of another kind.
  auto func() -> Func* { return see<Func>(wasm_extern_as_func(to_c(this))); }
  auto global() -> Global* { return see<Global>(wasm_extern_as_global(to_c(this))); }
  auto table() -> Table* { return see<Table>(wasm_extern_as_table(to_c(this))); }
  auto memory() -> Memory* { return see<Memory>(wasm_extern_as_memory(to_c(this))); }

  auto func() const -> const Func* { return see<Func>(wasm_extern_as_func_const(to_c(this))); }
  auto global() const -> const Global* { return see<Global>(wasm_extern_as_global_const(to_c(this))); }
  auto table() const -> const Table* { return see<Table>(wasm_extern_as_table_const(to_c(this))); }
  auto memory() const -> const Memory* { return see<Memory>(wasm_extern_as_memory_const(to_c(this))); }
};

// A function, of wasm or of the host.
class Func : public Extern {
 public:
  // A function of the host. It fills in the results, which are zeros and nulls at first, and returns null or a trap.
  using callback = auto (*)(const vec<Val>& args, vec<Val>& results) -> own<Trap>;
  using callback_with_env = auto (*)(void* env, const vec<Val>& args, vec<Val>& results) -> own<Trap>;

  static auto make(Store* store, const FuncType* type, callback code) -> own<Func> {
    return make_host(store, type, new host(code, nullptr, nullptr, nullptr), code != nullptr);
  }

  // The finalizer is called with `env` when the function is gone, or at once if there is none.
  static auto make(
    Store* store, const FuncType* type, callback_with_env code, void* env, void (*finalizer)(void*) = nullptr
  ) -> own<Func> {
    return make_host(store, type, new host(nullptr, code, env, finalizer), code != nullptr);
  }

  auto copy() const -> own<Func> { return take<Func>(wasm_func_copy(to_c(this))); }

  auto type() const -> own<FuncType> { return take<FuncType>(wasm_func_type(to_c(this))); }
  auto param_arity() const -> size_t { return wasm_func_param_arity(to_c(this)); }
  auto result_arity() const -> size_t { return wasm_func_result_arity(to_c(this)); }

  // Calls the function. `args` fit its parameters, and `results` has room for its results. Null, or why it stopped.
  // What a callback threw on the way is thrown.
  auto call(const vec<Val>& args, vec<Val>& results) const -> own<Trap> {
    if (!holds_references(results)) return call_raw(args, results);
    // The library does not look at what it writes over.
    auto written = vec<Val>::make_uninitialized(results.size());
    auto trap = call_raw(args, written);
    for (size_t i = 0; !trap && i < result_arity(); ++i) results[i] = std::move(written[i]);
    return trap;
  }

 private:
  auto call_raw(const vec<Val>& args, vec<Val>& results) const -> own<Trap> {
    const auto raw_args = lend_vec<wasm_val_vec_t>(args);
    auto raw_results = lend_vec<wasm_val_vec_t>(results);
    return detail::carried::arrive(wasm_func_call(to_c(this), &raw_args, &raw_results));
  }

  static auto holds_references(const vec<Val>& values) -> bool {
    for (size_t i = 0; values && i < values.size(); ++i) {
      if (values[i].is_ref() && values[i].ref()) return true;
    }
    return false;
  }

  // What a function of the host is made of.
  class host {
    callback code_;
    callback_with_env code_with_env_;
    void* env_;
    void (*finalizer_)(void*);
    // The results of the last call, for the next one to use: so that not every call allocates.
    vec<Val> spare_ = vec<Val>::invalid();

    // Calls it with results of its own, because it may put another vector in their place.
    auto run(const wasm_val_vec_t* raw_args, wasm_val_vec_t* raw_results) -> own<Trap> {
      const size_t count = raw_results->size;
      auto results = std::move(spare_);
      if (results.size() != count) results = vec<Val>::make_uninitialized(count);
      if (!results) return Trap::make(nullptr, Message::make_nt("out of memory"));
      for (size_t i = 0; i < count; ++i) results[i].raw_ = raw_results->data[i];

      const auto& args = see_vec<Val>(raw_args);
      auto trap = code_ ? code_(args, results) : code_with_env_(env_, args, results);
      if (trap) return trap;

      if (results.size() != count) {
        return Trap::make(nullptr, Message::make_nt("a host function returned a wrong number of results"));
      }
      for (size_t i = 0; i < count; ++i) raw_results->data[i] = results[i].release();
      spare_ = std::move(results);
      return nullptr;
    }

   public:
    host(callback code, callback_with_env code_with_env, void* env, void (*finalizer)(void*)) :
      code_(code), code_with_env_(code_with_env), env_(env), finalizer_(finalizer) {}

    ~host() {
      if (finalizer_) finalizer_(env_);
    }

    static auto call(void* self, const wasm_val_vec_t* args, wasm_val_vec_t* results) noexcept -> wasm_trap_t* {
#ifdef __cpp_exceptions
      try {
        return to_c(static_cast<host*>(self)->run(args, results).release());
      } catch (const std::exception& exception) {
        return detail::carried::in_trap(exception.what());
      } catch (...) {
        return detail::carried::in_trap("an exception of C++");
      }
#else
      return to_c(static_cast<host*>(self)->run(args, results).release());
#endif
    }

    static void finalize(void* self) { delete static_cast<host*>(self); }
  };

  static auto make_host(Store* store, const FuncType* type, host* self, bool has_code) -> own<Func> {
    const auto code = has_code ? host::call : nullptr;
    return take<Func>(wasm_func_new_with_env(to_c(store), to_c(type), code, self, host::finalize));
  }
};

// A global variable.
class Global : public Extern {
 public:
  static auto make(Store* store, const GlobalType* type, const Val& value) -> own<Global> {
    return take<Global>(wasm_global_new(to_c(store), to_c(type), to_c(&value)));
  }

  auto copy() const -> own<Global> { return take<Global>(wasm_global_copy(to_c(this))); }

  auto type() const -> own<GlobalType> { return take<GlobalType>(wasm_global_type(to_c(this))); }

  auto get() const -> Val {
    Val value;
    wasm_global_get(to_c(this), to_c(&value));
    return value;
  }

  // Nothing happens if the global is const, or of another type.
  void set(const Val& value) { wasm_global_set(to_c(this), to_c(&value)); }
};

// A table of references. One that is null stands for the null reference.
class Table : public Extern {
 public:
  using size_t = uint32_t;

  static auto make(Store* store, const TableType* type, const Ref* init = nullptr) -> own<Table> {
    return take<Table>(wasm_table_new(to_c(store), to_c(type), borrowed(init)));
  }

  auto copy() const -> own<Table> { return take<Table>(wasm_table_copy(to_c(this))); }

  auto type() const -> own<TableType> { return take<TableType>(wasm_table_type(to_c(this))); }

  // Null also if there is no such element.
  auto get(size_t index) const -> own<Ref> { return take<Ref>(wasm_table_get(to_c(this), index)); }
  auto set(size_t index, const Ref* reference) -> bool {
    return wasm_table_set(to_c(this), index, borrowed(reference));
  }

  auto size() const -> size_t { return wasm_table_size(to_c(this)); }

  // Adds elements, each `init`.
  auto grow(size_t delta, const Ref* init = nullptr) -> bool {
    return wasm_table_grow(to_c(this), delta, borrowed(init));
  }

 private:
  // C has no const here, but does not change the handle.
  static auto borrowed(const Ref* reference) -> wasm_ref_t* { return const_cast<wasm_ref_t*>(to_c(reference)); }
};

// A linear memory.
class Memory : public Extern, public detail::page<void> {
 public:
  using pages_t = uint32_t;

  static auto make(Store* store, const MemoryType* type) -> own<Memory> {
    return take<Memory>(wasm_memory_new(to_c(store), to_c(type)));
  }

  auto copy() const -> own<Memory> { return take<Memory>(wasm_memory_copy(to_c(this))); }

  auto type() const -> own<MemoryType> { return take<MemoryType>(wasm_memory_type(to_c(this))); }

  // The first byte. The address stays valid as long as the memory lives, also when it grows.
  auto data() const -> byte_t* { return wasm_memory_data(const_cast<wasm_memory_t*>(to_c(this))); }
  // In bytes.
  auto data_size() const -> size_t { return wasm_memory_data_size(to_c(this)); }

  auto size() const -> pages_t { return wasm_memory_size(to_c(this)); }
  auto grow(pages_t delta) -> bool { return wasm_memory_grow(to_c(this), delta); }
};

// --- Instances ---

// A module that runs: with its imports, and with memories, tables and globals of its own.
class Instance : public Ref {
 public:
  // `imports` are what the module imports, in order. If there is no instance, `trap` says why. What a callback threw in
  // the start function is thrown.
  static auto make(Store* store, const Module* module, const vec<Extern*>& imports, own<Trap>* trap = nullptr)
    -> own<Instance> {
    const auto raw_imports = lend_vec<wasm_extern_vec_t>(imports);
    wasm_trap_t* raw_trap = nullptr;
    auto made = take<Instance>(wasm_instance_new(to_c(store), to_c(module), &raw_imports, &raw_trap));
    auto reason = detail::carried::arrive(raw_trap);
    if (trap) *trap = std::move(reason);
    return made;
  }

  auto copy() const -> own<Instance> { return take<Instance>(wasm_instance_copy(to_c(this))); }

  // In the order of Module::exports.
  auto exports() const -> ownvec<Extern> {
    wasm_extern_vec_t raw;
    wasm_instance_exports(to_c(this), &raw);
    return take_vec<Extern>(raw, wasm_extern_vec_delete);
  }
};

}  // namespace wasm

#endif  // WASM_HH
