//! Import types.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, lend, take};
use super::bytes::wasm_name_t;
use super::error::{give_made, given};
use super::externtype::wasm_externtype_t;
use super::vec::{self, Owned, vector};
use std::ptr::{null, null_mut};

/// An import of a module: the two parts of its name, and the type of what it asks for.
#[derive(Clone)]
pub struct wasm_importtype_t {
    module: Owned<wasm_name_t>,
    name: Owned<wasm_name_t>,
    ty: Box<wasm_externtype_t>,
}

impl wasm_importtype_t {
    /// The object of these parts, which it owns.
    pub(super) fn new(
        module: Owned<wasm_name_t>,
        name: Owned<wasm_name_t>,
        ty: Box<wasm_externtype_t>,
    ) -> wasm_importtype_t {
        wasm_importtype_t { module, name, ty }
    }
}

// SAFETY: made by `give`
unsafe impl Object for wasm_importtype_t {
    type Target = wasm_importtype_t;
}

/// Import types.
#[repr(C)]
pub struct wasm_importtype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_importtype_t,
}
vector!(wasm_importtype_vec_t of *mut wasm_importtype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_vec_new_empty(out: *mut wasm_importtype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_vec_new_uninitialized(out: *mut wasm_importtype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_vec_new(
    out: *mut wasm_importtype_vec_t,
    size: usize,
    data: *const *mut wasm_importtype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_vec_copy(
    out: *mut wasm_importtype_vec_t,
    other: *const wasm_importtype_vec_t,
) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_vec_delete(vec: *mut wasm_importtype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// A new import type. It takes all three and leaves the names empty; a name that is NULL is empty. NULL if `ty` is
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_new(
    module: *mut wasm_name_t,
    name: *mut wasm_name_t,
    ty: *mut wasm_externtype_t,
) -> *mut wasm_importtype_t {
    boundary!(null_mut(), {
        let (module, name) = (Owned::take(module), Owned::take(name));
        give_made(given(take(ty), "the type").map(|ty| wasm_importtype_t::new(module, name, ty)))
    })
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_delete(ty: *mut wasm_importtype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_copy(ty: *const wasm_importtype_t) -> *mut wasm_importtype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// The name of the module that it asks for. It belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_module(ty: *const wasm_importtype_t) -> *const wasm_name_t {
    boundary!(null(), { lend(borrow(ty).map(|ty| ty.module.as_vec())) })
}

/// The name within that module. It belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_name(ty: *const wasm_importtype_t) -> *const wasm_name_t {
    boundary!(null(), { lend(borrow(ty).map(|ty| ty.name.as_vec())) })
}

/// The type of what it asks for. It belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_type(ty: *const wasm_importtype_t) -> *const wasm_externtype_t {
    boundary!(null(), { lend(borrow(ty).map(|ty| &*ty.ty)) })
}
