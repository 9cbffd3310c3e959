//! Modules that are compiled as they are called, and functions of them that are compiled again when they are hot.

use super::{Engine, Inner};
use crate::abi::{ContextLayout, PltIndex};
use crate::bytes::Bytes;
use crate::compile::{BackgroundJob, LazyUnits};
use crate::error::{Error, Result};
use crate::link::{CodeSource, FuncHeat, LinkedModule};
use crate::wasm::ModuleInfo;
use once_cell::sync::OnceCell;
use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// What a module is compiled from as it is called, and what came of it besides code.
pub(super) struct LazyModule {
    pub units: LazyUnits,
    /// Once somebody wants it.
    artifact: OnceCell<Bytes>,
    /// How long it was compiled in the background, in nanoseconds.
    improving: AtomicU64,
    /// Why code was not made there, the first time that this happened.
    failure: OnceCell<Error>,
}

impl LazyModule {
    pub fn new(units: LazyUnits) -> LazyModule {
        LazyModule { units, artifact: OnceCell::new(), improving: AtomicU64::new(0), failure: OnceCell::new() }
    }

    /// Its artifact, for which all of it is compiled the first time.
    pub fn artifact(&self, engine: &Engine) -> Result<Vec<u8>> {
        if let Some(artifact) = self.artifact.get() {
            return Ok(artifact.to_vec());
        }
        // Not within the cell: a child of a fork would wait for it for ever. Whoever asks meanwhile makes the same.
        let artifact = engine.artifact_of(self.units.module())?;
        if let Some((cache, key)) = engine.cached(self.units.module()) {
            cache.put(&key, &artifact);
        }
        Ok(self.artifact.get_or_init(|| artifact.into()).to_vec())
    }

    /// How long it was compiled in the background.
    pub fn tier_up_time(&self) -> Duration {
        Duration::from_nanos(self.improving.load(Ordering::Relaxed))
    }

    /// Keeps why code was not made in the background, if that is new.
    fn note(&self, made: Result<()>) {
        if let Err(error) = made {
            let _ = self.failure.set(error);
        }
    }

    /// Fails if code was not made in the background.
    pub fn check(&self) -> Result<()> {
        self.failure.get().map_or(Ok(()), |error| Err(error.clone()))
    }
}

/// Where the code of such a module comes from: its engine.
pub(super) struct Source {
    engine: Arc<Inner>,
    module: Arc<LazyModule>,
}

impl Source {
    pub fn new(engine: &Engine, module: &Arc<LazyModule>) -> Source {
        Source { engine: engine.inner.clone(), module: module.clone() }
    }
}

impl CodeSource for Source {
    fn object(&self, info: &ModuleInfo, layout: &ContextLayout, unit: usize) -> Result<Bytes> {
        self.engine.compiler.compile_unit(&self.module.units, info, layout, unit).map(Bytes::from)
    }

    fn tell_linked(&self, linked: &Arc<LinkedModule>, index: PltIndex) {
        Ahead::add(&self.engine, &self.module, linked, index);
    }

    fn threshold(&self) -> Option<i32> {
        // It tells at zero, so it has to count once.
        self.engine.compiler.threshold().map(|times| times.clamp(1, i32::MAX as u32) as i32)
    }

    fn tell_heat(&self, linked: &Arc<LinkedModule>, index: PltIndex) {
        let owner = linked.identity();
        let (engine, module) = (Arc::downgrade(&self.engine), Arc::downgrade(&self.module));
        let (linked, heat) = (Arc::downgrade(linked), linked.heat(index));
        let job = Improvement { owner, linked, index, heat, engine, module };
        let added = self.engine.background.add([job]);
        // There is no other chance for this function, for it tells but once.
        self.module.note(added);
        if self.engine.compiler.threshold() == Some(0) {
            self.module.note(self.engine.background.wait(owner));
        }
    }
}

