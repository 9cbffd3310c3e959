//! The second tier of Lift-Off: functions that run often are compiled anew, with the optimiser.

use super::lazy::LazyUnits;
use super::{Compiler, object};
use crate::abi::ContextLayout;
use crate::error::Result;
use crate::llvm::Effort;
use crate::translate::{Translation, translate_unit};
use crate::wasm::{Body, ModuleInfo, callees};
use std::collections::BTreeMap;
use std::ops::Range;

/// Functions that are compiled together, by their function indices.
pub(crate) struct HotFuncs<'a> {
    bodies: BTreeMap<usize, Body<'a>>,
}

impl HotFuncs<'_> {
    /// Their function indices, in order.
    pub fn funcs(&self) -> Vec<usize> {
        self.bodies.keys().copied().collect()
    }
}

/// Bytes of bodies that are compiled together, or one function that has more: a call that leads out of them goes through a
/// slot, which costs little, and the first of them waits for the last.
const MOST_BYTES: usize = 8 << 10;
/// With so many, no further function is looked for that is hot by itself: each unit takes two of a process's mappings, but
/// the first function waits for the last.
const ENOUGH_BYTES: usize = 2 << 10;

impl Compiler {
    /// The functions that `more` names, until they are enough, and those that they call, and that these call, as far as they
    /// are `warm` and fit; of all these such that `take` gives and the optimiser may have. None if there is not one.
    pub fn hot_funcs<'a>(
        &self,
        units: &'a LazyUnits,
        info: &ModuleInfo,
        mut more: impl FnMut() -> Option<usize>,
        warm: impl Fn(usize) -> bool,
        take: impl Fn(usize) -> bool,
    ) -> Option<HotFuncs<'a>> {
        let body = |func: usize| units.body(func - info.imported_funcs);
        let may_be_had = |func: usize| units.is_optimizable(func - info.imported_funcs) && take(func);
        let mut hot = HotFuncs { bodies: BTreeMap::new() };
        let mut next = Vec::new();
        let mut bytes = 0;
        loop {
            let wants_more = bytes < ENOUGH_BYTES;
            let (func, is_called) = match next.pop() {
                Some(callee) => (callee, true),
                None => match wants_more.then(&mut more).flatten() {
                    Some(func) => (func, false),
                    None => break,
                },
            };
            let body = body(func);
            let is_left_out = || is_called && (bytes + body.len() > MOST_BYTES || !warm(func));
            if hot.bodies.contains_key(&func) || is_left_out() || !may_be_had(func) {
                continue;
            }
            bytes += body.len();
            next.extend(self.callees(units, info, func..func + 1));
            hot.bodies.insert(func, body);
        }
        (!hot.bodies.is_empty()).then_some(hot)
    }

    /// The function indices of the module's own functions that some functions call directly, as it stands in them.
    pub fn callees(&self, units: &LazyUnits, info: &ModuleInfo, funcs: Range<usize>) -> Vec<usize> {
        let callees = funcs.flat_map(|func| callees(&units.body(func - info.imported_funcs)));
        callees.filter(|callee| *callee >= info.imported_funcs).collect()
    }

    /// Compiles them as the unit with the number `unit`, with the optimiser. It takes as much stack as LLVM may need.
    pub fn compile_hot(
        &self,
        units: &LazyUnits,
        info: &ModuleInfo,
        layout: &ContextLayout,
        hot: HotFuncs<'_>,
        unit: usize,
    ) -> Result<Vec<u8>> {
        let translation = Translation { optimized: true, ..self.translation(info, layout) };
        let (funcs, bodies): (Vec<_>, Vec<_>) = hot.bodies.into_iter().unzip();
        let emitter = self.emitter()?;
        object(&emitter, Effort::Full, translation, units.dump(), |module| {
            translate_unit(translation, module, unit, funcs.into_iter(), &bodies)
        })
    }
}
