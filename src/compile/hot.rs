//! The second tier of Lift-Off: functions that run often are compiled anew, with the optimiser.

use super::lazy::LazyUnits;
use super::{Compiler, object, workers};
use crate::abi::ContextLayout;
use crate::error::Result;
use crate::llvm::Effort;
use crate::sys::{let_exit_wait, no_fork};
use crate::translate::{Translation, translate_unit};
use crate::wasm::{Body, ModuleInfo, callees};
use once_cell::sync::OnceCell;
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

impl Compiler {
    /// The function at `func` and those that it calls, and that these call, as far as `take` gives them. None if not even
    /// that function may be had, or if the optimiser is to be kept away from it.
    pub fn hot_funcs<'a>(
        &self,
        units: &'a LazyUnits,
        info: &ModuleInfo,
        func: usize,
        take: impl Fn(usize) -> bool,
    ) -> Option<HotFuncs<'a>> {
        let is_defined = |func: &usize| *func >= info.imported_funcs;
        let body = |func: usize| units.body(func - info.imported_funcs);
        let may_be_had = |func: usize| units.is_optimizable(func - info.imported_funcs) && take(func);
        let mut hot = HotFuncs { bodies: BTreeMap::new() };
        let mut next = vec![func];
        let mut bytes = 0;
        while let Some(func) = next.pop() {
            let body = body(func);
            let fits = bytes == 0 || bytes + body.len() <= MOST_BYTES;
            if hot.bodies.contains_key(&func) || !fits || !may_be_had(func) {
                continue;
            }
            bytes += body.len();
            next.extend(callees(&body).into_iter().filter(is_defined));
            hot.bodies.insert(func, body);
        }
        (!hot.bodies.is_empty()).then_some(hot)
    }

    /// The function indices of what some functions call, the first of them first, each as often as it stands there.
    pub fn callees(&self, units: &LazyUnits, info: &ModuleInfo, funcs: Range<usize>) -> Vec<usize> {
        let callees = funcs.flat_map(|func| callees(&units.body(func - info.imported_funcs)));
        callees.filter(|callee| *callee >= info.imported_funcs).collect()
    }

    /// To be called before anything is compiled in the background. Has LLVM make what it keeps to the end of the process, so
    /// that it is there until nobody in the background needs it any more, see [`let_exit_wait`].
    pub fn warm_up(&self) -> Result<()> {
        static DONE: OnceCell<()> = OnceCell::new();
        let make = || -> Result<()> {
            self.emitter()?.make_tables();
            let_exit_wait();
            Ok(())
        };
        // A child of a fork would wait for it for ever.
        let _no_fork = no_fork();
        DONE.get_or_try_init(|| workers::on_a_thread(make)).copied()
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