/// The unit of a function is to be made and linked, which code that was called may call next. What that calls in turn can
/// wait: it brings nothing to compile farther ahead.
pub(super) struct Ahead {
    linked: Weak<LinkedModule>,
    index: PltIndex,
}

impl Ahead {
    /// Asks for what the functions of a unit call that was just linked.
    fn add(engine: &Inner, module: &LazyModule, linked: &Arc<LinkedModule>, index: PltIndex) {
        if engine.compiler.threads_ahead() == 0 {
            return;
        }
        let Ok(funcs) = linked.unit_funcs(index) else { return };
        let mut units = HashSet::new();
        let mut is_new = |index: &PltIndex| {
            !linked.is_linked(*index) && linked.unit_funcs(*index).is_ok_and(|funcs| units.insert(funcs.start))
        };
        let callees = engine.compiler.callees(&module.units, &linked.info, funcs).into_iter();
        let next: Vec<_> = callees.map(|callee| linked.plt_index(callee)).filter(|index| is_new(index)).collect();
        let job = |index| Ahead { linked: Arc::downgrade(linked), index };
        // What is called first is added last. Where there can be no thread, it is made when it is called.
        let _ = engine.ahead.add(next.into_iter().rev().map(job));
    }
}

impl BackgroundJob for Ahead {
    const MOST_WAITING: usize = 256;

    fn owner(&self) -> u64 {
        0
    }

    /// What was added last is next.
    fn urgency(&self) -> u32 {
        0
    }

    fn is_wanted(&self) -> bool {
        self.linked.strong_count() > 0
    }

    fn run(&self) {
        if let Some(linked) = self.linked.upgrade() {
            // What fails is tried again, and told of, when it is called.
            let _ = linked.link_ahead(self.index);
        }
    }
}

/// A hot function is to be compiled again. As long as that waits, nothing is kept for it but the module's slots.
pub(super) struct Improvement {
    owner: u64,
    linked: Weak<LinkedModule>,
    index: PltIndex,
    heat: FuncHeat,
    engine: Weak<Inner>,
    module: Weak<LazyModule>,
}

impl Improvement {
    fn improve(&self, engine: &Inner, linked: &LinkedModule, units: &LazyUnits) -> Result<()> {
        let info = &linked.info;
        let first = Cell::new(Some(self.index));
        // Others that are hot come along, as far as there is room.
        let more = || {
            let index = first.take().or_else(|| Some(engine.background.take_along(self)?.index));
            index.map(|index| info.imported_funcs + index as usize)
        };
        // Functions that are hardly ever called wait until they are hot themselves.
        let least = (self.heat.now() / WARM).max(1);
        let is_warm = |func| linked.heat(linked.plt_index(func)).now() >= least;
        let take = |func| linked.take(linked.plt_index(func));
        let Some(hot) = engine.compiler.hot_funcs(units, info, more, is_warm, take) else { return Ok(()) };
        linked.improve(&hot.funcs(), |unit| {
            engine.compiler.compile_hot(units, info, &linked.layout, hot, unit).map(Bytes::from)
        })
    }
}

/// A function is compiled together with one that calls it if it ran this part as often.
const WARM: u32 = 16;

impl BackgroundJob for Improvement {
    fn owner(&self) -> u64 {
        self.owner
    }

    fn urgency(&self) -> u32 {
        self.heat.now()
    }

    fn is_wanted(&self) -> bool {
        self.linked.strong_count() > 0
    }

    fn run(&self) {
        let (Some(engine), Some(module)) = (self.engine.upgrade(), self.module.upgrade()) else { return };
        let Some(linked) = self.linked.upgrade() else { return };
        let start = Instant::now();
        let improved = catch_unwind(AssertUnwindSafe(|| self.improve(&engine, &linked, &module.units)));
        module.note(improved.unwrap_or_else(|_| Err(Error::Bug("the compiler panicked".into()))));
        module.improving.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
    }
}
