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

builtins! {
    /// Ends the activation with a trap of this code.
    trap(context: Pointer, code: I32);
    /// Ends the activation with the trap that a host function returned.
    raise(host_context: Pointer, trap: Pointer);
    /// Grows a memory by a number of pages; the old size in pages, or -1.
    memory_grow(context: Pointer, memory: I32, delta: I64) -> I64;
}
