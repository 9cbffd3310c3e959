//! The split of a module into compile units. It depends on the module alone, so that the objects do too, however many
//! threads make them.

use super::shape::Shape;
use crate::abi::Thunks;
use crate::config::Tuning;
use crate::types::FuncType;
use crate::wasm::{Body, ModuleInfo};
use std::ops::Range;

/// A unit to be compiled.
pub(super) struct UnitJob<'a> {
    /// Position among the units of the module.
    pub index: usize,
    /// Function index of the first function.
    pub first: usize,
    pub bodies: &'a [Body<'a>],
    /// Whether the optimiser is kept away, whatever the level: its time would not be linear in the size.
    pub over_budget: bool,
}

impl UnitJob<'_> {
    /// Function indices of the functions.
    pub fn funcs(&self) -> Range<usize> {
        self.first..self.first + self.bodies.len()
    }

    /// Length of the bodies in bytes.
    pub fn bytes(&self) -> usize {
        self.bodies.iter().map(Body::len).sum()
    }

    /// What it weighs among the jobs of a module.
    pub fn weight(&self, optimized: bool) -> usize {
        if optimized { self.bytes() } else { self.bytes() / QUICK }
    }
}

/// How much quicker code is made without the optimiser. What a job weighs is how long it takes, in bytes of wasm that are
/// optimised: some 80 of them take a millisecond.
const QUICK: usize = 5;

/// Consecutive functions, up to the configured number of bytes of wasm together, either all within the optimiser's budget
/// or none. A function that is larger than that is a unit alone.
pub(super) fn split<'a>(
    info: &ModuleInfo,
    bodies: &'a [Body<'a>],
    shapes: &[Shape],
    tuning: &Tuning,
) -> Vec<UnitJob<'a>> {
    let over_budget = within_budget(shapes, tuning).map(|is_within| !is_within);
    let measured = shapes.iter().map(|shape| shape.bytes).zip(over_budget);
    let unit = |(index, (positions, over_budget)): (usize, (Range<usize>, bool))| UnitJob {
        index,
        first: info.imported_funcs + positions.start,
        bodies: &bodies[positions],
        over_budget,
    };
    group(measured, tuning.unit_bytes).into_iter().enumerate().map(unit).collect()
}

/// For each function whether the optimiser may have it.
pub(super) fn within_budget(shapes: &[Shape], tuning: &Tuning) -> impl Iterator<Item = bool> {
    let too_many = are_too_many(shapes);
    shapes.iter().map(move |shape| !too_many && !is_over_budget(shape, tuning.fuel))
}

/// Function indices of the units that are compiled when they are called, without the optimiser: the smaller they are, the
/// sooner the call goes on, and the more of them there are to link. Each takes two mappings, of which a process has 65,530.
pub(super) fn split_lazily(info: &ModuleInfo, shapes: &[Shape], tuning: &Tuning) -> Vec<Range<usize>> {
    let funcs = |(positions, ()): (Range<usize>, ())| {
        info.imported_funcs + positions.start..info.imported_funcs + positions.end
    };
    const MOST_UNITS: usize = 4096;
    let bytes = shapes.iter().map(|shape| shape.bytes).sum::<usize>();
    let most = tuning.lazy_unit_bytes.max(bytes / MOST_UNITS);
    group(shapes.iter().map(|shape| (shape.bytes, ())), most).into_iter().map(funcs).collect()
}

/// Positions of consecutive items of one kind, each with its bytes, up to `most` bytes together. An item that is larger is
/// alone.
pub(super) fn group<Kind: PartialEq>(
    items: impl Iterator<Item = (usize, Kind)>,
    most: usize,
) -> Vec<(Range<usize>, Kind)> {
    let mut groups: Vec<(Range<usize>, Kind)> = Vec::new();
    let mut filled = 0;
    for (position, (bytes, kind)) in items.enumerate() {
        match groups.last_mut() {
            Some((positions, of)) if filled + bytes <= most && *of == kind => {
                positions.end = position + 1;
                filled += bytes;
            }
            _ => {
                groups.push((position..position + 1, kind));
                filled = bytes;
            }
        }
    }
    groups
}

/// Whether LLVM's passes would take far longer for this function than for others of its length: none of them is linear
/// in everything. 40 KB with 8000 values below calls took half a minute, 17 KB with 1000 nested loops 7 s, 6 KB that pass
/// 400 values from call to call 35 s. No function that a compiler makes of a program that people write comes near to
/// these bounds. Where code pays with fuel, 90 KB with 10,000 `if`s took half a minute.
fn is_over_budget(shape: &Shape, fuel: bool) -> bool {
    const MOST_BYTES: usize = 96 << 10;
    const MOST_BYTES_TIMES_LOCALS: u64 = 20_000_000;
    const LONGEST_RUN: usize = 16_000;
    const MOST_PAYMENTS: usize = 5000;
    const MOST_LOOPS: usize = 128;
    const DEEPEST_LOOP: usize = 64;
    const HIGHEST_STACK: u32 = 500;
    const SURPLUS: u64 = 200;
    const BYTES_PER_SURPLUS: u64 = 8;
    shape.bytes > MOST_BYTES
        || shape.bytes as u64 * shape.locals > MOST_BYTES_TIMES_LOCALS
        || shape.run > LONGEST_RUN
        || fuel && shape.payments > MOST_PAYMENTS
        || shape.loops > MOST_LOOPS
        || shape.loop_depth > DEEPEST_LOOP
        || shape.height > HIGHEST_STACK
        || shape.surplus > SURPLUS + shape.bytes as u64 / BYTES_PER_SURPLUS
}

/// Every function costs the optimiser some 0.3 ms, however small it is: 100,000 functions of 9 bytes would take half a
/// minute.
fn are_too_many(shapes: &[Shape]) -> bool {
    const MANY: usize = 10_000;
    const SMALL: usize = 32;
    shapes.len() > MANY && shapes.iter().map(|shape| shape.bytes).sum::<usize>() / shapes.len() < SMALL
}

/// Whether the thunks are so many that they are not made with care, and what they weigh: each value that they move costs
/// 0.1 ms with care, a tenth of it else.
pub(super) fn thunks(thunks: &Thunks) -> (bool, usize) {
    const MANY_VALUES: usize = 5_000;
    const WEIGHT_WITH_CARE: usize = 8;
    let values = |ty: &FuncType| ty.params().len() + ty.results().len();
    let values = thunks.entry.iter().chain(thunks.host.iter()).map(values).sum::<usize>();
    if values > MANY_VALUES { (true, values) } else { (false, values * WEIGHT_WITH_CARE) }
}
