//! The macro that turns one list of fields into a struct, the offsets of its fields, and their shape in generated code.

/// The shape of a field as generated code loads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Slot {
    /// An address.
    Pointer,
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
}

impl Slot {
    /// Size in bytes.
    #[cfg(test)]
    pub const fn size(self) -> usize {
        match self {
            Slot::I32 => 4,
            Slot::Pointer | Slot::I64 => 8,
        }
    }
}

/// Where a field lies in its struct, in bytes, and what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Field {
    pub offset: usize,
    pub slot: Slot,
}

/// Declares a `#[repr(C)]` struct. For each field `f` there is a constant `Struct::f` of type [`Field`] of the same
/// name.
macro_rules! layout {
    (
        $(#[$meta:meta])*
        struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident: $ty:ty => $slot:ident, )*
        }
    ) => {
        $(#[$meta])*
        #[repr(C)]
        pub(crate) struct $name {
            $( $(#[$field_meta])* pub $field: $ty, )*
        }

        #[allow(non_upper_case_globals, dead_code)]
        impl $name {
            $(
                pub const $field: $crate::abi::Field = $crate::abi::Field {
                    offset: std::mem::offset_of!($name, $field),
                    slot: $crate::abi::Slot::$slot,
                };
            )*
            /// All fields in order.
            #[cfg(test)]
            pub const FIELDS: &'static [$crate::abi::Field] = &[$(Self::$field),*];
        }

        // What generated code loads is as wide as what the runtime stores.
        #[cfg(test)]
        const _: () = {
            $( assert!(std::mem::size_of::<$ty>() == $crate::abi::Slot::$slot.size()); )*
        };
    };
}

pub(crate) use layout;
