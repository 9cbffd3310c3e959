//! What can be chosen about an engine.
//!
//! *Features* change which modules are accepted, *tuning* how code is made and what it costs; no tuning changes what a
//! program computes, as long as what it may use suffices. The rest says which tools are told of the code.
//!
//! Every setting has a method of [`Config`] and a name, by which it is set in `WASMO_CONFIG` and from C.

use crate::error::{Error, Result};
use std::path::PathBuf;
use wasmparser::WasmFeatures;

/// How much work goes into the code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OptLevel {
    /// One pass, no optimiser: quick to compile.
    None,
    /// Optimised: quick to run.
    #[default]
    Optimized,
}

/// When code is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Mode {
    /// When the module is made, all of it, at the chosen [`OptLevel`]: for what is used often.
    #[default]
    HighlyOptimised,
    /// When a function is first called, without the optimiser: a module starts as soon as it is validated. Functions that
    /// are often used are compiled again in the background, with the optimiser, see [`Config::tier_up`].
    LiftOff,
}

/// What CPU code is made for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Cpu {
    /// The one of this machine, with all that it has.
    #[default]
    Native,
    /// Any x86-64 CPU. Rounding of floats and counting of bits take several instructions.
    X86_64,
    /// Any CPU of the [level](https://en.wikipedia.org/wiki/X86-64#Microarchitecture_levels) x86-64-v2.
    X86_64V2,
    /// Any CPU of the level x86-64-v3.
    X86_64V3,
    /// Any CPU of the level x86-64-v4.
    X86_64V4,
    /// Any 64-bit Arm CPU (Armv8-A) under Linux, for [`Engine::precompile`](crate::Engine::precompile) alone.
    #[cfg(feature = "aarch64")]
    Aarch64,
}

/// An extension of WebAssembly 1.0 that can be switched off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Feature {
    /// `i32.extend8_s` and its kin.
    SignExtension,
    /// `i32.trunc_sat_f32_s` and its kin.
    SaturatingFloatToInt,
    /// More than one result of functions; blocks with parameters.
    MultiValue,
    /// Import and export of mutable globals.
    MutableGlobal,
    /// `memory.copy` and its kin; passive segments.
    BulkMemory,
    /// References as values; several tables; `table.get` and its kin.
    ReferenceTypes,
}

impl Feature {
    /// All features that are implemented.
    pub const ALL: [Feature; 6] = [
        Feature::SignExtension,
        Feature::SaturatingFloatToInt,
        Feature::MultiValue,
        Feature::MutableGlobal,
        Feature::BulkMemory,
        Feature::ReferenceTypes,
    ];

    /// What the proposal is called.
    pub fn name(self) -> &'static str {
        match self {
            Feature::SignExtension => "sign-extension",
            Feature::SaturatingFloatToInt => "saturating-float-to-int",
            Feature::MultiValue => "multi-value",
            Feature::MutableGlobal => "mutable-global",
            Feature::BulkMemory => "bulk-memory",
            Feature::ReferenceTypes => "reference-types",
        }
    }

    fn flag(self) -> WasmFeatures {
        match self {
            Feature::SignExtension => WasmFeatures::SIGN_EXTENSION,
            Feature::SaturatingFloatToInt => WasmFeatures::SATURATING_FLOAT_TO_INT,
            Feature::MultiValue => WasmFeatures::MULTI_VALUE,
            Feature::MutableGlobal => WasmFeatures::MUTABLE_GLOBAL,
            Feature::BulkMemory => WasmFeatures::BULK_MEMORY,
            Feature::ReferenceTypes => WasmFeatures::REFERENCE_TYPES,
        }
    }
}

/// Settings of an [`Engine`](crate::Engine).
///
/// ```
/// use wasmo::{Config, Engine, OptLevel};
/// let engine = Engine::new(Config::new().opt_level(OptLevel::None))?;
/// # Ok::<(), wasmo::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    pub(crate) mode: Mode,
    pub(crate) opt_level: OptLevel,
    pub(crate) tier_up: Option<u32>,
    pub(crate) cpu: Cpu,
    pub(crate) features: WasmFeatures,
    pub(crate) tuning: Tuning,
    pub(crate) compile_threads: usize,
    pub(crate) cache: Option<PathBuf>,
    pub(crate) cache_size: u64,
    pub(crate) perf_map: bool,
    pub(crate) gdb: bool,
}

