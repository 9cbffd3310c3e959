//! What the tests of the runtime share. Each test program uses a part of it.
#![allow(dead_code)]

pub mod count;
pub mod directory;
pub mod process;
pub mod recursion;

use wasmo::{Config, Engine, Error, Extern, Func, Instance, Module, OptLevel, Store, Trap, TrapCode, Val};

const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Optimized];

/// An engine of each level of optimisation.
pub fn engines() -> [Engine; 2] {
    LEVELS.map(|level| Engine::new(Config::new().opt_level(level)).expect("an engine"))
}

/// The same without signal handlers: code checks everything itself.
pub fn checked_engines() -> [Engine; 2] {
    LEVELS.map(|level| Engine::new(Config::new().opt_level(level).signal_handlers(false)).expect("an engine"))
}

/// An engine of each level of optimisation, with and without signal handlers, otherwise as `configure` says.
pub fn configured_engines(configure: impl Fn(Config) -> Config) -> [Engine; 4] {
    let [none, optimized] = LEVELS;
    [(none, true), (optimized, true), (none, false), (optimized, false)].map(|(level, handlers)| {
        Engine::new(configure(Config::new().opt_level(level).signal_handlers(handlers))).expect("an engine")
    })
}

/// The same, with code that pays with fuel.
pub fn fueled_engines() -> [Engine; 4] {
    configured_engines(|config| config.fuel(true))
}

/// Compiles a module in the text format.
pub fn module(engine: &Engine, text: &str) -> Module {
    Module::new(text.as_bytes(), engine).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// An instance in a store.
pub fn instantiate(store: &Store, module: &Module, imports: &[Extern]) -> Instance {
    module.instantiate(store, imports).expect("an instance")
}

/// A function that an instance exports.
pub fn func(instance: &Instance, name: &str) -> Func {
    instance.export(name).and_then(|export| export.func().cloned()).unwrap_or_else(|| panic!("{name} is exported"))
}

/// The trap that a call ended with.
pub fn trap<T: std::fmt::Debug>(result: Result<T, Error>) -> Trap {
    match result {
        Err(Error::Trap(trap)) => trap,
        other => panic!("expected a trap, found {other:?}"),
    }
}

/// Why a call trapped.
pub fn trap_code<T: std::fmt::Debug>(result: Result<T, Error>) -> TrapCode {
    let trap = trap(result);
    trap.code().unwrap_or_else(|| panic!("expected a trap of the spec, found {trap}"))
}

/// What a host function answers for a call of its own that failed.
pub fn pass_on(result: Result<Vec<Val>, Error>) -> Result<Vec<Val>, Trap> {
    result.map_err(|error| match error {
        Error::Trap(trap) => trap,
        other => Trap::new(other.to_string()),
    })
}

/// A number as WebAssembly and artifacts have it.
pub fn leb128(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
