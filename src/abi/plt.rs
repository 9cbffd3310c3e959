//! The procedure linkage table: one code pointer per defined function of a module.

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
