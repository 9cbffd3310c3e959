//! Table types.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, lend, take};
use super::error::{give_made, given};
use super::externtype::{View, downcast, wasm_externtype_t};
use super::memorytype::wasm_limits_t;
use super::valtype::wasm_valtype_t;
use super::vec::{self, vector};
use crate::error::Error;
use crate::types::{ExternKind, ExternType, TableType};
use std::ptr::{null, null_mut};

/// The type of a table of references.
pub enum wasm_tabletype_t {}

impl View for wasm_tabletype_t {
    const KIND: ExternKind = ExternKind::Table;
}

// SAFETY: made by `give` of its target, as `externtype` has it
unsafe impl Object for wasm_tabletype_t {
    type Target = wasm_externtype_t;
}

/// Table types.
#[repr(C)]
pub struct wasm_tabletype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_tabletype_t,
}
vector!(wasm_tabletype_vec_t of *mut wasm_tabletype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_vec_new_empty(out: *mut wasm_tabletype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_vec_new_uninitialized(out: *mut wasm_tabletype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_vec_new(
    out: *mut wasm_tabletype_vec_t,
    size: usize,
    data: *const *mut wasm_tabletype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_vec_copy(out: *mut wasm_tabletype_vec_t, other: *const wasm_tabletype_vec_t) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_vec_delete(vec: *mut wasm_tabletype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// A new table type. It takes `element`, the type of the elements; `limits` are in elements. NULL if one of them is
/// NULL or if `element` is no reference type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_new(
    element: *mut wasm_valtype_t,
    limits: *const wasm_limits_t,
) -> *mut wasm_tabletype_t {
    boundary!(null_mut(), {
        let element = given(take(element), "the type of the elements").map(|element| element.ty());
        let ty = element.and_then(|element| match limits.as_ref() {
            Some(limits) if element.is_ref() => Ok(TableType { element, limits: limits.to_type() }),
            Some(_) => Err(Error::Argument(format!("{element} is no reference type, as that of elements must be"))),
            None => given(None, "limits"),
        });
        give_made(ty.map(|ty| wasm_externtype_t::from_type(ExternType::Table(ty))))
    })
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_delete(ty: *mut wasm_tabletype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_copy(ty: *const wasm_tabletype_t) -> *mut wasm_tabletype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// The type of the elements. It belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_element(ty: *const wasm_tabletype_t) -> *const wasm_valtype_t {
    boundary!(null(), { lend(borrow(ty).and_then(wasm_externtype_t::content)) })
}

/// The bounds of the size, in elements. They belong to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_limits(ty: *const wasm_tabletype_t) -> *const wasm_limits_t {
    boundary!(null(), { lend(borrow(ty).and_then(wasm_externtype_t::limits)) })
}

/// `ty` itself as an extern type: the same object, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_as_externtype(ty: *mut wasm_tabletype_t) -> *mut wasm_externtype_t {
    boundary!(null_mut(), { ty.cast() })
}

/// `ty` itself as a table type: the same object, not a copy; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_tabletype(ty: *mut wasm_externtype_t) -> *mut wasm_tabletype_t {
    boundary!(null_mut(), { downcast::<wasm_tabletype_t>(ty).cast_mut() })
}

/// `ty` itself as an extern type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_as_externtype_const(ty: *const wasm_tabletype_t) -> *const wasm_externtype_t {
    boundary!(null(), { ty.cast() })
}

/// `ty` itself as a table type; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_tabletype_const(ty: *const wasm_externtype_t) -> *const wasm_tabletype_t {
    boundary!(null(), { downcast::<wasm_tabletype_t>(ty) })
}
