//! What can be chosen about an engine.
//!
//! *Features* change which modules are accepted, *tuning* how code is made and what it costs; no tuning changes what a
//! program computes.

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
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) opt_level: OptLevel,
    pub(crate) features: WasmFeatures,
    pub(crate) tuning: Tuning,
}

/// Numbers that shape code and address space.
#[derive(Clone, Debug)]
pub(crate) struct Tuning {
    /// Address space behind the 4 GiB of a memory in which accesses fault, in bytes. Accesses with a constant offset
    /// below it need no check.
    pub memory_guard: u64,
    /// Stack that must be left when wasm calls a builtin or the host, in bytes.
    pub stack_reserve: usize,
    /// Wasm bytes of function bodies that are compiled as one unit.
    pub unit_bytes: usize,
}

impl Config {
    /// The defaults: optimised code, all implemented features.
    pub fn new() -> Config {
        Config {
            opt_level: OptLevel::default(),
            features: Config::supported(),
            tuning: Tuning { memory_guard: 32 << 20, stack_reserve: 64 << 10, unit_bytes: 256 << 10 },
        }
    }

    /// Chooses how much work goes into the code.
    #[must_use]
    pub fn opt_level(mut self, level: OptLevel) -> Config {
        self.opt_level = level;
        self
    }

    /// Switches a feature on or off. All are on at the start.
    #[must_use]
    pub fn feature(mut self, feature: Feature, on: bool) -> Config {
        self.features.set(feature.flag(), on);
        self
    }

    /// WebAssembly 1.0 with all implemented features.
    pub(crate) fn supported() -> WasmFeatures {
        let mvp = WasmFeatures::MVP;
        Feature::ALL.iter().fold(mvp, |features, feature| features | feature.flag())
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}
