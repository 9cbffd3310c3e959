//! The state of a script while it runs, and what each directive does with it.

use super::plan::{Job, Source};
use super::{script, spectest, value};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use wasmo::{Config, Engine, Error, Extern, Instance, Module, Store, Val};
use wast::token::{Id, Span};
use wast::{QuoteWat, QuoteWatTest, WastDirective as Directive, WastExecute, WastInvoke, Wat, parser};

/// Why a directive did not pass.
pub enum Stop {
    /// wasmo reported an error where none was expected.
    Engine(Error),
    /// It came to something else than expected, as this message says.
    Failed(String),
    /// It needs what the directive at this place was to define.
    Needs(Span),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Engine(error)
    }
}

/// Something that a directive defines, or the place of the directive that should have.
type Slot<T> = Result<Rc<T>, Span>;

/// What can be referred to by name, or as the last one.
struct Scope<T> {
    named: HashMap<String, Slot<T>>,
    last: Option<Slot<T>>,
}

impl<T> Scope<T> {
    fn new() -> Scope<T> {
        Scope { named: HashMap::new(), last: None }
    }

    /// Keeps what the directive at `at` made.
    fn define(&mut self, name: Option<Id<'_>>, at: Span, made: Result<T, Stop>) -> Result<(), Stop> {
        let (slot, result) = match made {
            Ok(made) => (Ok(Rc::new(made)), Ok(())),
            Err(stop) => (Err(at), Err(stop)),
        };
        if let Some(name) = name {
            self.named.insert(name.name().to_owned(), slot.clone());
        }
        self.last = Some(slot);
        result
    }

    fn slot(&self, name: Option<Id<'_>>) -> Result<Slot<T>, Stop> {
        let slot = match name {
            Some(name) => self.named.get(name.name()),
            None => self.last.as_ref(),
        };
        let name = name.map_or(String::new(), |name| format!(" ${}", name.name()));
        slot.cloned().ok_or_else(|| Stop::Failed(format!("expected a module{name}, found none")))
    }

    fn get(&self, name: Option<Id<'_>>) -> Result<Rc<T>, Stop> {
        self.slot(name)?.map_err(Stop::Needs)
    }
}

/// What running something came to.
pub enum Found {
    Module,
    Instance,
    Values(Vec<Val>),
    Error(Error),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Module => f.write_str("a valid module"),
            Found::Instance => f.write_str("an instance"),
            Found::Values(values) => f.write_str(&value::show_all(values)),
            Found::Error(Error::Trap(trap)) => write!(f, "the trap \"{}\"", trap.message()),
            Found::Error(error) => write!(f, "{error}"),
        }
    }
}

/// A script while it runs.
pub struct Session {
    engine: Engine,
    source: Source,
    store: Store,
    spectest: HashMap<&'static str, Extern>,
    modules: Scope<Module>,
    instances: Scope<Instance>,
    registered: HashMap<String, Slot<Instance>>,
}

impl Session {
    pub fn new(job: &Job) -> Result<Session, Error> {
        let mut config = Config::new().cache(&job.cache);
        for (name, value) in job.mode.settings {
            config.set(name, value)?;
        }
        let config = job.script.without.iter().fold(config, |config, feature| config.feature(*feature, false));
        let engine = Engine::new(config)?;
        let store = Store::new(&engine)?;
        let spectest = spectest::exports(&store)?;
        let (modules, instances, registered) = (Scope::new(), Scope::new(), HashMap::new());
        Ok(Session { engine, source: job.source, store, spectest, modules, instances, registered })
    }

    /// Runs one directive.
    pub fn run(&mut self, directive: Directive<'_>) -> Result<(), Stop> {
        let at = directive.span();
        match directive {
            Directive::Module(module) => {
                let name = module.name();
                let compiled = self.compile(module);
                let compiled = self.modules.define(name, at, compiled);
                let instance = compiled.and_then(|()| self.instantiate(&*self.modules.get(name)?));
                self.instances.define(name, at, instance)
            }
            Directive::ModuleDefinition(module) => {
                let name = module.name();
                let module = self.compile(module);
                self.modules.define(name, at, module)
            }
            Directive::ModuleInstance { instance, module, .. } => {
                let made = self.modules.get(module).and_then(|module| self.instantiate(&module));
                self.instances.define(instance, at, made)
            }
            Directive::Register { name, module, .. } => {
                let slot = self.instances.slot(module)?;
                self.registered.insert(name.to_owned(), slot.clone());
                slot.map(drop).map_err(Stop::Needs)
            }
            Directive::Invoke(call) => self.invoke(call).map(drop),
            Directive::AssertReturn { exec, results, .. } => {
                let wanted = value::show_expected(&results);
                expect(
                    self.execute(exec),
                    &wanted,
                    |found| matches!(found, Found::Values(values) if value::all_fit(&results, values)),
                )
            }
            Directive::AssertTrap { exec, message, .. } => expect_trap(self.execute(exec), message),
            Directive::AssertExhaustion { call, message, .. } => expect_trap(self.invoke(call), message),
            Directive::AssertUnlinkable { module, message, .. } => {
                let found = self.execute(WastExecute::Wat(module));
                let wanted = format!("the link error \"{message}\"");
                expect(found, &wanted, |found| matches!(found, Found::Error(Error::Link(_))))
            }
            Directive::AssertInvalid { module, message, .. }
            | Directive::AssertInvalidCustom { module, message, .. } => {
                self.expect_invalid(encode(module).map_err(unreadable)?, message)
            }
            Directive::AssertMalformed { module, message, .. }
            | Directive::AssertMalformedCustom { module, message, .. } => match encode(module) {
                Ok(bytes) => self.expect_invalid(bytes, message),
                // Text that the parser refuses never reaches wasmo.
                Err(_) => Ok(()),
            },
            Directive::AssertException { .. } => Err(unsupported("exceptions")),
            Directive::AssertSuspension { .. } => Err(unsupported("suspensions")),
            Directive::Thread(_) | Directive::Wait { .. } => Err(unsupported("threads")),
        }
    }

