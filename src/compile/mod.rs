//! Bodies to objects: units, parallelism, what is compiled at once, what when it is called, and what again when it is hot.
//!
//! Nothing outside this folder knows what generated the code of a function.

mod background;
mod check;
mod cpu;
mod dump;
mod hot;
mod lazy;
mod measure;
mod progress;
mod shape;
mod units;
mod workers;

pub(crate) use background::{Background, Job as BackgroundJob};
pub(crate) use lazy::LazyUnits;
pub use progress::Progress;
pub(crate) use progress::Tell;

use crate::abi::{ContextLayout, Thunks, symbols};
use crate::config::{Config, OptLevel, Tuning};
use crate::error::{Error, Result};
use crate::llvm::{Effort, Emitter, TargetSpec, UnitModule, new_context};
use crate::sys::{hold_exit, let_exit_wait, no_fork};
use crate::translate::{Translation, translate_module_object, translate_unit};
use crate::wasm::{DecodedModule, ModuleInfo};
use dump::{Dump, ModuleDump, Stage};
use measure::measure;
use progress::go_on;
use std::ops::{ControlFlow, Deref, Range};
use std::sync::{Mutex, Once};
use units::UnitJob;

/// A compiled module: what can be linked, here or in another process, if its units are compiled as well.
pub(crate) struct CompiledModule<Units> {
    pub info: ModuleInfo,
    pub layout: ContextLayout,
    pub thunks: Thunks,
    /// The object with the context image and the thunks.
    pub module_object: Vec<u8>,
    pub units: Units,
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
    /// Why this machine runs no code for it, if it does not.
    runs_here: Result<()>,
    level: OptLevel,
    tuning: Tuning,
    /// See [`Self::threshold`].
    threshold: Option<u32>,
    threads: usize,
    dump: Option<Dump>,
    /// Emitters that no thread uses now: to make one costs more than to compile a small module.
    emitters: Mutex<Vec<Emitter>>,
}

impl Compiler {
    /// A compiler for the CPU of these settings, which need not be the one of this machine.
    pub fn new(config: &Config) -> Result<Compiler> {
        let host = TargetSpec::host();
        let target = cpu::target(config.cpu, &host);
        if config.tuning.checks_stack() && !target.is_x86_64() {
            // LLVM calls a stack probe of ours on x86-64 only.
            let why = "checks the stack itself, as it does with max-stack or without signal handlers";
            return Err(Error::Argument(format!("there is no code for {} that {why}", target.triple)));
        }
        Ok(Compiler {
            runs_here: cpu::check_runs(&target, &host),
            target,
            level: config.opt_level,
            tuning: config.tuning.clone(),
            threshold: config.tier_up.filter(|_| config.opt_level == OptLevel::Optimized),
            threads: config.compile_threads,
            dump: Dump::from_env()?,
            emitters: Mutex::default(),
        })
    }

    /// Whether this machine can run what it makes; if not, what is missing.
    pub fn check_runs_here(&self) -> Result<()> {
        self.runs_here.clone()
    }

    /// How often a function that is compiled when it is called is to run until it is compiled again, with the optimiser; none
    /// if it never is.
    pub fn threshold(&self) -> Option<u32> {
        self.threshold
    }

