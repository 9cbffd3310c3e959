//! Modules: what an engine has compiled, or will.

use super::lift_off::{LazyModule, Source};
use super::{Engine, Options, to_binary};
use crate::abi::{ContextLayout, Thunks};
use crate::artifact::{self, Contents};
use crate::bytes::Bytes;
use crate::compile::{CompiledModule, Progress, Tell};
use crate::config::Mode;
use crate::error::{Error, Result};
use crate::link::{LinkedModule, Objects, Units, code_size};
use crate::runtime::{self, Extern, Instance, Store};
use crate::types::ExternType;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A compiled module ([spec](https://webassembly.github.io/spec/core/syntax/modules.html)). Shared between threads and
/// stores; cloning is cheap.
#[derive(Clone)]
pub struct Module {
    linked: Arc<LinkedModule>,
    engine: Engine,
    compile_time: Duration,
    origin: Origin,
}

/// What a module was made of.
#[derive(Clone)]
enum Origin {
    /// WebAssembly, all of which was compiled.
    Compiled,
    /// An artifact.
    Artifact(Bytes),
    /// WebAssembly, which is compiled as it is called.
    Lazy(Arc<LazyModule>),
}

/// Figures about a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Statistics {
    /// Functions that the module defines.
    pub functions: usize,
    /// Units that they are compiled and linked in. Those of [`Mode::LiftOff`] are smaller.
    pub units: usize,
    /// Units that were linked, because one of their functions was called.
    pub linked_units: usize,
    /// Functions of these units: they have code that runs. All others are yet to be linked, in [`Mode::LiftOff`] also to be
    /// compiled.
    pub linked_functions: usize,
    /// Bytes of machine code, linked or not; in [`Mode::LiftOff`] of what was compiled so far, optimised or not.
    pub code_bytes: usize,
    /// Functions whose code was replaced by optimised code, because they are often used; see [`Config::tier_up`](
    /// crate::Config::tier_up).
    pub tiered_up_functions: usize,
    /// Bytes of that optimised code.
    pub tiered_up_code_bytes: usize,
    /// How long it took to make it, by the clock of the threads of the background, which give way to others; not part of
    /// `compile_time`.
    pub tier_up_time: Duration,
    /// Functions that were found to be often used and have not been looked at yet, or for which it is being made.
    pub tier_up_queue: usize,
    /// How long decoding, validating and compiling took, in [`Mode::LiftOff`] so far; zero for a module that was loaded,
    /// also from a cache.
    pub compile_time: Duration,
}

/// What a module imports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportType {
    /// Name of the module that it is looked for in.
    pub module: String,
    /// Name within that module.
    pub name: String,
    /// What it must be.
    pub ty: ExternType,
}

/// What a module exports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportType {
    /// Its name.
    pub name: String,
    /// What it is.
    pub ty: ExternType,
}

impl Module {
    /// *module_decode* (or *module_parse*) and *module_validate*: decodes, validates and compiles a module in the binary
    /// or the text format; in [`Mode::LiftOff`] its functions are compiled later. `options` are an [`Engine`] or a
    /// [`Config`](crate::Config).
    ///
    /// ```
    /// use wasmo::{Config, Engine, Module};
    /// let module = Module::new(b"\0asm\x01\0\0\0", Config::new())?;
    /// assert_eq!(module.imports().len(), 0);
    ///
    /// let engine = Engine::new(Config::new())?;
    /// let module = Module::new("(module (func (export \"f\")))", &engine)?;
    /// assert_eq!(module.exports().len(), 1);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] or [`Error::Unsupported`], with the reason; [`Error::Limit`] if a resource ran out;
    /// [`Error::Llvm`] if this machine lacks what the code may use by [`Config::cpu`](crate::Config::cpu).
    pub fn new(bytes: impl AsRef<[u8]>, options: impl Options) -> Result<Module> {
        Module::with_progress(bytes, options, |_| ControlFlow::Continue(()))
    }

