//! Objects of the host that wasm code may hold.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete};
use super::error::{give_made, given};
use super::reference::{View, downcast, host_info, same, set_host_info, wasm_ref_t};
use super::store::wasm_store_t;
use crate::runtime::ExternRef;
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// An object of the host. What it is, its host info says.
pub enum wasm_foreign_t {}

impl View for wasm_foreign_t {
    type Entity = ExternRef;

    fn entity(reference: &wasm_ref_t) -> Option<&ExternRef> {
        if let wasm_ref_t::Foreign(object) = reference { Some(object) } else { None }
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_foreign_t {
    type Target = wasm_ref_t;
}

/// Frees this handle. The object lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_delete(foreign: *mut wasm_foreign_t) {
    boundary!((), { delete(foreign) })
}

/// A new handle to the same object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_copy(foreign: *const wasm_foreign_t) -> *mut wasm_foreign_t {
    boundary!(null_mut(), { copy(foreign) })
}

/// Whether both are handles to the same object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_same(foreign: *const wasm_foreign_t, other: *const wasm_foreign_t) -> bool {
    boundary!(false, { same(foreign, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_get_host_info(foreign: *const wasm_foreign_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(foreign) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_set_host_info(foreign: *mut wasm_foreign_t, info: *mut c_void) {
    boundary!((), { set_host_info(foreign, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_set_host_info_with_finalizer(
    foreign: *mut wasm_foreign_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(foreign, info, finalizer) })
}

/// `foreign` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_as_ref(foreign: *mut wasm_foreign_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { foreign.cast() })
}

/// `reference` itself as an object of the host: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_foreign(reference: *mut wasm_ref_t) -> *mut wasm_foreign_t {
    boundary!(null_mut(), { downcast::<wasm_foreign_t>(reference).cast_mut() })
}

/// `foreign` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_as_ref_const(foreign: *const wasm_foreign_t) -> *const wasm_ref_t {
    boundary!(null(), { foreign.cast() })
}

/// `reference` itself as an object of the host; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_foreign_const(reference: *const wasm_ref_t) -> *const wasm_foreign_t {
    boundary!(null(), { downcast::<wasm_foreign_t>(reference) })
}

/// A new object of the host, without host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_foreign_new(store: *mut wasm_store_t) -> *mut wasm_foreign_t {
    boundary!(null_mut(), {
        let store = given(borrow(store), "the store");
        give_made(store.map(|store| wasm_ref_t::Foreign(ExternRef::new(store.store(), ()))))
    })
}
