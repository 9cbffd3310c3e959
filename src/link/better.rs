//! Better code of functions, which replaced what they had.

use super::plt::Plt;
use super::registry::{FuncStart, Registration};
use crate::abi::PltIndex;
use crate::bytes::Bytes;
use crate::sys::generation;
use once_cell::race::OnceBox;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// The better code of a module. What it replaced stays: threads may be inside, and frames of it below. So a module has at
/// most two codes of each function.
pub(super) struct BetterCode {
    imported_funcs: usize,
    /// By PLT index [`IS_THERE`], or who is making it: the generation of the process and one, or nobody at 0.
    taken: Box<[AtomicU32]>,
    /// In the order of their numbers. There are no more units than functions.
    units: Box<[OnceBox<BetterUnit>]>,
    next: AtomicUsize,
}

const IS_THERE: u32 = u32::MAX;

/// How many units there may be in the process: each takes two of its mappings, of which it may have some 65,000.
const MOST_UNITS: usize = 8192;
static UNITS: AtomicUsize = AtomicUsize::new(0);

/// How often the code of a function ran, also when its module is gone.
pub(crate) struct FuncHeat {
    pub(super) plt: Arc<Plt>,
    pub(super) index: PltIndex,
}

impl FuncHeat {
    /// How often it did by now.
    pub fn now(&self) -> u32 {
        self.plt.heat(self.index)
    }
}

/// Functions that were compiled anew together.
pub(super) struct BetterUnit {
    pub funcs: Vec<FuncStart>,
    pub object: Bytes,
    _registration: Registration,
}

impl BetterCode {
    /// None yet, of `funcs` functions, whose function indices come after those of the imported ones.
    pub fn new(imported_funcs: usize, funcs: usize) -> BetterCode {
        BetterCode {
            imported_funcs,
            taken: (0..funcs).map(|_| AtomicU32::new(0)).collect(),
            units: (0..funcs).map(|_| OnceBox::new()).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Leaves a function to the caller, who is to make better code of it. False if another has it already; in a child of a
    /// fork, those who had it in its parent are not there.
    pub fn take(&self, index: PltIndex) -> bool {
        let taken = generation() + 1;
        let take = |before: u32| (before != IS_THERE && before != taken).then_some(taken);
        self.taken[index as usize].fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Gives a function back of which no better code could be made now.
    pub fn give_back(&self, index: PltIndex) {
        self.taken[index as usize].store(0, Ordering::Relaxed);
    }

    /// A number for a unit, of which at least one function was taken for it. None if there may be no more units: in this
    /// module, where some have failed, or in the process.
    pub fn next_unit(&self) -> Option<usize> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.units.len() && UNITS.load(Ordering::Relaxed) < MOST_UNITS).then_some(number)
    }

    /// Keeps a unit.
    pub fn add(&self, number: usize, unit: BetterUnit) {
        for func in &unit.funcs {
            self.taken[func.index - self.imported_funcs].store(IS_THERE, Ordering::Relaxed);
        }
        let added = self.units[number].set(Box::new(unit));
        assert!(added.is_ok(), "each number is given once");
    }

    /// All that there are.
    pub fn units(&self) -> impl Iterator<Item = &BetterUnit> {
        self.units.iter().take(self.next.load(Ordering::Relaxed)).filter_map(OnceBox::get)
    }
}

impl BetterUnit {
    pub fn new(funcs: Vec<FuncStart>, object: Bytes, registration: Registration) -> BetterUnit {
        UNITS.fetch_add(1, Ordering::Relaxed);
        BetterUnit { funcs, object, _registration: registration }
    }
}

impl Drop for BetterUnit {
    fn drop(&mut self) {
        UNITS.fetch_sub(1, Ordering::Relaxed);
    }
}
