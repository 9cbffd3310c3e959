//! Global types.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, lend, take};
use super::error::{give_made, given};
use super::externtype::{View, downcast, wasm_externtype_t};
use super::valtype::wasm_valtype_t;
use super::vec::{self, vector};
use crate::error::Error;
use crate::types::{ExternKind, ExternType, GlobalType, Mutability};
use std::ptr::{null, null_mut};

/// Whether a global may be assigned: one of `wasm_mutability_enum`.
pub type wasm_mutability_t = u8;

/// Whether a global may be assigned.
#[repr(C)]
pub enum wasm_mutability_enum {
    /// It keeps its first value.
    WASM_CONST,
    /// It may be assigned.
    WASM_VAR,
}

fn number_of(mutability: Mutability) -> wasm_mutability_t {
    (match mutability {
        Mutability::Const => wasm_mutability_enum::WASM_CONST,
        Mutability::Var => wasm_mutability_enum::WASM_VAR,
    }) as wasm_mutability_t
}

fn of_number(number: wasm_mutability_t) -> Option<Mutability> {
    [Mutability::Const, Mutability::Var].into_iter().find(|&mutability| number_of(mutability) == number)
}

/// The type of a global variable.
pub enum wasm_globaltype_t {}

impl View for wasm_globaltype_t {
    const KIND: ExternKind = ExternKind::Global;
}

// SAFETY: made by `give` of its target, as `externtype` has it
unsafe impl Object for wasm_globaltype_t {
    type Target = wasm_externtype_t;
}

/// Global types.
#[repr(C)]
pub struct wasm_globaltype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_globaltype_t,
}
vector!(wasm_globaltype_vec_t of *mut wasm_globaltype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_vec_new_empty(out: *mut wasm_globaltype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_vec_new_uninitialized(out: *mut wasm_globaltype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_vec_new(
    out: *mut wasm_globaltype_vec_t,
    size: usize,
    data: *const *mut wasm_globaltype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_vec_copy(
    out: *mut wasm_globaltype_vec_t,
    other: *const wasm_globaltype_vec_t,
) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_vec_delete(vec: *mut wasm_globaltype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// A new global type. It takes `content`, the type of the value. NULL if `content` is NULL or there is no such
/// mutability.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_new(
    content: *mut wasm_valtype_t,
    mutability: wasm_mutability_t,
) -> *mut wasm_globaltype_t {
    boundary!(null_mut(), {
        let content = given(take(content), "the type of the value");
        let ty = content.and_then(|content| {
            let wrong = || Error::Argument(format!("there is no mutability {mutability}"));
            Ok(GlobalType { content: content.ty(), mutability: of_number(mutability).ok_or_else(wrong)? })
        });
        give_made(ty.map(|ty| wasm_externtype_t::from_type(ExternType::Global(ty))))
    })
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_delete(ty: *mut wasm_globaltype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_copy(ty: *const wasm_globaltype_t) -> *mut wasm_globaltype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// The type of the value. It belongs to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_content(ty: *const wasm_globaltype_t) -> *const wasm_valtype_t {
    boundary!(null(), { lend(borrow(ty).and_then(wasm_externtype_t::content)) })
}

/// Whether the global may be assigned; 255 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_mutability(ty: *const wasm_globaltype_t) -> wasm_mutability_t {
    boundary!(u8::MAX, {
        match borrow(ty).map(wasm_externtype_t::ty) {
            Some(ExternType::Global(ty)) => number_of(ty.mutability),
            _ => u8::MAX,
        }
    })
}

/// `ty` itself as an extern type: the same object, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_as_externtype(ty: *mut wasm_globaltype_t) -> *mut wasm_externtype_t {
    boundary!(null_mut(), { ty.cast() })
}

/// `ty` itself as a global type: the same object, not a copy; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_globaltype(ty: *mut wasm_externtype_t) -> *mut wasm_globaltype_t {
    boundary!(null_mut(), { downcast::<wasm_globaltype_t>(ty).cast_mut() })
}

/// `ty` itself as an extern type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_as_externtype_const(ty: *const wasm_globaltype_t) -> *const wasm_externtype_t {
    boundary!(null(), { ty.cast() })
}

/// `ty` itself as a global type; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_globaltype_const(ty: *const wasm_externtype_t) -> *const wasm_globaltype_t {
    boundary!(null(), { downcast::<wasm_globaltype_t>(ty) })
}
