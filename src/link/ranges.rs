//! Ranges of addresses and what each stands for: read in signal handlers, written while other threads run.
//!
//! It takes its lock from [`super::sync`], so that a model checker can put its own there.

use super::sync::{Arc, RwLock, yield_now};
use std::collections::BTreeMap;
use std::ops::Range;

/// Disjoint ranges of addresses.
pub(crate) struct Ranges<T> {
    /// By end address: start, and what the range stands for.
    ranges: RwLock<BTreeMap<usize, (usize, Arc<T>)>>,
}

impl<T> Ranges<T> {
    pub fn new() -> Ranges<T> {
        Ranges { ranges: RwLock::new(BTreeMap::new()) }
    }

    pub fn insert(&self, range: Range<usize>, value: T) {
        let mut ranges = self.ranges.write().expect(UNPOISONED);
        ranges.insert(range.end, (range.start, Arc::new(value)));
    }

    /// Takes out the range that ends here.
    pub fn remove(&self, end: usize) {
        let removed = self.ranges.write().expect(UNPOISONED).remove(&end);
        // Freed outside the lock.
        drop(removed);
    }

    /// What the range that holds `address` stands for.
    pub fn find(&self, address: usize) -> Option<Arc<T>> {
        let ranges = self.ranges.read().expect(UNPOISONED);
        let (_, (start, value)) = ranges.range(address + 1..).next()?;
        (*start <= address).then(|| value.clone())
    }

    /// Whether a range holds `address`. For signal handlers: it allocates nothing, and asks `patience` times for the
    /// lock instead of waiting for ever, should the interrupted code itself hold it.
    pub fn hold(&self, address: usize, patience: usize) -> bool {
        for _ in 0..patience {
            if let Ok(ranges) = self.ranges.try_read() {
                return ranges
                    .range(address.saturating_add(1)..)
                    .next()
                    .is_some_and(|(_, (start, _))| *start <= address);
            }
            yield_now();
        }
        false
    }
}

const UNPOISONED: &str = "nothing panics while it holds the lock";
