//! The target `decode`: whatever bytes are given for a module, there is one verdict on them, the right one, and soon.

use crate::configurations::Configured;
use crate::counts::Counts;
use crate::generate::{self, Purpose};
use crate::mutate::{mutate, mutate_text};
use crate::random::Random;
use crate::run::Engines;
use crate::target::Fault;
use wasmo::Error;
use wasmparser::{Validator, WasmFeatures};

/// How many variants of a module a seed makes.
const VARIANTS: usize = 12;

/// Modules of every section and of proposals that are not implemented.
const CORPUS: [&str; 4] = [
    include_str!("../corpus/sections.wat"),
    include_str!("../corpus/segments.wat"),
    include_str!("../corpus/code.wat"),
    include_str!("../corpus/proposals.wat"),
];

#[derive(Clone, Copy, PartialEq, Debug)]
enum Verdict {
    Valid,
    Invalid,
    Unsupported,
    Limit,
}

pub fn run(engines: &Engines, seed: u64, counts: &mut Counts, running: &mut dyn FnMut(&[u8])) -> Result<(), Fault> {
    let random = &Random::new(seed);
    let (base, other) = (base(random), base(random));
    for _ in 0..VARIANTS {
        let module = match random.one_in(8) {
            true => match wasmprinter::print_bytes(&base) {
                Ok(text) => mutate_text(random, &text),
                Err(_) => continue,
            },
            false => mutate(random, &base, &other),
        };
        running(&module);
        judge(engines, &module, counts).map_err(|what| Fault { module, what })?;
    }
    Ok(())
}

/// A valid module.
fn base(random: &Random) -> Vec<u8> {
    match random.below(8) {
        0 | 1 => wat::parse_str(random.pick(&CORPUS)).expect("the corpus is correct"),
        2 | 3 => generate::any_module(random),
        4 => generate::module(random.next(), Purpose::Operators),
        5 => generate::module(random.next(), Purpose::Programs),
        _ => generate::module(random.next(), Purpose::Linking),
    }
}

/// Whether all agree on a module.
pub fn judge(engines: &Engines, bytes: &[u8], counts: &mut Counts) -> Result<(), String> {
    let Configured { settings, engine } = &engines.tested[0];
    let validated = verdict(engine.validate(bytes)).map_err(|error| format!("validation: {error}"))?;
    let compiled =
        verdict(wasmo::Module::new(bytes, engine).map(drop)).map_err(|error| format!("{settings}: {error}"))?;
    counts.modules += 1;
    counts.compiled += u64::from(compiled == Verdict::Valid);
    let expected = match validated {
        Verdict::Valid if compiled == Verdict::Limit => Verdict::Limit,
        Verdict::Limit => return Err("validation runs into a limit".into()),
        other => other,
    };
    if compiled != expected {
        return Err(format!("{settings}: {compiled:?}, but validation says {validated:?}"));
    }
    // What is text for wasmo is text for `wat`.
    let binary = if bytes.starts_with(b"\0") { Some(bytes.into()) } else { wat::parse_bytes(bytes).ok() };
    let accepts = |features| {
        binary.as_ref().is_some_and(|binary| Validator::new_with_features(features).validate_all(binary).is_ok())
    };
    match (validated, accepts(implemented())) {
        (Verdict::Valid, false) => Err("wasmparser does not accept the module, wasmo does".into()),
        (Verdict::Invalid | Verdict::Unsupported, true) => {
            Err(format!("wasmparser accepts the module, wasmo says {validated:?}"))
        }
        (Verdict::Unsupported, false) if !accepts(WasmFeatures::all()) => {
            Err("the module is said to be not supported, but is not valid".into())
        }
        _ => Ok(()),
    }
}

fn verdict(result: wasmo::Result<()>) -> Result<Verdict, Error> {
    match result {
        Ok(()) => Ok(Verdict::Valid),
        Err(Error::Invalid(_)) => Ok(Verdict::Invalid),
        Err(Error::Unsupported(_)) => Ok(Verdict::Unsupported),
        Err(Error::Limit(_)) => Ok(Verdict::Limit),
        Err(other) => Err(other),
    }
}

/// What wasmo implements.
fn implemented() -> WasmFeatures {
    WasmFeatures::MVP
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::REFERENCE_TYPES
}
