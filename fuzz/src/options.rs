//! The command line.

use crate::target::Target;
use std::path::PathBuf;

#[derive(Default)]
pub struct Options {
    /// What to try; all if none is given.
    pub target: Option<Target>,
    /// How long to try, together.
    pub seconds: Option<u64>,
    /// How many seeds to try, of each target.
    pub modules: Option<u64>,
    /// The first seed.
    pub seed: Option<u64>,
    /// After how many failures to stop.
    pub stop_after: Option<u64>,
    /// How many processes share the work.
    pub jobs: Option<u64>,
    /// Where modules are left that failed.
    pub failures: Option<PathBuf>,
    /// A module to try instead.
    pub file: Option<PathBuf>,
    /// This process is a worker: it tries every so-manieth seed.
    pub worker: Option<u64>,
}

impl Options {
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options::default();
        while let Some(arg) = args.next() {
            if !arg.starts_with('-') {
                options.file = Some(arg.into());
                continue;
            }
            let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
            let number = || value.parse().map_err(|_| format!("{arg} needs a number, not {value}"));
            match arg.as_str() {
                "--target" if value == "all" => options.target = None,
                "--target" => {
                    let target = Target::from_name(&value);
                    options.target = Some(target.ok_or_else(|| format!("there is no target {value}"))?);
                }
                "--seconds" => options.seconds = Some(number()?),
                "--modules" => options.modules = Some(number()?),
                "--seed" => options.seed = Some(number()?),
                "--stop-after" => options.stop_after = Some(number()?),
                "--jobs" => options.jobs = Some(number()?),
                "--failures" => options.failures = Some(value.into()),
                "--worker" => options.worker = Some(number()?),
                _ => return Err(format!("unknown option {arg}")),
            }
        }
        Ok(options)
    }

    pub fn jobs(&self) -> u64 {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        self.jobs.unwrap_or_else(cores).max(1)
    }

    pub fn stop_after(&self) -> u64 {
        self.stop_after.unwrap_or(10)
    }

    pub fn failures(&self) -> PathBuf {
        self.failures.clone().unwrap_or_else(|| "target/fuzz/failures".into())
    }
}