/// What shapes code, address space and stacks.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tuning {
    /// Whether faults of generated code may be relied on: else it checks explicitly what would fault.
    pub signal_handlers: bool,
    /// Whether code pays with fuel.
    pub fuel: bool,
    /// Whether every NaN that arithmetic makes is the canonical one.
    pub canonical_nans: bool,
    /// Address space that a memory with 32-bit addresses gets, in bytes, at most 4 GiB.
    pub memory_reservation: u64,
    /// Address space behind the 4 GiB of a memory in which accesses fault, in bytes. Accesses with a constant offset
    /// below it need no check.
    pub memory_guard: u64,
    /// Stack that there is below a caller that enters wasm on a stack that is not its thread's own, in bytes.
    pub foreign_stack: Option<usize>,
    /// The signal that interrupts code.
    pub interrupt_signal: i32,
    /// Stack that must be left when wasm calls a builtin or the host, in bytes.
    pub stack_reserve: usize,
    /// Stack that wasm may use below its outermost entry, in bytes; `usize::MAX` for all that there is.
    pub max_wasm_stack: usize,
    /// Wasm bytes of function bodies that are compiled as one unit.
    pub unit_bytes: usize,
    /// The same for units that are compiled when they are called: the first call waits 4 ms for 1 KiB, 6 ms for 2 KiB, 20 ms
    /// for 8 KiB, and the initialisation of SQLite, which calls here and there, takes 39, 66 and 154 ms.
    pub lazy_unit_bytes: usize,
}

/// All that 32-bit addresses reach.
const FOUR_GIB: u64 = 1 << 32;

impl Tuning {
    /// Accesses to memory that end at most this many bytes behind their index need no check: whatever the index is,
    /// they hit the memory or fault.
    pub fn unchecked_reach(&self) -> u64 {
        if self.signal_handlers && self.memory_reservation >= FOUR_GIB { self.memory_guard } else { 0 }
    }

    /// Whether code checks the stack itself: where nothing else does, or where it may use less than there is.
    pub fn checks_stack(&self) -> bool {
        !self.signal_handlers || self.max_wasm_stack != usize::MAX
    }

    /// What code relies on, in words.
    pub fn assumptions(&self) -> String {
        let stack = if self.checks_stack() { "explicitly" } else { "by a guard page" };
        let interruption = if self.signal_handlers { "by a signal" } else { "asked for" };
        let nans = if self.canonical_nans { "canonical" } else { "any" };
        let fuel = if self.fuel { "fuel" } else { "no fuel" };
        format!(
            "memory unchecked up to {} bytes, stack checked {stack}, interruption {interruption}, {nans} NaNs, {fuel}",
            self.unchecked_reach()
        )
    }

    /// The address space for a memory of `min` to `max` bytes.
    pub fn memory_space(&self, min: u64, max: u64) -> u64 {
        match self.unchecked_reach() {
            0 => self.memory_reservation.min(max).max(min),
            guard => FOUR_GIB + guard,
        }
    }
}

impl Config {
    /// The defaults: optimised code, all implemented features, signal handlers.
    pub fn new() -> Config {
        Config {
            mode: Mode::default(),
            opt_level: OptLevel::default(),
            tier_up: Some(50_000),
            cpu: Cpu::default(),
            features: Config::supported(),
            tuning: Tuning {
                signal_handlers: true,
                fuel: false,
                canonical_nans: false,
                memory_reservation: FOUR_GIB,
                memory_guard: 32 << 20,
                foreign_stack: None,
                interrupt_signal: libc::SIGURG,
                stack_reserve: 64 << 10,
                max_wasm_stack: usize::MAX,
                unit_bytes: 32 << 10,
                lazy_unit_bytes: 2 << 10,
            },
            compile_threads: 0,
            cache: None,
            cache_size: 1 << 30,
            perf_map: false,
            gdb: false,
        }
    }

