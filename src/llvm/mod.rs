//! Everything that touches LLVM directly: building IR, target machines, passes, object emission, ORC.
//!
//! No `unsafe` LLVM call stands outside this folder. Nothing here knows what WebAssembly is.

mod builder;
mod debugger;
mod emit;
mod orc;

pub(crate) use builder::{Builder, FunctionBuilder, LineTable, UnitModule};
pub(crate) use debugger::DebuggerEntry;
pub(crate) use emit::{Effort, Emitter, TargetSpec, version};
pub(crate) use orc::{Dylib, Jit};

use crate::error::Error;
use inkwell::builder::BuilderError;
use inkwell::context::Context;
use inkwell::values::InstructionValueError;

impl From<BuilderError> for Error {
    fn from(error: BuilderError) -> Error {
        Error::Bug(format!("IR: {error}"))
    }
}

impl From<InstructionValueError> for Error {
    fn from(error: InstructionValueError) -> Error {
        Error::Bug(format!("IR: {error}"))
    }
}

/// What a thread that compiles or links needs of stack: LLVM recurses on the shape of its input. Address space only, until it
/// is used.
pub(crate) const STACK: usize = 256 << 20;

/// Makes a context of its own for one LLVM module, in which nothing that LLVM diagnoses ends the process.
pub(crate) fn new_context() -> Context {
    emit::initialize();
    let context = Context::create();
    emit::capture_diagnostics(&context);
    context
}
