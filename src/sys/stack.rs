//! The bounds of the machine stack of the current thread.
#![allow(unsafe_code)]

use super::map::MACHINE_PAGE;
use std::ops::Range;
use std::ptr::null_mut;

/// The stack of a thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The lowest address that may be used.
    pub low: usize,
    /// The address behind the highest.
    pub high: usize,
    /// Whether an overflow faults. A stack that a program gave to its thread itself has no guard.
    pub guarded: bool,
}

impl Bounds {
    /// The bounds of no stack.
    pub const EMPTY: Bounds = Bounds { low: 0, high: 0, guarded: false };

    /// Where an overflow of this stack faults: the guard below it. A frame larger than a page is probed page by page,
    /// so the first page of the guard is hit; the kernel keeps up to 1 MiB below a main thread's stack free.
    pub fn guard(&self) -> Range<usize> {
        const GAP: usize = 1 << 20;
        self.low.saturating_sub(GAP)..self.low + MACHINE_PAGE
    }

    pub fn is_empty(&self) -> bool {
        self.low == self.high
    }

    pub fn contains(&self, address: usize) -> bool {
        (self.low..self.high).contains(&address)
    }
}

/// The bounds of the calling thread's stack. Not quick: to be asked once per thread.
pub(crate) fn thread_stack() -> Bounds {
    // SAFETY: plain queries of the calling thread; the attributes are destroyed again.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        let (mut low, mut size, mut guard) = (null_mut(), 0, 0);
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) == 0 {
            libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
            libc::pthread_attr_getguardsize(&attributes, &mut guard);
            libc::pthread_attr_destroy(&mut attributes);
        }
        let (mut low, high) = (low as usize, low as usize + size);
        if is_main_thread() && size > MAIN_STACK_MOST {
            // A stack without limit has no guard: it would grow until it met another mapping. A page without access
            // makes one.
            low = high - MAIN_STACK_MOST;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
            libc::mmap((low - GUARD_PAGE) as *mut _, GUARD_PAGE, libc::PROT_NONE, flags, -1, 0);
        }
        // The kernel keeps a gap below the stack of a main thread.
        Bounds { low, high, guarded: guard > 0 || is_main_thread() }
    }
}

/// What of a main thread's stack is used at most.
const MAIN_STACK_MOST: usize = 1 << 30;
const GUARD_PAGE: usize = 1 << 16;

/// The number of the calling thread.
pub(crate) fn thread_id() -> libc::pid_t {
    // SAFETY: it cannot fail.
    unsafe { libc::gettid() }
}

/// Has this thread run when others of the process leave it time, as far as the system lets it. It gets its way of scheduling
/// from who made it, which may be one for real time.
pub(crate) fn give_way() {
    // A third of the time that others get who want the same core.
    const NICER: i32 = 5;
    // SAFETY: it changes nothing but how this thread is scheduled.
    unsafe {
        if matches!(libc::sched_getscheduler(0), libc::SCHED_FIFO | libc::SCHED_RR) {
            let none = libc::sched_param { sched_priority: 0 };
            libc::sched_setscheduler(0, libc::SCHED_OTHER, &none);
        }
        let nice = libc::getpriority(libc::PRIO_PROCESS, 0);
        libc::setpriority(libc::PRIO_PROCESS, 0, nice + NICER);
    }
}

fn is_main_thread() -> bool {
    // SAFETY: it cannot fail.
    unsafe { libc::getpid() == thread_id() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_frame_lies_in_the_stack_of_its_thread() {
        let check = || {
            let local = 0u8;
            assert!(thread_stack().contains(&raw const local as usize));
        };
        check();
        std::thread::spawn(check).join().unwrap();
    }
}
