//! Traps.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give, give_some, take};
use super::bytes::{bytes, wasm_name_t};
use super::frame::{wasm_frame_t, wasm_frame_vec_t};
use super::reference::{View, downcast, entity, host_info, same, set_host_info, wasm_ref_t};
use super::store::wasm_store_t;
use super::vec::{self, Owned};
use crate::error::Error;
use crate::runtime::{Store, Trap};
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// Why code stopped.
pub enum wasm_trap_t {}

/// What a trap says. It ends with a NUL, which its size includes.
pub type wasm_message_t = wasm_name_t;

/// A trap with the store that it occurred in, which knows the instances of its frames.
#[derive(Clone)]
pub(super) struct Trapped {
    trap: Trap,
    store: Option<Store>,
}

impl Trapped {
    /// The trap itself.
    pub(super) fn trap(&self) -> &Trap {
        &self.trap
    }

    /// The store that it occurred in, if it occurred in one.
    pub(super) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    fn frames(&self) -> impl ExactSizeIterator<Item = wasm_frame_t> {
        self.trap.frames().iter().map(|frame| wasm_frame_t::new(frame, self.store.as_ref()))
    }
}

impl View for wasm_trap_t {
    type Entity = Trapped;

    fn entity(reference: &wasm_ref_t) -> Option<&Trapped> {
        if let wasm_ref_t::Trap(trapped) = reference { Some(trapped) } else { None }
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_trap_t {
    type Target = wasm_ref_t;
}

/// A trap for C to own: what went wrong, in which store.
pub(super) fn give_trap(error: impl Into<Error>, store: Option<&Store>) -> *mut wasm_trap_t {
    let trap = match error.into() {
        Error::Trap(trap) => trap,
        error => Trap::new(error.to_string()),
    };
    give(wasm_ref_t::Trap(Trapped { trap, store: store.cloned() }))
}

/// Takes the trap that a callback returned, which is not NULL.
pub(super) unsafe fn take_trap(trap: *mut c_void) -> Trap {
    // SAFETY: callbacks return traps that they own
    match unsafe { take(trap.cast::<wasm_trap_t>()) }.map(|reference| *reference) {
        Some(wasm_ref_t::Trap(trapped)) => trapped.trap,
        _ => Trap::new("a host function returned something that is not a trap"),
    }
}

/// Frees this handle. The trap lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_delete(trap: *mut wasm_trap_t) {
    boundary!((), { delete(trap) })
}

/// A new handle to the same trap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_copy(trap: *const wasm_trap_t) -> *mut wasm_trap_t {
    boundary!(null_mut(), { copy(trap) })
}

/// Whether both are handles to the same trap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_same(trap: *const wasm_trap_t, other: *const wasm_trap_t) -> bool {
    boundary!(false, { same(trap, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_get_host_info(trap: *const wasm_trap_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(trap) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_set_host_info(trap: *mut wasm_trap_t, info: *mut c_void) {
    boundary!((), { set_host_info(trap, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_set_host_info_with_finalizer(
    trap: *mut wasm_trap_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(trap, info, finalizer) })
}

/// `trap` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_as_ref(trap: *mut wasm_trap_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { trap.cast() })
}

/// `reference` itself as a trap: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_trap(reference: *mut wasm_ref_t) -> *mut wasm_trap_t {
    boundary!(null_mut(), { downcast::<wasm_trap_t>(reference).cast_mut() })
}

/// `trap` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_as_ref_const(trap: *const wasm_trap_t) -> *const wasm_ref_t {
    boundary!(null(), { trap.cast() })
}

/// `reference` itself as a trap; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_trap_const(reference: *const wasm_ref_t) -> *const wasm_trap_t {
    boundary!(null(), { downcast::<wasm_trap_t>(reference) })
}

/// A new trap with this message, which may end with a NUL, and with the wasm functions of `store` that are active now
/// as its frames. Without `store`, it has no frames until a host function returns it to wasm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_new(store: *mut wasm_store_t, message: *const wasm_message_t) -> *mut wasm_trap_t {
    boundary!(null_mut(), {
        let message = bytes(message);
        let message = String::from_utf8_lossy(message.strip_suffix(b"\0").unwrap_or(message)).into_owned();
        match borrow(store).map(wasm_store_t::store) {
            Some(store) => give_trap(store.trap_here(message), Some(store)),
            None => give_trap(Trap::new(message), None),
        }
    })
}

/// Makes `out` the message, with a NUL at the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_message(trap: *const wasm_trap_t, out: *mut wasm_message_t) {
    boundary!(vec::new_empty(out), {
        match entity(trap) {
            Some(trapped) => Owned::from(&*[trapped.trap.message().as_bytes(), b"\0"].concat()).put(out),
            None => vec::new_empty(out),
        }
    })
}

/// The innermost frame, new; NULL if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_origin(trap: *const wasm_trap_t) -> *mut wasm_frame_t {
    boundary!(null_mut(), { give_some(entity(trap).and_then(|trapped| trapped.frames().next())) })
}

/// Makes `out` the frames, the innermost first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_trap_trace(trap: *const wasm_trap_t, out: *mut wasm_frame_vec_t) {
    boundary!(vec::new_empty(out), {
        match entity(trap) {
            Some(trapped) => Owned::collect(trapped.frames().map(give)).put(out),
            None => vec::new_empty(out),
        }
    })
}
