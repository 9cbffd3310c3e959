//! Who calls a function of the host: a part of `wasmo.h`.
#![allow(unsafe_code)]

use super::boundary::{borrow, boundary, give, give_some};
use super::callback::Callback;
use super::error::{give_made, given, reported};
use super::external::wasm_extern_t;
use super::func::{new_func, wasm_func_t};
use super::functype::wasm_functype_t;
use super::instance::wasm_instance_t;
use super::memory::wasm_memory_t;
use super::reference::wasm_ref_t;
use super::store::wasm_store_t;
use super::trap::wasm_trap_t;
use super::val::wasm_val_vec_t;
use super::{ext::text, inspect::export};
use crate::runtime::{Caller, HostData};
use std::ffi::{c_char, c_void};
use std::ptr::{from_ref, null_mut};

/// Who calls a host function, for the time of the call.
pub enum wasmo_caller_t {}

impl From<Caller<'_>> for *const wasmo_caller_t {
    fn from(caller: Caller<'_>) -> *const wasmo_caller_t {
        from_ref(caller.context()).cast()
    }
}

/// Who calls; none for NULL.
unsafe fn caller<'call>(caller: *const wasmo_caller_t) -> Option<Caller<'call>> {
    // SAFETY: the callback got it for the call that is under way
    (!caller.is_null()).then(|| unsafe { Caller::new(caller.cast()) })
}

/// A host function as `wasm_func_callback_with_env_t`, which is also told who calls it.
pub type wasmo_func_callback_t = Option<
    unsafe extern "C" fn(
        env: *mut c_void,
        args: *const wasm_val_vec_t,
        results: *mut wasm_val_vec_t,
        caller: *const wasmo_caller_t,
    ) -> *mut wasm_trap_t,
>;

/// As `wasm_func_new_with_env`, with a callback that is told who calls it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_func_new_with_caller(
    store: *mut wasm_store_t,
    ty: *const wasm_functype_t,
    callback: wasmo_func_callback_t,
    env: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(env: *mut c_void)>,
) -> *mut wasm_func_t {
    boundary!(null_mut(), {
        let env = HostData::new(env, finalizer);
        let callback = callback.map(|code| Callback::with_caller(code, env));
        give_made(new_func(borrow(store), borrow(ty), callback).map(wasm_ref_t::from))
    })
}

/// A new handle to the instance whose code calls. NULL if the host itself calls, or if the instance is not known: where
/// the function was not imported but called through a reference, and several instances of the calling module are alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_caller_instance(caller: *const wasmo_caller_t) -> *mut wasm_instance_t {
    boundary!(null_mut(), {
        give_some(self::caller(caller).and_then(|caller| caller.instance()).map(wasm_ref_t::Instance))
    })
}

/// A new handle to the first memory of the calling instance, exported or not. NULL if it has none or is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_caller_memory(caller: *const wasmo_caller_t) -> *mut wasm_memory_t {
    boundary!(null_mut(), {
        give_some(self::caller(caller).and_then(|caller| caller.memory()).map(wasm_ref_t::Memory))
    })
}

/// The bytes of the first memory of the calling instance, and in `size`, if that is not NULL, how many there are. No
/// handle is made. NULL and 0 if it has none or is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_caller_memory_data(caller: *const wasmo_caller_t, size: *mut usize) -> *mut c_char {
    boundary!(null_mut(), {
        let memory = self::caller(caller).and_then(|caller| caller.memory());
        if let Some(size) = size.as_mut() {
            *size = memory.as_ref().map_or(0, |memory| memory.data_size());
        }
        memory.map_or(null_mut(), |memory| memory.data_ptr().cast())
    })
}

/// What the calling instance exports under a name, as `wasmo_instance_export` has it. NULL also if it is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_caller_export(caller: *const wasmo_caller_t, name: *const c_char) -> *mut wasm_extern_t {
    boundary!(null_mut(), {
        let instance = given(self::caller(caller).and_then(|caller| caller.instance()), "the calling instance");
        let found = instance.and_then(|instance| export(&instance, text(name, "the name")?));
        reported(found).map_or(null_mut(), |found| give(found.into()))
    })
}
