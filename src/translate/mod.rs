//! WebAssembly to LLVM IR, in a single forward pass over each body: decode, validate, emit.
//!
//! One file per chapter of the spec's instructions, one method per instruction, named as wasmparser names its visitor.
//! Values live on a stack of SSA values, locals in allocas, results of blocks in phis. Code that cannot be reached is
//! validated and not emitted.
//!
//! Beside the instructions: `func` (the state of one function and its driver), `stack` (values and control frames),
//! `access` (the only maker of addresses in linear memory and in contexts), `signature` (the calling convention in IR),
//! `traps`, `fuel`, `heat`, `thunks`, `round` (of floats, with an instruction or without).

mod access;
mod bulk;
mod control;
mod convert;
mod fuel;
mod func;
mod heat;
mod memory;
mod numeric;
mod parametric;
mod reference;
mod round;
mod signature;
mod stack;
mod table;
mod thunks;
mod traps;
mod unit;
mod variable;
mod visit;

pub(crate) use thunks::translate_module_object;
pub(crate) use unit::{Translation, translate_unit};
