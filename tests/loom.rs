//! The registry of code under a model checker: every interleaving of threads that link, run and drop modules.
//!
//! The source file is the library's own; the locks under it are loom's.

mod sync {
    pub use loom::sync::{Arc, RwLock};
    pub use loom::thread::yield_now;
}
#[path = "../src/link/ranges.rs"]
mod ranges;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use ranges::Ranges;

/// More often nobody needs to ask in the model: the other thread takes the lock twice.
const PATIENCE: usize = 3;

/// One thread links code and publishes its address as a PLT slot does, another calls through the slot and traps: it must
/// be known as code by then.
#[test]
fn code_is_known_before_it_can_run() {
    loom::model(|| {
        const CODE: usize = 0x1000;
        let (ranges, slot) = (Arc::new(Ranges::new()), Arc::new(AtomicUsize::new(0)));
        let linker = {
            let (ranges, slot) = (ranges.clone(), slot.clone());
            thread::spawn(move || {
                ranges.insert(CODE..CODE + 16, "code");
                slot.store(CODE, Ordering::Release);
            })
        };
        let code = slot.load(Ordering::Acquire);
        if code != 0 {
            assert!(ranges.hold(code, PATIENCE));
            assert_eq!(ranges.find(code + 15).as_deref(), Some(&"code"));
        }
        linker.join().unwrap();
        assert!(ranges.hold(CODE, 1) && !ranges.hold(CODE - 1, 1) && !ranges.hold(CODE + 16, 1));
    });
}

/// What one thread has found stays alive while another drops the module; other modules are not affected.
#[test]
fn modules_come_and_go_beside_each_other() {
    loom::model(|| {
        let ranges = Arc::new(Ranges::new());
        ranges.insert(0x1000..0x2000, "old");
        ranges.insert(0x3000..0x4000, "kept");
        let dropper = {
            let ranges = ranges.clone();
            thread::spawn(move || {
                ranges.remove(0x2000);
                ranges.insert(0x1800..0x2800, "new");
            })
        };
        let found = ranges.find(0x1900);
        assert!(found.as_deref().is_none_or(|found| ["old", "new"].contains(found)));
        // Either the answer, or the lock was taken each time.
        assert!(!ranges.hold(0x2fff, PATIENCE));
        assert_eq!(ranges.find(0x3000).as_deref(), Some(&"kept"));
        dropper.join().unwrap();
        assert_eq!(ranges.find(0x1900).as_deref(), Some(&"new"));
        assert!(ranges.find(0x1000).is_none());
    });
}
