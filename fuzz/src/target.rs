//! What is tried on the engines.

use crate::counts::Counts;
use crate::generate::{self, Purpose};
use crate::random::Random;
use crate::run::{End, Engines};
use crate::{artifact, decode, differential, instantiate};
use std::time::Duration;

#[derive(Clone, Copy, PartialEq)]
pub enum Target {
    Differential,
    Instantiate,
    Decode,
    Artifact,
}

/// What was found, and in which module.
pub struct Fault {
    pub module: Vec<u8>,
    pub what: String,
}

impl Target {
    pub const ALL: [Target; 4] = [Target::Differential, Target::Instantiate, Target::Decode, Target::Artifact];

    pub fn name(self) -> &'static str {
        match self {
            Target::Differential => "differential",
            Target::Instantiate => "instantiate",
            Target::Decode => "decode",
            Target::Artifact => "artifact",
        }
    }

    pub fn from_name(name: &str) -> Option<Target> {
        Target::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Processor time that no case takes.
    pub fn patience(self) -> Duration {
        Duration::from_secs(if self == Target::Decode { 10 } else { 60 })
    }

    /// Runs the case of a seed. `running` learns of each module before it is tried.
    pub fn run(
        self,
        engines: &Engines,
        seed: u64,
        counts: &mut Counts,
        running: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault> {
        let purpose = match self {
            Target::Decode => return decode::run(engines, seed, counts, running),
            Target::Artifact => return artifact::run(engines, seed, counts, running),
            Target::Instantiate => Purpose::Linking,
            _ if Random::new(seed ^ 1).one_in(3) => Purpose::Operators,
            _ => Purpose::Programs,
        };
        let module = generate::module(seed, purpose);
        running(&module);
        let result = self.run_module(engines, &module, seed, counts);
        result.map_err(|what| Fault { module, what })
    }

    /// Runs a module; the rest of the case is that of a seed.
    pub fn run_module(self, engines: &Engines, module: &[u8], seed: u64, counts: &mut Counts) -> Result<(), String> {
        let end = match self {
            Target::Differential => differential::run(engines, module, seed, counts),
            Target::Instantiate => instantiate::run(engines, module, seed, counts),
            Target::Decode => return decode::judge(engines, module, counts),
            Target::Artifact => {
                return engines.tested.iter().try_for_each(|it| artifact::judge(it, module, counts).map(drop));
            }
        };
        match end {
            Err(End::Differs(what)) => Err(what),
            Err(End::Over) | Ok(()) => Ok(()),
        }
    }
}
