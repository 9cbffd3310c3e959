//! Compiling with more say in it: progress, and code for other machines.
#![allow(unsafe_code)]

use super::boundary::{borrow, boundary};
use super::bytes::{bytes, put_made, wasm_byte_vec_t};
use super::engine::wasm_engine_t;
use super::error::{give_made, given};
use super::module::wasm_module_t;
use super::reference::wasm_ref_t;
use super::store::wasm_store_t;
use super::vec;
use crate::engine::Module;
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::ptr::null_mut;

/// Told that `done` of the `total` bytes of a module in the binary format are compiled; false ends the compilation. It must
/// return: neither a C++ exception nor longjmp may leave it.
pub type wasmo_progress_callback_t = Option<unsafe extern "C" fn(env: *mut c_void, done: usize, total: usize) -> bool>;

/// As `wasm_module_new`, and `callback` is called with `env`, to be told how far it is and to say whether to go on: first
/// with nothing done, then after each unit (up to 32 KiB of WebAssembly, or one larger function), and when all is done.
/// Only the calling thread calls it, which has nothing to do but wait for those that compile; they go on meanwhile. When it
/// returns false, nothing further is begun, what was begun is waited for, and NULL is returned, with `wasmo_last_error`
/// "cancelled"; nothing is left of it, nor in the cache. A module that is in the cache is done at the first call. With the
/// setting `mode=lift-off`, what is done is validated. With NULL for `callback` nobody is told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_module_new_with_progress(
    store: *mut wasm_store_t,
    binary: *const wasm_byte_vec_t,
    callback: wasmo_progress_callback_t,
    env: *mut c_void,
) -> *mut wasm_module_t {
    boundary!(null_mut(), {
        // SAFETY: C asked for this call
        let goes_on = |done, total| callback.is_none_or(|callback| unsafe { callback(env, done, total) });
        let module = given(borrow(store), "the store").and_then(|store| {
            Module::with_progress(bytes(binary), store.engine(), |progress| {
                if goes_on(progress.bytes_done, progress.bytes) {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
        });
        give_made(module.map(wasm_ref_t::from))
    })
}

/// Makes `out` what `wasm_module_serialize` would make of a module, for `wasm_module_deserialize` on a machine that has
/// what the setting `cpu` of the engine says; this machine need not have it. `binary` is in the binary or the text format.
/// The cache is not looked at. Empty if the module is not valid, or needs what is not supported.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_precompile(
    engine: *const wasm_engine_t,
    binary: *const wasm_byte_vec_t,
    out: *mut wasm_byte_vec_t,
) {
    boundary!(vec::new_empty(out), {
        put_made(out, given(borrow(engine), "the engine").and_then(|engine| engine.precompile(bytes(binary))));
    })
}
