//! What can go wrong, by whose fault it is.

use crate::abi::TrapCode;
use std::fmt;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The bytes or the text are no valid module. The message says what is wrong, and where.
    Invalid(String),
    /// The module is valid, but needs a feature of WebAssembly that wasmo does not implement.
    Unsupported(String),
    /// The bytes are no artifact, are damaged, or were made for something else.
    Artifact(String),
    /// The imports do not fit the module.
    Link(String),
    /// Wasm code or a host function trapped.
    Trap(crate::Trap),
    /// A resource ran out, or a limit was reached.
    Limit(String),
    /// LLVM reported an error, or this machine cannot run what was asked for.
    Llvm(String),
    /// An argument does not fit what it is given to.
    Argument(String),
    /// The host wanted no more of it, see [`Module::with_progress`](crate::Module::with_progress).
    Cancelled,
    /// A fault of wasmo itself. Please report it.
    Bug(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Invalid(m) => write!(f, "invalid module: {m}"),
            Error::Unsupported(m) => write!(f, "not supported: {m}"),
            Error::Artifact(m) => write!(f, "artifact: {m}"),
            Error::Link(m) => write!(f, "link error: {m}"),
            Error::Trap(trap) => write!(f, "{trap}"),
            Error::Limit(m) => write!(f, "out of resources: {m}"),
            Error::Llvm(m) => write!(f, "code generation: {m}"),
            Error::Argument(m) => write!(f, "wrong argument: {m}"),
            Error::Cancelled => write!(f, "cancelled"),
            Error::Bug(m) => write!(f, "bug in wasmo: {m}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<crate::Trap> for Error {
    fn from(trap: crate::Trap) -> Error {
        Error::Trap(trap)
    }
}

impl From<TrapCode> for Error {
    fn from(code: TrapCode) -> Error {
        Error::Trap(code.into())
    }
}
