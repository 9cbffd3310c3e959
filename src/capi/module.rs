//! Modules.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give};
use super::bytes::{bytes, put_made, wasm_byte_vec_t};
use super::error::{give_made, given, reported};
use super::exporttype::{wasm_exporttype_t, wasm_exporttype_vec_t};
use super::externtype::wasm_externtype_t;
use super::importtype::{wasm_importtype_t, wasm_importtype_vec_t};
use super::reference::{View, downcast, entity, host_info, same, set_host_info, wasm_ref_t};
use super::store::wasm_store_t;
use super::vec::{self, Owned};
use crate::engine::{ExportType, ImportType, Module};
use crate::runtime::{HostInfo, InfoSlot};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::rc::Rc;

/// A compiled module.
pub enum wasm_module_t {}

/// A module as one thread has it.
pub(super) struct Compiled {
    module: Module,
    info: InfoSlot,
}

impl Compiled {
    /// Its host info.
    pub(super) fn info(&self) -> &dyn HostInfo {
        &self.info
    }
}

impl From<Module> for wasm_ref_t {
    fn from(module: Module) -> wasm_ref_t {
        wasm_ref_t::Module(Rc::new(Compiled { module, info: InfoSlot::default() }))
    }
}

impl View for wasm_module_t {
    type Entity = Module;

    fn entity(reference: &wasm_ref_t) -> Option<&Module> {
        if let wasm_ref_t::Module(compiled) = reference { Some(&compiled.module) } else { None }
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_module_t {
    type Target = wasm_ref_t;
}

/// A compiled module on its way to another thread.
pub enum wasm_shared_module_t {}

// SAFETY: made by `give`
unsafe impl Object for wasm_shared_module_t {
    type Target = Module;
}

// Threads pass it to each other as they like.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<<wasm_shared_module_t as Object>::Target>();
};

impl From<ImportType> for wasm_importtype_t {
    fn from(ImportType { module, name, ty }: ImportType) -> wasm_importtype_t {
        let ty = Box::new(wasm_externtype_t::from_type(ty));
        wasm_importtype_t::new(module.as_bytes().into(), name.as_bytes().into(), ty)
    }
}

impl From<ExportType> for wasm_exporttype_t {
    fn from(ExportType { name, ty }: ExportType) -> wasm_exporttype_t {
        wasm_exporttype_t::new(name.as_bytes().into(), Box::new(wasm_externtype_t::from_type(ty)))
    }
}

/// Frees this handle. The module lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_delete(module: *mut wasm_module_t) {
    boundary!((), { delete(module) })
}

/// A new handle to the same module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_copy(module: *const wasm_module_t) -> *mut wasm_module_t {
    boundary!(null_mut(), { copy(module) })
}

/// Whether both are handles to the same module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_same(module: *const wasm_module_t, other: *const wasm_module_t) -> bool {
    boundary!(false, { same(module, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_get_host_info(module: *const wasm_module_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(module) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_set_host_info(module: *mut wasm_module_t, info: *mut c_void) {
    boundary!((), { set_host_info(module, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_set_host_info_with_finalizer(
    module: *mut wasm_module_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(module, info, finalizer) })
}

/// `module` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_as_ref(module: *mut wasm_module_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { module.cast() })
}

/// `reference` itself as a module: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_module(reference: *mut wasm_ref_t) -> *mut wasm_module_t {
    boundary!(null_mut(), { downcast::<wasm_module_t>(reference).cast_mut() })
}

/// `module` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_as_ref_const(module: *const wasm_module_t) -> *const wasm_ref_t {
    boundary!(null(), { module.cast() })
}

/// `reference` itself as a module; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_module_const(reference: *const wasm_ref_t) -> *const wasm_module_t {
    boundary!(null(), { downcast::<wasm_module_t>(reference) })
}

/// A new module, compiled from the binary format or the text format. NULL if it is not valid, or needs what is not
/// supported.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_new(
    store: *mut wasm_store_t,
    binary: *const wasm_byte_vec_t,
) -> *mut wasm_module_t {
    boundary!(null_mut(), {
        let module = given(borrow(store), "the store").and_then(|store| Module::new(bytes(binary), store.engine()));
        give_made(module.map(wasm_ref_t::from))
    })
}

/// Whether `wasm_module_new` would accept these bytes. Nothing is compiled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_validate(store: *mut wasm_store_t, binary: *const wasm_byte_vec_t) -> bool {
    boundary!(false, {
        let store = given(borrow(store), "the store");
        reported(store.and_then(|store| store.engine().validate(bytes(binary)))).is_some()
    })
}

/// Makes `out` what the module imports, in order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_imports(module: *const wasm_module_t, out: *mut wasm_importtype_vec_t) {
    boundary!(vec::new_empty(out), {
        match entity(module) {
            Some(module) => Owned::collect(module.imports().map(|import| give(import.into()))).put(out),
            None => vec::new_empty(out),
        }
    })
}

/// Makes `out` what the module exports, in order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_exports(module: *const wasm_module_t, out: *mut wasm_exporttype_vec_t) {
    boundary!(vec::new_empty(out), {
        match entity(module) {
            Some(module) => Owned::collect(module.exports().map(|export| give(export.into()))).put(out),
            None => vec::new_empty(out),
        }
    })
}

/// Makes `out` the compiled module as bytes, for `wasm_module_deserialize`. The same module gives the same bytes. Empty
/// if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_serialize(module: *const wasm_module_t, out: *mut wasm_byte_vec_t) {
    boundary!(vec::new_empty(out), {
        put_made(out, given(entity(module), "the module").and_then(Module::dump));
    })
}

/// A new module of what `wasm_module_serialize` has made, in this process or another one; nothing is compiled. NULL if
/// the bytes are damaged, or were made by another version, for another CPU or with other settings. The bytes hold
/// machine code: whoever made them may do whatever this process may.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_deserialize(
    store: *mut wasm_store_t,
    binary: *const wasm_byte_vec_t,
) -> *mut wasm_module_t {
    boundary!(null_mut(), {
        let module = given(borrow(store), "the store").and_then(|store| Module::load(bytes(binary), store.engine()));
        give_made(module.map(wasm_ref_t::from))
    })
}

/// Frees `shared`. Modules that were obtained from it go on working.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_shared_module_delete(shared: *mut wasm_shared_module_t) {
    boundary!((), { delete(shared) })
}

/// The module as an object that any number of threads may use at the same time, new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_share(module: *const wasm_module_t) -> *mut wasm_shared_module_t {
    boundary!(null_mut(), { give_made(given(entity(module).cloned(), "the module")) })
}

/// A new module of the same code, which is not compiled again, for the thread of `store`. It is an object of its own,
/// with its own host info. What was shared must come from the engine of `store`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_module_obtain(
    store: *mut wasm_store_t,
    shared: *const wasm_shared_module_t,
) -> *mut wasm_module_t {
    boundary!(null_mut(), {
        let module = given(borrow(store), "the store").and_then(|_| given(borrow(shared), "what is shared")).cloned();
        give_made(module.map(wasm_ref_t::from))
    })
}
