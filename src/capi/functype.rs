//! Function types.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, lend};
use super::error::{give_made, given};
use super::externtype::{View, downcast, wasm_externtype_t};
use super::valtype::{wasm_valtype_t, wasm_valtype_vec_t};
use super::vec::{self, Owned, vector};
use crate::types::{ExternKind, ExternType, FuncType, ValType};
use std::ptr::{null, null_mut};

/// The type of a function: what it takes and what it returns, in order.
pub enum wasm_functype_t {}

impl View for wasm_functype_t {
    const KIND: ExternKind = ExternKind::Func;
}

// SAFETY: made by `give` of its target, as `externtype` has it
unsafe impl Object for wasm_functype_t {
    type Target = wasm_externtype_t;
}

/// Function types.
#[repr(C)]
pub struct wasm_functype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_functype_t,
}
vector!(wasm_functype_vec_t of *mut wasm_functype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_vec_new_empty(out: *mut wasm_functype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_vec_new_uninitialized(out: *mut wasm_functype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_vec_new(
    out: *mut wasm_functype_vec_t,
    size: usize,
    data: *const *mut wasm_functype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_vec_copy(out: *mut wasm_functype_vec_t, other: *const wasm_functype_vec_t) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_vec_delete(vec: *mut wasm_functype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// A new function type. It takes both vectors and leaves them empty; NULL is an empty vector.
/// NULL if an element is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_new(
    params: *mut wasm_valtype_vec_t,
    results: *mut wasm_valtype_vec_t,
) -> *mut wasm_functype_t {
    boundary!(null_mut(), {
        let (params, results) = (Owned::take(params), Owned::take(results));
        let ty = types(&params).zip(types(&results)).map(|(params, results)| FuncType::new(params, results));
        give_made(given(ty, "a type in a vector").map(|ty| wasm_externtype_t::from_type(ExternType::Func(ty))))
    })
}

/// The types in a vector; none if an element is NULL.
fn types(vec: &Owned<wasm_valtype_vec_t>) -> Option<Vec<ValType>> {
    // SAFETY: the elements are NULL or ours
    vec.as_slice().iter().map(|&ty| unsafe { borrow(ty) }.map(wasm_valtype_t::ty)).collect()
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_delete(ty: *mut wasm_functype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_copy(ty: *const wasm_functype_t) -> *mut wasm_functype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// The types of the parameters. The vector belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_params(ty: *const wasm_functype_t) -> *const wasm_valtype_vec_t {
    boundary!(null(), { lend(borrow(ty).and_then(wasm_externtype_t::params)) })
}

/// The types of the results. The vector belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_results(ty: *const wasm_functype_t) -> *const wasm_valtype_vec_t {
    boundary!(null(), { lend(borrow(ty).and_then(wasm_externtype_t::results)) })
}

/// `ty` itself as an extern type: the same object, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_as_externtype(ty: *mut wasm_functype_t) -> *mut wasm_externtype_t {
    boundary!(null_mut(), { ty.cast() })
}

/// `ty` itself as a function type: the same object, not a copy; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_functype(ty: *mut wasm_externtype_t) -> *mut wasm_functype_t {
    boundary!(null_mut(), { downcast::<wasm_functype_t>(ty).cast_mut() })
}

/// `ty` itself as an extern type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_functype_as_externtype_const(ty: *const wasm_functype_t) -> *const wasm_externtype_t {
    boundary!(null(), { ty.cast() })
}

/// `ty` itself as a function type; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_functype_const(ty: *const wasm_externtype_t) -> *const wasm_functype_t {
    boundary!(null(), { downcast::<wasm_functype_t>(ty) })
}
