//! A differential fuzzer: random modules run in wasmo, at each level of optimisation, and in wasmi, and must do the same.
//!
//! ```text
//! cargo run --release -- --seconds 60             new seeds for a minute
//! cargo run --release -- --seed 7 [--count 10]    these seeds
//! cargo run --release -- FILE [--seed 7]          a module, with the arguments of that seed
//! ```
//!
//! Modules that fail are left in `failures/`. So is the one that was running when the process died: `running-SEED.wasm`.
#![forbid(unsafe_code)]

mod case;
mod generate;
mod host;
mod random;
mod side;
mod value;
mod wasmi_side;
mod wasmo_side;

use case::{Counts, Engines};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

/// Stack of the thread that programs run on, in bytes: enough for most recursions that their fuel allows.
const STACK: usize = 256 << 20;

/// What the command line asks for.
#[derive(Default)]
struct Options {
    seconds: Option<u64>,
    seed: Option<u64>,
    count: Option<u64>,
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let run = || Options::from_args(std::env::args().skip(1)).and_then(run).map_err(|error| error.to_string());
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread can be started");
    match thread.join() {
        Ok(Ok(0)) => ExitCode::SUCCESS,
        Ok(Ok(_)) => ExitCode::FAILURE,
        Ok(Err(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
        Err(_) => ExitCode::FAILURE,
    }
}

impl Options {
    fn from_args(mut args: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
        let mut options = Options::default();
        while let Some(arg) = args.next() {
            let number = match arg.as_str() {
                "--seconds" => &mut options.seconds,
                "--seed" => &mut options.seed,
                "--count" => &mut options.count,
                option if option.starts_with('-') => return Err(format!("unknown option {option}").into()),
                file => {
                    options.file = Some(file.into());
                    continue;
                }
            };
            *number = Some(args.next().ok_or_else(|| format!("{arg} needs a number"))?.parse()?);
        }
        if options.file.is_none() && options.seconds.is_none() && options.seed.is_none() {
            return Err("one of --seconds, --seed and a file is needed".into());
        }
        Ok(options)
    }
}

/// Runs all cases. Returns how many failed.
fn run(options: Options) -> Result<u64, Box<dyn Error>> {
    let (engines, mut counts) = (Engines::new()?, Counts::default());
    if let Some(file) = &options.file {
        counts.cases = 1;
        let module = std::fs::read(file)?;
        match case::run(&engines, &module, options.seed.unwrap_or(0), &mut counts) {
            Ok(()) => counts.passed = 1,
            Err(difference) => {
                counts.failed = 1;
                println!("{}: {difference}", file.display());
            }
        }
    } else {
        let first = match options.seed {
            Some(seed) => seed,
            // Cases of one run are neighbours; runs start far apart.
            None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as u64,
        };
        let end = options.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        let count = options.count.unwrap_or(if end.is_some() { u64::MAX } else { 1 });
        println!("the first seed is {first}");
        for seed in (first..).take(count.try_into()?) {
            if end.is_some_and(|end| Instant::now() >= end) {
                break;
            }
            run_seed(&engines, seed, &mut counts)?;
        }
    }
    let Counts { cases, modules, instances, calls, returns, passed, failed } = counts;
    println!(
        "{cases} cases, {modules} valid modules, {instances} instances, {calls} calls, {returns} of which returned"
    );
    println!("{passed} passed, {failed} failed");
    Ok(failed)
}

/// Runs the module of a seed. Not every seed has one.
fn run_seed(engines: &Engines, seed: u64, counts: &mut Counts) -> Result<(), Box<dyn Error>> {
    counts.cases += 1;
    let Some(module) = generate::module(seed) else { return Ok(()) };
    let failures = Path::new(env!("CARGO_MANIFEST_DIR")).join("failures");
    std::fs::create_dir_all(&failures)?;
    let running = failures.join(format!("running-{seed}.wasm"));
    std::fs::write(&running, &module)?;
    match case::run(engines, &module, seed, counts) {
        Ok(()) => counts.passed += 1,
        Err(difference) => {
            counts.failed += 1;
            println!("seed {seed}: {difference}");
            std::fs::write(failures.join(format!("{seed}.wasm")), &module)?;
            std::fs::write(failures.join(format!("{seed}.wat")), wasmprinter::print_bytes(&module)?)?;
        }
    }
    Ok(std::fs::remove_file(running)?)
}
