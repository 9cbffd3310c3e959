//! What the tests of the runtime share. Each test program uses a part of it.
#![allow(dead_code)]

pub mod count;
pub mod directory;
pub mod process;
pub mod recursion;

use wasmo::{Config, Engine, Error, Extern, Func, Instance, Mode, Module, OptLevel, Store, Trap, TrapCode, Val};

const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Optimized];

/// Each level of optimisation, and Lift-Off, where code of the one is handed over to that of the other at every third call
/// or round of a loop.
fn ways_to_compile() -> [Config; 3] {
    let [none, optimized] = LEVELS.map(|level| Config::new().opt_level(level));
    [none, optimized, Config::new().mode(Mode::LiftOff).tier_up(Some(3))]
}

/// An engine of each level, which compiles all of a module when it is made.
pub fn engines_of_levels() -> [Engine; 2] {
    LEVELS.map(|level| Engine::new(Config::new().opt_level(level)).expect("an engine"))
}

/// An engine of each way to compile.
pub fn engines() -> [Engine; 3] {
    ways_to_compile().map(|config| Engine::new(config).expect("an engine"))
}

/// The same without signal handlers: code checks everything itself.
pub fn checked_engines() -> [Engine; 3] {
    ways_to_compile().map(|config| Engine::new(config.signal_handlers(false)).expect("an engine"))
}

/// An engine of each way to compile, with and without signal handlers, otherwise as `configure` says.
pub fn configured_engines(configure: impl Fn(Config) -> Config) -> [Engine; 6] {
    let [none, optimized, lift_off] = ways_to_compile();
    let engine = |config: &Config, on| Engine::new(configure(config.clone().signal_handlers(on))).expect("an engine");
    [(&none, true), (&optimized, true), (&lift_off, true), (&none, false), (&optimized, false), (&lift_off, false)]
        .map(|(config, on)| engine(config, on))
}

/// The same, with code that pays with fuel.
pub fn fueled_engines() -> [Engine; 6] {
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
