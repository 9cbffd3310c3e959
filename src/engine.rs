//! Engines and modules: the only place where compiling and running meet.

use crate::compile::{CompiledModule, Compiler};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::link::{LinkedModule, Objects};
use crate::llvm::Jit;
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
}

impl Engine {
    /// An engine for this machine.
    ///
    /// # Errors
    /// [`Error::Llvm`] if the CPU lacks what the code needs (the level x86-64-v2).
    pub fn new(config: Config) -> Result<Engine> {
        let compiler = Compiler::new(config.opt_level, config.tuning.clone())?;
        let inner = Inner { config, compiler, jit: Jit::new()?, types: Arc::default() };
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
fn to_binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
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
        let objects = Objects { info, layout, thunks, module: module_object, units };
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
        self.linked.objects()
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
