//! How far a compilation is.

use crate::error::{Error, Result};
use std::ops::ControlFlow;

/// How far a compilation is, see [`Module::with_progress`](crate::Module::with_progress).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Functions that are compiled.
    pub functions_done: usize,
    /// Functions that the module defines.
    pub functions: usize,
    /// Bytes of the module in the binary format that are compiled. They are all of `bytes` when everything is done.
    pub bytes_done: usize,
    /// Length of the module in the binary format in bytes.
    pub bytes: usize,
}

/// Whoever is told of it, and says whether to go on.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// [`Error::Cancelled`] if whoever was told has enough.
pub(super) fn go_on(told: ControlFlow<()>) -> Result<()> {
    if told.is_break() { Err(Error::Cancelled) } else { Ok(()) }
}

impl Progress {
    /// Nothing of a module with so many functions and bytes.
    pub(super) fn start(functions: usize, bytes: usize) -> Progress {
        Progress { functions_done: 0, functions, bytes_done: 0, bytes }
    }

    /// All of it.
    pub(crate) fn end(functions: usize, bytes: usize) -> Progress {
        Progress { functions_done: functions, functions, bytes_done: bytes, bytes }
    }

    /// Counts what was done besides.
    pub(super) fn add(&mut self, functions: usize, bytes: usize) {
        self.functions_done += functions;
        self.bytes_done += bytes;
    }
}
