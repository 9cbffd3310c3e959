//! The target `artifact`: a compiled module that is read again is the same; one that was damaged is refused; one whose
//! declarations were changed and sealed again is refused or agrees with itself, whatever it takes.

use crate::configurations::Configured;
use crate::counts::Counts;
use crate::generate::{self, Purpose};
use crate::mutate::{damage_bytes, mutate_artifact};
use crate::random::Random;
use crate::run::Engines;
use crate::target::Fault;
use wasmo::{Error, Module};

/// How many variants of an artifact a seed makes.
const VARIANTS: usize = 64;

pub fn run(engines: &Engines, seed: u64, counts: &mut Counts, running: &mut dyn FnMut(&[u8])) -> Result<(), Fault> {
    let random = &Random::new(seed);
    let purpose = *random.pick(&[Purpose::Linking, Purpose::Linking, Purpose::Operators, Purpose::Programs]);
    let module = generate::module(random.next(), purpose);
    let configured = random.pick(&engines.tested);
    running(&module);
    let artifact = artifact(configured, &module).map_err(|what| Fault { module, what })?;
    for _ in 0..VARIANTS {
        let sealed = !random.one_in(4);
        let variant = if sealed { mutate_artifact(random, &artifact) } else { damage_bytes(random, &artifact) };
        running(&variant);
        match judge(configured, &variant, counts) {
            Ok(true) if !sealed && variant != artifact => {
                return Err(Fault { module: variant, what: format!("{}: damage is not noticed", configured.settings) });
            }
            Ok(_) => {}
            Err(what) => return Err(Fault { module: variant, what }),
        }
    }
    Ok(())
}

/// The artifact of a module, which is the same again when it was loaded.
fn artifact(Configured { settings, engine }: &Configured, module: &[u8]) -> Result<Vec<u8>, String> {
    let fault = |error: Error| format!("{settings}: {error}");
    let artifact = Module::new(module, engine).and_then(|module| module.dump()).map_err(fault)?;
    // SAFETY: it is what `dump` has made.
    #[allow(unsafe_code)]
    let loaded = unsafe { Module::load(&artifact, engine) }.map_err(fault)?;
    if loaded.dump().map_err(fault)? != artifact {
        return Err(format!("{settings}: a module that was loaded gives other bytes"));
    }
    let figures = loaded.statistics();
    if figures.linked_units != 0 || !figures.compile_time.is_zero() {
        return Err(format!("{settings}: more was done than loading: {figures:?}"));
    }
    Ok(artifact)
}

/// Whether bytes are taken for an artifact. Nothing of it is linked: it may be code for other declarations.
pub fn judge(configured: &Configured, bytes: &[u8], counts: &mut Counts) -> Result<bool, String> {
    counts.modules += 1;
    match Module::check_artifact(bytes, &configured.engine) {
        Ok(()) => counts.compiled += 1,
        Err(Error::Artifact(reason)) if !reason.is_empty() => return Ok(false),
        Err(other) => return Err(format!("{}: no verdict on the artifact: {other}", configured.settings)),
    }
    Ok(true)
}
