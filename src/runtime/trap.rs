//! Traps: why wasm code stopped, and where.

use super::info::InfoSlot;
use crate::abi::TrapCode;
use once_cell::sync::OnceCell;
use std::fmt;
use std::sync::Arc;

/// Why wasm code stopped ([spec](https://webassembly.github.io/spec/core/intro/overview.html#trap)), with the frames
/// that were active. Cheap to clone.
#[derive(Clone)]
pub struct Trap {
    inner: Arc<Inner>,
}

struct Inner {
    code: Option<TrapCode>,
    message: String,
    frames: OnceCell<Vec<Frame>>,
    host_info: InfoSlot,
}

/// One active wasm function in a backtrace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub(crate) func_index: u32,
    pub(crate) func_name: Option<String>,
    pub(crate) module_name: Option<String>,
    pub(crate) func_offset: u32,
    pub(crate) module_offset: u32,
    /// Identity of the module.
    pub(crate) module: u64,
}

impl Frame {
    /// Index of the function among all functions of its module.
    pub fn func_index(&self) -> u32 {
        self.func_index
    }

    /// Name of the function, if the module tells it.
    pub fn func_name(&self) -> Option<&str> {
        self.func_name.as_deref()
    }

    /// Name of the module, if it tells it.
    pub fn module_name(&self) -> Option<&str> {
        self.module_name.as_deref()
    }

    /// Byte offset of the instruction from the start of the function's body.
    pub fn func_offset(&self) -> usize {
        self.func_offset as usize
    }

    /// Byte offset of the instruction from the start of the module.
    pub fn module_offset(&self) -> usize {
        self.module_offset as usize
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.func_name {
            Some(name) => write!(f, "{name} (func {}", self.func_index)?,
            None => write!(f, "(func {}", self.func_index)?,
        }
        write!(f, ", module offset 0x{:x})", self.module_offset)
    }
}

impl Trap {
    /// A trap for a host function to return.
    pub fn new(message: impl Into<String>) -> Trap {
        Trap::with_frames(None, message.into(), Vec::new())
    }

    pub(crate) fn with_frames(code: Option<TrapCode>, message: String, frames: Vec<Frame>) -> Trap {
        let trap =
            Trap { inner: Arc::new(Inner { code, message, frames: OnceCell::new(), host_info: InfoSlot::default() }) };
        if !frames.is_empty() {
            trap.complete(|| frames);
        }
        trap
    }

    /// Gives a trap that has no frames those of the place where it is raised.
    pub(crate) fn complete(&self, frames: impl FnOnce() -> Vec<Frame>) {
        self.inner.frames.get_or_init(frames);
    }

    /// Whether both are the same trap, not only equal ones.
    pub(crate) fn is(&self, other: &Trap) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Its host info.
    pub(crate) fn info(&self) -> &InfoSlot {
        &self.inner.host_info
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Which of the spec's traps it is; none for one that a host function made.
    pub fn code(&self) -> Option<TrapCode> {
        self.inner.code
    }

    /// The wasm functions that were active, the innermost first. A very deep stack is cut at its outer end.
    pub fn frames(&self) -> &[Frame] {
        self.inner.frames.get().map_or(&[], Vec::as_slice)
    }
}

impl From<TrapCode> for Trap {
    fn from(code: TrapCode) -> Trap {
        Trap::with_frames(Some(code), code.message().to_owned(), Vec::new())
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        for (i, frame) in self.frames().iter().enumerate() {
            write!(f, "\n  {i}: {frame}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trap")
            .field("code", &self.code())
            .field("message", &self.message())
            .field("frames", &self.frames())
            .finish()
    }
}

impl std::error::Error for Trap {}
