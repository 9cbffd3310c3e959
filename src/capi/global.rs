//! Global variables.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give_some, put};
use super::error::{give_made, given};
use super::externtype::wasm_externtype_t;
use super::globaltype::wasm_globaltype_t;
use super::reference::{View, downcast, entity, host_info, same, set_host_info, wasm_ref_t};
use super::store::wasm_store_t;
use super::val::wasm_val_t;
use crate::error::{Error, Result};
use crate::runtime::Global;
use crate::types::ExternType;
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// A global variable.
pub enum wasm_global_t {}

impl View for wasm_global_t {
    type Entity = Global;

    fn entity(reference: &wasm_ref_t) -> Option<&Global> {
        if let wasm_ref_t::Global(global) = reference { Some(global) } else { None }
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_global_t {
    type Target = wasm_ref_t;
}

unsafe fn new_global(
    store: Option<&wasm_store_t>,
    ty: Option<&wasm_externtype_t>,
    value: Option<&wasm_val_t>,
) -> Result<Global> {
    let (store, ty) = (given(store, "the store")?.store(), given(ty.and_then(wasm_externtype_t::global), "the type")?);
    let value = given(value, "the value")?;
    // SAFETY: the contract of `capi`
    let value = unsafe { value.to_val(ty.content, store) }
        .ok_or_else(|| Error::Argument(format!("the value of a global of {} is of kind {}", ty.content, value.kind)))?;
    Global::new(store, *ty, value)
}

/// Frees this handle. The global lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_delete(global: *mut wasm_global_t) {
    boundary!((), { delete(global) })
}

/// A new handle to the same global.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_copy(global: *const wasm_global_t) -> *mut wasm_global_t {
    boundary!(null_mut(), { copy(global) })
}

/// Whether both are handles to the same global.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_same(global: *const wasm_global_t, other: *const wasm_global_t) -> bool {
    boundary!(false, { same(global, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_get_host_info(global: *const wasm_global_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(global) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_set_host_info(global: *mut wasm_global_t, info: *mut c_void) {
    boundary!((), { set_host_info(global, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_set_host_info_with_finalizer(
    global: *mut wasm_global_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(global, info, finalizer) })
}

/// `global` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_as_ref(global: *mut wasm_global_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { global.cast() })
}

/// `reference` itself as a global: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_global(reference: *mut wasm_ref_t) -> *mut wasm_global_t {
    boundary!(null_mut(), { downcast::<wasm_global_t>(reference).cast_mut() })
}

/// `global` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_as_ref_const(global: *const wasm_global_t) -> *const wasm_ref_t {
    boundary!(null(), { global.cast() })
}

/// `reference` itself as a global; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_global_const(reference: *const wasm_ref_t) -> *const wasm_global_t {
    boundary!(null(), { downcast::<wasm_global_t>(reference) })
}

/// A new global with a copy of `value`. NULL if the value is not of the type's kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_new(
    store: *mut wasm_store_t,
    ty: *const wasm_globaltype_t,
    value: *const wasm_val_t,
) -> *mut wasm_global_t {
    boundary!(null_mut(), { give_made(new_global(borrow(store), borrow(ty), value.as_ref()).map(wasm_ref_t::Global)) })
}

/// Its type, new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_type(global: *const wasm_global_t) -> *mut wasm_globaltype_t {
    boundary!(null_mut(), {
        give_some(entity(global).map(|global| wasm_externtype_t::from_type(ExternType::Global(global.ty()))))
    })
}

/// Makes `out` its value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_get(global: *const wasm_global_t, out: *mut wasm_val_t) {
    boundary!(put(out, wasm_val_t::INIT), {
        put(out, entity(global).map_or(wasm_val_t::INIT, |global| wasm_val_t::give(&global.get())))
    })
}

/// Assigns a copy of `value`. A global that is const, or of another kind than the value, stays as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_set(global: *mut wasm_global_t, value: *const wasm_val_t) {
    boundary!((), {
        if let (Some(global), Some(value)) = (entity(global), value.as_ref())
            && let Some(value) = value.to_val(global.ty().content, global.store())
        {
            // The header has no way to say that the global is const.
            let _ = global.set(value);
        }
    })
}
