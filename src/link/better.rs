//! Better code of functions, which replaced what they had.

use super::plt::Plt;
use super::registry::{FuncStart, Registration};
use crate::abi::PltIndex;
use crate::bytes::Bytes;
use once_cell::race::OnceBox;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The better code of a module. What it replaced stays: threads may be inside, and frames of it below. So a module has at
/// most two codes of each function.
pub(super) struct BetterCode {
    /// By PLT index whether better code is there, is being made, or could not be made.
    taken: Box<[AtomicBool]>,
    /// In the order of their numbers. There are no more units than functions.
    units: Box<[OnceBox<BetterUnit>]>,
    next: AtomicUsize,
}

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
    pub _registration: Registration,
}

impl BetterCode {
    /// None yet, of `funcs` functions.
    pub fn new(funcs: usize) -> BetterCode {
        BetterCode {
            taken: (0..funcs).map(|_| AtomicBool::new(false)).collect(),
            units: (0..funcs).map(|_| OnceBox::new()).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Leaves a function to the caller, who is to make better code of it. False if another has it already.
    pub fn take(&self, index: PltIndex) -> bool {
        !self.taken[index as usize].swap(true, Ordering::Relaxed)
    }

    /// A number for a unit, of which at least one function was taken for it.
    pub fn next_unit(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps a unit.
    pub fn add(&self, number: usize, unit: BetterUnit) {
        let added = self.units[number].set(Box::new(unit));
        assert!(added.is_ok(), "each number is given once");
    }

    /// All that there are.
    pub fn units(&self) -> impl Iterator<Item = &BetterUnit> {
        self.units.iter().take(self.next.load(Ordering::Relaxed)).filter_map(OnceBox::get)
    }
}
