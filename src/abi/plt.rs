//! The procedure linkage table: one code pointer per defined function of a module, and behind them one counter each.

use super::PltSlot;
use std::ffi::c_void;

/// Index of a defined function of a module: its function index less the number of imported functions.
pub(crate) type PltIndex = u32;

/// What lies before slot 0 of the table, for the stubs. Generated code never reads it.
#[repr(C)]
pub(crate) struct PltHeader {
    /// The part that all lazy tails of the module share: saves the argument registers and calls the context's resolver.
    pub lazy_tail: *const c_void,
    /// Keeps slot 0 aligned to two words.
    pub reserved: usize,
}

/// Size of the header in slots.
pub(crate) const PLT_HEADER_SLOTS: usize = size_of::<PltHeader>() / size_of::<usize>();

/// What the code of a function counts down, when it is called and when a loop begins anew, while there may be better code
/// for it: each by one. At zero it tells the runtime, see `tell_heat` among the builtins, and counts on. A plain number:
/// threads that count at the same time may lose some of it.
pub(crate) type Heat = std::sync::atomic::AtomicI32;

/// Where the counter of a function lies, in bytes from slot 0 of a table with this many slots.
pub(crate) fn heat_offset(slots: usize, index: usize) -> usize {
    slots * size_of::<PltSlot>() + index * size_of::<Heat>()
}