    /// The defaults, changed as the environment variable `WASMO_CONFIG` says: settings of the form `name=value` with
    /// commas between them, for example `opt-level=none,signal-handlers=off`. Engines that are made through the C API
    /// start from this. See [`Self::set`] for the names.
    ///
    /// # Errors
    /// [`Error::Argument`] as [`Self::set`].
    pub fn from_env() -> Result<Config> {
        let mut config = Config::new();
        if let Some(text) = std::env::var_os("WASMO_CONFIG") {
            let text = text.to_string_lossy();
            for setting in text.split(',').map(str::trim).filter(|setting| !setting.is_empty()) {
                let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
                config.set(name, value).map_err(|error| match error {
                    Error::Argument(reason) => Error::Argument(format!("WASMO_CONFIG: {reason}")),
                    other => other,
                })?;
            }
        }
        Ok(config)
    }

    /// Chooses when code is made. In [`Mode::LiftOff`] a module is decoded and validated when it is made, on as many
    /// threads as [`Self::compile_threads`] says, and nothing of it is compiled but what the host calls it through.
    ///
    /// - Functions are compiled, and linked, in batches of neighbours with 2 KiB of WebAssembly or more, when one of
    ///   them is first called: by the thread that calls it, on a helper thread with a stack that is large enough.
    ///   Others that need the same batch wait, all else goes on. An interruption takes effect when it is done.
    /// - Batches with functions that it calls directly are compiled ahead, on other threads: one less than there are cores,
    ///   or than [`Self::compile_threads`] says.
    /// - The code is that of [`OptLevel::None`], and does what code does at every level. That of functions that are often
    ///   used is replaced by optimised code while it runs, see [`Self::tier_up`].
    /// - If code cannot be made, the call ends with the trap [`TrapCode::CodeUnavailable`](crate::TrapCode), and the
    ///   reason; the next call tries it again.
    /// - Progress ([`Module::with_progress`](crate::Module::with_progress)) is that of the validation.
    /// - [`Module::dump`](crate::Module::dump) compiles all of the module then and there, at the chosen
    ///   [`Self::opt_level`], to the very bytes that the other mode makes; the module keeps them, and so does the
    ///   [`Self::cache`]. A module that is in the cache is loaded from there, whichever mode has put it there: that is
    ///   quicker still, and so is its code. Nothing else is put into the cache.
    /// - [`Module::statistics`](crate::Module::statistics) and [`Module::objects`](crate::Module::objects) tell of what
    ///   was compiled so far; tools are told of code when it is linked, as always.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Config {
        self.mode = mode;
        self
    }

    /// Chooses how much work goes into the code.
    #[must_use]
    pub fn opt_level(mut self, level: OptLevel) -> Config {
        self.opt_level = level;
        self
    }

    /// In [`Mode::LiftOff`] with [`OptLevel::Optimized`], how often a function is to run until better code is made of it:
    /// how often it is called, and its loops begin anew, together, in all instances: 50,000 at the start, at most 2^31 - 1;
    /// `None` for never.
    ///
    /// - Such functions are compiled in the background, as [`Mode::HighlyOptimised`] does it, by threads that give way to
    ///   others: as many as [`Self::compile_threads`] says, or one less than there are cores. The most used come first, each
    ///   together with functions that it calls.
    /// - When that is done, every call of them arrives at the better code, in all instances and threads, whatever it goes
    ///   through. Calls that are under way end in the old code: a loop that is entered once and never left stays slow.
    /// - The old code is kept as long as the module, for somebody may still be in it: a function has two codes at most.
    /// - With 0 that happens when a function is first called, and this first call waits for it: for tests.
    /// - A process that ends by `exit` waits for what is being compiled, some milliseconds for most functions and a second or
    ///   two for the largest; longer where other processes leave it no time.
    /// - A child of a fork has threads of its own for it, which take over what waited in its parent.
    /// - In a process there are at most 8192 pieces of better code, each of which takes two mappings. What is hot then keeps
    ///   the code that it has.
    /// - See [`Module::wait_for_tier_up`](crate::Module::wait_for_tier_up) and
    ///   [`Module::statistics`](crate::Module::statistics).
    #[must_use]
    pub fn tier_up(mut self, after: Option<u32>) -> Config {
        self.tier_up = after;
        self
    }

    /// Chooses what CPU code is made for. Modules that are serialized can be loaded where the CPU has as much. One that
    /// this machine has not can be chosen, too: [`Engine::precompile`](crate::Engine::precompile) makes code for it, but
    /// no [`Module`](crate::Module) can be made here.
    #[must_use]
    pub fn cpu(mut self, cpu: Cpu) -> Config {
        self.cpu = cpu;
        self
    }

    /// How many threads compile a module, at most; 0 for as many as there are cores, which is what it is at the start.
    /// What they make is the same, however many they are. See [`Self::mode`] and [`Self::tier_up`] for the threads of
    /// [`Mode::LiftOff`].
    #[must_use]
    pub fn compile_threads(mut self, threads: usize) -> Config {
        self.compile_threads = threads;
        self
    }

    /// Whether every NaN that arithmetic makes is the canonical one, so that results are the same on every machine, bit
    /// by bit ([spec](https://webassembly.github.io/spec/core/exec/numerics.html#nan-propagation)). Costs a comparison
    /// for each operator. Off at the start.
    #[must_use]
    pub fn canonical_nans(mut self, on: bool) -> Config {
        self.tuning.canonical_nans = on;
        self
    }

    /// Whether code pays for what it does: with the fuel of its store, see [`Store::set_fuel`](crate::Store::set_fuel).
    /// When that does not suffice, the call ends with the trap [`TrapCode::OutOfFuel`](crate::TrapCode::OutOfFuel). What
    /// a program costs is the same on every machine and at every [`OptLevel`]. Off at the start.
    ///
    /// - Every operator costs 1, but for `nop`, `drop`, `block`, `loop`, `else` and `end`, which are free. Functions of
    ///   the host are free, and so is what instantiation does, the start function aside.
    /// - `memory.copy`, `memory.fill` and `memory.init` cost 1 more for each 64 bytes, `table.copy`, `table.fill`,
    ///   `table.init` and `table.grow` for each 8 elements, `memory.grow` 1024 for each page, whether they succeed or
    ///   not. What the type's maximum excludes by itself adds nothing to a `grow`.
    /// - Code up to the next branch, or up to where a branch may lead, is paid at once before any of it runs. If a part
    ///   of it traps or never returns, all of it was paid; if the fuel does not suffice, none of it runs, and the fuel
    ///   stays as it was. Calls are no such branches: the caller has paid for what comes after the call, too.
    #[must_use]
    pub fn fuel(mut self, on: bool) -> Config {
        self.tuning.fuel = on;
        self
    }

    /// Switches a feature on or off. All are on at the start.
    #[must_use]
    pub fn feature(mut self, feature: Feature, on: bool) -> Config {
        self.features.set(feature.flag(), on);
        self
    }

    /// Whether wasmo handles the signals SIGSEGV and SIGBUS: they turn accesses beyond a memory's end and stack
    /// overflows into traps, at no cost in the code. When off, the code checks each access and each call explicitly;
    /// wasmo then touches neither signals nor alternate stacks. On at the start.
    #[must_use]
    pub fn signal_handlers(mut self, on: bool) -> Config {
        self.tuning.signal_handlers = on;
        self
    }

    /// How much address space each memory reserves, in bytes, if its type does not say that it can need less. A memory
    /// never moves, so it cannot grow beyond. 4 GiB at the start, which is also the most; with less the code checks
    /// every access.
    #[must_use]
    pub fn memory_reservation(mut self, bytes: u64) -> Config {
        self.tuning.memory_reservation = bytes.min(FOUR_GIB);
        self
    }

    /// How much address space without access lies behind each memory, in bytes, where the reservation is 4 GiB and
    /// signal handlers are on. Accesses with a constant offset beyond it are checked. 32 MiB at the start.
    #[must_use]
    pub fn memory_guard(mut self, bytes: u64) -> Config {
        // Bounded, so that the sum with any offset and index cannot overflow.
        self.tuning.memory_guard = bytes.min(FOUR_GIB);
        self
    }

    /// How much stack there is, in bytes, below a caller that enters wasm on a stack that is not its thread's own, a
    /// fiber's for example; 64 KiB of it are kept for the host. To be used with [`Self::signal_handlers`] off. Without
    /// it such calls end in a trap.
    #[must_use]
    pub fn foreign_stack(mut self, bytes: usize) -> Config {
        self.tuning.foreign_stack = Some(bytes);
        self
    }

    /// How much of the stack wasm may use, in bytes, below the outermost call from the host: a store can have a limit of
    /// its own, see [`StoreLimits::stack`](crate::StoreLimits::stack). With it, every function checks the stack, as it
    /// does where signal handlers are off, so that the limit is exact to a machine page. At the start there is none,
    /// and no check: wasm may use all of the thread's stack.
    #[must_use]
    pub fn max_wasm_stack(mut self, bytes: usize) -> Config {
        self.tuning.max_wasm_stack = bytes;
        self
    }

    /// The number of the signal that interrupts code in a store, see [`Store::interrupt_handle`](
    /// crate::Store::interrupt_handle). `SIGURG` at the start, which nobody notices who does not ask for it. Signals of
    /// it that others send go to the handler that was there before.
    #[must_use]
    pub fn interrupt_signal(mut self, signal: i32) -> Config {
        self.tuning.interrupt_signal = signal;
        self
    }

    /// Keeps compiled modules in this directory, for all who compile the same again with the same settings, in this
    /// process or another: they are loaded instead. It is made if need be; it must belong to the user who runs the process,
    /// and nobody else may write there, for what is in it will run. Damaged files are compiled anew.
    #[must_use]
    pub fn cache(mut self, directory: impl Into<PathBuf>) -> Config {
        self.cache = Some(directory.into());
        self
    }

    /// How many bytes the files of the cache may have together. Those that were used longest ago go first. 1 GiB at the
    /// start.
    #[must_use]
    pub fn cache_size(mut self, bytes: u64) -> Config {
        self.cache_size = bytes;
        self
    }

    /// Whether `perf` is told what code is called: `/tmp/perf-<pid>.map` then has a line for each function from when it is
    /// linked, which is before it first runs, and keeps it when the module is gone. Functions are called
    /// `module!function`, or `module[func 7]` where the module has no name for them. Off at the start.
    #[must_use]
    pub fn perf_map(mut self, on: bool) -> Config {
        self.perf_map = on;
        self
    }

    /// Whether debuggers are told of the code, by the interface of gdb: functions have their names, backtraces lead through
    /// them, and "lines" are byte offsets in the module. Costs a copy of each object, and a debugger that is there stops
    /// the process for a moment whenever code is linked or freed. Off at the start.
    #[must_use]
    pub fn gdb(mut self, on: bool) -> Config {
        self.gdb = on;
        self
    }

    /// What shapes the code, besides what an artifact says of itself.
    pub(crate) fn code_settings(&self) -> String {
        format!("{:?}, units of {} bytes", self.opt_level, self.tuning.unit_bytes)
    }

    /// Changes the setting `name`. These exist:
    ///
    /// | name | value | method |
    /// |---|---|---|
    /// | `mode` | `highly-optimised` or `lift-off` | [`Self::mode`] |
    /// | `opt-level` | `none` or `optimized` | [`Self::opt_level`] |
    /// | `tier-up` | a number or `never` | [`Self::tier_up`] |
    /// | `cpu` | `native`, `x86-64`, `x86-64-v2`, `x86-64-v3` or `x86-64-v4`; with the cargo feature `aarch64` also `aarch64` | [`Self::cpu`] |
    /// | `compile-threads` | a number; 0 for all cores | [`Self::compile_threads`] |
    /// | `canonical-nans` | `on` or `off` | [`Self::canonical_nans`] |
    /// | `fuel` | `on` or `off` | [`Self::fuel`] |
    /// | `signal-handlers` | `on` or `off` | [`Self::signal_handlers`] |
    /// | `memory-reservation` | bytes; `K`, `M` or `G` may follow | [`Self::memory_reservation`] |
    /// | `memory-guard` | likewise | [`Self::memory_guard`] |
    /// | `foreign-stack` | likewise | [`Self::foreign_stack`] |
    /// | `max-stack` | likewise | [`Self::max_wasm_stack`] |
    /// | `interrupt-signal` | number of a signal | [`Self::interrupt_signal`] |
    /// | `cache` | path of a directory | [`Self::cache`] |
    /// | `cache-size` | bytes; `K`, `M` or `G` may follow | [`Self::cache_size`] |
    /// | `perf-map` | `on` or `off` | [`Self::perf_map`] |
    /// | `gdb` | `on` or `off` | [`Self::gdb`] |
    /// | the name of a [`Feature`], such as `multi-value` | `on` or `off` | [`Self::feature`] |
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no such setting or it cannot have that value; the message says what was expected.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let changed = self.clone();
        *self = match name {
            "mode" => changed.mode(one_of(name, value, &MODES)?),
            "opt-level" => changed.opt_level(one_of(name, value, &LEVELS)?),
            "tier-up" => changed.tier_up(number_or(name, value, "never")?),
            "cpu" => changed.cpu(one_of(name, value, CPUS)?),
            "compile-threads" => changed.compile_threads(number(name, value)?),
            "canonical-nans" => changed.canonical_nans(one_of(name, value, &SWITCH)?),
            "fuel" => changed.fuel(one_of(name, value, &SWITCH)?),
            "signal-handlers" => changed.signal_handlers(one_of(name, value, &SWITCH)?),
            "memory-reservation" => changed.memory_reservation(bytes(name, value)?),
            "memory-guard" => changed.memory_guard(bytes(name, value)?),
            "interrupt-signal" => changed.interrupt_signal(bytes(name, value)?.try_into().unwrap_or(-1)),
            "cache" => changed.cache(value),
            "cache-size" => changed.cache_size(bytes(name, value)?),
            "perf-map" => changed.perf_map(one_of(name, value, &SWITCH)?),
            "gdb" => changed.gdb(one_of(name, value, &SWITCH)?),
            "foreign-stack" => changed.foreign_stack(bytes(name, value)? as usize),
            "max-stack" => changed.max_wasm_stack(bytes(name, value)? as usize),
            _ => match Feature::ALL.into_iter().find(|feature| feature.name() == name) {
                Some(feature) => changed.feature(feature, one_of(name, value, &SWITCH)?),
                None => return Err(Error::Argument(format!("there is no setting {name}"))),
            },
        };
        Ok(())
    }

    /// The names of the features that are on.
    pub(crate) fn feature_names(&self) -> Vec<String> {
        let on = Feature::ALL.into_iter().filter(|feature| self.features.contains(feature.flag()));
        on.map(|feature| feature.name().to_owned()).collect()
    }

    /// WebAssembly 1.0 with all implemented features.
    pub(crate) fn supported() -> WasmFeatures {
        let mvp = WasmFeatures::MVP;
        Feature::ALL.iter().fold(mvp, |features, feature| features | feature.flag())
    }
}

