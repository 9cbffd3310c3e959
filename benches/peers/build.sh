#!/usr/bin/env bash
# Builds the engines that come as crates as shared libraries with wasm.h, to be measured and for nothing else.
#
#     build.sh <folder>
#
# Leaves <folder>/target/release/libwasmer_peer.so, with the compilers LLVM, Cranelift and Singlepass. It takes Rust, the network,
# LLVM 22 and some ten minutes of a core, which it leaves to others first.
#
# The other engines need no build: Wasmtime, with Cranelift and Winch, is the library in its Python package, which
# ../../c-tests/engines/fetch.sh fetches; V8 is that of node, which v8.mjs is for.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# The crate wants a folder by this name.
nice -n 15 cargo build --release --locked --jobs 1 --manifest-path "$here/wasmer/Cargo.toml" --target-dir "$1/target"
