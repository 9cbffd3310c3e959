//! Forks of the process: a child has but the thread that forked, and every lock as it was then.
//!
//! What other threads had locked stays locked in it for ever. So a fork waits until nobody is where that would matter.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Read by those who hold locks, written by who forks.
static FORKS: RwLock<()> = RwLock::new(());
/// How many forks there are between this process and the one that loaded this library. Their ids do not tell processes
/// apart: a namespace numbers anew, and ids come again.
static GENERATION: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// How many guards this thread has, and what they hold together.
    static HELD: (Cell<usize>, RefCell<Option<Guard>>) = const { (Cell::new(0), RefCell::new(None)) };
    /// What this thread holds while it forks.
    static FORKING: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

type Guard = RwLockReadGuard<'static, ()>;

/// While this lives, no other thread forks: it waits. It stays on its thread, where any number may live at a time.
pub(crate) struct NoFork {
    /// Held by itself where the thread has no variables any more.
    alone: Option<Guard>,
}

/// Keeps others from forking, as long as the result lives. Not to be held where host code is called, which may fork, nor
/// where this thread waits for another that asks for the same.
pub(crate) fn no_fork() -> NoFork {
    watch();
    let read = || FORKS.read().unwrap_or_else(PoisonError::into_inner);
    let held = HELD.try_with(|(count, guard)| {
        if count.replace(count.get() + 1) == 0 {
            *guard.borrow_mut() = Some(read());
        }
    });
    NoFork { alone: held.is_err().then(read) }
}

impl Drop for NoFork {
    fn drop(&mut self) {
        if self.alone.is_some() {
            return;
        }
        let _ = HELD.try_with(|(count, guard)| {
            count.set(count.get() - 1);
            if count.get() == 0 {
                guard.take();
            }
        });
    }
}

/// Another number in each process that a fork makes than in its parent.
pub(crate) fn generation() -> u32 {
    watch();
    GENERATION.load(Ordering::Relaxed)
}

/// Has `work` done in every child of a fork, by the one thread that it has.
pub(crate) fn after_fork(work: extern "C" fn()) {
    static ONCE: Once = Once::new();
    // SAFETY: the function lives as long as this library. Without it, a child cannot be interrupted by a signal.
    ONCE.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(work));
    });
}

fn watch() {
    static ONCE: Once = Once::new();
    // SAFETY: the functions live as long as this library.
    ONCE.call_once(|| unsafe {
        libc::pthread_atfork(Some(before), Some(after), Some(in_child));
    });
}

extern "C" fn before() {
    let guard = FORKS.write().unwrap_or_else(PoisonError::into_inner);
    // A thread whose variables are gone already forks all the same.
    let _ = FORKING.try_with(|forking| *forking.borrow_mut() = Some(guard));
}

extern "C" fn after() {
    let _ = FORKING.try_with(|forking| forking.take());
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    after();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    #[test]
    fn a_fork_waits_until_nobody_holds_it_up() {
        let released = AtomicBool::new(false);
        let held = (no_fork(), no_fork());
        std::thread::scope(|scope| {
            let forking = scope.spawn(|| {
                before();
                assert!(released.load(Ordering::SeqCst));
                after();
            });
            std::thread::sleep(Duration::from_millis(20));
            drop(held.0);
            std::thread::sleep(Duration::from_millis(20));
            released.store(true, Ordering::SeqCst);
            drop(held.1);
            forking.join().expect("no panic");
        });
        drop(no_fork());
    }
}
