//! What a store may use: limits, a callback that is asked before something grows, and fuel.
#![allow(unsafe_code)]

use super::boundary::{borrow, boundary};
use super::error::{given, reported};
use super::externtype::{number_of, wasm_externkind_t};
use super::store::wasm_store_t;
use crate::error::Result;
use crate::runtime::{Growth, HostData, Store, StoreLimits};
use std::ffi::c_void;

/// What is about to grow.
#[repr(C)]
pub struct wasmo_growth_t {
    /// `WASM_EXTERN_MEMORY` or `WASM_EXTERN_TABLE`.
    pub kind: wasm_externkind_t,
    /// Its size now, in bytes or elements; 0 for what is being made.
    pub current: u64,
    /// The size that it is to have.
    pub wanted: u64,
    /// The maximum of its type; `UINT64_MAX` if that has none.
    pub maximum: u64,
}

/// Whether a memory or a table may grow. It must return: neither a C++ exception nor longjmp may leave it. It may call
/// functions of the store, but nothing of the store grows or is freed meanwhile.
pub type wasmo_growth_callback_t =
    Option<unsafe extern "C" fn(env: *mut c_void, growth: *const wasmo_growth_t) -> bool>;

/// Does something with the store.
unsafe fn with_store<T>(store: *const wasm_store_t, work: impl FnOnce(&Store) -> Result<T>) -> Option<T> {
    // SAFETY: the contract of `capi`
    reported(given(unsafe { borrow(store) }, "the store").and_then(|store| work(store.store())))
}

/// Changes the limits.
unsafe fn limit(store: *mut wasm_store_t, change: impl FnOnce(StoreLimits) -> StoreLimits) -> bool {
    // SAFETY: the same contract
    unsafe { with_store(store, |store| store.set_limits(change(store.limits()))) }.is_some()
}

/// From now on all linear memories of the store together have at most `bytes` bytes. What is there already stays, even if
/// it is more. Where the limit would be exceeded, `memory.grow` gives -1, and what the host asks for fails with the limit
/// named by `wasmo_last_error`. A memory counts until it is collected: at the latest when something does not fit, but
/// never while wasm runs in the store. False for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_store_limit_memory(store: *mut wasm_store_t, bytes: u64) -> bool {
    boundary!(false, { limit(store, |limits| limits.memory(bytes)) })
}

/// The same for the elements of all tables of the store together, and `table.grow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_store_limit_tables(store: *mut wasm_store_t, elements: u64) -> bool {
    boundary!(false, { limit(store, |limits| limits.tables(elements)) })
}

/// The same for the number of instances that are there at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_store_limit_instances(store: *mut wasm_store_t, count: usize) -> bool {
    boundary!(false, { limit(store, |limits| limits.instances(count)) })
}

/// Wasm uses at most `bytes` bytes of the stack, and up to a machine page more, below the outermost call from the host,
/// else it ends with the trap `WASMO_TRAP_STACK_OVERFLOW`. This counts all that lies below that call, callbacks between
/// wasm and wasm included, but not what the innermost of them uses. It takes the place of the setting `max-stack` from
/// the next outermost call on. False if code does not check the stack: that needs `max-stack`, or `signal-handlers` off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_store_limit_stack(store: *mut wasm_store_t, bytes: usize) -> bool {
    boundary!(false, { limit(store, |limits| limits.stack(bytes)) })
}

/// Asks `callback` before a memory or a table of the store grows, be it by wasm, by the host, or because it is made with
/// more than nothing; what the store's limits or its type's maximum exclude is not asked. If the answer is false, the
/// growth fails as if a limit were exceeded. It may still fail after a true, when the machine has no more. With NULL
/// nobody is asked. `env` must own no handle of the store: both would keep each other. Takes `env`: when another callback takes the place of this one, or when the store is gone,
/// `finalizer` is called with it. False for a store that is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_store_on_growth(
    store: *mut wasm_store_t,
    callback: wasmo_growth_callback_t,
    env: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(env: *mut c_void)>,
) -> bool {
    let env = HostData::new(env, finalizer);
    boundary!(false, {
        let answer = move |growth: &Growth| {
            let Growth { kind, current, wanted, maximum, .. } = *growth;
            let growth =
                wasmo_growth_t { kind: number_of(kind), current, wanted, maximum: maximum.unwrap_or(u64::MAX) };
            // SAFETY: C asked for this call
            callback.is_none_or(|callback| unsafe { callback(env.pointer(), &growth) })
        };
        with_store(store, |store| {
            store.on_growth(answer);
            Ok(())
        })
        .is_some()
    })
}

/// Sets the fuel of the store, with which code runs where the setting `fuel` is on; 0 at the start. False if it is off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_store_set_fuel(store: *mut wasm_store_t, fuel: u64) -> bool {
    boundary!(false, { with_store(store, |store| store.set_fuel(fuel)).is_some() })
}

/// The fuel that the store has left. 0 if there is none, also because the setting `fuel` is off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_store_fuel(store: *const wasm_store_t) -> u64 {
    boundary!(0, { with_store(store, |store| Ok(store.fuel())).unwrap_or(0) })
}
