//! The supervisor: it starts workers and watches them. A worker that dies, hangs or takes too much memory is a failure like any
//! other; its work goes on in a new one.

use crate::counts::Counts;
use crate::failures::Failures;
use crate::options::Options;
use crate::process;
use crate::target::{Fault, Target};
use crate::work::{DONE, START};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Memory that no worker needs, in bytes.
const MOST_MEMORY: u64 = 3 << 30;
/// A case that does nothing for so long waits for what never comes.
const DEADLOCK: Duration = Duration::from_secs(600);
const PROGRESS: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(100);

pub struct Supervisor<'a> {
    pub options: &'a Options,
    pub target: Target,
    pub first: u64,
    pub failures: Failures,
    /// When to stop, if not at the last seed.
    pub end: Option<Instant>,
}

/// What a worker is at.
#[derive(Default)]
struct Worker {
    child: Option<Child>,
    case: Option<Case>,
    /// Of this process.
    counts: Counts,
    /// Of those before it, and what killed them.
    before: Counts,
    /// Why it was killed.
    killed: Option<String>,
}

struct Case {
    seed: u64,
    since: Instant,
    /// The worker's processor time when the case was first seen.
    cpu: Option<u64>,
}

impl Supervisor<'_> {
    /// Tries all that is asked for. Returns what was done.
    pub fn run(&self) -> Counts {
        let jobs = self.options.jobs();
        let workers: Vec<Mutex<Worker>> = (0..jobs).map(|_| Mutex::default()).collect();
        let stopping = AtomicBool::new(false);
        let start = Instant::now();
        thread::scope(|scope| {
            let stopping = &stopping;
            let spawn = |(job, worker)| scope.spawn(move || self.drive(job, worker, stopping));
            let threads: Vec<ScopedJoinHandle<'_, ()>> = (0..).zip(&workers).map(spawn).collect();
            let mut told = Instant::now();
            while !threads.iter().all(|thread| thread.is_finished()) {
                thread::sleep(TICK);
                workers.iter().for_each(|worker| self.watch(&mut worker.lock().expect("no thread panics")));
                if sum(&workers).failed >= self.options.stop_after() {
                    stopping.store(true, Ordering::Relaxed);
                }
                if stopping.load(Ordering::Relaxed) {
                    workers.iter().for_each(|worker| worker.lock().expect("no thread panics").kill(None));
                }
                if told.elapsed() >= PROGRESS {
                    told = Instant::now();
                    self.tell(start, &workers);
                }
            }
        });
        self.tell(start, &workers);
        sum(&workers)
    }

    fn tell(&self, start: Instant, workers: &[Mutex<Worker>]) {
        let id = |worker: &Mutex<Worker>| worker.lock().expect("no thread panics").child.as_ref().map(Child::id);
        let memory = workers.iter().filter_map(id).filter_map(process::memory).max();
        let memory = memory.map_or(String::new(), |bytes| format!(", {} MiB", bytes >> 20));
        println!("{}: {} s, {}{memory}", self.target.name(), start.elapsed().as_secs(), sum(workers).sentence());
    }

    /// Starts workers for one share of the seeds, one after the other.
    fn drive(&self, job: u64, worker: &Mutex<Worker>, stopping: &AtomicBool) {
        let lock = || worker.lock().expect("no thread panics");
        let jobs = self.options.jobs();
        let mut next = self.first.wrapping_add(job);
        let mut left = self.options.modules.map_or(u64::MAX, |modules| modules.saturating_sub(job).div_ceil(jobs));
        while left > 0 && !stopping.load(Ordering::Relaxed) && self.end.is_none_or(|end| Instant::now() < end) {
            let mut child = self.start(next, left).expect("a worker can be started");
            let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
            lock().child = Some(child);
            for line in lines.map_while(Result::ok) {
                let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
                let mut worker = lock();
                match (word, rest.parse()) {
                    (START, Ok(seed)) => worker.case = Some(Case { seed, since: Instant::now(), cpu: None }),
                    (DONE, _) => {
                        worker.counts = rest.parse().expect("workers tell counts");
                        worker.case = None;
                        next = next.wrapping_add(jobs);
                        left -= 1;
                    }
                    _ => eprintln!("a worker says: {line}"),
                }
            }
            let mut worker = lock();
            let status = worker.child.take().expect("nobody else takes it").wait().expect("it was started");
            let counts = std::mem::take(&mut worker.counts);
            worker.before += counts;
            if status.success() || stopping.load(Ordering::Relaxed) {
                break;
            }
            worker.before.failed += 1;
            let killed = worker.killed.take();
            let Some(Case { seed, .. }) = worker.case.take() else {
                eprintln!("{}: a worker ended before it began: {status}", self.target.name());
                break;
            };
            drop(worker);
            let what = killed.unwrap_or_else(|| format!("the process died: {status}"));
            self.report(seed, what);
            next = next.wrapping_add(jobs);
            left -= 1;
        }
    }

    fn start(&self, seed: u64, modules: u64) -> std::io::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--target", self.target.name(), "--worker", &self.options.jobs().to_string()]);
        command.args(["--seed", &seed.to_string(), "--modules", &modules.to_string()]);
        command.arg("--failures").arg(self.failures.folder());
        if let Some(end) = self.end {
            let seconds = end.saturating_duration_since(Instant::now()).as_secs_f64().ceil();
            command.args(["--seconds", &seconds.to_string()]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
    }

    fn report(&self, seed: u64, what: String) {
        let running = self.failures.running(self.target, seed);
        let module = std::fs::read(&running).unwrap_or_default();
        let reported = self.failures.report(self.target, seed, &Fault { module, what });
        if let Err(error) = reported.and_then(|()| std::fs::remove_file(running)) {
            eprintln!("{}, seed {seed}: {error}", self.target.name());
        }
    }

    /// Kills a worker that takes too much time or memory.
    fn watch(&self, worker: &mut Worker) {
        let Some(id) = worker.child.as_ref().map(Child::id) else { return };
        let (now, patience) = (process::cpu(id), self.target.patience());
        let Some(case) = &mut worker.case else { return };
        let start = *case.cpu.get_or_insert(now.unwrap_or(0));
        let used = Duration::from_millis(10 * now.unwrap_or(0).saturating_sub(start));
        let memory = process::memory(id).unwrap_or(0);
        let why = if used > patience {
            format!("no end after {} CPU s", patience.as_secs())
        } else if case.since.elapsed() > DEADLOCK {
            format!("no end after {} s", DEADLOCK.as_secs())
        } else if memory > MOST_MEMORY {
            format!("the process uses {} MiB", memory >> 20)
        } else {
            return;
        };
        worker.kill(Some(why));
    }
}

impl Worker {
    fn kill(&mut self, why: Option<String>) {
        self.killed = why;
        if let Some(child) = &mut self.child {
            // It may have ended meanwhile.
            let _ = child.kill();
        }
    }
}

fn sum(workers: &[Mutex<Worker>]) -> Counts {
    let mut sum = Counts::default();
    for worker in workers {
        let worker = worker.lock().expect("no thread panics");
        sum += worker.counts;
        sum += worker.before;
    }
    sum
}
