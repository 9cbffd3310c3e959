//! Values.
#![allow(unsafe_code)]

use super::boundary::{boundary, copy, delete, put};
use super::reference::{self, wasm_ref_t};
use super::valtype::{kind_of, of_kind, wasm_valkind_t};
use super::vec::{self, Element, vector};
use crate::abi::{Value, ValueVec};
use crate::runtime::{Store, Val};
use crate::types::ValType;
use std::mem::offset_of;
use std::ptr::null_mut;

/// What a value consists of, by its kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub union wasm_val_of_t {
    /// WASM_I32
    pub i32: i32,
    /// WASM_I64
    pub i64: i64,
    /// WASM_F32
    pub f32: f32,
    /// WASM_F64
    pub f64: f64,
    /// WASM_EXTERNREF and WASM_FUNCREF: a reference or NULL. Any reference will do as an externref, and either kind for
    /// a function.
    pub r#ref: *mut wasm_ref_t,
}

/// A value. One that is owned owns its reference.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wasm_val_t {
    /// Its kind.
    pub kind: wasm_valkind_t,
    /// Its content.
    pub of: wasm_val_of_t,
}

/// Values.
#[repr(C)]
pub struct wasm_val_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut wasm_val_t,
}
vector!(wasm_val_vec_t of wasm_val_t);

// Calls of functions without references hand these structs to generated code as they are.
const _: () = {
    assert!(size_of::<wasm_val_t>() == Value::SIZE);
    assert!(offset_of!(wasm_val_t, kind) == Value::KIND_OFFSET);
    assert!(offset_of!(wasm_val_t, of) == Value::BITS_OFFSET);
    assert!(size_of::<wasm_val_vec_t>() == size_of::<ValueVec>());
    assert!(offset_of!(wasm_val_vec_t, size) == ValueVec::size.offset);
    assert!(offset_of!(wasm_val_vec_t, data) == ValueVec::data.offset);
};

impl wasm_val_t {
    /// The null reference: `WASM_INIT_VAL` of the header.
    pub(super) const INIT: wasm_val_t = wasm_val_t {
        kind: super::valtype::wasm_valkind_enum::WASM_EXTERNREF as u8,
        of: wasm_val_of_t { r#ref: null_mut() },
    };

    /// A value for C to own.
    pub(super) fn give(val: &Val) -> wasm_val_t {
        let of = match val {
            Val::I32(value) => wasm_val_of_t { i32: *value },
            Val::I64(value) => wasm_val_of_t { i64: *value },
            Val::F32(bits) => wasm_val_of_t { f32: f32::from_bits(*bits) },
            Val::F64(bits) => wasm_val_of_t { f64: f64::from_bits(*bits) },
            Val::FuncRef(_) | Val::ExternRef(_) => wasm_val_of_t { r#ref: reference::give_val(val) },
        };
        wasm_val_t { kind: kind_of(val.ty()), of }
    }

    /// Whether the kind is that of a reference.
    fn is_ref(&self) -> bool {
        of_kind(self.kind).is_some_and(ValType::is_ref)
    }

    /// Whether the kind fits the type. That of a reference says little: `WASM_REF_VAL` makes all of them externrefs.
    fn fits(&self, ty: ValType) -> bool {
        if ty.is_ref() { self.is_ref() } else { self.kind == kind_of(ty) }
    }

    /// The value as one of type `ty` in `store`, if it is one.
    pub(super) unsafe fn to_val(self, ty: ValType, store: &Store) -> Option<Val> {
        if !self.fits(ty) {
            return None;
        }
        // SAFETY: the field is the one that the kind names
        unsafe {
            match ty {
                ValType::I32 => Some(Val::I32(self.of.i32)),
                ValType::I64 => Some(Val::I64(self.of.i64)),
                ValType::F32 => Some(Val::F32(self.of.f32.to_bits())),
                ValType::F64 => Some(Val::F64(self.of.f64.to_bits())),
                ValType::FuncRef | ValType::ExternRef => reference::to_val(self.of.r#ref, ty, store),
            }
        }
    }
}

// SAFETY: with all bits zero it is the number 0
unsafe impl Element for wasm_val_t {
    unsafe fn copy(&self) -> wasm_val_t {
        if !self.is_ref() {
            return *self;
        }
        // SAFETY: the kind is that of a reference
        wasm_val_t { kind: self.kind, of: wasm_val_of_t { r#ref: unsafe { copy(self.of.r#ref) } } }
    }

    unsafe fn delete(&mut self) {
        if self.is_ref() {
            // SAFETY: the kind is that of a reference
            unsafe { delete(self.of.r#ref) };
            self.of.r#ref = null_mut();
        }
    }
}

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_val_vec_new_empty(out: *mut wasm_val_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` zeros of type i32, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_val_vec_new_uninitialized(out: *mut wasm_val_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` values at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_val_vec_new(out: *mut wasm_val_vec_t, size: usize, data: *const wasm_val_t) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_val_vec_copy(out: *mut wasm_val_vec_t, other: *const wasm_val_vec_t) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the values of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_val_vec_delete(vec: *mut wasm_val_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// Frees the reference of `value`, and leaves null in its place. Numbers stay as they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_val_delete(value: *mut wasm_val_t) {
    boundary!((), {
        if let Some(value) = value.as_mut() {
            value.delete();
        }
    })
}

/// Makes `out` a copy of `value`: of a reference, a new handle to the same object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_val_copy(out: *mut wasm_val_t, value: *const wasm_val_t) {
    boundary!(put(out, wasm_val_t::INIT), { put(out, value.as_ref().map_or(wasm_val_t::INIT, |value| value.copy())) })
}
