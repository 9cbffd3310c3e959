//! wasmo: a WebAssembly compiler and runtime behind the standard `wasm.h` C API, with LLVM as its code generator.
//!
//! A compiled module is a shared library, and the embedder's objects are what it is linked against, once per instance.
//! `ARCHITECTURE.md` draws the way of the data; the modules below follow it.
//!
//! ```
//! use wasmo::{Config, Imports, Instance, Module};
//! let bytes = br#"(module
//!     (import "host" "print" (func $print (param i32)))
//!     (func (export "double") (param i32) (result i32)
//!         (call $print (local.get 0))
//!         (i32.mul (local.get 0) (i32.const 2))))"#;
//! let module = Module::new(bytes, Config::new())?;
//!
//! let mut imports = Imports::default();
//! imports.func("host", "print", |value: i32| println!("the guest says {value}"));
//! let instance = Instance::new(&module, &imports)?;
//!
//! let double = instance.func("double").expect("it is exported").typed::<i32, i32>()?;
//! assert_eq!(double.call(21)?, 42);
//!
//! // The compiled code, for another process, and another handle to the same module.
//! let artifact = module.dump()?;
//! let same = module.clone();
//! # assert!(same.dump()? == artifact);
//! # Ok::<(), wasmo::Error>(())
//! ```
//!
//! Everything that the embedding interface of the spec ([appendix](
//! https://webassembly.github.io/spec/core/appendix/embedding.html)) has is there; the docs name its operations, as
//! *module_instantiate* at [`Module::instantiate`].
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod bytes;
mod config;
mod error;
pub mod types;

mod wasm;

mod abi;

mod llvm;
mod translate;

mod compile;

mod artifact;

mod sys;

mod link;
mod runtime;

mod engine;
mod imports;

mod capi;

/// The program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use abi::TrapCode;
pub use compile::Progress;
pub use config::{Config, Cpu, Feature, Mode, OptLevel};
pub use engine::{Engine, ExportType, ImportType, Module, Options, Statistics, parse};
pub use error::{Error, Result};
pub use imports::Imports;
pub use runtime::{
    Caller, Extern, ExternRef, Frame, Func, Global, Growth, Instance, InterruptHandle, IntoFunc, Memory, Store,
    StoreLimits, Table, Trap, TypedFunc, Val, WasmReturn, WasmTy, WasmTypes,
};
pub use types::{ExternKind, ExternType, FuncType, GlobalType, Limits, MemoryType, Mutability, TableType, ValType};
