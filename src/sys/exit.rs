//! The end of the process, and threads that must not be met by it in the middle of something: what they use of a library
//! may be torn down before they are.
#![allow(unsafe_code)]

use super::fork::generation;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The generation of the process in the upper half, for a child of a fork has none of its parent's threads; how many hold up
/// its end in the lower one.
static HELD: AtomicU64 = AtomicU64::new(0);
static ENDS: AtomicBool = AtomicBool::new(false);

/// While this lives, `exit` waits.
pub(crate) struct HeldExit(());

/// Has `exit` wait from now on for those who hold it. What a library sets up before this goes after that wait; what comes
/// later goes before it, unless this is called again.
pub(crate) fn let_exit_wait() {
    // SAFETY: the function lives as long as this library: where that can be unloaded, it is called before.
    unsafe { libc::atexit(wait) };
}

/// Keeps `exit` from going on as long as the result lives, after [`let_exit_wait`]. None if it is under way.
pub(crate) fn hold_exit() -> Option<HeldExit> {
    let generation = u64::from(generation());
    let add = |held: u64| Some(if held >> 32 == generation { held + 1 } else { (generation << 32) + 1 });
    HELD.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add).ok()?;
    let held = HeldExit(());
    (!ENDS.load(Ordering::SeqCst)).then_some(held)
}

impl Drop for HeldExit {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

extern "C" fn wait() {
    ENDS.store(true, Ordering::SeqCst);
    let generation = u64::from(generation());
    let is_held = || {
        let held = HELD.load(Ordering::SeqCst);
        held >> 32 == generation && held as u32 > 0
    };
    while is_held() {
        std::thread::sleep(Duration::from_micros(200));
    }
}
