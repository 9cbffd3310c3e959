//! Export types.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, lend, take};
use super::bytes::wasm_name_t;
use super::error::{give_made, given};
use super::externtype::wasm_externtype_t;
use super::vec::{self, Owned, vector};
use std::ptr::{null, null_mut};

/// An export of a module: its name, and the type of what it offers.
#[derive(Clone)]
pub struct wasm_exporttype_t {
    name: Owned<wasm_name_t>,
    ty: Box<wasm_externtype_t>,
}

impl wasm_exporttype_t {
    /// The object of these parts, which it owns.
    pub(super) fn new(name: Owned<wasm_name_t>, ty: Box<wasm_externtype_t>) -> wasm_exporttype_t {
        wasm_exporttype_t { name, ty }
    }
}

// SAFETY: made by `give`
unsafe impl Object for wasm_exporttype_t {
    type Target = wasm_exporttype_t;
}

/// Export types.
#[repr(C)]
pub struct wasm_exporttype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_exporttype_t,
}
vector!(wasm_exporttype_vec_t of *mut wasm_exporttype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_vec_new_empty(out: *mut wasm_exporttype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_vec_new_uninitialized(out: *mut wasm_exporttype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_vec_new(
    out: *mut wasm_exporttype_vec_t,
    size: usize,
    data: *const *mut wasm_exporttype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_vec_copy(
    out: *mut wasm_exporttype_vec_t,
    other: *const wasm_exporttype_vec_t,
) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_vec_delete(vec: *mut wasm_exporttype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// A new export type. It takes both and leaves the name empty; a name that is NULL is empty. NULL if `ty` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_new(
    name: *mut wasm_name_t,
    ty: *mut wasm_externtype_t,
) -> *mut wasm_exporttype_t {
    boundary!(null_mut(), {
        let name = Owned::take(name);
        give_made(given(take(ty), "the type").map(|ty| wasm_exporttype_t::new(name, ty)))
    })
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_delete(ty: *mut wasm_exporttype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_copy(ty: *const wasm_exporttype_t) -> *mut wasm_exporttype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// The name. It belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_name(ty: *const wasm_exporttype_t) -> *const wasm_name_t {
    boundary!(null(), { lend(borrow(ty).map(|ty| ty.name.as_vec())) })
}

/// The type of what it offers. It belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_type(ty: *const wasm_exporttype_t) -> *const wasm_externtype_t {
    boundary!(null(), { lend(borrow(ty).map(|ty| &*ty.ty)) })
}
