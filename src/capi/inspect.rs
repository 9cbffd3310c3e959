//! What there is to know of instances, frames and modules beyond the standard: a part of `wasmo.h`.
#![allow(unsafe_code)]

use super::boundary::{borrow, boundary, give};
use super::error::{given, reported};
use super::ext::text;
use super::external::wasm_extern_t;
use super::frame::wasm_frame_t;
use super::instance::wasm_instance_t;
use super::module::wasm_module_t;
use super::reference::entity;
use crate::error::{Error, Result};
use crate::runtime::{Extern, Instance};
use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};
use std::time::Duration;

/// What an instance exports under a name.
pub(super) fn export(instance: &Instance, name: &str) -> Result<Extern> {
    instance.export(name).ok_or_else(|| Error::Argument(format!("the instance exports nothing of the name \"{name}\"")))
}

/// A new handle to what the instance exports under a name, in UTF-8. NULL if there is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_instance_export(
    instance: *const wasm_instance_t,
    name: *const c_char,
) -> *mut wasm_extern_t {
    boundary!(null_mut(), {
        let found = given(entity(instance), "the instance").and_then(|it| export(it, text(name, "the name")?));
        reported(found).map_or(null_mut(), |found| give(found.into()))
    })
}

/// The name of the function, in UTF-8. NULL if the module does not tell it. The text belongs to `frame`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_frame_func_name(frame: *const wasm_frame_t) -> *const c_char {
    boundary!(null(), { borrow(frame).and_then(wasm_frame_t::func_name).map_or(null(), CStr::as_ptr) })
}

/// The name of the function's module, in UTF-8. NULL if it does not tell it. The text belongs to `frame`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_frame_module_name(frame: *const wasm_frame_t) -> *const c_char {
    boundary!(null(), { borrow(frame).and_then(wasm_frame_t::module_name).map_or(null(), CStr::as_ptr) })
}

/// Figures about a module.
#[repr(C)]
pub struct wasmo_module_statistics_t {
    /// Functions that it defines.
    pub functions: u64,
    /// Units that they are compiled and linked in.
    pub units: u64,
    /// Units that were linked, because one of their functions was called.
    pub linked_units: u64,
    /// Functions of these units: they have code that runs. All others are yet to be linked, with `mode=lift-off` also to be
    /// compiled.
    pub linked_functions: u64,
    /// Bytes of machine code, linked or not; with `mode=lift-off` of what was compiled so far, optimised or not.
    pub code_bytes: u64,
    /// How long decoding, validating and compiling took, in nanoseconds, with `mode=lift-off` so far; 0 for a module that
    /// was deserialized or came from the cache.
    pub compile_nanoseconds: u64,
    /// With `mode=lift-off`, functions whose code was replaced by optimised code, because they are often used.
    pub tiered_up_functions: u64,
    /// Bytes of that optimised code.
    pub tiered_up_code_bytes: u64,
    /// How long it took to make it, in nanoseconds by the clock of the threads of the background, which give way to others;
    /// not part of `compile_nanoseconds`.
    pub tier_up_nanoseconds: u64,
    /// Functions that were found to be often used and have not been looked at yet, or for which it is being made.
    pub tier_up_queue: u64,
}

/// Writes figures about a module. Not quick: all its code is looked through. False if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_module_statistics(
    module: *const wasm_module_t,
    out: *mut wasmo_module_statistics_t,
) -> bool {
    boundary!(false, {
        let write = || -> Result<()> {
            let out = given(out.as_mut(), "what is written to")?;
            let statistics = given(entity(module), "the module")?.statistics();
            *out = wasmo_module_statistics_t {
                functions: statistics.functions as u64,
                units: statistics.units as u64,
                linked_units: statistics.linked_units as u64,
                linked_functions: statistics.linked_functions as u64,
                code_bytes: statistics.code_bytes as u64,
                compile_nanoseconds: nanoseconds(statistics.compile_time),
                tiered_up_functions: statistics.tiered_up_functions as u64,
                tiered_up_code_bytes: statistics.tiered_up_code_bytes as u64,
                tier_up_nanoseconds: nanoseconds(statistics.tier_up_time),
                tier_up_queue: statistics.tier_up_queue as u64,
            };
            Ok(())
        };
        reported(write()).is_some()
    })
}

fn nanoseconds(time: Duration) -> u64 {
    time.as_nanos().try_into().unwrap_or(u64::MAX)
}

/// With `mode=lift-off` waits until all functions of the module have optimised code that ran often enough for it, see the
/// setting `tier-up`; else there is nothing to wait for. It may be for long where other threads run the module. False if
/// `module` is NULL, or if such code could not be made, ever; the functions go on with the code that they had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_module_wait_for_tier_up(module: *const wasm_module_t) -> bool {
    boundary!(false, { reported(given(entity(module), "the module").and_then(|it| it.wait_for_tier_up())).is_some() })
}
