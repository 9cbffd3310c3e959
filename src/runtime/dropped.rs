//! Which segments of an instance were dropped: they count as empty.

use crate::wasm::SegmentMode;
use std::cell::{Cell, OnceCell};

/// Dropped segments of one kind.
#[derive(Default)]
pub(super) struct Dropped {
    /// How many segments instantiation has dealt with. Of these, the ones that are not passive are dropped.
    done: Cell<usize>,
    /// Those that code has dropped, as bits; from the first on that it drops.
    by_code: OnceCell<Box<[Cell<u64>]>>,
}

impl Dropped {
    /// Instantiation has dealt with the first `count` segments.
    pub fn set_done(&self, count: usize) {
        self.done.set(count);
    }

    /// How many segments instantiation has dealt with.
    pub fn done(&self) -> usize {
        self.done.get()
    }

    /// Code drops a segment, of `count`.
    pub fn add(&self, segment: u32, count: usize) {
        let (word, bit) = place(segment);
        let words = self.by_code.get_or_init(|| vec![Cell::new(0); count.div_ceil(u64::BITS as usize)].into());
        words[word].set(words[word].get() | bit);
    }

    /// Whether this segment, of which this is the mode, was dropped.
    pub fn has(&self, segment: u32, mode: &SegmentMode) -> bool {
        let (word, bit) = place(segment);
        (*mode != SegmentMode::Passive && (segment as usize) < self.done())
            || self.by_code.get().is_some_and(|words| words[word].get() & bit != 0)
    }
}

/// The word in which a segment's bit is, and the bit.
fn place(segment: u32) -> (usize, u64) {
    ((segment / u64::BITS) as usize, 1 << (segment % u64::BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_passive_is_dropped_by_instantiation_and_all_else_by_code() {
        let dropped = Dropped::default();
        let (passive, declared) = (SegmentMode::Passive, SegmentMode::Declared);
        dropped.set_done(65);
        assert!(dropped.has(64, &declared) && !dropped.has(65, &declared) && !dropped.has(64, &passive));
        dropped.add(64, 202);
        dropped.add(200, 202);
        assert!(dropped.has(64, &passive) && dropped.has(200, &declared));
        assert!(!dropped.has(0, &passive) && !dropped.has(128, &passive) && !dropped.has(201, &passive));
    }
}
