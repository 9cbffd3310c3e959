//! A slot of the PLT: how calls of a function come to arrive at its code, and then at better code.
//!
//! A slot points at the function's lazy tail, then at the first code that is made of it, then at better code, if that is
//! made; each of these steps is one store, and none is ever undone. The first code may come late: whoever links a unit
//! gives it to all of its functions, of which some may have run meanwhile and have better code already.
//!
//! It takes its atomics from [`super::sync`], so that a model checker can put its own there.

use super::sync::{AtomicPtr, Ordering};

/// A slot. Generated code reads it with a plain load: what a store made known before it, the code that it leads to knows,
/// for it depends on the address.
pub(crate) struct Slot<'a, T> {
    code: &'a AtomicPtr<T>,
    lazy_tail: *mut T,
}

impl<'a, T> Slot<'a, T> {
    /// `lazy_tail` is what it points at in the beginning.
    pub fn new(code: &'a AtomicPtr<T>, lazy_tail: *mut T) -> Slot<'a, T> {
        Slot { code, lazy_tail }
    }

    /// From now on calls arrive at `code`, unless they arrive at some already.
    pub fn link(&self, code: *mut T) {
        // Whoever was first wins.
        let _ = self.code.compare_exchange(self.lazy_tail, code, Ordering::Release, Ordering::Relaxed);
    }

    /// From now on calls arrive at `code`, which is the best that there will be.
    pub fn improve(&self, code: *mut T) {
        // An exchange, as above: so all writes of a slot have one order.
        self.code.swap(code, Ordering::Release);
    }

    /// Where calls arrive.
    pub fn code(&self) -> *mut T {
        self.code.load(Ordering::Acquire)
    }
}
