#!/usr/bin/env bash
# What must hold of wasm.hh as a file: it compiles without a warning in every C++ since 2011, also without exceptions
# and without type information, and it defines no macro but its guard.
#
#     header.sh <folder of wasm.hh> <file that uses it> <C++ compiler>...
set -euo pipefail
export LC_ALL=C

include_dir=$1
user=$2
compilers=("${@:3}")

failures=0
failure() {
    echo "failed: $*"
    failures=$((failures + 1))
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wnon-virtual-dtor
    -Woverloaded-virtual -Werror)
for compiler in "${compilers[@]}"; do
    for dialect in 11 14 17 20 23 '11 -fno-exceptions' '11 -fno-rtti'; do
        # shellcheck disable=SC2086 # one of them is two arguments
        "$compiler" -std=c++$dialect "${warnings[@]}" -I"$include_dir" -fsyntax-only "$user" ||
            failure "$compiler -std=c++$dialect"
    done

    # What it includes defines macros of its own.
    macros() { "$compiler" -std=c++11 -I"$include_dir" -x c++ -dM -E - | awk '{ print $2 }' | sort -u; }
    grep -E '^#include' "$include_dir/wasm.hh" | macros >"$work/included"
    echo '#include <wasm.hh>' | macros >"$work/all"
    [ "$(comm -13 "$work/included" "$work/all")" = WASM_HH ] ||
        failure "with $compiler, it defines $(comm -13 "$work/included" "$work/all" | tr '\n' ' ')"
done

[ "$failures" = 0 ]
