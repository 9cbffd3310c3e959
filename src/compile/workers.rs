//! Worker threads: who does which job, and when there are to be no more.

use super::lock;
use super::progress::go_on;
use crate::error::{Error, Result};
use crate::llvm::STACK;
use std::cmp::Reverse;
use std::io;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, ScopedJoinHandle};

/// Runs jobs, each with its weight, on up to `threads` threads (as many as there are cores for 0); the heaviest come first,
/// so that none of them is begun when everything else is done. The results are in the order of the jobs; of several errors
/// the first in that order counts.
///
/// Each thread makes one `worker` for itself and does with it one job after the other. The caller's thread waits, and
/// calls `ended` with the position of each job that came to an end. If that breaks or panics, no further job begins, and
/// this returns as soon as those that were begun have ended.
///
/// # Errors
/// Those of jobs and workers; [`Error::Cancelled`] if `ended` broke; [`Error::Limit`] if there can be no thread.
pub(super) fn run<W, J: Send, T: Send>(
    threads: usize,
    jobs: Vec<(usize, J)>,
    worker: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&W, J) -> Result<T> + Sync,
    mut ended: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<T>> {
    let threads = if threads == 0 { thread::available_parallelism().map_or(1, usize::from) } else { threads };
    let threads = threads.min(jobs.len());
    let mut results: Vec<Option<Result<T>>> = jobs.iter().map(|_| None).collect();
    let mut queue: Vec<_> = jobs.into_iter().enumerate().collect();
    queue.sort_by_key(|(_, (weight, _))| Reverse(*weight));
    let queue = Mutex::new(queue.into_iter());
    let stop = AtomicBool::new(false);
    let next = || if stop.load(Ordering::Relaxed) { None } else { lock(&queue).next() };
    let run_jobs = |results: Sender<(usize, Result<T>)>| -> Result<()> {
        let worker = worker()?;
        while let Some((index, (_, job))) = next() {
            // Nobody listens any more once `ended` broke.
            let _ = results.send((index, work(&worker, job)));
        }
        Ok(())
    };
    let run_jobs = &run_jobs;
    thread::scope(|scope| {
        let (sender, arriving) = channel();
        let spawn = |_| {
            let sender = sender.clone();
            builder().spawn_scoped(scope, move || run_jobs(sender)).map_err(no_thread)
        };
        // One worker does all jobs, if there can be no more.
        let mut workers = Workers { threads: vec![spawn(0)?], stop: &stop };
        workers.threads.extend((1..threads).map_while(|worker| spawn(worker).ok()));
        drop(sender);
        for (index, result) in arriving {
            results[index] = Some(result);
            go_on(ended(index))?;
        }
        workers.join()
    })?;
    results.into_iter().map(|result| result.expect("every job was run")).collect()
}

/// How to make a thread that compiles.
pub(super) fn builder() -> thread::Builder {
    thread::Builder::new().name("wasmo-compile".into()).stack_size(STACK)
}

/// There is none.
pub(super) fn no_thread(error: io::Error) -> Error {
    Error::Limit(format!("no thread to compile on: {error}"))
}

/// Waits for such a thread to end.
pub(super) fn join<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(Error::Bug("the compiler panicked".into())))
}

/// Threads that are done with the jobs when this is dropped, and begin no further one from then on.
struct Workers<'scope, 'a> {
    threads: Vec<ScopedJoinHandle<'scope, Result<()>>>,
    stop: &'a AtomicBool,
}

impl Workers<'_, '_> {
    /// Waits for them to end by themselves.
    fn join(mut self) -> Result<()> {
        // All of them, also if one failed.
        let joined: Vec<Result<()>> = self.threads.drain(..).map(join).collect();
        joined.into_iter().collect()
    }
}

impl Drop for Workers<'_, '_> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // Nobody asks any more what came of it.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

    fn on_threads(
        threads: usize,
        weights: &[usize],
        ended: impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<usize>> {
        let jobs = weights.iter().map(|weight| (*weight, *weight)).collect();
        run(threads, jobs, || Ok(()), |(), weight| Ok(weight), ended)
    }

    #[test]
    fn the_heaviest_job_is_the_first_and_results_are_in_order() {
        let weights = [2, 9, 4, 4, 7];
        let mut order = Vec::new();
        let results = on_threads(1, &weights, |index| {
            order.push(index);
            GO_ON
        });
        assert_eq!(results.expect("no error"), weights);
        assert_eq!(order, [1, 4, 2, 3, 0]);
        for threads in [0, 2, 3, 8] {
            assert_eq!(on_threads(threads, &weights, |_| GO_ON).expect("no error"), weights);
        }
    }

    #[test]
    fn there_are_no_more_workers_than_threads_or_jobs() {
        for (threads, jobs, most) in [(1, 9, 1), (3, 9, 3), (8, 2, 2)] {
            let workers = AtomicUsize::new(0);
            let worker = || {
                workers.fetch_add(1, Ordering::Relaxed);
                Ok(())
            };
            let jobs: Vec<_> = (0..jobs).map(|job| (1, job)).collect();
            run(threads, jobs, worker, |(), job| Ok(job), |_| GO_ON).expect("no error");
            assert_eq!(workers.into_inner(), most);
        }
    }

    #[test]
    fn the_first_error_in_the_order_of_the_jobs_counts() {
        let work = |(): &(), job: usize| if job % 2 == 1 { Err(Error::Limit(format!("job {job}"))) } else { Ok(job) };
        let jobs = || (0..6).map(|job| (job, job)).collect();
        let error = run(2, jobs(), || Ok(()), work, |_| GO_ON).expect_err("three errors");
        assert_eq!(error.to_string(), "out of resources: job 1");
        let worker = || Err::<(), _>(Error::Limit("no worker".into()));
        let error = run(2, jobs(), worker, work, |_| GO_ON).expect_err("no worker");
        assert_eq!(error.to_string(), "out of resources: no worker");
    }

    #[test]
    fn no_job_begins_when_no_more_are_wanted() {
        // Together they would take many seconds.
        const MANY: usize = 50_000;
        for panics in [false, true] {
            let begun = AtomicUsize::new(0);
            let work = |(): &(), (): ()| {
                begun.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(1));
                Ok(())
            };
            let ended = |_| {
                assert!(!panics, "expected by the test");
                ControlFlow::Break(())
            };
            let jobs = vec![(1, ()); MANY];
            let ran = catch_unwind(AssertUnwindSafe(|| run(2, jobs, || Ok(()), work, ended)));
            match ran {
                Ok(result) => assert!(!panics && matches!(result, Err(Error::Cancelled))),
                Err(_) => assert!(panics),
            }
            assert!(begun.into_inner() < MANY);
        }
    }

    #[test]
    fn a_job_that_panics_is_an_error() {
        let work = |(): &(), job: usize| {
            assert_ne!(job, 3, "expected by the test");
            Ok(())
        };
        let jobs = (0..6).map(|job| (job, job)).collect();
        let error = run(2, jobs, || Ok(()), work, |_| GO_ON).expect_err("it panicked");
        assert!(error.to_string().contains("the compiler panicked"), "{error}");
    }
}
