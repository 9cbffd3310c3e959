//! Calls without `wasm_val_t`: a part of `wasmo.h`.
#![allow(unsafe_code)]

use super::boundary::boundary;
use super::func::wasm_func_t;
use super::reference::entity;
use super::trap::{give_trap, wasm_trap_t};
use crate::error::Error;

/// A number without its kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub union wasmo_word_t {
    /// WASM_I32
    pub i32: i32,
    /// WASM_I64
    pub i64: i64,
    /// WASM_F32
    pub f32: f32,
    /// WASM_F64
    pub f64: f64,
}

const _: () = assert!(size_of::<wasmo_word_t>() == size_of::<u64>());

/// Calls `func`, whose parameters and results must be numbers: `words` holds the arguments, which are not checked, and
/// then the results. `count` is how many words there are, at least as many as parameters and as results.
/// NULL, or a new trap: that of the call, or one that says that there are too few words, or references.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_func_call_words(
    func: *const wasm_func_t,
    words: *mut wasmo_word_t,
    count: usize,
) -> *mut wasm_trap_t {
    boundary!(give_trap(Error::Bug("a call failed".into()), None), {
        match entity(func) {
            Some(function) => {
                let count = if words.is_null() { 0 } else { count };
                function.give_trap_of(|function| function.call_words(words.cast(), count))
            }
            None => give_trap(Error::Argument("there is no function to call".into()), None),
        }
    })
}
