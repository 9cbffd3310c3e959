//! Engines and modules: the only place where compiling and running meet.
//!
//! Names in the docs such as *module_instantiate* are those of the embedding interface
//! ([spec](https://webassembly.github.io/spec/core/appendix/embedding.html)).

mod lift_off;
mod module;

pub use module::{ExportType, ImportType, Module, Statistics};

use crate::artifact::{self, Cache, Compatibility, Contents, Key};
use crate::compile::{Background, CompiledModule, Compiler};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::link::Tools;
use crate::llvm::{self, Jit};
use crate::runtime::{Store, StoreSettings};
use crate::sys::{let_exit_wait, no_fork};
use crate::types::TypeRegistry;
use crate::wasm::{self, DecodedModule};
use lift_off::{Ahead, Improvement};
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};

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
    tools: Arc<Tools>,
    /// What the code that it makes is good for.
    compatibility: Compatibility,
    cache: Option<Cache>,
    /// Where functions are compiled that may be called next.
    ahead: Background<Ahead>,
    /// Where functions are compiled again that are often used.
    background: Background<Improvement>,
}

impl Engine {
    /// An engine for this machine, or for the one that [`Config::cpu`] says. With the environment variable `WASMO_DUMP=fib,12` it writes what the functions with
    /// these names or indices are compiled to, to the standard error stream or into files in the directory
    /// `WASMO_DUMP_DIR`, and uses no cache.
    ///
    /// # Errors
    /// [`Error::Argument`] if a setting cannot be, such as a cache where others may write, or the directory for dumps,
    /// [`Error::Limit`] if the file of [`Config::perf_map`] cannot be written.
    pub fn new(config: Config) -> Result<Engine> {
        let compiler = Compiler::new(&config)?;
        let compatibility = Compatibility {
            wasmo: concat!(env!("CARGO_PKG_VERSION"), " (build ", env!("WASMO_BUILD"), ")").into(),
            llvm: llvm::version(),
            triple: compiler.target().triple.clone(),
            cpu_features: compiler.target().enabled_features().map(str::to_owned).collect(),
            wasm_features: config.feature_names(),
            settings: config.tuning.assumptions(),
        };
        // Only what is compiled can be dumped.
        let cache = config.cache.as_ref().filter(|_| !compiler.dumps());
        let cache = cache.map(|directory| Cache::open(directory, config.cache_size)).transpose()?;
        let tools = Arc::new(Tools::new(&config)?);
        static ONCE: Once = Once::new();
        ONCE.call_once(let_exit_wait);
        let ahead = Background::new(compiler.threads_ahead(), false);
        let background = Background::new(compiler.background_threads(), true);
        let (jit, types) = (Jit::new()?, Arc::default());
        let inner = Inner { config, compiler, jit, types, tools, compatibility, cache, ahead, background };
        Ok(Engine { inner: Arc::new(inner) })
    }

