#!/usr/bin/env bash
# Whether wasmo has all that a standard wasm.h has: its functions in the library, its macros and inline functions in the
# header.
#
#     standard.sh <libwasmo.so> <header of wasmo> <C compiler> <standard header> <number of its functions>
set -euo pipefail
export LC_ALL=C

library=$1
ours=$2
compiler=$3
standard=$4
expected=$5
here=$(dirname "$0")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failures=0
failure() {
    echo "failed: $*"
    failures=$((failures + 1))
}

# --- Functions ---

"$here/../declared.sh" "$compiler" "$standard" >"$work/functions"
count=$(wc -l <"$work/functions")
echo "$count functions"
[ "$count" = "$expected" ] || failure "the standard header should declare $expected functions"

nm --dynamic --defined-only "$library" | awk '{ print $NF }' | sed 's/@.*//' | sort -u >"$work/exported"
comm -23 "$work/functions" "$work/exported" >"$work/missing"
while read -r name; do failure "the library lacks $name"; done <"$work/missing"

# --- Macros and inline functions ---

macros() {
    "$compiler" -E -dM "$1" | sed -nE 's/^#define ((WASM|wasm)_[A-Za-z_0-9]+).*/\1/p' | sort -u
}

inlines() {
    "$compiler" -E -P "$1" | tr '\n' ' ' | tr ';{}' '\n' | sed -nE 's/.*static inline [^(]*\b(wasm_[a-z0-9_]+) ?\(.*/\1/p' |
        sort -u
}

for kind in macros inlines; do
    $kind "$standard" >"$work/theirs"
    $kind "$ours" >"$work/ours"
    echo "$(wc -l <"$work/theirs") $kind"
    [ -s "$work/theirs" ] || failure "the standard header has no $kind"
    for name in $(comm -23 "$work/theirs" "$work/ours"); do failure "the header lacks $name"; done
done

[ "$failures" = 0 ]
