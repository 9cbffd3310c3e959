//! The type language of WebAssembly: values, functions, limits, externs; how they match; their canonical ids.
//!
//! Pure data. Nothing here knows of bytes, of LLVM or of a running instance.

mod external;
mod func;
mod registry;
mod value;

pub use external::{ExternKind, ExternType, GlobalType, Limits, MemoryType, Mutability, TableType};
pub use func::FuncType;
pub(crate) use registry::TypeRegistry;
pub use value::ValType;

/// Size of a page of linear memory in bytes
/// ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#page-size)).
pub const PAGE_SIZE: u64 = 0x1_0000;

/// The most pages that a memory with 32-bit addresses can have.
pub const MAX_PAGES: u64 = (1 << 32) / PAGE_SIZE;