    /// How many threads are to compile in the background: as many as are wanted, or all that leave the program a core.
    pub fn background_threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).max(1)),
            threads => threads,
        }
    }

    /// How many threads are to compile beside one that runs the program, and waits for what it compiles itself.
    pub fn threads_ahead(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from) - 1,
            threads => threads - 1,
        }
    }

    /// What it compiles for.
    pub fn target(&self) -> &TargetSpec {
        &self.target
    }

    /// Whether it writes what functions are compiled to.
    pub fn dumps(&self) -> bool {
        self.dump.is_some()
    }

    /// Validates and compiles the bodies of a module. Tells how far it is before it begins and after each job.
    pub fn compile(&self, module: DecodedModule<'_>, tell: Tell<'_>) -> Result<CompiledModule<Vec<CompiledUnit>>> {
        let dump = self.dump.as_ref().map(|dump| dump.module(&module));
        let dump = dump.as_ref();
        let DecodedModule { info, bodies, bytes } = module;
        let mut progress = Progress::start(bodies.len(), bytes.len());
        go_on(tell(progress))?;
        let layout = ContextLayout::new(&info);
        let thunks = Thunks::of(&info);
        let translation = self.translation(&info, &layout);
        let shapes = measure(self.threads, &bodies, |_, _| ControlFlow::Continue(()))?;
        let units = units::split(&info, &bodies, &shapes, &self.tuning);
        let ranges: Vec<_> = units.iter().map(UnitJob::funcs).collect();
        let mut lengths: Vec<_> = units.iter().map(UnitJob::bytes).collect();
        let is_optimized = |unit: &UnitJob<'_>| translation.optimized && !unit.over_budget;
        // The module object is one job more, the first: all that is no body is its.
        lengths.insert(0, bytes.len() - lengths.iter().sum::<usize>());
        let (many_thunks, weight) = units::thunks(&thunks);
        let thunk_effort = if many_thunks { Effort::Quick } else { Effort::Straight };
        let mut jobs = vec![(weight, Job::Module)];
        jobs.extend(units.into_iter().map(|unit| (unit.weight(is_optimized(&unit)), Job::Unit(unit))));
        let work = |emitter: &Lent<'_>, job| match job {
            Job::Module => module_object(emitter, thunk_effort, translation, &thunks),
            Job::Unit(unit) => {
                let optimized = is_optimized(&unit);
                let UnitJob { index, first, bodies, .. } = unit;
                let translation = Translation { optimized, ..translation };
                let effort = if optimized { Effort::Full } else { Effort::Quick };
                object(emitter, effort, translation, dump, |module| {
                    translate_unit(translation, module, index, first.., bodies)
                })
            }
        };
        let ended = |job: usize| {
            let functions = job.checked_sub(1).map_or(0, |unit| ranges[unit].len());
            progress.add(functions, lengths[job]);
            tell(progress)
        };
        let mut objects = workers::run(self.threads, jobs, || self.emitter(), work, ended)?;
        let units = objects.split_off(1);
        let units = ranges.into_iter().zip(units).map(|(funcs, object)| CompiledUnit { funcs, object }).collect();
        let Some(module_object) = objects.pop() else { unreachable!("the first job is the module object") };
        Ok(CompiledModule { info, layout, thunks, module_object, units })
    }

    /// What the translation of a module's functions needs to know; `optimized` as the level says.
    fn translation<'a>(&self, info: &'a ModuleInfo, layout: &'a ContextLayout) -> Translation<'a> {
        Translation {
            info,
            layout,
            unchecked_reach: self.tuning.unchecked_reach(),
            checks_stack: self.tuning.checks_stack(),
            checks_interrupt: !self.tuning.signal_handlers,
            fuel: self.tuning.fuel,
            canonical_nans: self.tuning.canonical_nans,
            x86_64: self.target.is_x86_64(),
            rounds: cpu::rounds(&self.target),
            counts_heat: false,
            optimized: self.level == OptLevel::Optimized,
        }
    }

    /// An emitter for one thread.
    fn emitter(&self) -> Result<Lent<'_>> {
        // None also if another thread looks, or looked when this process was forked.
        let idle = self.emitters.try_lock().ok().and_then(|mut idle| idle.pop());
        let emitter = idle.map_or_else(|| self.new_emitter(), Ok)?;
        Ok(Lent { emitter: Some(emitter), idle: &self.emitters })
    }

    /// Makes an emitter. The first of a process has LLVM make what it keeps to the end of the process, so that it is there
    /// until nobody needs it any more, see [`let_exit_wait`].
    fn new_emitter(&self) -> Result<Emitter> {
        static ONCE: Once = Once::new();
        let _held = hold_exit();
        let emitter = Emitter::new(&self.target, self.level == OptLevel::Optimized)?;
        // A child of a fork would wait for it for ever.
        let _no_fork = no_fork();
        ONCE.call_once(|| {
            emitter.make_tables();
            let_exit_wait();
        });
        Ok(emitter)
    }
}

/// An emitter that goes back to the idle ones.
struct Lent<'a> {
    /// There, until it goes back.
    emitter: Option<Emitter>,
    idle: &'a Mutex<Vec<Emitter>>,
}

impl Deref for Lent<'_> {
    type Target = Emitter;
    fn deref(&self) -> &Emitter {
        self.emitter.as_ref().expect("it is there until the drop")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Ok(mut idle) = self.idle.try_lock() {
            idle.extend(self.emitter.take());
        }
    }
}

/// Makes the object that a module has beside those of its units.
fn module_object(emitter: &Emitter, effort: Effort, translation: Translation<'_>, thunks: &Thunks) -> Result<Vec<u8>> {
    object(emitter, effort, translation, None, |module| translate_module_object(translation, thunks, module))
}

/// Translates an LLVM module in a context of its own and makes an object of it. None is begun when the process ends.
fn object(
    emitter: &Emitter,
    effort: Effort,
    translation: Translation<'_>,
    dump: Option<&ModuleDump>,
    translate: impl FnOnce(&UnitModule<'_>) -> Result<()>,
) -> Result<Vec<u8>> {
    let _held = hold_exit().ok_or(Error::Cancelled)?;
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
