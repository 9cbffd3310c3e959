//! Tables.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give_some};
use super::error::{give_made, given, reported};
use super::externtype::wasm_externtype_t;
use super::reference::{View, downcast, entity, give_val, host_info, same, set_host_info, to_val, wasm_ref_t};
use super::store::wasm_store_t;
use super::tabletype::wasm_tabletype_t;
use crate::error::{Error, Result};
use crate::runtime::{Table, Val};
use crate::types::{ExternType, ValType};
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// A table of references.
pub enum wasm_table_t {}

/// A size in elements, or the index of one.
pub type wasm_table_size_t = u32;

impl View for wasm_table_t {
    type Entity = Table;

    fn entity(reference: &wasm_ref_t) -> Option<&Table> {
        if let wasm_ref_t::Table(table) = reference { Some(table) } else { None }
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_table_t {
    type Target = wasm_ref_t;
}

unsafe fn new_table(
    store: Option<&wasm_store_t>,
    ty: Option<&wasm_externtype_t>,
    init: *const wasm_ref_t,
) -> Result<Table> {
    let (store, ty) = (given(store, "the store")?.store(), given(ty.and_then(wasm_externtype_t::table), "the type")?);
    // SAFETY: the contract of `capi`
    let init = unsafe { to_val(init, ty.element, store) }.ok_or_else(|| not_an_element(ty.element))?;
    Table::new(store, *ty, init)
}

fn not_an_element(element: ValType) -> Error {
    Error::Argument(format!("the reference is no {element} of the store of the table"))
}

/// Does something to a table with a value that may be its element; whether that succeeded.
unsafe fn with_element<T>(
    table: *const wasm_table_t,
    reference: *const wasm_ref_t,
    work: impl FnOnce(&Table, Val) -> Result<T>,
) -> bool {
    let done = || {
        // SAFETY: the contract of `capi`
        let table = given(unsafe { entity(table) }, "the table")?;
        let element = table.ty().element;
        // SAFETY: as above
        let val = unsafe { to_val(reference, element, table.store()) }.ok_or_else(|| not_an_element(element))?;
        work(table, val)
    };
    reported(done()).is_some()
}

/// Frees this handle. The table lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_delete(table: *mut wasm_table_t) {
    boundary!((), { delete(table) })
}

/// A new handle to the same table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_copy(table: *const wasm_table_t) -> *mut wasm_table_t {
    boundary!(null_mut(), { copy(table) })
}

/// Whether both are handles to the same table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_same(table: *const wasm_table_t, other: *const wasm_table_t) -> bool {
    boundary!(false, { same(table, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_get_host_info(table: *const wasm_table_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(table) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_set_host_info(table: *mut wasm_table_t, info: *mut c_void) {
    boundary!((), { set_host_info(table, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_set_host_info_with_finalizer(
    table: *mut wasm_table_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(table, info, finalizer) })
}

/// `table` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_as_ref(table: *mut wasm_table_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { table.cast() })
}

/// `reference` itself as a table: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_table(reference: *mut wasm_ref_t) -> *mut wasm_table_t {
    boundary!(null_mut(), { downcast::<wasm_table_t>(reference).cast_mut() })
}

/// `table` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_as_ref_const(table: *const wasm_table_t) -> *const wasm_ref_t {
    boundary!(null(), { table.cast() })
}

/// `reference` itself as a table; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_table_const(reference: *const wasm_ref_t) -> *const wasm_table_t {
    boundary!(null(), { downcast::<wasm_table_t>(reference) })
}

/// A new table, each element `init`. NULL if that is not of the element type, or such a table cannot be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_new(
    store: *mut wasm_store_t,
    ty: *const wasm_tabletype_t,
    init: *mut wasm_ref_t,
) -> *mut wasm_table_t {
    boundary!(null_mut(), { give_made(new_table(borrow(store), borrow(ty), init).map(wasm_ref_t::Table)) })
}

/// Its type, new, with the current size as the minimum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_type(table: *const wasm_table_t) -> *mut wasm_tabletype_t {
    boundary!(null_mut(), {
        give_some(entity(table).map(|table| wasm_externtype_t::from_type(ExternType::Table(table.ty()))))
    })
}

/// The element at `index`, as a new handle. NULL if it is null or there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_get(table: *const wasm_table_t, index: wasm_table_size_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), {
        entity(table).and_then(|table| table.get(index.into())).map_or(null_mut(), |val| give_val(&val))
    })
}

/// Sets the element at `index`; NULL is null. False if there is none, or the reference is not of the element type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_set(
    table: *mut wasm_table_t,
    index: wasm_table_size_t,
    reference: *mut wasm_ref_t,
) -> bool {
    boundary!(false, { with_element(table, reference, |table, val| table.set(index.into(), val)) })
}

/// Its size in elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_size(table: *const wasm_table_t) -> wasm_table_size_t {
    boundary!(0, { entity(table).map_or(0, |table| table.size().try_into().unwrap_or(u32::MAX)) })
}

/// Adds `delta` elements, each `init`. False if the table cannot grow so far, or `init` is not of the element type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_grow(
    table: *mut wasm_table_t,
    delta: wasm_table_size_t,
    init: *mut wasm_ref_t,
) -> bool {
    boundary!(false, { with_element(table, init, |table, val| table.grow(delta.into(), val)) })
}
