//! The functions of `wasm.h` that Wasmer exports.

pub use wasmer::*;
