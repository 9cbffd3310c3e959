//! Lift-Off: a module whose bodies are valid, and compiled only when they are called, unit by unit, in one pass without the
//! optimiser.

use super::dump::ModuleDump;
use super::measure::measure;
use super::progress::go_on;
use super::{CompiledModule, Compiler, Progress, Tell, module_object, object, units, workers};
use crate::abi::{ContextLayout, Thunks};
use crate::bytes::Bytes;
use crate::error::Result;
use crate::llvm::Effort;
use crate::translate::{Translation, translate_unit};
use crate::wasm::{Body, DecodedModule, KeptBodies, ModuleInfo};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Units that are yet to be compiled, and all that this takes beside the module's declarations.
pub(crate) struct LazyUnits {
    bodies: KeptBodies,
    /// Function indices of each.
    funcs: Vec<Range<usize>>,
    /// For each function that the module defines whether the optimiser may have it.
    is_optimizable: Vec<bool>,
    dump: Option<ModuleDump>,
    /// What it took to compile those that were called, in nanoseconds.
    nanoseconds: AtomicU64,
}

impl LazyUnits {
    /// Function indices of the functions of each unit.
    pub fn funcs(&self) -> &[Range<usize>] {
        &self.funcs
    }

    /// The module that they are of, in the binary format.
    pub fn module(&self) -> &Bytes {
        self.bodies.bytes()
    }

    /// The body of a function, by its position among those that the module defines.
    pub(super) fn body(&self, position: usize) -> Body<'_> {
        self.bodies.get(position)
    }

    /// Whether the optimiser may have this function.
    pub(super) fn is_optimizable(&self, position: usize) -> bool {
        self.is_optimizable[position]
    }

    pub(super) fn dump(&self) -> Option<&ModuleDump> {
        self.dump.as_ref()
    }

    /// How long all threads together have compiled units so far.
    pub fn compile_time(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }
}

impl Compiler {
    /// Validates the bodies of a module, which `bytes` are in the binary format, and compiles what belongs to none of
    /// them. Tells how many are valid: before it begins, then from time to time, and at the end.
    ///
    /// # Errors
    /// As [`Self::compile`]: what is accepted here can be compiled.
    pub fn prepare(
        &self,
        module: DecodedModule<'_>,
        bytes: Bytes,
        tell: Tell<'_>,
    ) -> Result<CompiledModule<LazyUnits>> {
        let dump = self.dump.as_ref().map(|dump| dump.module(&module));
        let DecodedModule { info, bodies, .. } = module;
        let mut progress = Progress::start(bodies.len(), bytes.len());
        go_on(tell(progress))?;
        let layout = ContextLayout::new(&info);
        let thunks = Thunks::of(&info);
        let translation = self.translation(&info, &layout);
        let compile = || {
            // As `opt-level=none` makes them: with care, the thunks of SQLite take 40 ms.
            module_object(&*self.emitter()?, Effort::Quick, translation, &thunks)
        };
        // That does not depend on the bodies, which are validated meanwhile.
        let (shapes, module_object) = thread::scope(|scope| -> Result<_> {
            let compiler = workers::builder().spawn_scoped(scope, compile);
            let compiler = compiler.map_err(workers::no_thread)?;
            let shapes = measure(self.threads, &bodies, |functions, bytes| {
                progress.add(functions, bytes);
                tell(progress)
            })?;
            Ok((shapes, workers::join(compiler)?))
        })?;
        go_on(tell(Progress::end(bodies.len(), bytes.len())))?;
        let units = LazyUnits {
            funcs: units::split_lazily(&info, &shapes, &self.tuning),
            is_optimizable: units::within_budget(&shapes, &self.tuning).collect(),
            bodies: KeptBodies::new(bytes, &bodies),
            dump,
            nanoseconds: AtomicU64::new(0),
        };
        Ok(CompiledModule { info, layout, thunks, module_object, units })
    }

    /// Compiles the unit at `index`. The code is that of `opt-level=none`, and counts if there may be better code for it.
    /// It takes as much stack as LLVM may need.
    pub fn compile_unit(
        &self,
        units: &LazyUnits,
        info: &ModuleInfo,
        layout: &ContextLayout,
        index: usize,
    ) -> Result<Vec<u8>> {
        let start = Instant::now();
        let Range { start: first, end } = units.funcs[index];
        let bodies: Vec<_> = (first..end).map(|func| units.body(func - info.imported_funcs)).collect();
        let counts_heat = self.threshold.is_some();
        let translation = Translation { optimized: false, counts_heat, ..self.translation(info, layout) };
        let emitter = self.emitter()?;
        let compiled = object(&emitter, Effort::Quick, translation, units.dump(), |module| {
            translate_unit(translation, module, index, first..end, &bodies)
        });
        units.nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        compiled
    }
}