    fn expect_invalid(&self, bytes: Vec<u8>, message: &str) -> Result<(), Stop> {
        let found = Module::new(&bytes, &self.engine).map(|_| Found::Module).map_err(Stop::Engine);
        let wanted = format!("an invalid module, \"{message}\"");
        expect(found, &wanted, |found| matches!(found, Found::Error(Error::Invalid(_))))
    }

    fn compile(&self, module: QuoteWat<'_>) -> Result<Module, Stop> {
        let module = Module::new(&encode(module).map_err(unreadable)?, &self.engine)?;
        if self.source == Source::Loaded && !module.statistics().compile_time.is_zero() {
            return Err(Stop::Failed("expected a module from the cache, it was compiled".to_owned()));
        }
        Ok(module)
    }

    fn instantiate(&self, module: &Module) -> Result<Instance, Stop> {
        let mut imports = Vec::new();
        for import in module.imports() {
            let found = match self.registered.get(&import.module) {
                Some(Ok(instance)) => instance.export(&import.name),
                Some(Err(at)) => return Err(Stop::Needs(*at)),
                None if import.module == "spectest" => self.spectest.get(import.name.as_str()).cloned(),
                None => None,
            };
            let unknown = || Error::Link(format!("unknown import {}.{}", import.module, import.name));
            imports.push(found.ok_or_else(unknown)?);
        }
        Ok(module.instantiate(&self.store, &imports)?)
    }

    fn execute(&self, exec: WastExecute<'_>) -> Result<Found, Stop> {
        match exec {
            WastExecute::Invoke(call) => self.invoke(call),
            WastExecute::Wat(module) => {
                let module = self.compile(QuoteWat::Wat(module))?;
                self.instantiate(&module).map(|_| Found::Instance)
            }
            WastExecute::Get { module, global: name, .. } => match self.instances.get(module)?.export(name) {
                Some(Extern::Global(global)) => Ok(Found::Values(vec![global.get()])),
                _ => Err(Stop::Failed(format!("expected the export {name:?} to be a global, it is none"))),
            },
        }
    }

    fn invoke(&self, call: WastInvoke<'_>) -> Result<Found, Stop> {
        let instance = self.instances.get(call.module)?;
        let Some(Extern::Func(func)) = instance.export(call.name) else {
            return Err(Stop::Failed(format!("expected the export {:?} to be a function, it is none", call.name)));
        };
        let arguments =
            call.args.iter().map(|argument| value::argument(&self.store, argument)).collect::<Result<Vec<_>, _>>()?;
        Ok(Found::Values(func.call(&arguments)?))
    }
}

/// Whether what was found, or the error in its place, is what was wanted. What is not supported is never wanted.
fn expect(found: Result<Found, Stop>, wanted: &str, fits: impl Fn(&Found) -> bool) -> Result<(), Stop> {
    let found = match found {
        Err(Stop::Engine(error)) if !matches!(error, Error::Unsupported(_)) => Found::Error(error),
        other => other?,
    };
    if fits(&found) { Ok(()) } else { Err(Stop::Failed(format!("expected {wanted}, found {found}"))) }
}

/// Whether it is a trap with this message. Either text may go on where the other ends, as the scripts are not
/// consistent in it.
fn expect_trap(found: Result<Found, Stop>, message: &str) -> Result<(), Stop> {
    let same = |text: &str| !text.is_empty() && (text.starts_with(message) || message.starts_with(text));
    expect(
        found,
        &format!("the trap \"{message}\""),
        |found| matches!(found, Found::Error(Error::Trap(trap)) if same(trap.message())),
    )
}

/// What neither wasmo nor this runner can do yet.
fn unsupported(what: &str) -> Stop {
    Stop::Engine(Error::Unsupported(what.to_owned()))
}

fn unreadable(error: wast::Error) -> Stop {
    Stop::Failed(format!("expected a module that can be encoded, found: {}", error.message()))
}

/// The bytes of a module.
fn encode(mut module: QuoteWat<'_>) -> Result<Vec<u8>, wast::Error> {
    let span = module.span();
    match module.to_test()? {
        QuoteWatTest::Binary(bytes) => Ok(bytes),
        QuoteWatTest::Text(text) => {
            let text = str::from_utf8(&text).map_err(|error| wast::Error::new(span, error.to_string()))?;
            parser::parse::<Wat<'_>>(&script::buffer(text)?)?.encode()
        }
    }
}
