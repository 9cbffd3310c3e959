//! Values between host and wasm: the layout of `wasm_val_t` and `wasm_val_vec_t`, so that a call copies nothing twice.

use super::HostContext;
use super::layout::layout;
use crate::types::ValType;
use std::ffi::c_void;

/// The kind byte of a [`Value`], as `wasm.h` numbers it.
pub(crate) struct ValueKind;

impl ValueKind {
    pub const I32: u8 = 0;
    pub const I64: u8 = 1;
    pub const F32: u8 = 2;
    pub const F64: u8 = 3;
    pub const EXTERNREF: u8 = 128;
    pub const FUNCREF: u8 = 129;

    /// The kind of values of this type.
    pub fn of(ty: ValType) -> u8 {
        match ty {
            ValType::I32 => Self::I32,
            ValType::I64 => Self::I64,
            ValType::F32 => Self::F32,
            ValType::F64 => Self::F64,
            ValType::ExternRef => Self::EXTERNREF,
            ValType::FuncRef => Self::FUNCREF,
        }
    }
}

/// A value with its kind. The payload of a 32-bit value is in the low half.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Value {
    /// See [`ValueKind`].
    pub kind: u8,
    /// The bits of the value.
    pub bits: u64,
}

impl Value {
    /// Byte offset of the kind.
    pub const KIND_OFFSET: usize = std::mem::offset_of!(Value, kind);
    /// Byte offset of the payload.
    pub const BITS_OFFSET: usize = std::mem::offset_of!(Value, bits);
    /// Bytes from one value of an array to the next.
    pub const SIZE: usize = size_of::<Value>();
}

layout! {
    /// An array of values with its length.
    struct ValueVec {
        /// Number of values.
        size: usize => I64,
        /// The first value.
        data: *mut Value => Pointer,
    }
}

/// A function of the host: `(env, arguments, results, its context)`. It returns null, or a trap that the receiver owns.
/// One that takes no more than the first three will do: an argument in a register may be left alone.
pub(crate) type HostCallback = unsafe extern "C" fn(
    env: *mut c_void,
    args: *const ValueVec,
    results: *mut ValueVec,
    context: *const HostContext,
) -> *mut c_void;
