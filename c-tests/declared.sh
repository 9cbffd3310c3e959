#!/usr/bin/env bash
# Prints the functions of the library that headers declare: they are marked with WASM_API_EXTERN, static inlines not.
#
#     declared.sh <C compiler> <header>...
set -euo pipefail
export LC_ALL=C

compiler=$1
for header in "${@:2}"; do
    "$compiler" -E -P -DWASM_API_EXTERN=EXPORTED "$header"
done | tr '\n' ' ' | tr ';{}' '\n' | sed -nE 's/.*EXPORTED [^(]*\b([a-z0-9_]+) ?\(.*/\1/p' | sort -u
