//! Linear memories.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give_some};
use super::bytes::byte_t;
use super::error::{give_made, given, reported};
use super::externtype::wasm_externtype_t;
use super::memorytype::wasm_memorytype_t;
use super::reference::{View, downcast, entity, host_info, same, set_host_info, wasm_ref_t};
use super::store::wasm_store_t;
use crate::error::Result;
use crate::runtime::Memory;
use crate::types::ExternType;
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// A linear memory.
pub enum wasm_memory_t {}

/// A size in pages of 64 KiB.
pub type wasm_memory_pages_t = u32;

impl View for wasm_memory_t {
    type Entity = Memory;

    fn entity(reference: &wasm_ref_t) -> Option<&Memory> {
        if let wasm_ref_t::Memory(memory) = reference { Some(memory) } else { None }
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_memory_t {
    type Target = wasm_ref_t;
}

fn new_memory(store: Option<&wasm_store_t>, ty: Option<&wasm_externtype_t>) -> Result<Memory> {
    let (store, ty) = (given(store, "the store")?, given(ty.and_then(wasm_externtype_t::memory), "the type")?);
    Memory::new(store.store(), *ty)
}

/// Frees this handle. The memory lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_delete(memory: *mut wasm_memory_t) {
    boundary!((), { delete(memory) })
}

/// A new handle to the same memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_copy(memory: *const wasm_memory_t) -> *mut wasm_memory_t {
    boundary!(null_mut(), { copy(memory) })
}

/// Whether both are handles to the same memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_same(memory: *const wasm_memory_t, other: *const wasm_memory_t) -> bool {
    boundary!(false, { same(memory, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_get_host_info(memory: *const wasm_memory_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(memory) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_set_host_info(memory: *mut wasm_memory_t, info: *mut c_void) {
    boundary!((), { set_host_info(memory, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_set_host_info_with_finalizer(
    memory: *mut wasm_memory_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(memory, info, finalizer) })
}

/// `memory` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_as_ref(memory: *mut wasm_memory_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { memory.cast() })
}

/// `reference` itself as a memory: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_memory(reference: *mut wasm_ref_t) -> *mut wasm_memory_t {
    boundary!(null_mut(), { downcast::<wasm_memory_t>(reference).cast_mut() })
}

/// `memory` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_as_ref_const(memory: *const wasm_memory_t) -> *const wasm_ref_t {
    boundary!(null(), { memory.cast() })
}

/// `reference` itself as a memory; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_memory_const(reference: *const wasm_ref_t) -> *const wasm_memory_t {
    boundary!(null(), { downcast::<wasm_memory_t>(reference) })
}

/// A new memory of zeros. NULL if such a memory cannot be, or address space runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_new(store: *mut wasm_store_t, ty: *const wasm_memorytype_t) -> *mut wasm_memory_t {
    boundary!(null_mut(), { give_made(new_memory(borrow(store), borrow(ty)).map(wasm_ref_t::Memory)) })
}

/// Its type, new, with the current size as the minimum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_type(memory: *const wasm_memory_t) -> *mut wasm_memorytype_t {
    boundary!(null_mut(), {
        give_some(entity(memory).map(|memory| wasm_externtype_t::from_type(ExternType::Memory(memory.ty()))))
    })
}

/// Its first byte. The address stays valid as long as the memory lives, also when it grows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_data(memory: *mut wasm_memory_t) -> *mut byte_t {
    boundary!(null_mut(), { entity(memory).map_or(null_mut(), |memory| memory.data_ptr().cast()) })
}

/// Its size in bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_data_size(memory: *const wasm_memory_t) -> usize {
    boundary!(0, { entity(memory).map_or(0, Memory::data_size) })
}

/// Its size in pages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_size(memory: *const wasm_memory_t) -> wasm_memory_pages_t {
    boundary!(0, { entity(memory).map_or(0, |memory| memory.size().try_into().unwrap_or(u32::MAX)) })
}

/// Adds `delta` pages of zeros. False if the memory cannot grow so far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memory_grow(memory: *mut wasm_memory_t, delta: wasm_memory_pages_t) -> bool {
    boundary!(false, {
        reported(given(entity(memory), "the memory").and_then(|memory| memory.grow(delta.into()))).is_some()
    })
}
