//! Value types.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete};
use super::error::give_made;
use super::vec::{self, vector};
use crate::error::Error;
use crate::types::ValType;
use std::ptr::null_mut;

/// The kind of a value: one of `wasm_valkind_enum`.
pub type wasm_valkind_t = u8;

/// The kinds of values. Those from `WASM_EXTERNREF` on are references.
#[repr(C)]
pub enum wasm_valkind_enum {
    /// 32-bit integer, sign-agnostic.
    WASM_I32,
    /// 64-bit integer, sign-agnostic.
    WASM_I64,
    /// 32-bit float.
    WASM_F32,
    /// 64-bit float.
    WASM_F64,
    /// Reference to an object of the host, or null.
    WASM_EXTERNREF = 128,
    /// Reference to a function, or null.
    WASM_FUNCREF,
}

/// The kind of values of this type.
pub(super) fn kind_of(ty: ValType) -> wasm_valkind_t {
    use wasm_valkind_enum::*;
    (match ty {
        ValType::I32 => WASM_I32,
        ValType::I64 => WASM_I64,
        ValType::F32 => WASM_F32,
        ValType::F64 => WASM_F64,
        ValType::ExternRef => WASM_EXTERNREF,
        ValType::FuncRef => WASM_FUNCREF,
    }) as wasm_valkind_t
}

/// The type of values of this kind; none for a number that is no kind.
pub(super) fn of_kind(kind: wasm_valkind_t) -> Option<ValType> {
    use ValType::*;
    [I32, I64, F32, F64, ExternRef, FuncRef].into_iter().find(|&ty| kind_of(ty) == kind)
}

/// The type of a value.
#[derive(Clone)]
pub struct wasm_valtype_t {
    ty: ValType,
}

impl wasm_valtype_t {
    /// The object for a type.
    pub(super) fn from_type(ty: ValType) -> wasm_valtype_t {
        wasm_valtype_t { ty }
    }

    /// The type that it stands for.
    pub(super) fn ty(&self) -> ValType {
        self.ty
    }
}

// SAFETY: made by `give`, or a part of an extern type
unsafe impl Object for wasm_valtype_t {
    type Target = wasm_valtype_t;
}

/// Value types.
#[repr(C)]
pub struct wasm_valtype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_valtype_t,
}
vector!(wasm_valtype_vec_t of *mut wasm_valtype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_vec_new_empty(out: *mut wasm_valtype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_vec_new_uninitialized(out: *mut wasm_valtype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_vec_new(
    out: *mut wasm_valtype_vec_t,
    size: usize,
    data: *const *mut wasm_valtype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_vec_copy(out: *mut wasm_valtype_vec_t, other: *const wasm_valtype_vec_t) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_vec_delete(vec: *mut wasm_valtype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// A new value type of this kind. NULL if there is no such kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_new(kind: wasm_valkind_t) -> *mut wasm_valtype_t {
    boundary!(null_mut(), {
        let ty = of_kind(kind).ok_or_else(|| Error::Argument(format!("there is no kind of value {kind}")));
        give_made(ty.map(wasm_valtype_t::from_type))
    })
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_delete(ty: *mut wasm_valtype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_copy(ty: *const wasm_valtype_t) -> *mut wasm_valtype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// Its kind; 255 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_valtype_kind(ty: *const wasm_valtype_t) -> wasm_valkind_t {
    boundary!(u8::MAX, { borrow(ty).map_or(u8::MAX, |ty| kind_of(ty.ty())) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_type_and_no_other_number_has() {
        let kinds: Vec<u8> = (0..=u8::MAX).filter(|&kind| of_kind(kind).is_some()).collect();
        assert_eq!(kinds, [0, 1, 2, 3, 128, 129]);
        for kind in 0..=u8::MAX {
            unsafe {
                let ty = wasm_valtype_new(kind);
                let expected = if kinds.contains(&kind) { kind } else { u8::MAX };
                assert_eq!(wasm_valtype_kind(ty), expected);
                wasm_valtype_delete(ty);
            }
        }
    }
}
