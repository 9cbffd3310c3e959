//! Bodies to objects: units, parallelism.
//!
//! Nothing outside this folder knows what generated the code of a function.

mod check;
mod cpu;
mod dump;
mod shape;
mod units;

use crate::abi::{ContextLayout, Thunks, symbols};
use crate::config::{Cpu, OptLevel, Tuning};
use crate::error::{Error, Result};
use crate::llvm::{Effort, Emitter, TargetSpec, UnitModule, new_context};
use crate::translate::{Translation, translate_module_object, translate_unit};
use crate::wasm::{DecodedModule, ModuleInfo};
use dump::{Dump, ModuleDump, Stage};
use std::ops::Range;
use std::sync::Mutex;
use units::UnitJob;

/// A compiled module: what can be linked, here or in another process.
pub(crate) struct CompiledModule {
    pub info: ModuleInfo,
    pub layout: ContextLayout,
    pub thunks: Thunks,
    /// The object with the context image and the thunks.
    pub module_object: Vec<u8>,
    pub units: Vec<CompiledUnit>,
}

/// The object of a compile unit.
pub(crate) struct CompiledUnit {
    /// Function indices of its functions.
    pub funcs: Range<usize>,
    pub object: Vec<u8>,
}

/// How modules are compiled.
pub(crate) struct Compiler {
    target: TargetSpec,
    level: OptLevel,
    tuning: Tuning,
    dump: Option<Dump>,
    /// Emitters that no thread uses now: to make one costs more than to compile a small module.
    emitters: Mutex<Vec<Emitter>>,
}

/// LLVM recurses on the shape of its input; what a caller's thread has may not be enough. Address space only, until it
/// is used.
const WORKER_STACK: usize = 256 << 20;

impl Compiler {
    /// A compiler for this machine, or one that has no more than this CPU.
    pub fn new(level: OptLevel, cpu: Cpu, tuning: Tuning) -> Result<Compiler> {
        let target = cpu::target(cpu)?;
        Ok(Compiler { target, level, tuning, dump: Dump::from_env()?, emitters: Mutex::default() })
    }

    /// What it compiles for.
    pub fn target(&self) -> &TargetSpec {
        &self.target
    }

    /// Whether it writes what functions are compiled to.
    pub fn dumps(&self) -> bool {
        self.dump.is_some()
    }

    /// Validates and compiles the bodies of a module.
    pub fn compile(&self, module: DecodedModule<'_>) -> Result<CompiledModule> {
        let dump = self.dump.as_ref().map(|dump| dump.module(&module));
        let dump = dump.as_ref();
        let DecodedModule { info, bodies, .. } = module;
        let layout = ContextLayout::new(&info);
        let thunks = Thunks::of(&info);
        let translation = Translation {
            info: &info,
            layout: &layout,
            unchecked_reach: self.tuning.unchecked_reach(),
            checks_stack: self.tuning.checks_stack(),
            checks_interrupt: !self.tuning.signal_handlers,
            fuel: self.tuning.fuel,
            canonical_nans: self.tuning.canonical_nans,
            x86_64: cfg!(target_arch = "x86_64"),
            optimized: self.level == OptLevel::Optimized,
        };
        let jobs = units::split(&info, bodies, &self.tuning)?;
        let ranges: Vec<_> = jobs.iter().map(|unit| unit.funcs()).collect();
        // The module object is one job more, the first.
        let jobs: Vec<Job<'_>> = std::iter::once(Job::Module).chain(jobs.into_iter().map(Job::Unit)).collect();
        let mut objects = self.run(jobs, |emitter, job| match job {
            Job::Module => {
                let effort = if units::are_many(&thunks) { Effort::Quick } else { Effort::Straight };
                object(emitter, effort, translation, None, |m| translate_module_object(translation, &thunks, m))
            }
            Job::Unit(unit) => {
                let UnitJob { index, first, bodies, over_budget } = unit;
                let optimized = translation.optimized && !over_budget;
                let translation = Translation { optimized, ..translation };
                let effort = if optimized { Effort::Full } else { Effort::Quick };
                object(emitter, effort, translation, dump, |m| translate_unit(translation, m, index, first, bodies))
            }
        })?;
        let units = objects.split_off(1);
        let units = ranges.into_iter().zip(units).map(|(funcs, object)| CompiledUnit { funcs, object }).collect();
        let Some(module_object) = objects.pop() else { unreachable!("the first job is the module object") };
        Ok(CompiledModule { info, layout, thunks, module_object, units })
    }

    /// Runs jobs on worker threads with a stack that suffices for LLVM; results in the order of the jobs. Of several
    /// errors the first in that order counts.
    fn run<J: Send>(&self, jobs: Vec<J>, work: impl Fn(&Emitter, J) -> Result<Vec<u8>> + Sync) -> Result<Vec<Vec<u8>>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = cores.min(jobs.len());
        let results: Vec<Mutex<Option<Result<Vec<u8>>>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
        let jobs = Mutex::new(jobs.into_iter().enumerate());
        let worker = || -> Result<()> {
            let idle = lock(&self.emitters).pop();
            let emitter = idle.map_or_else(|| Emitter::new(&self.target, self.level == OptLevel::Optimized), Ok)?;
            let next = || lock(&jobs).next();
            while let Some((index, job)) = next() {
                *lock(&results[index]) = Some(work(&emitter, job));
            }
            lock(&self.emitters).push(emitter);
            Ok(())
        };
        std::thread::scope(|scope| {
            let spawn = |_| {
                let builder = std::thread::Builder::new().name("wasmo-compile".into()).stack_size(WORKER_STACK);
                builder.spawn_scoped(scope, worker).map_err(|e| Error::Limit(format!("no thread to compile on: {e}")))
            };
            // One worker does all jobs, if there can be no more.
            let mut threads = vec![spawn(0)?];
            threads.extend((1..workers).map_while(|worker| spawn(worker).ok()));
            threads.into_iter().try_for_each(|thread| match thread.join() {
                Ok(result) => result,
                Err(_) => Err(Error::Bug("the compiler panicked".into())),
            })
        })?;
        let result = |slot: Mutex<Option<Result<Vec<u8>>>>| {
            slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).expect("every job was run")
        };
        results.into_iter().map(result).collect()
    }
}

/// Translates an LLVM module in a context of its own and makes an object of it.
fn object(
    emitter: &Emitter,
    effort: Effort,
    translation: Translation<'_>,
    dump: Option<&ModuleDump<'_>>,
    translate: impl FnOnce(&UnitModule<'_>) -> Result<()>,
) -> Result<Vec<u8>> {
    let context = new_context();
    let stack_probe = if translation.checks_stack { symbols::STACK_PROBE } else { "inline-asm" };
    let module = UnitModule::new(&context, emitter.module(&context, "wasm"), stack_probe);
    translate(&module)?;
    let module = &module.module;
    let dump = dump.filter(|dump| dump.concerns(module));
    if let Some(dump) = dump {
        dump.ir(module, Stage::TRANSLATED);
    }
    emitter.optimize(module, effort)?;
    if let Some(dump) = dump {
        if effort == Effort::Full {
            dump.ir(module, Stage::OPTIMIZED);
        }
        dump.assembly(&emitter.assembly(module, effort)?);
    }
    let object = emitter.emit(module, effort)?;
    check::undefined_symbols(&object)?;
    Ok(object)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

enum Job<'a> {
    Module,
    Unit(UnitJob<'a>),
}
