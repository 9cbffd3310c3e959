#!/usr/bin/env bash
# Whether the test programs call every function that the header declares.
#
#     coverage.sh <header> <C compiler> <program>...
#
# A program refers to a function of the library by an undefined symbol.
set -euo pipefail
export LC_ALL=C

header=$1
compiler=$2
programs=("${@:3}")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$(dirname "$0")/declared.sh" "$compiler" "$header" >"$work/declared"
nm --undefined-only "${programs[@]}" | awk '$1 == "U" { print $2 }' | sed 's/@.*//' | sort -u >"$work/called"

comm -23 "$work/declared" "$work/called" >"$work/missing"
echo "declared: $(wc -l <"$work/declared") functions, not called: $(wc -l <"$work/missing")"
sed 's/^/failed: no test calls /' "$work/missing"
[ -s "$work/declared" ] && [ ! -s "$work/missing" ]
