#!/usr/bin/env bash
# Whether each C header compiles alone, without a warning, in every C since C99 and every C++ since 2011, and whether it
# may be included twice.
#
#     headers.sh <C compiler> <C++ compiler> <header>...
set -euo pipefail

c_compiler=$1
cxx_compiler=$2
headers=("${@:3}")

failures=0
warnings=(-Wall -Wextra -Werror -pedantic)
try() {
    local header=$1
    shift
    printf '#include "%s"\n#include "%s"\nint main(void) { return 0; }\n' "$header" "$header" |
        "$@" "${warnings[@]}" -fsyntax-only - || {
        echo "failed: $header: $*"
        failures=$((failures + 1))
    }
}

for header in "${headers[@]}"; do
    for dialect in c99 c11 c17 gnu17; do try "$header" "$c_compiler" -x c "-std=$dialect"; done
    for dialect in c++11 c++14 c++17 c++20; do try "$header" "$cxx_compiler" -x c++ "-std=$dialect"; done
done

[ "$failures" = 0 ]
