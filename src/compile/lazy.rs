//! Lift-Off: a module whose bodies are valid, and compiled only when they are called, unit by unit, in one pass without the
//! optimiser.

use super::dump::ModuleDump;
use super::measure::measure;
use super::{CompiledModule, Compiler, Progress, Tell, module_object, object, units, workers};
use crate::abi::{ContextLayout, Thunks};
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::llvm::{Effort, Emitter};
use crate::translate::{Translation, translate_unit};
use crate::wasm::{DecodedModule, KeptBodies, ModuleInfo};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Units that are yet to be compiled, and all that this takes beside the module's declarations.
pub(crate) struct LazyUnits {
    bodies: KeptBodies,
    /// Function indices of each.
    funcs: Vec<Range<usize>>,
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
        if tell(progress).is_break() {
            return Err(Error::Cancelled);
        }
        let shapes = measure(self.threads, &bodies, |functions, bytes| {
            progress.add(functions, bytes);
            tell(progress)
        })?;
        let layout = ContextLayout::new(&info);
        let thunks = Thunks::of(&info);
        // As `opt-level=none` makes them: with care, the thunks of SQLite take 40 ms.
        let translation = self.translation(&info, &layout);
        let module_object =
            self.on_one_thread(|emitter| module_object(emitter, Effort::Quick, translation, &thunks))?;
        if tell(Progress::end(bodies.len(), bytes.len())).is_break() {
            return Err(Error::Cancelled);
        }
        let units = LazyUnits {
            funcs: units::split_lazily(&info, &shapes, &self.tuning),
            bodies: KeptBodies::new(bytes, &bodies),
            dump,
            nanoseconds: AtomicU64::new(0),
        };
        Ok(CompiledModule { info, layout, thunks, module_object, units })
    }

    /// Compiles the unit at `index`. The code is that of `opt-level=none`.
    ///
    /// # Errors
    /// [`Error::Limit`] if there can be no thread to compile on.
    pub fn compile_unit(
        &self,
        units: &LazyUnits,
        info: &ModuleInfo,
        layout: &ContextLayout,
        index: usize,
    ) -> Result<Vec<u8>> {
        let start = Instant::now();
        let Range { start: first, end } = units.funcs[index];
        let bodies = units.bodies.get(first - info.imported_funcs..end - info.imported_funcs);
        let translation = Translation { optimized: false, ..self.translation(info, layout) };
        let dump = units.dump.as_ref();
        let compiled = self.on_one_thread(|emitter| {
            object(emitter, Effort::Quick, translation, dump, |m| translate_unit(translation, m, index, first, &bodies))
        });
        units.nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        compiled
    }

    /// Does one thing on a thread that has as much stack as LLVM may need.
    fn on_one_thread<T: Send>(&self, work: impl Fn(&Emitter) -> Result<T> + Sync) -> Result<T> {
        const THREADS: usize = 1;
        let job = (0, ());
        let go_on = |_| ControlFlow::Continue(());
        let mut done = workers::run(THREADS, vec![job], || self.emitter(), |emitter, ()| work(emitter), go_on)?;
        done.pop().ok_or_else(|| Error::Bug("the only job gave no result".into()))
    }
}
