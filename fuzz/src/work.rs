//! A worker: a process that tries cases, and tells the supervisor before and after each.

use crate::counts::Counts;
use crate::failures::Failures;
use crate::options::Options;
use crate::process;
use crate::run::Engines;
use crate::target::Target;
use std::error::Error;
use std::time::{Duration, Instant};

/// Tries every `stride`-th seed from `first` on.
pub fn run(options: &Options, target: Target, first: u64, stride: u64) -> Result<(), Box<dyn Error>> {
    let (engines, failures) = (Engines::new(CONFIGURATIONS_OF_A_CASE)?, Failures::new(options.failures())?);
    let end = options.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut counts = Counts::default();
    let seeds = (0..options.modules.unwrap_or(u64::MAX)).map(|case| first.wrapping_add(case.wrapping_mul(stride)));
    for seed in seeds {
        if end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
        println!("{START} {seed}");
        let running = failures.running(target, seed);
        let mut keep = |module: &[u8]| std::fs::write(&running, module).expect("failures can be written");
        if let Err(fault) = target.run(&engines, seed, &mut counts, &mut keep) {
            counts.failed += 1;
            failures.report(target, seed, &fault)?;
        }
        std::fs::remove_file(&running)?;
        counts.cases += 1;
        counts.cpu = process::cpu(std::process::id()).unwrap_or(0);
        println!("{DONE} {counts}");
    }
    Ok(())
}

/// In how many configurations a case runs. More find less in the same time: what one does wrong is seldom right in all others.
const CONFIGURATIONS_OF_A_CASE: usize = 2;

/// Said before a case, with the seed.
pub const START: &str = "start";
/// Said after a case, with all counts of this process.
pub const DONE: &str = "done";
