//! Code that debuggers know: the
//! [interface](https://sourceware.org/gdb/current/onlinedocs/gdb.html/JIT-Interface.html) of gdb, which lldb has too.
//!
//! Its two symbols are LLVM's own, for a program that links LLVM statically can have no others. LLVM itself only uses
//! them in plugins of its linker that wasmo does not have. Debuggers look for them in the symbol table of the library,
//! which the installation keeps for that.
#![allow(unsafe_code)]

use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

/// An object as the interface lists it.
#[repr(C)]
struct Entry {
    next: *mut Entry,
    previous: *mut Entry,
    object: *const u8,
    object_size: u64,
}

/// All objects, and which of them the debugger is to look at.
#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut Entry,
    first: *mut Entry,
}

/// What there is to do with the relevant object.
const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

unsafe extern "C" {
    #[link_name = "__jit_debug_descriptor"]
    static mut DESCRIPTOR: Descriptor;
    /// Does nothing: debuggers have a breakpoint there.
    fn __jit_debug_register_code();
}

/// For the descriptor and all entries in its list.
static LOCK: Mutex<()> = Mutex::new(());

/// An object that debuggers know until this is dropped.
pub(crate) struct DebuggerEntry {
    /// Linked into the list; owned.
    entry: *mut Entry,
    /// What the entry points to.
    _object: Vec<u8>,
}

// SAFETY: the entry is only touched under the lock.
unsafe impl Send for DebuggerEntry {}
// SAFETY: nothing can be done with a shared one.
unsafe impl Sync for DebuggerEntry {}

impl DebuggerEntry {
    /// `object` is an object file whose sections have the addresses at which they lie in memory.
    pub fn new(object: Vec<u8>) -> DebuggerEntry {
        let _lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the descriptor and all entries are ours under the lock; a debugger reads them while the process stands
        // still in the function that is called here.
        unsafe {
            let next = DESCRIPTOR.first;
            let entry = Entry { next, previous: null_mut(), object: object.as_ptr(), object_size: object.len() as u64 };
            let entry = Box::into_raw(Box::new(entry));
            if let Some(next) = next.as_mut() {
                next.previous = entry;
            }
            DESCRIPTOR.first = entry;
            tell(REGISTER, entry);
            DebuggerEntry { entry, _object: object }
        }
    }
}

impl Drop for DebuggerEntry {
    fn drop(&mut self) {
        let _lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: as above; the entry is in the list, was made from a box and leaves the list before it is freed.
        unsafe {
            let Entry { next, previous, .. } = *self.entry;
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => DESCRIPTOR.first = next,
            }
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
            tell(UNREGISTER, self.entry);
            drop(Box::from_raw(self.entry));
        }
    }
}

/// # Safety
/// The lock must be held, and the entry be alive.
unsafe fn tell(action: u32, entry: *mut Entry) {
    // SAFETY: by the caller's promise.
    unsafe {
        DESCRIPTOR.relevant = entry;
        DESCRIPTOR.action = action;
        __jit_debug_register_code();
        DESCRIPTOR.relevant = null_mut();
        DESCRIPTOR.action = 0;
    }
}
