//! Tries wasmo on random modules, in its various configurations, and compares it with wasmi.
//!
//! ```text
//! wasmo-fuzz --seconds 60 [--jobs 2]                  all targets in turn, new seeds, a minute together
//! wasmo-fuzz --target decode --modules 500 --seed 7   500 seeds of one target
//! wasmo-fuzz --target instantiate --seed 7            one seed
//! wasmo-fuzz --target differential FILE [--seed 7]    a module in all configurations, with the arguments of that seed
//! wasmo-fuzz --target artifact FILE                   bytes that may be an artifact, read in all configurations
//! ```
//!
//! The targets are `differential`, `instantiate`, `decode` and `artifact`. What a seed makes depends on the seed alone. Modules that fail are
//! left in `target/fuzz/failures`, or in the folder that `--failures` names.
#![deny(unsafe_code)]

mod artifact;
mod bodies;
mod chance;
mod configurations;
mod counts;
mod decode;
mod differential;
mod failures;
mod generate;
mod host;
mod instantiate;
mod mutate;
mod numbers;
mod options;
mod process;
mod random;
mod run;
mod side;
mod supervise;
mod target;
mod value;
mod wasmi_module;
mod wasmi_side;
mod wasmi_types;
mod wasmo_side;
mod work;

use counts::Counts;
use failures::Failures;
use options::Options;
use run::Engines;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};
use supervise::Supervisor;
use target::Target;

/// Stack of the thread that programs run on, in bytes: enough for most recursions that their fuel allows.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let run = || {
        let done = Options::from_args(std::env::args().skip(1)).map_err(Into::into).and_then(run);
        done.map_err(|error: Box<dyn Error>| error.to_string())
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread can be started");
    match thread.join() {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) | Err(_) => ExitCode::FAILURE,
        Ok(Err(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what is asked for; whether nothing failed.
fn run(options: Options) -> Result<bool, Box<dyn Error>> {
    let target = options.target.unwrap_or(Target::Differential);
    if let Some(file) = &options.file {
        let (engines, mut counts) = (Engines::new(usize::MAX)?, Counts::default());
        let result = target.run_module(&engines, &std::fs::read(file)?, options.seed.unwrap_or(0), &mut counts);
        println!("{}: {}", file.display(), result.as_ref().err().map_or("passed", String::as_str));
        return Ok(result.is_ok());
    }
    if let Some(stride) = options.worker {
        work::run(&options, target, options.seed.ok_or("a worker needs a seed")?, stride)?;
        return Ok(true);
    }
    supervise(options)
}

fn supervise(mut options: Options) -> Result<bool, Box<dyn Error>> {
    match (options.seconds, options.modules, options.seed) {
        (None, None, None) => return Err("one of --seconds, --modules, --seed and a file is needed".into()),
        (None, None, Some(_)) => options.modules = Some(1),
        _ => {}
    }
    let first = match options.seed {
        Some(seed) => seed,
        // Cases of one run are neighbours; runs start far apart.
        None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as u64,
    };
    println!("the first seed is {first}");
    let targets = options.target.map_or(Target::ALL.to_vec(), |target| vec![target]);
    let (start, mut failed) = (Instant::now(), 0);
    for (index, target) in targets.iter().enumerate() {
        let share = |seconds: u64| Duration::from_secs(seconds) * (index as u32 + 1) / targets.len() as u32;
        let end = options.seconds.map(|seconds| start + share(seconds));
        let failures = Failures::new(options.failures())?;
        let supervisor = Supervisor { options: &options, target: *target, first, failures, end };
        failed += supervisor.run().failed;
    }
    Ok(failed == 0)
}
