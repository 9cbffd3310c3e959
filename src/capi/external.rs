//! Externals: what can be imported and exported.
#![allow(unsafe_code)]

use super::boundary::{Object, boundary, copy, delete, give_some};
use super::externtype::{number_of, wasm_externkind_t, wasm_externtype_t};
use super::func::wasm_func_t;
use super::global::wasm_global_t;
use super::memory::wasm_memory_t;
use super::reference::{View, downcast, entity, host_info, same, set_host_info, wasm_ref_t};
use super::table::wasm_table_t;
use super::vec::{self, vector};
use crate::runtime::Extern;
use crate::types::ExternKind;
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// A function, a global, a table or a memory.
pub enum wasm_extern_t {}

/// The kind of an external.
fn kind(reference: &wasm_ref_t) -> Option<ExternKind> {
    match reference {
        wasm_ref_t::Func(_) => Some(ExternKind::Func),
        wasm_ref_t::Global(_) => Some(ExternKind::Global),
        wasm_ref_t::Table(_) => Some(ExternKind::Table),
        wasm_ref_t::Memory(_) => Some(ExternKind::Memory),
        wasm_ref_t::Instance(_) | wasm_ref_t::Module(_) | wasm_ref_t::Trap(_) | wasm_ref_t::Foreign(_) => None,
    }
}

impl wasm_ref_t {
    /// What it stands for, if that can be imported and exported.
    pub(super) fn to_extern(&self) -> Option<Extern> {
        match self {
            wasm_ref_t::Func(function) => Some(Extern::Func(function.func().clone())),
            wasm_ref_t::Global(global) => Some(Extern::Global(global.clone())),
            wasm_ref_t::Table(table) => Some(Extern::Table(table.clone())),
            wasm_ref_t::Memory(memory) => Some(Extern::Memory(memory.clone())),
            wasm_ref_t::Instance(_) | wasm_ref_t::Module(_) | wasm_ref_t::Trap(_) | wasm_ref_t::Foreign(_) => None,
        }
    }
}

impl From<Extern> for wasm_ref_t {
    fn from(external: Extern) -> wasm_ref_t {
        match external {
            Extern::Func(func) => func.into(),
            Extern::Global(global) => wasm_ref_t::Global(global),
            Extern::Table(table) => wasm_ref_t::Table(table),
            Extern::Memory(memory) => wasm_ref_t::Memory(memory),
        }
    }
}

impl View for wasm_extern_t {
    type Entity = wasm_ref_t;

