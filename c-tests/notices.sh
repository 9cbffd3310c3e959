#!/usr/bin/env bash
# Whether the notices that are installed name everything that the libraries contain: each crate that cargo shows as a
# normal dependency, with its version and its licence, and what else is linked in.
#
#     notices.sh <folder of the notices> <cargo> <Cargo.toml>
set -euo pipefail
export LC_ALL=C

notices=$1/THIRD-PARTY-NOTICES.txt
cargo=$2
manifest=$3

failures=0
failure() {
    echo "failed: $*"
    failures=$((failures + 1))
}

# expect <file> <line>...: it has each of these as a line.
expect() {
    local line
    for line in "${@:2}"; do
        grep -qxF -- "$line" "$1" || failure "$1 lacks the line: $line"
    done
}

# --- The crates ---

count=0
while IFS='|' read -r package licence; do
    read -r name version _ <<<"$package"
    [ "$name" != wasmo ] || continue
    count=$((count + 1))
    grep -qF -- "$name ${version#v}: $licence; " "$notices" ||
        failure "the notices do not name $name $version ($licence)"
    # A heading with the names of all crates that come with the same text.
    grep -qE -- "^--- Of (.*, )?$name(, .*)? ---$" "$notices" || failure "there is no licence text of $name"
done < <("$cargo" tree --locked --edges normal --prefix none --format '{p}|{l}' --manifest-path "$manifest" |
    sed 's/ (\*)$//' | sort -u)
echo "$count crates"
[ "$count" -ge 10 ] || failure "cargo shows no crates"

# Each heading has a text behind it.
awk '/^--- Of .* ---$/ { empty += heading && !lines; heading = 1; lines = 0; next }
     NF { lines++ }
     END { exit empty || !heading || !lines }' "$notices" || failure "a heading has no text"

# --- What is no crate ---

expect "$notices" "Apache-2.0 WITH LLVM-exception; https://llvm.org" \
    "---- LLVM Exceptions to the Apache 2.0 License ----" \
    "Copyright 1992, 1993, 1994 Henry Spencer.  All rights reserved." "Copyright (C) 2012-2016, Yann Collet." \
    "Copyright © 1991-2015 Unicode, Inc. All rights reserved."
grep -q "GPL-3.0-or-later WITH GCC-exception-3.1" "$notices" || failure "the notices do not name the GCC runtime"
expect "$1/LICENSE" "                                 Apache License"
grep -q "Copyright notices for The Rust Standard Library" "$1/rust-standard-library.html" ||
    failure "the notices of the Rust standard library are missing"

[ "$failures" = 0 ]