const MODES: [(&str, Mode); 2] = [("highly-optimised", Mode::HighlyOptimised), ("lift-off", Mode::LiftOff)];
const LEVELS: [(&str, OptLevel); 2] = [("none", OptLevel::None), ("optimized", OptLevel::Optimized)];
const CPUS: &[(&str, Cpu)] = &[
    ("native", Cpu::Native),
    ("x86-64", Cpu::X86_64),
    ("x86-64-v2", Cpu::X86_64V2),
    ("x86-64-v3", Cpu::X86_64V3),
    ("x86-64-v4", Cpu::X86_64V4),
    #[cfg(feature = "aarch64")]
    ("aarch64", Cpu::Aarch64),
];
const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];

fn one_of<T: Copy>(name: &str, value: &str, values: &[(&str, T)]) -> Result<T> {
    let found = values.iter().find(|(text, _)| *text == value);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = values.iter().map(|(text, _)| *text).collect();
        Error::Argument(format!("{name} is {} and not {value:?}", names.join(" or ")))
    })
}

/// None for the word.
fn number_or(name: &str, value: &str, word: &str) -> Result<Option<u32>> {
    if value == word {
        return Ok(None);
    }
    let number = value.parse().map_err(|_| Error::Argument(format!("{name} is a number or {word} and not {value:?}")));
    number.map(Some)
}

