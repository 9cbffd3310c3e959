//! Engines and modules: the only place where compiling and running meet.

use crate::abi::{ContextLayout, Thunks};
use crate::artifact::{self, Compatibility, Contents};
use crate::compile::{CompiledModule, Compiler};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::link::{LinkedModule, Objects};
use crate::llvm::{self, Jit};
use crate::runtime::{self, Extern, Instance, Store, StoreSettings};
use crate::types::{ExternType, TypeRegistry};
use crate::wasm;
use std::borrow::Cow;
use std::sync::Arc;

/// What compiles and links modules, by its [`Config`]. Shared between threads; cloning is cheap.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    compiler: Compiler,
    jit: Arc<Jit>,
    types: Arc<TypeRegistry>,
    /// What the code that it makes is good for.
    compatibility: Compatibility,
}

impl Engine {
    /// An engine for this machine.
    ///
    /// # Errors
    /// [`Error::Llvm`] if the CPU lacks what the code needs (the level x86-64-v2).
    pub fn new(config: Config) -> Result<Engine> {
        let compiler = Compiler::new(config.opt_level, config.cpu, config.tuning.clone())?;
        let compatibility = Compatibility {
            wasmo: env!("CARGO_PKG_VERSION").into(),
            llvm: llvm::version(),
            triple: compiler.target().triple.clone(),
            cpu_features: compiler.target().enabled_features().map(str::to_owned).collect(),
            wasm_features: config.feature_names(),
            settings: config.tuning.assumptions(),
        };
        let inner = Inner { config, compiler, jit: Jit::new()?, types: Arc::default(), compatibility };
        Ok(Engine { inner: Arc::new(inner) })
    }

    /// Whether `bytes`, a module in the binary or the text format, are valid
    /// ([spec](https://webassembly.github.io/spec/core/valid/index.html)). Nothing is compiled.
    ///
    /// # Errors
    /// [`Error::Invalid`] or [`Error::Unsupported`], with the reason.
    pub fn validate(&self, bytes: &[u8]) -> Result<()> {
        let (bytes, features) = (to_binary(bytes)?, self.inner.config.features);
        wasm::validate(&bytes, features).map_err(|error| wasm::classify(error, &bytes, features))
    }
}

/// The binary format of a module that may be given as text.
pub(crate) fn to_binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    if bytes.starts_with(b"\0") {
        return Ok(bytes.into());
    }
    match wat::parse_bytes(bytes) {
        Ok(binary) => Ok(binary),
        // What is not even text is judged as a binary: its message tells more.
        Err(_) if std::str::from_utf8(bytes).is_err() => Ok(bytes.into()),
        Err(error) => Err(Error::Invalid(error.to_string())),
    }
}

/// A compiled module ([spec](https://webassembly.github.io/spec/core/syntax/modules.html)). Shared between threads and
/// stores; cloning is cheap.
#[derive(Clone)]
pub struct Module {
    linked: Arc<LinkedModule>,
    engine: Engine,
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
    /// Validates and compiles a module in the binary or the text format.
    ///
    /// # Errors
    /// [`Error::Invalid`] or [`Error::Unsupported`], with the reason; [`Error::Limit`] if a resource ran out.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Module> {
        let bytes = to_binary(bytes)?;
        let inner = &engine.inner;
        let compiled = wasm::decode(&bytes, inner.config.features)
            .and_then(|decoded| inner.compiler.compile(decoded))
            .map_err(|error| wasm::classify(error, &bytes, inner.config.features))?;
        let CompiledModule { info, layout, thunks, module_object, units } = compiled;
        let units = units.into_iter().map(|unit| (unit.funcs, unit.object)).collect();
        Module::link(engine, Objects { info, layout, thunks, module: module_object, units })
    }

    /// The compiled module as bytes, an *artifact*: for [`Self::load`], in this process or another, on this machine or
    /// one like it. The same module gives the same bytes.
    ///
    /// ```
    /// # use wasmo::{Config, Engine, Module};
    /// let engine = Engine::new(Config::new())?;
    /// let artifact = Module::new(&engine, b"(module (func (export \"f\")))")?.dump()?;
    /// // SAFETY: this is what `dump` has made.
    /// let module = unsafe { Module::load(&engine, &artifact)? };
    /// assert_eq!(module.exports().len(), 1);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Bug`] only.
    pub fn dump(&self) -> Result<Vec<u8>> {
        let (info, module) = (&*self.linked.info, self.linked.module_object());
        let contents = Contents { info, module, units: self.linked.units().collect() };
        artifact::write(&self.engine.inner.compatibility, &contents)
    }

    /// The module that [`Self::dump`] made these bytes of. Nothing is compiled, and what is never called is not even
    /// linked.
    ///
    /// # Errors
    /// [`Error::Artifact`], with the reason, if the bytes are no artifact, if they are damaged, or if they were made by
    /// another version of wasmo or LLVM, or for a CPU or settings that this engine lacks.
    ///
    /// # Safety
    /// An artifact is machine code, and its checksum keeps out accidents, not attacks: whoever has made these bytes may
    /// do whatever this process may.
    #[allow(unsafe_code)]
    pub unsafe fn load(engine: &Engine, bytes: &[u8]) -> Result<Module> {
        let Contents { info, module, units } = artifact::read(bytes, &engine.inner.compatibility)?;
        let (layout, thunks) = (ContextLayout::new(&info), Thunks::of(&info));
        let units = units.into_iter().map(|(funcs, object)| (funcs, object.to_vec())).collect();
        Module::link(engine, Objects { info, layout, thunks, module: module.to_vec(), units })
    }

    fn link(engine: &Engine, objects: Objects) -> Result<Module> {
        let inner = &engine.inner;
        let linked = LinkedModule::new(&inner.jit, &inner.types, objects, runtime::routines())?;
        Ok(Module { linked: Arc::new(linked), engine: engine.clone() })
    }

    /// The engine that compiled it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What it imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType> {
        self.linked.info.imports.iter().map(|import| ImportType {
            module: import.module.clone(),
            name: import.name.clone(),
            ty: import.ty.clone(),
        })
    }

    /// What it exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType> {
        let info = &self.linked.info;
        info.exports.iter().map(|export| ExportType { name: export.name.clone(), ty: info.extern_type(export.index) })
    }

    /// The objects that it is linked from: one with the image of the instance context and the thunks, then one per
    /// compile unit. For inspection with tools such as `objdump`.
    pub fn objects(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.linked.module_object()).chain(self.linked.units().map(|(_, object)| object))
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.exports()).finish()
    }
}

impl Store {
    /// An empty store.
    pub fn new(engine: &Engine) -> Result<Store> {
        let inner = &engine.inner;
        Store::with_settings(StoreSettings { types: inner.types.clone(), tuning: inner.config.tuning.clone() })
    }
}

impl Instance {
    /// Makes an instance of a module: `imports` are what it imports, in order. Runs its start function.
    ///
    /// # Errors [`Error::Link`] if the imports do not fit, [`Error::Trap`] if a segment does not fit or the start
    /// function trapped, [`Error::Limit`] if a resource ran out.
    pub fn new(store: &Store, module: &Module, imports: &[Extern]) -> Result<Instance> {
        if !Arc::ptr_eq(&module.engine.inner.types, store.types()) {
            return Err(Error::Link("the module belongs to another engine".into()));
        }
        runtime::instantiate(store, &module.linked, imports)
    }
}
