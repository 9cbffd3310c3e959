//! Bytes: names, messages and binaries.
#![allow(unsafe_code)]

use super::boundary::boundary;
use super::error::reported;
use super::vec::{self, Element, Owned, elements, vector};
use crate::error::Result;
use std::ffi::c_char;

/// A byte, as this interface has it.
pub type byte_t = c_char;

/// A byte of a name, a message or a binary.
pub type wasm_byte_t = byte_t;

/// Bytes: a name, a message or a binary.
#[repr(C)]
pub struct wasm_byte_vec_t {
    /// Number of bytes.
    pub size: usize,
    /// The bytes; NULL if there are none.
    pub data: *mut wasm_byte_t,
}
vector!(wasm_byte_vec_t of wasm_byte_t);

/// A name, in UTF-8.
pub type wasm_name_t = wasm_byte_vec_t;

// SAFETY: a byte owns nothing
unsafe impl Element for wasm_byte_t {
    unsafe fn copy(&self) -> wasm_byte_t {
        *self
    }

    unsafe fn delete(&mut self) {}
}

impl From<&[u8]> for Owned<wasm_byte_vec_t> {
    fn from(bytes: &[u8]) -> Owned<wasm_byte_vec_t> {
        Owned::collect(bytes.iter().map(|&byte| byte as wasm_byte_t))
    }
}

/// The bytes of a vector that C keeps. NULL is an empty one.
pub(super) unsafe fn bytes<'call>(vec: *const wasm_byte_vec_t) -> &'call [u8] {
    // SAFETY: the contract of `capi`; `char` and `u8` are one byte of any value
    unsafe {
        let chars = elements(vec);
        std::slice::from_raw_parts(chars.as_ptr().cast(), chars.len())
    }
}

/// Makes `out` a vector of what was made, or an empty one with the reason reported.
pub(super) unsafe fn put_made(out: *mut wasm_byte_vec_t, made: Result<Vec<u8>>) {
    // SAFETY: the contract of `capi`
    unsafe {
        match reported(made) {
            Some(bytes) => Owned::from(&*bytes).put(out),
            None => vec::new_empty(out),
        }
    }
}

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_byte_vec_new_empty(out: *mut wasm_byte_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` bytes, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_byte_vec_new_uninitialized(out: *mut wasm_byte_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of a copy of the `size` bytes at `data`; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_byte_vec_new(out: *mut wasm_byte_vec_t, size: usize, data: *const wasm_byte_t) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_byte_vec_copy(out: *mut wasm_byte_vec_t, other: *const wasm_byte_vec_t) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the bytes of `vec`, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_byte_vec_delete(vec: *mut wasm_byte_vec_t) {
    boundary!((), { vec::delete(vec) })
}
