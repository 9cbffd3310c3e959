//! The second tier of Lift-Off: functions that run often are compiled anew, with the optimiser.

use super::lazy::LazyUnits;
use super::{Compiler, object};
use crate::abi::ContextLayout;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::llvm::{Effort, Emitter, make_tables};
use crate::sys::let_exit_wait;
use crate::translate::{Translation, translate_unit};
use crate::wasm::{self, Body, DecodedModule, ModuleInfo, callees};
use once_cell::sync::OnceCell;
use std::collections::BTreeMap;
use std::ops::Deref;

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

    /// Has LLVM make what it makes for itself when the optimiser first runs in a process, so that it is there until nobody in
    /// the background needs it any more, see [`let_exit_wait`].
    pub(super) fn warm_up(&self, emitter: &Emitter) -> Result<()> {
        const SOME_OF_EVERYTHING: &str = r#"(module (memory 1)
            (func $f (param i32 f64) (result f64)
                (loop (call $g (i32.const 1)) (br_if 0 (i32.load (local.get 0))))
                (f64.add (local.get 1) (f64.load (local.get 0))))
            (func $g (param i32) (i32.store (i32.const 8) (i32.div_s (local.get 0) (i32.load (i32.const 0))))
                (block (block (block (block (br_table 0 1 2 3 (local.get 0))))))))"#;
        static DONE: OnceCell<()> = OnceCell::new();
        DONE.get_or_try_init(|| {
            make_tables();
            let bytes = wat::parse_str(SOME_OF_EVERYTHING).map_err(|e| Error::Bug(e.to_string()))?;
            let DecodedModule { info, bodies, .. } = wasm::decode(&bytes, Config::supported())?;
            let layout = ContextLayout::new(&info);
            let translation = Translation { optimized: true, ..self.translation(&info, &layout) };
            object(emitter, Effort::Full, translation, None, |module| {
                translate_unit(translation, module, 0, 0.., &bodies)
            })
            .map(drop)?;
            let_exit_wait();
            Ok(())
        })
        .copied()
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
        let emitter: &Emitter = emitter.deref();
        object(emitter, Effort::Full, translation, units.dump(), |module| {
            translate_unit(translation, module, unit, funcs.into_iter(), &bodies)
        })
    }
}
