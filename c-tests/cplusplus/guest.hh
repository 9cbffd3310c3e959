// What nearly every C++ test starts with: an engine and a store, instances of modules in the text format, and calls of
// their exports. What does not succeed ends the program.

#ifndef GUEST_HH
#define GUEST_HH

#include <initializer_list>
#include <string>

#include "check.h"
#include "wasm.hh"

struct World {
    wasm::own<wasm::Engine> engine = wasm::Engine::make();
    wasm::own<wasm::Store> store = wasm::Store::make(engine.get());
};

inline auto text(const wasm::vec<byte_t>& bytes) -> std::string {
    CHECK(bytes);
    return std::string(bytes.get(), bytes.size());
}

// The handle of the C API.
inline auto raw(const wasm::own<wasm::Trap>& trap) -> wasm_trap_t* {
    return reinterpret_cast<wasm_trap_t*>(trap.get());
}

inline auto types(std::initializer_list<wasm::ValKind> kinds) -> wasm::ownvec<wasm::ValType> {
    auto made = wasm::ownvec<wasm::ValType>::make_uninitialized(kinds.size());
    size_t i = 0;
    for (auto kind : kinds) made[i++] = wasm::ValType::make(kind);
    return made;
}

inline auto func_type(std::initializer_list<wasm::ValKind> params, std::initializer_list<wasm::ValKind> results)
    -> wasm::own<wasm::FuncType> {
    return wasm::FuncType::make(types(params), types(results));
}

inline auto compile(wasm::Store* store, const std::string& wat) -> wasm::own<wasm::Module> {
    auto module = wasm::Module::make(store, wasm::vec<byte_t>::make(wat));
    CHECK(module);
    return module;
}

// A module that runs, with its exports.
class Guest {
    wasm::own<wasm::Module> module_;
    wasm::own<wasm::Instance> instance_;
    wasm::ownvec<wasm::ExportType> types_ = module_->exports();
    wasm::ownvec<wasm::Extern> exports_ = instance_->exports();

    auto instantiate(wasm::Store* store, const wasm::vec<wasm::Extern*>& imports) -> wasm::own<wasm::Instance> {
        wasm::own<wasm::Trap> trap;
        auto instance = wasm::Instance::make(store, module_.get(), imports, &trap);
        CHECK(instance && !trap);
        return instance;
    }

public:
    Guest(wasm::Store* store, const std::string& wat,
          const wasm::vec<wasm::Extern*>& imports = wasm::vec<wasm::Extern*>::make()) :
        module_(compile(store, wat)), instance_(instantiate(store, imports)) {}

    auto instance() const -> wasm::Instance* { return instance_.get(); }

    auto external(const std::string& name) const -> wasm::Extern* {
        for (size_t i = 0; i < types_.size(); ++i) {
            if (text(types_[i]->name()) == name) return exports_[i].get();
        }
        check_failed(name.c_str(), 0, "the module has this export");
    }

    auto func(const std::string& name) const -> wasm::Func* { return external(name)->func(); }
    auto global(const std::string& name) const -> wasm::Global* { return external(name)->global(); }
    auto table(const std::string& name) const -> wasm::Table* { return external(name)->table(); }
    auto memory(const std::string& name) const -> wasm::Memory* { return external(name)->memory(); }
};

// Calls a function, and gives its first result; null if it has none.
template<class... Ts>
auto call(const wasm::Func* func, Ts&&... args) -> wasm::Val {
    auto results = wasm::vec<wasm::Val>::make_uninitialized(func->result_arity());
    auto trap = func->call(wasm::vec<wasm::Val>::make(std::forward<Ts>(args)...), results);
    CHECK(!trap);
    return results.size() ? std::move(results[0]) : wasm::Val();
}

// Calls a function that must trap. Its results would be numbers.
template<class... Ts>
auto call_for_trap(const wasm::Func* func, Ts&&... args) -> wasm::own<wasm::Trap> {
    auto results = wasm::vec<wasm::Val>::make_uninitialized(func->result_arity());
    auto trap = func->call(wasm::vec<wasm::Val>::make(std::forward<Ts>(args)...), results);
    CHECK(trap);
    return trap;
}

// A finalizer: counts its calls in the int that it is given.
inline void count(void* calls) { ++*static_cast<int*>(calls); }

#endif
