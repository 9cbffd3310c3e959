//! Frames of a backtrace.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, lend};
use super::instance::wasm_instance_t;
use super::reference::wasm_ref_t;
use super::vec::{self, vector};
use crate::runtime::{Frame, Instance, Store};
use std::ffi::{CStr, CString};
use std::ptr::null_mut;

/// A wasm function that was active when a trap occurred, and where in it that was.
#[derive(Clone)]
pub struct wasm_frame_t {
    frame: Frame,
    instance: Option<wasm_ref_t>,
    func_name: Option<CString>,
    module_name: Option<CString>,
}

impl wasm_frame_t {
    /// The object for a frame of a trap. Without its store, the instance is not known.
    pub(super) fn new(frame: &Frame, store: Option<&Store>) -> wasm_frame_t {
        let instance = store.and_then(|store| Instance::of_frame(store, frame)).map(wasm_ref_t::Instance);
        let text = |name: Option<&str>| CString::new(name?.split('\0').next()?).ok();
        let (func_name, module_name) = (text(frame.func_name()), text(frame.module_name()));
        wasm_frame_t { frame: frame.clone(), instance, func_name, module_name }
    }

    /// The name of the function, up to its first NUL.
    pub(super) fn func_name(&self) -> Option<&CStr> {
        self.func_name.as_deref()
    }

    /// The name of the module, up to its first NUL.
    pub(super) fn module_name(&self) -> Option<&CStr> {
        self.module_name.as_deref()
    }
}

// SAFETY: made by `give`
unsafe impl Object for wasm_frame_t {
    type Target = wasm_frame_t;
}

/// Frames.
#[repr(C)]
pub struct wasm_frame_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_frame_t,
}
vector!(wasm_frame_vec_t of *mut wasm_frame_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_vec_new_empty(out: *mut wasm_frame_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_vec_new_uninitialized(out: *mut wasm_frame_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_vec_new(out: *mut wasm_frame_vec_t, size: usize, data: *const *mut wasm_frame_t) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_vec_copy(out: *mut wasm_frame_vec_t, other: *const wasm_frame_vec_t) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_vec_delete(vec: *mut wasm_frame_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// Frees `frame`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_delete(frame: *mut wasm_frame_t) {
    boundary!((), { delete(frame) })
}

/// A new copy of `frame`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_copy(frame: *const wasm_frame_t) -> *mut wasm_frame_t {
    boundary!(null_mut(), { copy(frame) })
}

/// The instance of the function. The handle belongs to `frame`. NULL if the instance is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_instance(frame: *const wasm_frame_t) -> *mut wasm_instance_t {
    boundary!(null_mut(), { lend(borrow(frame).and_then(|frame| frame.instance.as_ref())).cast_mut().cast() })
}

/// The index of the function in its module, in which imported functions come first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_func_index(frame: *const wasm_frame_t) -> u32 {
    boundary!(0, { borrow(frame).map_or(0, |frame| frame.frame.func_index()) })
}

/// How many bytes the instruction lies behind the start of the function's body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_func_offset(frame: *const wasm_frame_t) -> usize {
    boundary!(0, { borrow(frame).map_or(0, |frame| frame.frame.func_offset()) })
}

/// How many bytes the instruction lies behind the start of the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_module_offset(frame: *const wasm_frame_t) -> usize {
    boundary!(0, { borrow(frame).map_or(0, |frame| frame.frame.module_offset()) })
}
