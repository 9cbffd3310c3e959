//! The registry of code and the slots that lead to it under a model checker: every interleaving of threads that link, run,
//! improve and drop modules.
//!
//! The source files are the library's own; the locks and atomics under them are loom's.

mod sync {
    pub use loom::sync::atomic::{AtomicPtr, Ordering};
    pub use loom::sync::{Arc, RwLock};
    pub use loom::thread::yield_now;
}
#[path = "../src/link/ranges.rs"]
mod ranges;
#[path = "../src/link/slot.rs"]
mod slot;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use loom::thread;
use ranges::Ranges;
use slot::Slot;

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

/// One thread links a unit, and gives its code to all of its functions; another has better code for one of them already, for
/// it ran. Whoever calls meanwhile finds one after the other, never an earlier one again, and each is known as code.
#[test]
fn better_code_is_never_replaced_by_what_was_first() {
    const LAZY: *mut u8 = 0x10 as *mut u8;
    const FIRST: *mut u8 = 0x1000 as *mut u8;
    const BETTER: *mut u8 = 0x2000 as *mut u8;
    loom::model(|| {
        let (ranges, code) = (Arc::new(Ranges::new()), Arc::new(AtomicPtr::new(LAZY)));
        let writer = |range: usize, write: fn(Slot<'_, u8>)| {
            let (ranges, code) = (ranges.clone(), code.clone());
            thread::spawn(move || {
                ranges.insert(range..range + 16, "code");
                write(Slot::new(&code, LAZY));
            })
        };
        let linker = writer(FIRST as usize, |slot| slot.link(FIRST));
        let improver = writer(BETTER as usize, |slot| slot.improve(BETTER));
        let slot = Slot::new(&code, LAZY);
        let order = [LAZY, FIRST, BETTER];
        let mut before = 0;
        for _ in 0..2 {
            let found = slot.code();
            let now = order.iter().position(|code| *code == found).expect("one of them");
            assert!(now >= before);
            assert!(now == 0 || ranges.find(found as usize + 1).is_some());
            before = now;
        }
        linker.join().unwrap();
        improver.join().unwrap();
        assert_eq!(slot.code(), BETTER);
    });
}
