//! Tag types.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, lend, take};
use super::error::{give_made, given};
use super::externtype::{View, downcast, wasm_externtype_t};
use super::functype::wasm_functype_t;
use super::vec::{self, vector};
use crate::types::{ExternKind, ExternType};
use std::ptr::{null, null_mut};

/// The type of an exception tag.
pub enum wasm_tagtype_t {}

impl View for wasm_tagtype_t {
    const KIND: ExternKind = ExternKind::Tag;
}

// SAFETY: made by `give` of its target, as `externtype` has it
unsafe impl Object for wasm_tagtype_t {
    type Target = wasm_externtype_t;
}

/// Tag types.
#[repr(C)]
pub struct wasm_tagtype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_tagtype_t,
}
vector!(wasm_tagtype_vec_t of *mut wasm_tagtype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_vec_new_empty(out: *mut wasm_tagtype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_vec_new_uninitialized(out: *mut wasm_tagtype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_vec_new(
    out: *mut wasm_tagtype_vec_t,
    size: usize,
    data: *const *mut wasm_tagtype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_vec_copy(out: *mut wasm_tagtype_vec_t, other: *const wasm_tagtype_vec_t) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_vec_delete(vec: *mut wasm_tagtype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// A new tag type. It takes `ty`, whose parameters are what an exception carries. NULL if `ty` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_new(ty: *mut wasm_functype_t) -> *mut wasm_tagtype_t {
    boundary!(null_mut(), {
        let ty = given(take(ty).and_then(|ty| ty.func().cloned()), "the type");
        give_made(ty.map(|ty| wasm_externtype_t::from_type(ExternType::Tag(ty))))
    })
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_delete(ty: *mut wasm_tagtype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_copy(ty: *const wasm_tagtype_t) -> *mut wasm_tagtype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// The function type whose parameters an exception carries. It belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_functype(ty: *const wasm_tagtype_t) -> *const wasm_functype_t {
    boundary!(null(), { lend(borrow(ty).and_then(wasm_externtype_t::payload)).cast() })
}

/// `ty` itself as an extern type: the same object, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_as_externtype(ty: *mut wasm_tagtype_t) -> *mut wasm_externtype_t {
    boundary!(null_mut(), { ty.cast() })
}

/// `ty` itself as a tag type: the same object, not a copy; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_tagtype(ty: *mut wasm_externtype_t) -> *mut wasm_tagtype_t {
    boundary!(null_mut(), { downcast::<wasm_tagtype_t>(ty).cast_mut() })
}

/// `ty` itself as an extern type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tagtype_as_externtype_const(ty: *const wasm_tagtype_t) -> *const wasm_externtype_t {
    boundary!(null(), { ty.cast() })
}

/// `ty` itself as a tag type; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_tagtype_const(ty: *const wasm_externtype_t) -> *const wasm_tagtype_t {
    boundary!(null(), { downcast::<wasm_tagtype_t>(ty) })
}
