//! How wasmo is configured when it is tested.

use wasmo::{Config, Engine, Result};

/// The configurations under test, each as its settings, in the form of `WASMO_CONFIG`. A case runs in some of them, chosen by its
/// seed.
const CONFIGURATIONS: &[&str] = &[
    "opt-level=none",
    "opt-level=optimized",
    "opt-level=none,signal-handlers=off",
    "opt-level=optimized,signal-handlers=off",
    "opt-level=none,canonical-nans=on,memory-reservation=1M",
    "opt-level=optimized,canonical-nans=on,memory-guard=64K,cpu=x86-64",
    "opt-level=optimized,fuel=on",
    "mode=lift-off,tier-up=0",
    "mode=lift-off,tier-up=20,signal-handlers=off",
    "mode=lift-off,tier-up=100,fuel=on",
    "mode=lift-off,tier-up=never",
];

/// An engine under test.
#[derive(Clone)]
pub struct Configured {
    pub settings: &'static str,
    pub engine: Engine,
}

impl Configured {
    /// All that are tested.
    pub fn all() -> Result<Vec<Configured>> {
        CONFIGURATIONS.iter().map(|settings| Configured::new(settings)).collect()
    }

    fn new(settings: &'static str) -> Result<Configured> {
        let mut config = Config::new();
        for setting in settings.split(',') {
            let (name, value) = setting.split_once('=').expect("settings are names and values");
            config.set(name, value)?;
        }
        Ok(Configured { settings, engine: Engine::new(config)? })
    }

    /// Whether every NaN that arithmetic makes is the canonical one.
    pub fn has_canonical_nans(&self) -> bool {
        self.settings.contains("canonical-nans=on")
    }
}
