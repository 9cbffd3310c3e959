//! The tests of the WebAssembly specification, through the Rust API, in every mode: at each optimisation level, with
//! signal handlers and without, and in Lift-Off. Each mode runs twice: in a process that compiles the modules, and in a new
//! one that loads them all, which Lift-Off has no part in.
//!
//! `cargo test --test spec [-- PART...]` runs the scripts whose `suite/file.wast` contains one of the parts, or all of
//! them.
//! - `WASMO_SPEC_MODE=none|optimized|none-checked|optimized-checked|lift-off-at-once|lift-off|lift-off-never` restricts the
//!   run to one mode.
//! - `WASMO_WAST_DIR=folder` runs the scripts of that folder instead of the suites.
//! - `WASMO_SPEC_TRACE=1` writes each directive before it runs: it shows where a process died.
//!
//! Every directive counts as one test. Those that are not expected to pass are listed, with the reason, in
//! `spec/unsupported.txt` and
//! `spec/superseded.txt`; they count as skipped.
//! The last line is always `N passed, N failed, N skipped`; the exit code is 0 only if nothing failed.

mod support;

mod spec {
    pub mod lists;
    pub mod plan;
    pub mod report;
    pub mod script;
    pub mod session;
    pub mod spectest;
    pub mod value;
}

use spec::plan::{Job, Plan, Source};
use spec::report::{Counts, Report};
use std::env;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use support::directory::Directory;

/// Scripts that run at the same time.
const WORKERS: usize = 2;

/// How long a script may take. The slowest needs seconds; one that loops for ever must not stop the run.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// Tells the process that loads the modules where they are.
const CACHES: &str = "WASMO_SPEC_CACHES";

fn main() -> ExitCode {
    match env::var_os(CACHES) {
        Some(caches) => run(Source::Loaded, Path::new(&caches)),
        None => run(Source::Compiled, &Directory::new("spec").0),
    }
}

fn run(source: Source, caches: &Path) -> ExitCode {
    let plan = match Plan::from_environment(source, caches) {
        Ok(plan) => plan,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    for fault in &plan.faults {
        println!("{fault}");
    }
    let counts = run_all(&plan);
    let mut total = Counts { failed: plan.faults.len(), ..Counts::default() };
    println!();
    for group in plan.jobs.iter().zip(&counts).collect::<Vec<_>>().chunk_by(|(a, _), (b, _)| a.heading() == b.heading())
    {
        let sum: Counts = group.iter().map(|(_, counts)| **counts).sum();
        println!("{}: {sum}", group[0].0.heading());
        total = total + sum;
    }
    if source == Source::Compiled {
        total = total + run_loaded(caches);
    }
    println!("\n{total}");
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the same in a new process that loads the modules from `caches`, and passes on what it writes.
fn run_loaded(caches: &Path) -> Counts {
    let mut command = Command::new(env::current_exe().expect("this program"));
    let command = command.args(env::args_os().skip(1)).env(CACHES, caches).stderr(Stdio::inherit());
    let output = command.output().expect("a child");
    let text = String::from_utf8_lossy(&output.stdout);
    let (lines, counts) = text.trim_end().rsplit_once('\n').unwrap_or_default();
    println!("{}", lines.trim_end());
    counts.parse().unwrap_or_else(|reason| {
        println!("the process that loads the modules ended with {}: {reason}", output.status);
        Counts { failed: 1, ..Counts::default() }
    })
}

/// Runs the jobs of the plan, writes the failures of each when it has ended, and returns the counts in the order of the
/// jobs.
fn run_all(plan: &Plan) -> Vec<Counts> {
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(vec![Counts::default(); plan.jobs.len()]);
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = plan.jobs.get(index) else { break };
                    let report = run_one(plan, job);
                    report.print_failures();
                    counts.lock().expect("no worker panics")[index] = report.counts;
                }
            });
        }
    });
    counts.into_inner().expect("no worker panics")
}

/// Runs a script on a thread of its own. That thread is left behind if it takes too long.
fn run_one(plan: &Plan, job: &Job) -> Report {
    let (sender, receiver) = mpsc::channel();
    let (owned, listed) = (job.clone(), plan.lists.of(&job.script.path));
    let run = move || {
        // After the time limit nobody listens any more.
        let _ = sender.send(spec::script::run(&owned, &listed));
    };
    let thread = thread::Builder::new().name(job.to_string()).spawn(run).expect("a thread");
    let reason = match receiver.recv_timeout(TIME_LIMIT) {
        Ok(report) => {
            // Its thread-local destructors must not run into the next script.
            return match thread.join() {
                Ok(_) => report,
                Err(_) => report.and_failure("panicked after the script had ended"),
            };
        }
        Err(RecvTimeoutError::Timeout) => format!("expected an end, still running after {} s", TIME_LIMIT.as_secs()),
        Err(RecvTimeoutError::Disconnected) => "the thread of the script panicked".to_owned(),
    };
    Report::new(job.clone()).and_failure(&reason)
}
