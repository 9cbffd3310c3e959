//! Requests to stop, from other threads.
//!
//! Whoever asks sets the store's flag and sends a signal to its thread. The signal's handler makes wasm code trap, if it
//! met such code, or the stack probe that it calls: that owns nothing. If it met anything else, it does nothing, for every way from there back into wasm
//! code passes a look at the flag, with nothing but such code behind it: the start of an entry thunk, the end of a host
//! thunk, the place behind each builtin, the end of the lazy tail. So no request is lost between the two.
#![allow(unsafe_code)]

use super::call::on_interrupt;
use super::store::Store;
use crate::abi::StoreContext;
use crate::error::Result;
use crate::sys::{install_interrupt_handler, send_interrupt};
use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// What a store shares with those who may interrupt it.
pub(crate) struct Shared {
    /// What generated code sees. Its address is fixed: instance contexts hold it.
    context: UnsafeCell<StoreContext>,
    /// The thread that ran the store last; 0 before the first.
    thread: AtomicI32,
}

// SAFETY: of the context, other threads touch the flag alone, which is an atomic to them.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub fn new(context: StoreContext) -> Shared {
        Shared { context: UnsafeCell::new(context), thread: AtomicI32::new(0) }
    }

    /// What generated code sees.
    pub fn context(&self) -> *mut StoreContext {
        self.context.get()
    }

    fn flag(&self) -> &AtomicUsize {
        // SAFETY: the field lives as long as `self`, is aligned, and other code only loads it, as a whole.
        unsafe { AtomicUsize::from_ptr(&raw mut (*self.context.get()).interrupt) }
    }

    /// Notes on which thread the store runs.
    #[inline]
    pub fn runs_on(&self, thread: i32) {
        if self.thread.load(Ordering::Relaxed) != thread {
            // Whoever has set the flag before sees this thread, or this thread sees the flag.
            self.thread.swap(thread, Ordering::SeqCst);
        }
    }

    /// Whether the store is to stop.
    #[inline]
    pub fn is_interrupted(&self) -> bool {
        self.flag().load(Ordering::Relaxed) != 0
    }

    /// Forgets the request.
    #[cold]
    pub fn clear(&self) {
        self.flag().store(0, Ordering::SeqCst);
    }

    fn interrupt(&self, signal: Option<i32>) {
        self.flag().store(1, Ordering::SeqCst);
        let thread = self.thread.load(Ordering::SeqCst);
        if let Some(signal) = signal.filter(|_| thread != 0) {
            send_interrupt(signal, thread);
        }
    }
}

/// Stops what runs in a store, from any thread. Cheap to clone; it does not keep the store alive.
#[derive(Clone)]
pub struct InterruptHandle {
    shared: Arc<Shared>,
    /// None where code looks at the flag itself.
    signal: Option<i32>,
}

impl InterruptHandle {
    /// Makes the call that is under way in the store, or else the next one, end with the trap
    /// [`TrapCode::Interrupted`](crate::TrapCode::Interrupted). Code stops within microseconds; a host function goes on,
    /// and the trap comes when it returns. The request ends with the outermost call.
    pub fn interrupt(&self) {
        self.shared.interrupt(self.signal);
    }

    /// Takes the request back, if no call has ended by it yet.
    pub fn cancel(&self) {
        self.shared.clear();
    }
}

impl std::fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InterruptHandle")
    }
}

impl Store {
    /// What stops this store from other threads.
    ///
    /// With signal handlers on, this installs a handler for the signal of
    /// [`Config::interrupt_signal`](crate::Config::interrupt_signal), the first time. The signal may make calls of the
    /// operating system in host functions end early (`EINTR`), where `SA_RESTART` does not help. A thread that blocks the
    /// signal stops at the next call of or from the host only.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) if that signal cannot be handled.
    pub fn interrupt_handle(&self) -> Result<InterruptHandle> {
        let tuning = &self.inner().settings.tuning;
        let signal = tuning.signal_handlers.then_some(tuning.interrupt_signal);
        if let Some(signal) = signal {
            install_interrupt_handler(signal, on_interrupt)?;
        }
        Ok(InterruptHandle { shared: self.inner().shared.clone(), signal })
    }
}