fn number(name: &str, value: &str) -> Result<usize> {
    value.parse().map_err(|_| Error::Argument(format!("{name} is a number and not {value:?}")))
}

fn bytes(name: &str, value: &str) -> Result<u64> {
    let (digits, shift) = match value.char_indices().last() {
        Some((at, 'K')) => (&value[..at], 10),
        Some((at, 'M')) => (&value[..at], 20),
        Some((at, 'G')) => (&value[..at], 30),
        _ => (value, 0),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    number.ok_or_else(|| {
        Error::Argument(format!("{name} is a number of bytes, with K, M or G behind it or not, and not {value:?}"))
    })
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_names() {
        let mut config = Config::new();
        let settings = [
            ("mode", "lift-off"),
            ("opt-level", "none"),
            ("tier-up", "7"),
            ("signal-handlers", "off"),
            ("memory-reservation", "64M"),
            ("max-stack", "1M"),
            ("compile-threads", "3"),
            ("fuel", "on"),
        ];
        for (name, value) in settings {
            config.set(name, value).unwrap();
        }
        assert_eq!((config.mode, config.opt_level), (Mode::LiftOff, OptLevel::None));
        assert!(!config.tuning.signal_handlers);
        assert_eq!((config.tuning.memory_reservation, config.tuning.max_wasm_stack), (64 << 20, 1 << 20));
        assert!(config.tuning.fuel);
        assert_eq!((config.compile_threads, config.tier_up), (3, Some(7)));
        config.set("tier-up", "never").unwrap();
        assert_eq!(config.tier_up, None);
        for feature in Feature::ALL {
            config.set(feature.name(), "off").unwrap();
        }
        assert_eq!(config.features, WasmFeatures::MVP - WasmFeatures::MUTABLE_GLOBAL);
    }

    #[test]
    fn a_wrong_setting_says_what_was_expected() {
        let reason = |name, value| Config::new().set(name, value).unwrap_err().to_string();
        assert_eq!(reason("opt-level", "3"), "wrong argument: opt-level is none or optimized and not \"3\"");
        assert_eq!(reason("compile-threads", "all"), "wrong argument: compile-threads is a number and not \"all\"");
        assert_eq!(reason("tier-up", "often"), "wrong argument: tier-up is a number or never and not \"often\"");
        assert!(reason("memory-guard", "1T").contains("a number of bytes"));
        assert!(reason("memory-guard", "99999999999999999999G").contains("a number of bytes"));
        assert!(reason("speed", "11").contains("no setting speed"));
    }

    #[test]
    fn a_memory_that_is_checked_reserves_no_more_than_it_can_need() {
        let guarded = Config::new().tuning;
        assert_eq!(guarded.memory_space(0, 1 << 16), FOUR_GIB + guarded.memory_guard);
        let checked = Config::new().memory_reservation(1 << 20).tuning;
        assert_eq!(checked.unchecked_reach(), 0);
        assert_eq!(checked.memory_space(0, 1 << 16), 1 << 16);
        assert_eq!(checked.memory_space(0, FOUR_GIB), 1 << 20);
        assert_eq!(checked.memory_space(1 << 21, FOUR_GIB), 1 << 21);
    }
}
