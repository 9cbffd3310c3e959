//! wasmo: a WebAssembly compiler and runtime behind the standard `wasm.h` C API, with LLVM as its code generator.
//!
//! A compiled module is a shared library, and the embedder's objects are what it is linked against, once per instance.
//! `ARCHITECTURE.md` draws the way of the data; the modules below follow it.
//!
//! ```
//! use wasmo::{Config, Engine, Instance, Module, Store, Val};
//! let engine = Engine::new(Config::new())?;
//! let module = Module::new(&engine, br#"(module (func (export "add") (param i32 i32) (result i32)
//!     local.get 0 local.get 1 i32.add))"#)?;
//! let store = Store::new(&engine)?;
//! let instance = Instance::new(&store, &module, &[])?;
//! let add = instance.export("add").and_then(|export| export.func().cloned()).expect("it is exported");
//! assert_eq!(add.call(&[Val::I32(2), Val::I32(3)])?, [Val::I32(5)]);
//! # Ok::<(), wasmo::Error>(())
//! ```
#![deny(unsafe_code)]
#![warn(missing_docs)]

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

mod capi;

pub use abi::TrapCode;
pub use config::{Config, Cpu, Feature, OptLevel};
pub use engine::{Engine, ExportType, ImportType, Module};
pub use error::{Error, Result};
pub use runtime::{Extern, ExternRef, Frame, Func, Global, Instance, InterruptHandle, Memory, Store, Table, Trap, Val};
pub use types::{ExternKind, ExternType, FuncType, GlobalType, Limits, MemoryType, Mutability, TableType, ValType};
