//! Runaway recursion on the stack of the main thread, which the test harness keeps for itself: a program without it.
//!
//! That stack is mapped as it is used, and ends where the limit of the process says, without a guard page of its own.

mod support;

/// Bytes of stack. Where there is no limit, the test would take long.
const STACK: libc::rlim_t = 8 << 20;

fn main() {
    // SAFETY: plain calls with a structure of their own.
    unsafe {
        assert_eq!(libc::getpid(), libc::gettid(), "this is the main thread");
        let mut limit = std::mem::zeroed();
        assert_eq!(libc::getrlimit(libc::RLIMIT_STACK, &mut limit), 0);
        limit.rlim_cur = STACK.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(libc::RLIMIT_STACK, &limit), 0);
    }
    for engine in support::engines().into_iter().chain(support::checked_engines()) {
        support::recursion::overflow_in_every_way(&engine, 100);
    }
    println!("the stack of the main thread overflows in every way");
}
