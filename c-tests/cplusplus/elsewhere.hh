// Callbacks of another file, which is compiled in another way: without the type information of C++, and optimised.

#ifndef ELSEWHERE_HH
#define ELSEWHERE_HH

#include <stdexcept>

#include "wasm.hh"

// Counts itself, so that it is seen when exceptions end.
class Thrown : public std::runtime_error {
public:
    static int alive;
    int number;

    explicit Thrown(int i) : std::runtime_error("thrown by a callback"), number(i) { ++alive; }
    Thrown(const Thrown& that) : std::runtime_error(that), number(that.number) { ++alive; }
    ~Thrown() override { --alive; }
};

// Throws a Thrown, with the argument as its number.
auto throw_number(const wasm::vec<wasm::Val>& args, wasm::vec<wasm::Val>& results) -> wasm::own<wasm::Trap>;

// Calls the function that `env` points to, which may throw.
auto forward(void* env, const wasm::vec<wasm::Val>& args, wasm::vec<wasm::Val>& results) -> wasm::own<wasm::Trap>;

#endif
