#include "elsewhere.hh"

using namespace wasm;

int Thrown::alive = 0;

auto throw_number(const vec<Val>& args, vec<Val>&) -> own<Trap> { throw Thrown(args[0].i32()); }

auto forward(void* env, const vec<Val>& args, vec<Val>& results) -> own<Trap> {
    return (*static_cast<const Func**>(env))->call(args, results);
}
