#!/usr/bin/env bash
# Fetches WebAssembly modules that people use, out of their npm packages.
#
#     fetch.sh <folder> [<name>]
#
# Leaves each, or the one of this name, as <folder>/<name>.wasm.
set -euo pipefail

mkdir -p "$1"
cd "$1"
only=${2:-}

fail() {
    echo "failed: $*"
    exit 1
}

# fetch <name> <package>@<version> <SHA-256 of the package> <file in it>
fetch() {
    local name=$1 package=$2 hash=$3 file=$4 archive
    [ -z "$only" ] || [ "$only" = "$name" ] || return 0
    [ ! -e "$name.wasm" ] || return 0
    archive=$(npm pack --silent "$package") || fail "npm could not fetch $package; it takes a network, once"
    sha256sum --check --quiet <<<"$hash  $archive" || fail "$package is not what it was"
    tar xOzf "$archive" "package/$file" >"$name.part"
    mv "$name.part" "$name.wasm"
    rm "$archive"
}

command -v npm >/dev/null || fail "there is no npm (Debian: npm)"
# C by emscripten, Rust by wasm-bindgen, and Go.
fetch sqlite @sqlite.org/sqlite-wasm@3.41.2 b08a935eb46c19907fc2329bc9e0cef4d029ef3df217e194c0f0c3fbf7fff633 \
    sqlite-wasm/jswasm/sqlite3.wasm
fetch resvg @resvg/resvg-wasm@2.6.2 ff51acbb5ee0074601b75c3bea9226a18d346752af787f6d2d3adcdd98493d71 index_bg.wasm
fetch esbuild esbuild-wasm@0.28.2 61594de12ce998652be2aa0ab72dda54bfa49407fb37ee3464468a2aac306baa esbuild.wasm