    fn entity(reference: &wasm_ref_t) -> Option<&wasm_ref_t> {
        kind(reference).map(|_| reference)
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_extern_t {
    type Target = wasm_ref_t;
}

/// Externals.
#[repr(C)]
pub struct wasm_extern_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_extern_t,
}
vector!(wasm_extern_vec_t of *mut wasm_extern_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_vec_new_empty(out: *mut wasm_extern_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_vec_new_uninitialized(out: *mut wasm_extern_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_vec_new(
    out: *mut wasm_extern_vec_t,
    size: usize,
    data: *const *mut wasm_extern_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_vec_copy(out: *mut wasm_extern_vec_t, other: *const wasm_extern_vec_t) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_vec_delete(vec: *mut wasm_extern_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// Frees this handle. The external lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_delete(external: *mut wasm_extern_t) {
    boundary!((), { delete(external) })
}

/// A new handle to the same external.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_copy(external: *const wasm_extern_t) -> *mut wasm_extern_t {
    boundary!(null_mut(), { copy(external) })
}

/// Whether both are handles to the same external.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_same(external: *const wasm_extern_t, other: *const wasm_extern_t) -> bool {
    boundary!(false, { same(external, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_get_host_info(external: *const wasm_extern_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(external) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_set_host_info(external: *mut wasm_extern_t, info: *mut c_void) {
    boundary!((), { set_host_info(external, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_set_host_info_with_finalizer(
    external: *mut wasm_extern_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(external, info, finalizer) })
}

/// `external` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_ref(external: *mut wasm_extern_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { external.cast() })
}

/// `reference` itself as an external: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_extern(reference: *mut wasm_ref_t) -> *mut wasm_extern_t {
    boundary!(null_mut(), { downcast::<wasm_extern_t>(reference).cast_mut() })
}

/// `external` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_ref_const(external: *const wasm_extern_t) -> *const wasm_ref_t {
    boundary!(null(), { external.cast() })
}

/// `reference` itself as an external; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_extern_const(reference: *const wasm_ref_t) -> *const wasm_extern_t {
    boundary!(null(), { downcast::<wasm_extern_t>(reference) })
}

/// Its kind; 255 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_kind(external: *const wasm_extern_t) -> wasm_externkind_t {
    boundary!(u8::MAX, { entity(external).and_then(kind).map_or(u8::MAX, number_of) })
}

/// Its type, new. Of a table or memory, it has the current size as the minimum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_type(external: *const wasm_extern_t) -> *mut wasm_externtype_t {
    boundary!(null_mut(), {
        let external = entity(external).and_then(wasm_ref_t::to_extern);
        give_some(external.map(|external| wasm_externtype_t::from_type(external.ty())))
    })
}

/// `func` itself as an external: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_as_extern(func: *mut wasm_func_t) -> *mut wasm_extern_t {
    boundary!(null_mut(), { func.cast() })
}

/// `external` itself as a function: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_func(external: *mut wasm_extern_t) -> *mut wasm_func_t {
    boundary!(null_mut(), { downcast::<wasm_func_t>(external).cast_mut() })
}

/// `global` itself as an external: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_as_extern(global: *mut wasm_global_t) -> *mut wasm_extern_t {
    boundary!(null_mut(), { global.cast() })
}

/// `external` itself as a global: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_global(external: *mut wasm_extern_t) -> *mut wasm_global_t {
    boundary!(null_mut(), { downcast::<wasm_global_t>(external).cast_mut() })
}

/// `table` itself as an external: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_as_extern(table: *mut wasm_table_t) -> *mut wasm_extern_t {
    boundary!(null_mut(), { table.cast() })
}

/// `external` itself as a table: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_table(external: *mut wasm_extern_t) -> *mut wasm_table_t {
    boundary!(null_mut(), { downcast::<wasm_table_t>(external).cast_mut() })
}

/// `memory` itself as an external: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_as_extern(memory: *mut wasm_memory_t) -> *mut wasm_extern_t {
    boundary!(null_mut(), { memory.cast() })
}

/// `external` itself as a memory: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_memory(external: *mut wasm_extern_t) -> *mut wasm_memory_t {
    boundary!(null_mut(), { downcast::<wasm_memory_t>(external).cast_mut() })
}

/// `func` itself as an external.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_as_extern_const(func: *const wasm_func_t) -> *const wasm_extern_t {
    boundary!(null(), { func.cast() })
}

/// `external` itself as a function; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_func_const(external: *const wasm_extern_t) -> *const wasm_func_t {
    boundary!(null(), { downcast::<wasm_func_t>(external) })
}

/// `global` itself as an external.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_global_as_extern_const(global: *const wasm_global_t) -> *const wasm_extern_t {
    boundary!(null(), { global.cast() })
}

/// `external` itself as a global; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_global_const(external: *const wasm_extern_t) -> *const wasm_global_t {
    boundary!(null(), { downcast::<wasm_global_t>(external) })
}

/// `table` itself as an external.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_table_as_extern_const(table: *const wasm_table_t) -> *const wasm_extern_t {
    boundary!(null(), { table.cast() })
}

/// `external` itself as a table; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_table_const(external: *const wasm_extern_t) -> *const wasm_table_t {
    boundary!(null(), { downcast::<wasm_table_t>(external) })
}

/// `memory` itself as an external.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_as_extern_const(memory: *const wasm_memory_t) -> *const wasm_extern_t {
    boundary!(null(), { memory.cast() })
}

/// `external` itself as a memory; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_extern_as_memory_const(external: *const wasm_extern_t) -> *const wasm_memory_t {
    boundary!(null(), { downcast::<wasm_memory_t>(external) })
}
