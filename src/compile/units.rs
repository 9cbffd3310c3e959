//! The split of a module into compile units. It depends on the module alone, so that the objects do too, however many threads make them.

use crate::wasm::{Body, ModuleInfo};
use std::ops::Range;

/// A unit to be compiled.
pub(super) struct UnitJob<'a> {
    /// Position among the units of the module.
    pub index: usize,
    /// Function index of the first function.
    pub first: usize,
    pub bodies: Vec<Body<'a>>,
}

impl UnitJob<'_> {
    /// Function indices of the functions.
    pub fn funcs(&self) -> Range<usize> {
        self.first..self.first + self.bodies.len()
    }
}

/// Consecutive functions, up to `unit_bytes` of wasm together. A function that is larger is a unit alone.
pub(super) fn split<'a>(info: &ModuleInfo, bodies: Vec<Body<'a>>, unit_bytes: usize) -> Vec<UnitJob<'a>> {
    let mut units: Vec<UnitJob<'a>> = Vec::new();
    let mut filled = 0;
    for (i, body) in bodies.into_iter().enumerate() {
        let length = body.len();
        match units.last_mut() {
            Some(unit) if filled + length <= unit_bytes => {
                unit.bodies.push(body);
                filled += length;
            }
            _ => {
                units.push(UnitJob { index: units.len(), first: info.imported_funcs + i, bodies: vec![body] });
                filled = length;
            }
        }
    }
    units
}
