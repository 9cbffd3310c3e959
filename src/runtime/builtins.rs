//! The builtins that generated code calls, as `abi` lists them.
#![allow(unsafe_code)]

use super::call::{leaving_builtin, raise, trap};
use super::instance::InstanceEntity;
use crate::abi::{BuiltinTable, ContextHead};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The addresses of all builtins.
pub(super) static BUILTIN_TABLE: BuiltinTable =
    BuiltinTable { trap: trap as *const (), raise: raise as *const (), memory_grow: memory_grow as *const () };

/// The instance that code runs for.
///
/// # Safety
/// `context` must be the context of a live instance.
pub(super) unsafe fn instance<'a>(context: *mut c_void) -> &'a InstanceEntity {
    // SAFETY: by the caller's promise; the head's `instance` was set when the instance was made.
    unsafe { &*(*context.cast::<ContextHead>()).instance.cast() }
}

leaving_builtin! {
    /// `memory_grow(context, memory, delta)`.
    memory_grow => memory_grow_body
}

unsafe extern "C" fn memory_grow_body(context: *mut c_void, memory: u32, delta: u64) -> i64 {
    // SAFETY: wasm code runs under the context of a live instance.
    let instance = unsafe { instance(context) };
    let grow = || instance.memory(memory as usize).grow(delta).ok();
    catch_unwind(AssertUnwindSafe(grow)).ok().flatten().map_or(-1, |old| old as i64)
}
