//! Which module and function a code address belongs to. One for the process: a signal handler asks it.

use super::debug::DebugSections;
use super::ranges::Ranges;
use super::tools::Tools;
use crate::bytes::Bytes;
use crate::llvm::DebuggerEntry;
use crate::sys::no_fork;
use crate::wasm::ModuleInfo;
use once_cell::sync::{Lazy, OnceCell};
use std::sync::Arc;

/// The code of one linked object.
pub(crate) struct CodeRange {
    pub(super) start: usize,
    end: usize,
    /// What module it is of.
    pub info: Arc<ModuleInfo>,
    /// Identity of the linked module.
    pub module: u64,
    /// The functions in the order of their addresses; none for thunks.
    funcs: Vec<FuncStart>,
    pub(super) object: Bytes,
    debug: OnceCell<DebugSections>,
}

/// Where the code of a function starts.
#[derive(Clone, Copy)]
pub(crate) struct FuncStart {
    pub index: usize,
    pub address: usize,
}

/// What an address in the code of a function stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Location {
    pub func_index: u32,
    /// Byte offset of the instruction in the wasm module.
    pub module_offset: u32,
    /// The same from the start of the function's body.
    pub func_offset: u32,
}

impl CodeRange {
    pub fn new(
        range: std::ops::Range<usize>,
        info: Arc<ModuleInfo>,
        module: u64,
        funcs: Vec<FuncStart>,
        object: Bytes,
    ) -> CodeRange {
        CodeRange { start: range.start, end: range.end, info, module, funcs, object, debug: OnceCell::new() }
    }

    /// The wasm instruction that `pc` belongs to; none for a thunk.
    pub fn location(&self, pc: usize) -> Option<Location> {
        let position = self.funcs.partition_point(|func| func.address <= pc).checked_sub(1)?;
        let func = self.funcs[position].index;
        let body = self.info.bodies[func - self.info.imported_funcs];
        // A prologue may stand before the first row.
        let module_offset = self.debug().line(pc - self.start).unwrap_or(body);
        Some(Location { func_index: func as u32, module_offset, func_offset: module_offset.saturating_sub(body) })
    }

    /// The return address and the frame pointer of the caller of the code at `pc`, which may not have set up its frame
    /// yet.
    ///
    /// # Safety
    /// `sp` and `fp` must be the registers of code of this range that was interrupted at `pc`.
    #[allow(unsafe_code)]
    pub unsafe fn caller(&self, pc: usize, sp: usize, fp: usize) -> Option<(usize, usize)> {
        // SAFETY: by the caller's promise the registers belong to this code, which describes its frame.
        unsafe { self.debug().caller(pc - self.start, sp, fp) }
    }

    fn debug(&self) -> &DebugSections {
        let _no_fork = no_fork();
        self.debug.get_or_init(|| DebugSections::read(&self.object))
    }
}

static REGISTRY: Lazy<Ranges<CodeRange>> = Lazy::new(Ranges::new);

/// Makes a range known, also to tools.
pub(super) fn register(range: CodeRange, tools: &Tools) -> Registration {
    let (end, debugger) = (range.end, tools.announce(&range));
    REGISTRY.insert(range.start..end, range);
    Registration { end, _debugger: debugger }
}

/// A range that is known until this is dropped.
pub(super) struct Registration {
    end: usize,
    _debugger: Option<DebuggerEntry>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        REGISTRY.remove(self.end);
    }
}

/// The range that holds `pc`.
pub(crate) fn find(pc: usize) -> Option<Arc<CodeRange>> {
    let _no_fork = no_fork();
    REGISTRY.find(pc)
}

/// How often a signal handler asks again for a lock that is taken. Whoever holds it needs it for less than that.
const PATIENCE: usize = 10_000_000;

/// Whether `pc` is generated code. For signal handlers.
pub(crate) fn is_code(pc: usize) -> bool {
    Lazy::get(&REGISTRY).is_some_and(|registry| registry.hold(pc, PATIENCE))
}
