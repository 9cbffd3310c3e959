//! Builtins: what generated code may ask of the runtime, through a table in the context.

use super::{Field, Slot};

macro_rules! builtins {
    ($( $(#[$meta:meta])* $name:ident($($param:ident: $slot:ident),*) $(-> $result:ident)?; )*) => {
        /// Addresses of the builtins, in the C convention.
        #[repr(C)]
        pub(crate) struct BuiltinTable {
            $( $(#[$meta])* pub $name: *const (), )*
        }

        // SAFETY: addresses of code that lives as long as the process.
        #[allow(unsafe_code)]
        unsafe impl Sync for BuiltinTable {}

        /// One entry of the table: where it lies and how it is called. A builtin without result does not return.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct Builtin {
            pub entry: Field,
            pub params: &'static [Slot],
            pub result: Option<Slot>,
        }

        /// What each builtin takes and returns.
        pub(crate) struct Builtins {
            $( pub $name: Builtin, )*
        }

        pub(crate) const BUILTINS: Builtins = Builtins {
            $( $name: Builtin {
                entry: Field { offset: std::mem::offset_of!(BuiltinTable, $name), slot: Slot::Pointer },
                params: &[$(Slot::$slot),*],
                result: builtins!(@result $($result)?),
            }, )*
        };
    };
    (@result) => { None };
    (@result $result:ident) => { Some(Slot::$result) };
}

/// So many bytes, or elements of a table, are copied or set without a look at whether the store is to stop: that takes
/// less than a millisecond.
pub(crate) const AT_ONCE: usize = 1 << 18;

builtins! {
    /// Ends the activation with a trap of this code.
    trap(context: Pointer, code: I32);
    /// Ends the activation with the trap that a host function returned.
    raise(host_context: Pointer, trap: Pointer);
    /// Grows a memory by a number of pages; the old size in pages, or -1.
    memory_grow(context: Pointer, memory: I32, delta: I64) -> I64;
    /// Copies bytes between addresses, at most [`AT_ONCE`]; the ranges may overlap. It results in where it copied to.
    move_bytes(context: Pointer, to: Pointer, from: Pointer, length: I64) -> Pointer;
    /// Sets bytes at an address, at most [`AT_ONCE`]. It results in that address.
    fill_bytes(context: Pointer, at: Pointer, byte: I32, length: I64) -> Pointer;
    // Each of the following that results in an I32 returns 0 or the number of the trap that the code is to raise.
    /// Copies bytes between two memories, or within one.
    memory_copy(context: Pointer, to_memory: I32, from_memory: I32, to: I64, from: I64, length: I64) -> I32;
    /// Sets bytes of a memory.
    memory_fill(context: Pointer, memory: I32, at: I64, byte: I32, length: I64) -> I32;
    /// Copies bytes of a data segment to a memory.
    memory_init(context: Pointer, memory: I32, segment: I32, to: I64, from: I64, length: I64) -> I32;
    /// Forgets a data segment.
    data_drop(context: Pointer, segment: I32) -> I32;
    /// Copies elements between two tables, or within one.
    table_copy(context: Pointer, to_table: I32, from_table: I32, to: I64, from: I64, length: I64) -> I32;
    /// Sets elements of a table.
    table_fill(context: Pointer, table: I32, at: I64, reference: I64, length: I64) -> I32;
    /// Copies elements of an element segment to a table.
    table_init(context: Pointer, table: I32, segment: I32, to: I64, from: I64, length: I64) -> I32;
    /// Forgets an element segment.
    elem_drop(context: Pointer, segment: I32) -> I32;
    /// Grows a table by a number of elements, each `reference`; the old size, or -1.
    table_grow(context: Pointer, table: I32, reference: I64, delta: I64) -> I64;
    /// A reference to a function of the module.
    ref_func(context: Pointer, func: I32) -> I64;
    /// Hears that the counter of the function with this PLT index is at zero. It results in what the counter is to be set to:
    /// 0, or 1 if there is too little stack to hear it, so that it is told again.
    tell_heat(context: Pointer, plt_index: I32) -> I32;
}