    /// The engine with these settings that all share who ask for none of their own; a new one if there is none any
    /// more. So modules that were made with equal settings, instead of an engine, fit each other.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn shared(config: &Config) -> Result<Engine> {
        static SHARED: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());
        let _no_fork = no_fork();
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|engine| engine.strong_count() > 0);
        let found = shared.iter().filter_map(Weak::upgrade).find(|inner| inner.config == *config);
        if let Some(inner) = found {
            return Ok(Engine { inner });
        }
        let engine = Engine::new(config.clone())?;
        shared.push(Arc::downgrade(&engine.inner));
        Ok(engine)
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// *module_validate*: whether `bytes`, a module in the binary or the text format, are valid
    /// ([spec](https://webassembly.github.io/spec/core/valid/index.html)). Nothing is compiled.
    ///
    /// ```
    /// use wasmo::{Engine, Error};
    /// let engine = Engine::default();
    /// engine.validate(b"(module (func (result i32) i32.const 1))")?;
    /// assert!(matches!(engine.validate(b"(module (func (result i32)))"), Err(Error::Invalid(_))));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] or [`Error::Unsupported`], with the reason.
    pub fn validate(&self, bytes: &[u8]) -> Result<()> {
        let (bytes, features) = (to_binary(bytes)?, self.inner.config.features);
        wasm::validate(&bytes, features).map_err(|error| wasm::classify(error, &bytes, features))
    }

    /// Compiles a module in the binary or the text format for wherever it is to run: the artifact that [`Module::dump`]
    /// would make of it, for [`Module::load`] on a machine that has what [`Config::cpu`] says. This machine need not have
    /// it. Nothing is linked, and the cache is not looked at.
    ///
    /// ```
    /// use wasmo::{Config, Cpu, Engine, Module};
    /// let factory = Engine::new(Config::new().cpu(Cpu::X86_64V2))?;
    /// let artifact = factory.precompile(b"(module (func (export \"f\")))")?;
    /// // SAFETY: this is what `precompile` has made.
    /// let module = unsafe { Module::load(&artifact, &factory)? };
    /// assert_eq!(module.exports().len(), 1);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Module::new`], but what this machine can run does not matter.
    pub fn precompile(&self, bytes: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        self.artifact_of(&to_binary(bytes.as_ref())?)
    }

    /// The artifact of a module in the binary format.
    fn artifact_of(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let CompiledModule { info, module_object, units, .. } =
            self.decoded(bytes, |module| self.inner.compiler.compile(module, &mut |_| ControlFlow::Continue(())))?;
        let units = units.iter().map(|unit| (unit.funcs.clone(), &*unit.object)).collect();
        artifact::write(&self.inner.compatibility, &Contents { info: &info, module: &module_object, units })
    }

    /// Decodes a module in the binary format and does something with it, which may find that it is not valid.
    fn decoded<T>(&self, bytes: &[u8], with: impl FnOnce(DecodedModule<'_>) -> Result<T>) -> Result<T> {
        let features = self.inner.config.features;
        wasm::decode(bytes, features).and_then(with).map_err(|error| wasm::classify(error, bytes, features))
    }

    /// The cache, and where in it the artifact of a module in the binary format is.
    fn cached(&self, bytes: &[u8]) -> Option<(&Cache, Key)> {
        let Inner { cache, compatibility, config, .. } = &*self.inner;
        cache.as_ref().map(|cache| (cache, Key::new(bytes, compatibility, &config.code_settings())))
    }
}

/// How a module is compiled: by an engine, or by the one that all share who ask for the same settings, see
/// [`Engine::shared`].
pub trait Options {
    /// The engine that compiles.
    ///
    /// # Errors
    /// As [`Engine::new`].
    fn engine(self) -> Result<Engine>;
}

impl Options for Engine {
    fn engine(self) -> Result<Engine> {
        Ok(self)
    }
}

impl Options for &Engine {
    fn engine(self) -> Result<Engine> {
        Ok(self.clone())
    }
}

impl Options for Config {
    fn engine(self) -> Result<Engine> {
        Engine::shared(&self)
    }
}

impl Options for &Config {
    fn engine(self) -> Result<Engine> {
        Engine::shared(self)
    }
}

/// *module_parse*: the binary format of a module in the text format
/// ([spec](https://webassembly.github.io/spec/core/text/index.html)). What is in the binary format already stays as it
/// is. Nothing is validated.
///
/// ```
/// assert_eq!(wasmo::parse(b"(module)")?[..], *b"\0asm\x01\0\0\0");
/// # Ok::<(), wasmo::Error>(())
/// ```
///
/// # Errors
/// [`Error::Invalid`], with the place and the reason.
pub fn parse(text: &[u8]) -> Result<Vec<u8>> {
    to_binary(text).map(Cow::into_owned)
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

impl Default for Engine {
    /// The shared engine with the default settings.
    ///
    /// # Panics
    /// If there can be none, see [`Engine::new`].
    fn default() -> Engine {
        Engine::shared(&Config::new()).expect("an engine for this machine")
    }
}

impl Store {
    /// *store_init*: an empty store.
    ///
    /// ```
    /// # use wasmo::{Engine, Store};
    /// let store = Store::new(&Engine::default())?;
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Limit`] if memory or address space ran out.
    pub fn new(engine: &Engine) -> Result<Store> {
        let inner = &engine.inner;
        Store::with_settings(StoreSettings { types: inner.types.clone(), tuning: inner.config.tuning.clone() })
    }
}
