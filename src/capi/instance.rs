//! Instances.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give, put};
use super::error::report;
use super::external::{wasm_extern_t, wasm_extern_vec_t};
use super::module::wasm_module_t;
use super::reference::{View, downcast, entity, host_info, same, set_host_info, wasm_ref_t};
use super::store::wasm_store_t;
use super::trap::{give_trap, wasm_trap_t};
use super::vec::{self, Owned, elements};
use crate::engine::Module;
use crate::error::{Error, Result};
use crate::runtime::{Extern, Instance, Store};
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// A module that runs: with its imports, and with memories, tables and globals of its own.
pub enum wasm_instance_t {}

impl View for wasm_instance_t {
    type Entity = Instance;

    fn entity(reference: &wasm_ref_t) -> Option<&Instance> {
        if let wasm_ref_t::Instance(instance) = reference { Some(instance) } else { None }
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_instance_t {
    type Target = wasm_ref_t;
}

unsafe fn instantiate(
    store: Option<&Store>,
    module: Option<&Module>,
    imports: &[*mut wasm_extern_t],
) -> Result<Instance> {
    let (Some(store), Some(module)) = (store, module) else {
        return Err(Error::Argument("an instance needs a store and a module".into()));
    };
    let external = |(i, external): (usize, &*mut wasm_extern_t)| {
        // SAFETY: the contract of `capi`
        let external = unsafe { entity(*external) }.and_then(wasm_ref_t::to_extern);
        external.ok_or_else(|| missing(module, i))
    };
    let imports = imports.iter().enumerate().map(external).collect::<Result<Vec<Extern>>>()?;
    module.instantiate(store, &imports)
}

/// Import `i` is NULL.
fn missing(module: &Module, i: usize) -> Error {
    Error::Link(match module.imports().nth(i) {
        Some(import) => {
            format!("the import \"{}\" \"{}\" is NULL: expected {}", import.module, import.name, import.ty)
        }
        None => format!("import {i} is NULL, and the module has only {} imports", module.imports().len()),
    })
}

/// Frees this handle. The instance lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_delete(instance: *mut wasm_instance_t) {
    boundary!((), { delete(instance) })
}

/// A new handle to the same instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_copy(instance: *const wasm_instance_t) -> *mut wasm_instance_t {
    boundary!(null_mut(), { copy(instance) })
}

/// Whether both are handles to the same instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_same(instance: *const wasm_instance_t, other: *const wasm_instance_t) -> bool {
    boundary!(false, { same(instance, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_get_host_info(instance: *const wasm_instance_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(instance) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_set_host_info(instance: *mut wasm_instance_t, info: *mut c_void) {
    boundary!((), { set_host_info(instance, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_set_host_info_with_finalizer(
    instance: *mut wasm_instance_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(instance, info, finalizer) })
}

/// `instance` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_as_ref(instance: *mut wasm_instance_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { instance.cast() })
}

/// `reference` itself as an instance: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_instance(reference: *mut wasm_ref_t) -> *mut wasm_instance_t {
    boundary!(null_mut(), { downcast::<wasm_instance_t>(reference).cast_mut() })
}

/// `instance` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_as_ref_const(instance: *const wasm_instance_t) -> *const wasm_ref_t {
    boundary!(null(), { instance.cast() })
}

/// `reference` itself as an instance; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_instance_const(reference: *const wasm_ref_t) -> *const wasm_instance_t {
    boundary!(null(), { downcast::<wasm_instance_t>(reference) })
}

/// A new instance of `module`: `imports` are what it imports, in order; NULL is an empty vector. Its start function has
/// run. If there is none, NULL, and `trap` is a new trap that says why; else `trap` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_new(
    store: *mut wasm_store_t,
    module: *const wasm_module_t,
    imports: *const wasm_extern_vec_t,
    trap: *mut *mut wasm_trap_t,
) -> *mut wasm_instance_t {
    boundary!(null_mut(), {
        // The start function may lead to a callback that deletes all other handles to them.
        let (store, module) = (borrow(store).map(|store| store.store().clone()), entity(module).cloned());
        let made = boundary!(Err(Error::Bug("an instantiation failed".into())), {
            instantiate(store.as_ref(), module.as_ref(), elements(imports))
        });
        match made {
            Ok(instance) => {
                put(trap, null_mut());
                give(wasm_ref_t::Instance(instance))
            }
            Err(error) => {
                report(&error);
                if !trap.is_null() {
                    trap.write(give_trap(error, store.as_ref()));
                }
                null_mut()
            }
        }
    })
}

/// Makes `out` what the instance exports, in the order of `wasm_module_exports`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_instance_exports(instance: *const wasm_instance_t, out: *mut wasm_extern_vec_t) {
    boundary!(vec::new_empty(out), {
        match entity(instance) {
            Some(instance) => Owned::collect(instance.exports().into_iter().map(|export| give(export.into()))).put(out),
            None => vec::new_empty(out),
        }
    })
}
