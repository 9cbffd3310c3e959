//! References: the one object behind handles to functions, globals, tables, memories, instances, modules, traps and
//! objects of the host.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give};
use super::func::Function;
use super::module::Compiled;
use super::trap::Trapped;
use crate::runtime::{ExternRef, Finalizer, Global, HostData, HostInfo, Instance, Memory, Referred, Store, Table, Val};
use crate::types::ValType;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::rc::Rc;

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
    Module(Rc<Compiled>),
    /// `wasm_trap_t`
    Trap(Trapped),
    /// `wasm_foreign_t`
    Foreign(ExternRef),
}

impl wasm_ref_t {
    /// The host info of the object, whichever handle this is.
    fn info(&self) -> &dyn HostInfo {
        match self {
            wasm_ref_t::Func(function) => function.func(),
            wasm_ref_t::Global(global) => global,
            wasm_ref_t::Table(table) => table,
            wasm_ref_t::Memory(memory) => memory,
            wasm_ref_t::Instance(instance) => instance,
            wasm_ref_t::Module(module) => module.info(),
            wasm_ref_t::Trap(trapped) => trapped.trap().info(),
            wasm_ref_t::Foreign(object) => object,
        }
    }

    /// The external reference to the object. If the object belongs to a store, so does the reference, else to `store`.
    fn to_extern_ref(&self, store: &Store) -> ExternRef {
        match (self, self.to_extern()) {
            (_, Some(external)) => ExternRef::referring(&Referred::Extern(external)),
            (wasm_ref_t::Instance(instance), _) => ExternRef::referring(&Referred::Instance(instance.clone())),
            (wasm_ref_t::Foreign(object), _) => object.clone(),
            (wasm_ref_t::Trap(trapped), _) => ExternRef::new(trapped.store().unwrap_or(store), self.clone()),
            (_, _) => ExternRef::new(store, self.clone()),
        }
    }

    /// What an external reference refers to.
    fn from_extern_ref(object: &ExternRef) -> wasm_ref_t {
        match object.referred() {
            Some(Referred::Extern(external)) => external.into(),
            Some(Referred::Instance(instance)) => wasm_ref_t::Instance(instance),
            None => match object.data().downcast_ref::<wasm_ref_t>() {
                Some(reference) => reference.clone(),
                None => wasm_ref_t::Foreign(object.clone()),
            },
        }
    }
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
        (Some(Module(left)), Some(Module(right))) => Rc::ptr_eq(left, right),
        (Some(Trap(left)), Some(Trap(right))) => left.trap().is(right.trap()),
        (Some(Foreign(left)), Some(Foreign(right))) => left == right,
        _ => false,
    }
}

/// The host info of what a handle stands for; NULL of NULL.
pub(super) unsafe fn host_info<T: Object<Target = wasm_ref_t>>(handle: *const T) -> *mut c_void {
    // SAFETY: the contract of `capi`
    unsafe { borrow(handle) }.map_or(null_mut(), |reference| reference.info().host_info())
}

/// Replaces the host info of what a handle stands for. With nothing to carry it, it ends at once.
pub(super) unsafe fn set_host_info<T: Object<Target = wasm_ref_t>>(
    handle: *const T,
    info: *mut c_void,
    finalizer: Finalizer,
) {
    let data = HostData::new(info, finalizer);
    // SAFETY: the contract of `capi`
    if let Some(reference) = unsafe { borrow(handle) } {
        reference.info().set_host_info(data);
    }
}

/// The value of a reference type that a handle stands for, if it is one of this type. NULL is null. What belongs to no
/// store comes to `store`.
pub(super) unsafe fn to_val(handle: *const wasm_ref_t, ty: ValType, store: &Store) -> Option<Val> {
    // SAFETY: the contract of `capi`
    match (ty, unsafe { borrow(handle) }) {
        (_, None) => Some(Val::default_for(ty)),
        (ValType::FuncRef, Some(wasm_ref_t::Func(function))) => Some(Val::FuncRef(Some(function.func().clone()))),
        (ValType::ExternRef, Some(reference)) => Some(Val::ExternRef(Some(reference.to_extern_ref(store)))),
        _ => None,
    }
}

/// A reference value as a new handle; NULL for null.
pub(super) fn give_val(val: &Val) -> *mut wasm_ref_t {
    match val {
        Val::FuncRef(Some(func)) => give(func.clone().into()),
        Val::ExternRef(Some(object)) => give(wasm_ref_t::from_extern_ref(object)),
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

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_get_host_info(reference: *const wasm_ref_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(reference) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_set_host_info(reference: *mut wasm_ref_t, info: *mut c_void) {
    boundary!((), { set_host_info(reference, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_set_host_info_with_finalizer(
    reference: *mut wasm_ref_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(reference, info, finalizer) })
}
