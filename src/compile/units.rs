//! The split of a module into compile units. It depends on the module alone, so that the objects do too, however many
//! threads make them.

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
}

/// Consecutive functions, up to `unit_bytes` of wasm together, either all within the optimiser's budget or none. A
/// function that is larger than that is a unit alone.
pub(super) fn split<'a>(info: &ModuleInfo, bodies: Vec<Body<'a>>, unit_bytes: usize) -> Vec<UnitJob<'a>> {
    let mut units: Vec<UnitJob<'a>> = Vec::new();
    let mut filled = 0;
    let too_many = are_too_many(&bodies);
    for (i, body) in bodies.into_iter().enumerate() {
        let (length, over_budget) = (body.len(), too_many || is_over_budget(&body));
        match units.last_mut() {
            Some(unit) if filled + length <= unit_bytes && unit.over_budget == over_budget => {
                unit.bodies.push(body);
                filled += length;
            }
            _ => {
                let first = info.imported_funcs + i;
                units.push(UnitJob { index: units.len(), first, bodies: vec![body], over_budget });
                filled = length;
            }
        }
    }
    units
}

/// LLVM's passes are superlinear in the length of a block (65,000 operators in one: 8 s; at -O0 0.2 s) and in the
/// number of locals that live through branches (2000 through 1000: 18 s; at -O0 20 ms). No function that a compiler
/// makes of a program that people write comes near to these.
fn is_over_budget(body: &Body<'_>) -> bool {
    const MOST_BYTES: usize = 96 << 10;
    const MOST_BYTES_TIMES_LOCALS: u64 = 20_000_000;
    body.len() > MOST_BYTES || body.len() as u64 * body.local_count() > MOST_BYTES_TIMES_LOCALS
}

/// Every function costs the optimiser some 0.3 ms, however small it is: 100,000 functions of 9 bytes would take half a
/// minute.
fn are_too_many(bodies: &[Body<'_>]) -> bool {
    const MANY: usize = 10_000;
    const SMALL: usize = 32;
    bodies.len() > MANY && bodies.iter().map(Body::len).sum::<usize>() / bodies.len() < SMALL
}