    /// The same, and `progress` is called to be told how far it is, and to say whether to go on.
    ///
    /// It is called by this thread alone, which has nothing to do but wait for those that compile; they go on meanwhile.
    /// First with nothing done, then after each unit (up to 32 KiB of WebAssembly, or one larger function), and when
    /// everything is done. In [`Mode::LiftOff`] what is done is validated, 64 KiB or one larger function at a time. A module
    /// that is loaded from the cache is done at once. If `progress` breaks, or panics, nothing further is begun, what was
    /// begun is waited for, and nothing is left of the module, nor in the cache.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use wasmo::{Config, Error, Module};
    /// let text = "(module (func (export \"f\")))";
    /// let module = Module::with_progress(text, Config::new(), |progress| {
    ///     println!("{} of {} bytes", progress.bytes_done, progress.bytes);
    ///     ControlFlow::Continue(())
    /// })?;
    /// let none = Module::with_progress(text, Config::new(), |_| ControlFlow::Break(()));
    /// assert!(matches!(none, Err(Error::Cancelled)));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::new`], and [`Error::Cancelled`] if `progress` broke.
    pub fn with_progress(
        bytes: impl AsRef<[u8]>,
        options: impl Options,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Module> {
        Module::make(bytes.as_ref(), &options.engine()?, &mut progress)
    }

    fn make(bytes: &[u8], engine: &Engine, tell: Tell<'_>) -> Result<Module> {
        engine.inner.compiler.check_runs_here()?;
        let start = Instant::now();
        let bytes = to_binary(bytes)?;
        let inner = &engine.inner;
        let cached = engine.cached(&bytes);
        if let Some((cache, key)) = &cached
            && let Some(artifact) = cache.get(key)
        {
            match Module::loaded(engine, artifact) {
                Err(Error::Artifact(_)) => cache.remove(key),
                Ok(module) if tell(Progress::end(module.functions(), bytes.len())).is_break() => {
                    return Err(Error::Cancelled);
                }
                other => return other,
            }
        }
        if inner.config.mode == Mode::LiftOff {
            return Module::prepare(engine, bytes.into_owned().into(), start, tell);
        }
        let CompiledModule { info, layout, thunks, module_object, units } =
            engine.decoded(&bytes, |module| inner.compiler.compile(module, tell))?;
        let units = Units::Made(units.into_iter().map(|unit| (unit.funcs, unit.object.into())).collect());
        let compile_time = start.elapsed();
        let objects = Objects { info, layout, thunks, module: module_object.into(), units };
        let module = Module::link(engine, objects, compile_time, Origin::Compiled)?;
        if let Some((cache, key)) = &cached {
            // What cannot be kept is no failure.
            if let Ok(artifact) = module.dump() {
                cache.put(key, &artifact);
            }
        }
        Ok(module)
    }

    /// A module in the binary format whose functions are compiled when they are called.
    fn prepare(engine: &Engine, bytes: Bytes, start: Instant, tell: Tell<'_>) -> Result<Module> {
        let CompiledModule { info, layout, thunks, module_object, units } =
            engine.decoded(&bytes, |module| engine.inner.compiler.prepare(module, bytes.clone(), tell))?;
        let funcs = units.funcs().to_vec();
        let lazy = Arc::new(LazyModule::new(units));
        let units = Units::Lazy(funcs, Box::new(Source::new(engine, &lazy)));
        let compile_time = start.elapsed();
        let objects = Objects { info, layout, thunks, module: module_object.into(), units };
        Module::link(engine, objects, compile_time, Origin::Lazy(lazy))
    }

    /// The compiled module as bytes, an *artifact*: for [`Self::load`] and [`Self::load_file`], in this process or
    /// another, on this machine or one like it. The same module gives the same bytes, also when it was loaded from them.
    /// In [`Mode::LiftOff`] it is compiled for that, wholly, the first time.
    ///
    /// ```
    /// # use wasmo::{Config, Engine, Module};
    /// let engine = Engine::new(Config::new())?;
    /// let artifact = Module::new(b"(module (func (export \"f\")))", &engine)?.dump()?;
    /// // SAFETY: this is what `dump` has made.
    /// let module = unsafe { Module::load(&artifact, &engine)? };
    /// assert_eq!(module.exports().len(), 1);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Bug`] only; in [`Mode::LiftOff`] also [`Error::Limit`] if there can be no thread to compile on.
    pub fn dump(&self) -> Result<Vec<u8>> {
        match &self.origin {
            Origin::Artifact(artifact) => Ok(artifact.to_vec()),
            Origin::Lazy(lazy) => lazy.artifact(&self.engine),
            Origin::Compiled => {
                let (info, module) = (&*self.linked.info, self.linked.module_object());
                let contents = Contents { info, module, units: self.linked.made_units().collect() };
                artifact::write(&self.engine.inner.compatibility, &contents)
            }
        }
    }

    /// The module that [`Self::dump`] made these bytes of, which are copied, once. Nothing is compiled, and what is never
    /// called is not even linked.
    ///
    /// # Errors
    /// [`Error::Artifact`], with the reason, if the bytes are no artifact, if they are damaged, or if they were made by
    /// another version of wasmo or LLVM, or for a CPU or settings that this engine lacks. [`Error::Llvm`] if this machine
    /// cannot run what the engine makes.
    ///
    /// # Safety
    /// An artifact is machine code, and its checksum keeps out accidents, not attacks: whoever has made these bytes may
    /// do whatever this process may.
    #[allow(unsafe_code)]
    pub unsafe fn load(bytes: &[u8], options: impl Options) -> Result<Module> {
        Module::loaded(&options.engine()?, bytes.to_vec().into())
    }

    /// The same from a file with these bytes, which is mapped and not copied: what is never used is not even read into
    /// memory of its own, and processes that load the same file share the rest.
    ///
    /// ```
    /// # use wasmo::{Config, Engine, Module};
    /// # let path = std::env::temp_dir().join(format!("wasmo-doc-{}", std::process::id()));
    /// let engine = Engine::new(Config::new())?;
    /// std::fs::write(&path, Module::new(b"(module (func (export \"f\")))", &engine)?.dump()?)?;
    /// // SAFETY: this is what `dump` has made, and nobody changes the file.
    /// let module = unsafe { Module::load_file(&path, &engine)? };
    /// assert_eq!(module.exports().len(), 1);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::load`]; also [`Error::Artifact`] if the file cannot be read.
    ///
    /// # Safety
    /// As [`Self::load`]. Besides, nobody may change the file, or make it shorter, as long as there is a module of it, in
    /// any process. It may be renamed and removed, and another may be renamed to take its place.
    #[allow(unsafe_code)]
    pub unsafe fn load_file(path: impl AsRef<Path>, options: impl Options) -> Result<Module> {
        let path = path.as_ref();
        let file = Bytes::of_file(path).map_err(|error| Error::Artifact(format!("{}: {error}", path.display())))?;
        Module::loaded(&options.engine()?, file)
    }

    fn loaded(engine: &Engine, artifact: Bytes) -> Result<Module> {
        engine.inner.compiler.check_runs_here()?;
        let objects = Module::objects_of(engine, &artifact)?;
        Module::link(engine, objects, Duration::ZERO, Origin::Artifact(artifact))
    }

    /// What an artifact holds to link, if it fits this engine.
    fn objects_of(engine: &Engine, artifact: &Bytes) -> Result<Objects> {
        let Contents { info, module, units } = artifact::read(artifact, &engine.inner.compatibility)?;
        let (layout, thunks) = (ContextLayout::new(&info), Thunks::of(&info));
        Ok(Objects { layout, thunks, info, module, units: Units::Made(units) })
    }

    fn link(engine: &Engine, objects: Objects, compile_time: Duration, origin: Origin) -> Result<Module> {
        let inner = &engine.inner;
        let linked = LinkedModule::new(&inner.jit, &inner.types, &inner.tools, objects, runtime::routines())?;
        Ok(Module { linked: Arc::new(linked), engine: engine.clone(), compile_time, origin })
    }

    /// Whether [`Self::load`] would link what is in these bytes. Nothing is, so that it does not matter who has made them:
    /// for tests of what reading does with bytes that are damaged and sealed again.
    #[doc(hidden)]
    pub fn check_artifact(bytes: &[u8], options: impl Options) -> Result<()> {
        Module::objects_of(&options.engine()?, &bytes.to_vec().into()).map(drop)
    }

    /// Gives the bytes of an artifact that was changed the checksum that fits them, for the same tests.
    #[doc(hidden)]
    pub fn seal_artifact(bytes: &mut [u8]) {
        artifact::seal(bytes);
    }

    /// How often the function with this index, which the module defines, ran code that counts, see
    /// [`Config::tier_up`](crate::Config::tier_up): for tests of what calls of it arrive at.
    #[doc(hidden)]
    pub fn heat(&self, func_index: usize) -> u32 {
        self.linked.heat(self.linked.plt_index(func_index)).now()
    }

    /// Has calls of functions with better code arrive at that, or at what they had first: for tests of what happens when
    /// code is exchanged often while it runs.
    #[doc(hidden)]
    pub fn exchange_code(&self, better: bool) {
        self.linked.exchange(better);
    }

    /// The engine that compiled it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// *module_instantiate*: makes an instance in `store`; `imports` are what the module imports, in order. Runs its start
    /// function. [`Instance::new`] finds imports by their names.
    ///
    /// ```
    /// use wasmo::{Engine, Func, Module, Store};
    /// let engine = Engine::default();
    /// let module = Module::new(r#"(module (import "host" "answer" (func (result i32))) (export "answer" (func 0)))"#, &engine)?;
    /// let store = Store::new(&engine)?;
    /// let answer = Func::wrap(&store, || 42);
    /// let instance = module.instantiate(&store, &[answer.into()])?;
    /// assert_eq!(instance.func("answer").expect("it is exported").typed_call::<(), i32>(())?, 42);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Link`] if the imports do not fit, [`Error::Trap`] if a segment does not fit or the start function trapped,
    /// [`Error::Limit`] if a resource ran out.
    pub fn instantiate(&self, store: &Store, imports: &[Extern]) -> Result<Instance> {
        if !Arc::ptr_eq(&self.engine.inner.types, store.types()) {
            return Err(Error::Link("the module belongs to another engine".into()));
        }
        runtime::instantiate(store, &self.linked, imports)
    }

    /// Its name, if it tells it.
    pub fn name(&self) -> Option<&str> {
        self.linked.info.names.module.as_deref()
    }

    /// Number of functions that it defines.
    fn functions(&self) -> usize {
        self.linked.info.defined_funcs()
    }

    /// Figures about it. Not quick: the objects are looked through.
    pub fn statistics(&self) -> Statistics {
        let (later, tier_up_time) = match &self.origin {
            Origin::Lazy(lazy) => (lazy.units.compile_time(), lazy.tier_up_time()),
            Origin::Compiled | Origin::Artifact(_) => Default::default(),
        };
        let bytes = |objects: &mut dyn Iterator<Item = &[u8]>| objects.map(code_size).sum::<usize>();
        let tiered_up_code_bytes = bytes(&mut self.linked.better_objects());
        Statistics {
            functions: self.functions(),
            units: self.linked.unit_count(),
            linked_units: self.linked.linked_units(),
            linked_functions: self.linked.linked_funcs(),
            code_bytes: bytes(&mut self.first_objects()) + tiered_up_code_bytes,
            compile_time: self.compile_time + later,
            tiered_up_functions: self.linked.better_funcs(),
            tiered_up_code_bytes,
            tier_up_time,
            tier_up_queue: self.engine.inner.background.count(self.linked.identity()),
        }
    }

    /// In [`Mode::LiftOff`] waits until all functions have optimised code that ran often enough for it, see
    /// [`Config::tier_up`](crate::Config::tier_up); else there is nothing to wait for. It may be for long where other
    /// threads run the module, and in a large one.
    ///
    /// ```
    /// # use wasmo::{Config, Imports, Instance, Mode, Module};
    /// let config = Config::new().mode(Mode::LiftOff).tier_up(Some(100));
    /// let module = Module::new(r#"(module (func (export "one") (result i32) i32.const 1))"#, config)?;
    /// let one = Instance::new(&module, &Imports::default())?.func("one").expect("it is exported").typed::<(), i32>()?;
    /// for _ in 0..100 {
    ///     one.call(())?;
    /// }
    /// module.wait_for_tier_up()?;
    /// assert_eq!(module.statistics().tiered_up_functions, 1);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// Why code could not be made, if that ever happened in the background. The functions go on with the code that they
    /// had.
    pub fn wait_for_tier_up(&self) -> Result<()> {
        let Origin::Lazy(lazy) = &self.origin else { return Ok(()) };
        self.engine.inner.background.wait(self.linked.identity())?;
        lazy.check()
    }

    /// *module_imports*: what it imports, in order.
    ///
    /// ```
    /// # use wasmo::{Config, Module};
    /// let module = Module::new(r#"(module (import "host" "memory" (memory 1 2)))"#, Config::new())?;
    /// let import = module.imports().next().expect("it has one");
    /// assert_eq!((&*import.module, &*import.name, &*import.ty.to_string()), ("host", "memory", "memory 1..=2 pages"));
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType> {
        self.linked.info.imports.iter().map(|import| ImportType {
            module: import.module.clone(),
            name: import.name.clone(),
            ty: import.ty.clone(),
        })
    }

    /// *module_exports*: what it exports, in order.
    ///
    /// ```
    /// # use wasmo::{Config, Module};
    /// let module = Module::new(r#"(module (func (export "f") (param i32)))"#, Config::new())?;
    /// let export = module.exports().next().expect("it has one");
    /// assert_eq!((&*export.name, &*export.ty.to_string()), ("f", "func (i32) -> ()"));
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType> {
        let info = &self.linked.info;
        info.exports.iter().map(|export| ExportType { name: export.name.clone(), ty: info.extern_type(export.index) })
    }

    /// The objects that it is linked from: one with the image of the instance context and the thunks, then one per
    /// compile unit; in [`Mode::LiftOff`] per unit that was compiled so far, then those of functions that were compiled
    /// again. For inspection with tools such as `objdump`.
    pub fn objects(&self) -> impl Iterator<Item = &[u8]> {
        self.first_objects().chain(self.linked.better_objects())
    }

    /// All but those of functions that were compiled again.
    fn first_objects(&self) -> impl Iterator<Item = &[u8]> {
        let units = self.linked.made_units().map(|(_, object)| object);
        std::iter::once(self.linked.module_object()).chain(units)
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.exports()).finish()
    }
}
