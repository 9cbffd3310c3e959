//! References: the one object behind handles to functions, globals, tables, memories, instances, modules and traps.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give};
use super::func::Function;
use super::trap::Trapped;
use crate::engine::Module;
use crate::runtime::{Global, Instance, Memory, Table, Val};
use crate::types::ValType;
use std::ptr::{null, null_mut};

/// A handle to some object.
#[derive(Clone)]
pub enum wasm_ref_t {
    /// `wasm_func_t`
    Func(Function),
    /// `wasm_global_t`
    Global(Global),
    /// `wasm_table_t`
    Table(Table),
    /// `wasm_memory_t`
    Memory(Memory),
    /// `wasm_instance_t`
    Instance(Instance),
    /// `wasm_module_t`
    Module(Module),
    /// `wasm_trap_t`
    Trap(Trapped),
}

// SAFETY: made by `give`, or a part of an object that was
unsafe impl Object for wasm_ref_t {
    type Target = wasm_ref_t;
}

/// A `wasm_ref_t` that is known to be something. Such types are only ever names of pointers to it.
pub(super) trait View: Object<Target = wasm_ref_t> {
    /// What it is.
    type Entity;

    /// What a reference is, if it is one of these.
    fn entity(reference: &wasm_ref_t) -> Option<&Self::Entity>;
}

/// What a handle stands for; none for NULL.
pub(super) unsafe fn entity<'call, T: View>(handle: *const T) -> Option<&'call T::Entity> {
    // SAFETY: the contract of `capi`
    unsafe { borrow(handle) }.and_then(T::entity)
}

/// The same pointer as one to another view; NULL if the object is something else.
pub(super) unsafe fn downcast<T: View>(handle: *const impl Object<Target = wasm_ref_t>) -> *const T {
    // SAFETY: the contract of `capi`
    unsafe { borrow(handle) }.and_then(T::entity).map_or(null(), |_| handle.cast())
}

/// Whether both are handles to one object.
pub(super) unsafe fn same<T: Object<Target = wasm_ref_t>>(left: *const T, right: *const T) -> bool {
    use wasm_ref_t::*;
    // SAFETY: the contract of `capi`
    match unsafe { (borrow(left), borrow(right)) } {
        (Some(Func(left)), Some(Func(right))) => left.func() == right.func(),
        (Some(Global(left)), Some(Global(right))) => left == right,
        (Some(Table(left)), Some(Table(right))) => left == right,
        (Some(Memory(left)), Some(Memory(right))) => left == right,
        (Some(Instance(left)), Some(Instance(right))) => left == right,
        (Some(Module(left)), Some(Module(right))) => left.is(right),
        (Some(Trap(left)), Some(Trap(right))) => left.trap().is(right.trap()),
        _ => false,
    }
}

/// The value of a reference type that a handle stands for, if it is one of this type. NULL is null.
pub(super) unsafe fn to_val(handle: *const wasm_ref_t, ty: ValType) -> Option<Val> {
    // SAFETY: the contract of `capi`
    match (ty, unsafe { borrow(handle) }) {
        (_, None) => Some(Val::default_for(ty)),
        (ValType::FuncRef, Some(wasm_ref_t::Func(function))) => Some(Val::FuncRef(Some(function.func().clone()))),
        _ => None,
    }
}

/// A reference value as a new handle; NULL for null.
pub(super) fn give_val(val: &Val) -> *mut wasm_ref_t {
    match val {
        Val::FuncRef(Some(func)) => give(func.clone().into()),
        _ => null_mut(),
    }
}

/// Frees this handle. The object lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_delete(reference: *mut wasm_ref_t) {
    boundary!((), { delete(reference) })
}

/// A new handle to the same object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_copy(reference: *const wasm_ref_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { copy(reference) })
}

/// Whether both are handles to the same object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_same(reference: *const wasm_ref_t, other: *const wasm_ref_t) -> bool {
    boundary!(false, { same(reference, other) })
}
