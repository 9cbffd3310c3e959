#!/usr/bin/env bash
# What must hold of the installed libwasmo.so as a file.
#
#     library.sh <libwasmo.so> <C compiler> <header>...
#
# It exports exactly what the headers declare, needs nothing but what a plain Debian has, is small, and has the SONAME
# that it is installed with.
set -euo pipefail
export LC_ALL=C

library=$1
compiler=$2
headers=("${@:3}")

largest_size=$((52 * 1000 * 1000))
# The C library, and what the C++ runtime and LLVM need.
allowed_libraries='ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 libc.so.6 libdl.so.2 libgcc_s.so.1 libm.so.6
    libpthread.so.0 librt.so.1 libstdc++.so.6 libz.so.1 libzstd.so.1'

failures=0
failure() {
    echo "failed: $*"
    failures=$((failures + 1))
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- Exports ---

"$(dirname "$0")/declared.sh" "$compiler" "${headers[@]}" >"$work/declared"
# The second column is the kind of the symbol; A is the name of a version, which is no symbol of the code.
nm --dynamic --defined-only "$library" | awk '$2 != "A" { print $NF }' | sed 's/@.*//' | sort -u >"$work/exported"

echo "declared: $(wc -l <"$work/declared") functions, exported: $(wc -l <"$work/exported") symbols"
[ -s "$work/declared" ] || failure "the headers declare nothing"
for name in $(comm -23 "$work/declared" "$work/exported"); do failure "declared, but not exported: $name"; done
for name in $(comm -13 "$work/declared" "$work/exported"); do failure "exported, but not declared: $name"; done

# --- Dependencies, name and size ---

dynamic_entries() {
    readelf --dynamic --wide "$library" | sed -nE "s/.*\($1\).*\[(.*)\]/\1/p"
}

for needed in $(dynamic_entries NEEDED); do
    echo "needs $needed"
    grep -qwF -- "$needed" <<<"$allowed_libraries" || failure "$needed is not on every Debian"
done

soname=$(dynamic_entries SONAME)
echo "SONAME $soname"
[ -n "$soname" ] && [ "$(readlink -f "$(dirname "$library")/$soname")" = "$(readlink -f "$library")" ] ||
    failure "the SONAME \"$soname\" does not lead to the library"

size=$(stat --dereference --format=%s "$library")
echo "size $size bytes"
[ "$size" -le "$largest_size" ] || failure "the library is larger than $largest_size bytes"

[ "$failures" = 0 ]
