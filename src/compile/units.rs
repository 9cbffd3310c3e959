//! The split of a module into compile units. It depends on the module alone, so that the objects do too, however many
//! threads make them.

use super::shape::Shape;
use crate::abi::Thunks;
use crate::config::Tuning;
use crate::error::{Error, Result};
use crate::types::FuncType;
use crate::wasm::{Body, ModuleInfo};
use std::ops::Range;

/// A unit to be compiled.
pub(super) struct UnitJob<'a> {
    /// Position among the units of the module.
    pub index: usize,
    /// Function index of the first function.
    pub first: usize,
    pub bodies: Vec<Body<'a>>,
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
pub(super) fn split<'a>(info: &ModuleInfo, bodies: Vec<Body<'a>>, tuning: &Tuning) -> Result<Vec<UnitJob<'a>>> {
    let mut allocations = Default::default();
    let shapes = bodies.iter().map(|body| Shape::of(body, &mut allocations)).collect::<Result<Vec<Shape>>>()?;
    check_surplus(&shapes)?;
    let too_many = are_too_many(&shapes);
    let mut units: Vec<UnitJob<'a>> = Vec::new();
    let mut filled = 0;
    for ((i, body), shape) in bodies.into_iter().enumerate().zip(&shapes) {
        let over_budget = too_many || is_over_budget(shape, tuning.fuel);
        match units.last_mut() {
            Some(unit) if filled + shape.bytes <= tuning.unit_bytes && unit.over_budget == over_budget => {
                unit.bodies.push(body);
                filled += shape.bytes;
            }
            _ => {
                let first = info.imported_funcs + i;
                units.push(UnitJob { index: units.len(), first, bodies: vec![body], over_budget });
                filled = shape.bytes;
            }
        }
    }
    Ok(units)
}

/// Refuses a module of which a few bytes ask for millions of values: each takes some 5 µs and 2 KB, whatever the level.
fn check_surplus(shapes: &[Shape]) -> Result<()> {
    const MOST: u64 = 200_000;
    const BYTES_PER_VALUE: u64 = 2;
    let most = MOST + shapes.iter().map(|shape| shape.bytes as u64).sum::<u64>() / BYTES_PER_VALUE;
    let surplus = shapes.iter().map(|shape| shape.surplus).sum::<u64>();
    if surplus <= most {
        return Ok(());
    }
    Err(Error::Limit(format!(
        "calls, blocks, branches and declarations of locals ask for {surplus} values more than code of its size does; \
         at most {most} are accepted"
    )))
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
