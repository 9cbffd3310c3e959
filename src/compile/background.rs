//! Work in the background: what threads do that run beside the program.

use super::{lock, workers};
use crate::error::Result;
use crate::sys::{NoFork, generation, give_way, hold_exit, no_fork, without_signals};
use once_cell::race::OnceBox;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A job for the background.
pub(crate) trait Job: Send + Sync + 'static {
    /// How many are to wait. Those that were added first are dropped, when there are twice as many.
    const MOST_WAITING: usize = usize::MAX;
    /// Whose job it is, see [`Background::wait`].
    fn owner(&self) -> u64;
    /// How urgent it is by now: of those that wait the most urgent is the next, of several the one that was added last.
    fn urgency(&self) -> u32;
    /// Whether anybody wants it done.
    fn is_wanted(&self) -> bool;
    /// Does it.
    fn run(&self);
}

/// Some threads with jobs to do. They come with the jobs, and leave when there were none for a while. When this is dropped,
/// jobs that wait are dropped, and those that run are not waited for.
pub(crate) struct Background<J> {
    threads: usize,
    gives_way: bool,
    crew: OnceBox<Arc<Crew<J>>>,
}

/// The threads of one process. A child of a fork has others: those of its parent are not there, whatever they held. It
/// takes over what they had to do.
struct Crew<J> {
    generation: u32,
    state: Mutex<State<J>>,
    /// Tells threads of a job, or of the end.
    changed: Condvar,
    /// Tells those who wait for jobs that one ended.
    ended: Condvar,
    in_child: OnceBox<Arc<Crew<J>>>,
}

struct State<J> {
    waiting: Vec<Arc<J>>,
    /// What each thread does: a job, with others that it does along, see [`Background::take_along`].
    running: Vec<Vec<Arc<J>>>,
    threads: usize,
    idle: usize,
    is_over: bool,
    /// How many may wait until it is looked for those that nobody wants any more.
    enough: usize,
}

/// How long a thread without a job stays.
const PATIENCE: Duration = Duration::from_secs(2);
/// See [`State::enough`]; at least.
const FEW: usize = 64;

impl<J: Job> Background<J> {
    /// No thread yet, and at most `threads`, which run when others leave them time if they are to give way.
    pub fn new(threads: usize, gives_way: bool) -> Background<J> {
        Background { threads, gives_way, crew: OnceBox::new() }
    }

    /// Adds jobs.
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) if there can be no thread; the jobs are dropped.
    pub fn add(&self, jobs: impl IntoIterator<Item = J>) -> Result<()> {
        let jobs: Vec<_> = jobs.into_iter().map(Arc::new).collect();
        if jobs.is_empty() {
            return Ok(());
        }
        let crew = self.crew();
        let (mut state, no_fork) = crew.state();
        self.staff(crew, &mut state)?;
        state.waiting.extend(jobs);
        let unwanted = state.take_unwanted();
        crew.changed.notify_one();
        // They are dropped when others can go on.
        drop((state, no_fork));
        drop(unwanted);
        Ok(())
    }

    /// How many jobs of this owner wait or run.
    pub fn count(&self, owner: u64) -> usize {
        self.crew().state().0.count(owner)
    }

    /// For a job that runs: the most urgent of those of its owner that wait, which it does along.
    pub fn take_along(&self, job: &J) -> Option<Arc<J>> {
        let (mut state, _no_fork) = self.crew().state();
        let position = state.most_urgent(|other| other.owner() == job.owner())?;
        let taken = state.waiting.remove(position);
        let running = state.running.iter_mut().find(|running| std::ptr::eq(&*running[0], job));
        running.expect("the job runs").push(taken.clone());
        Some(taken)
    }

    /// Waits until no job of this owner waits or runs.
    ///
    /// # Errors
    /// As [`Self::add`], where nobody does what waits.
    pub fn wait(&self, owner: u64) -> Result<()> {
        let crew = self.crew();
        let (mut state, no_fork) = crew.state();
        if state.count(owner) > 0 {
            self.staff(crew, &mut state)?;
        }
        // A fork may come while this waits.
        drop(no_fork);
        drop(crew.ended.wait_while(state, |state| state.count(owner) > 0).unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// The threads of this process.
    fn crew(&self) -> &Arc<Crew<J>> {
        let generation = generation();
        let mut crew = self.crew.get_or_init(|| Box::new(Crew::new(Vec::new())));
        while crew.generation != generation {
            crew = crew.in_child.get_or_init(|| Box::new(Crew::new(crew.left())));
        }
        crew
    }

    /// Sees to a thread for a job, if there may be one more.
    fn staff(&self, crew: &Arc<Crew<J>>, state: &mut State<J>) -> Result<()> {
        if state.idle > 0 || state.threads == self.threads {
            return Ok(());
        }
        let (of_thread, gives_way) = (crew.clone(), self.gives_way);
        match without_signals(|| workers::builder().spawn(move || of_thread.work(gives_way))) {
            Ok(_) => state.threads += 1,
            Err(error) if state.threads == 0 => return Err(workers::no_thread(error)),
            Err(_) => {}
        }
        Ok(())
    }
}

impl<J> Drop for Background<J> {
    fn drop(&mut self) {
        let mut crew = self.crew.get();
        while let Some(of_process) = crew {
            if of_process.generation == generation() {
                let mut state = lock(&of_process.state);
                state.is_over = true;
                let waiting = std::mem::take(&mut state.waiting);
                of_process.changed.notify_all();
                drop(state);
                drop(waiting);
            }
            crew = of_process.in_child.get();
        }
    }
}

impl<J> State<J> {
    fn jobs(&self) -> impl Iterator<Item = &Arc<J>> {
        self.waiting.iter().chain(self.running.iter().flatten())
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.is_over
    }
}

impl<J: Job> State<J> {
    fn count(&self, owner: u64) -> usize {
        self.jobs().filter(|job| job.owner() == owner).count()
    }

    fn most_urgent(&self, may: impl Fn(&J) -> bool) -> Option<usize> {
        let waiting = self.waiting.iter().enumerate().filter(|(_, job)| may(job));
        waiting.max_by_key(|(_, job)| job.urgency()).map(|(position, _)| position)
    }

    fn next(&mut self) -> Option<Arc<J>> {
        let job = self.waiting.remove(self.most_urgent(|_| true)?);
        self.running.push(vec![job.clone()]);
        Some(job)
    }

    /// Takes out what waits and nobody wants, and what is too much; looks for it when as much again was added.
    fn take_unwanted(&mut self) -> Vec<Arc<J>> {
        if self.waiting.len() < self.enough {
            return Vec::new();
        }
        let too_many = self.waiting.len().saturating_sub(J::MOST_WAITING);
        let (kept, unwanted): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .enumerate()
            .partition(|(position, job)| *position >= too_many && job.is_wanted());
        self.waiting = kept.into_iter().map(|(_, job)| job).collect();
        self.enough = (2 * self.waiting.len()).max(FEW);
        unwanted.into_iter().map(|(_, job)| job).collect()
    }
}

impl<J: Job> Crew<J> {
    fn new(waiting: Vec<Arc<J>>) -> Arc<Crew<J>> {
        let state = State { waiting, running: Vec::new(), threads: 0, idle: 0, is_over: false, enough: FEW };
        Arc::new(Crew {
            generation: generation(),
            state: Mutex::new(state),
            changed: Condvar::new(),
            ended: Condvar::new(),
            in_child: OnceBox::new(),
        })
    }

    /// The state, for as long as nobody forks.
    fn state(&self) -> (MutexGuard<'_, State<J>>, NoFork) {
        let no_fork = no_fork();
        (lock(&self.state), no_fork)
    }

    /// What this crew of another process leaves undone. Nothing if the process was forked in the moment in which a thread
    /// without a job woke up.
    fn left(&self) -> Vec<Arc<J>> {
        let Ok(state) = self.state.try_lock() else { return Vec::new() };
        state.jobs().cloned().collect()
    }

    /// What each thread does.
    fn work(&self, gives_way: bool) {
        if gives_way {
            give_way();
        }
        loop {
            let (mut state, no_fork) = self.state();
            let Some(job) = state.next() else {
                // Not while this waits.
                drop(no_fork);
                state.idle += 1;
                let waited = self.changed.wait_timeout_while(state, PATIENCE, |state| state.is_idle());
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                state.idle -= 1;
                if state.waiting.is_empty() {
                    state.threads -= 1;
                    return;
                }
                continue;
            };
            drop((state, no_fork));
            // Nothing begins any more when the process ends.
            if let Some(_held) = hold_exit() {
                // What comes of it is the job's business.
                let _ = catch_unwind(AssertUnwindSafe(|| job.run()));
            }
            let (mut state, no_fork) = self.state();
            let position = state.running.iter().position(|running| Arc::ptr_eq(&running[0], &job));
            let ended = state.running.swap_remove(position.expect("it ran"));
            self.ended.notify_all();
            drop((state, no_fork));
            // It may be the last that keeps something, which then goes here.
            drop((job, ended));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Sender, channel};

    struct Test {
        owner: u64,
        urgency: u32,
        run: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    }

    impl Job for Test {
        fn owner(&self) -> u64 {
            self.owner
        }
        fn urgency(&self) -> u32 {
            self.urgency
        }
        fn is_wanted(&self) -> bool {
            true
        }
        fn run(&self) {
            let run = lock(&self.run).take();
            run.expect("it runs once")()
        }
    }

    fn job(owner: u64, urgency: u32, run: impl FnOnce() + Send + 'static) -> Test {
        Test { owner, urgency, run: Mutex::new(Some(Box::new(run))) }
    }

    fn add(background: &Background<Test>, job: Test) {
        background.add([job]).expect("a thread");
    }

    /// A job that runs until the result is dropped.
    fn busy(background: &Background<Test>) -> Sender<()> {
        let (sender, receiver) = channel::<()>();
        let (begun, begins) = channel();
        add(
            background,
            job(0, u32::MAX, move || {
                begun.send(()).expect("it waits");
                let _ = receiver.recv();
            }),
        );
        begins.recv().expect("it begins");
        sender
    }

    #[test]
    fn the_most_urgent_job_is_the_next() {
        let background = Background::new(1, true);
        let hold = busy(&background);
        let order = Arc::new(Mutex::new(Vec::new()));
        for urgency in [2, 9, 4, 7] {
            let order = order.clone();
            add(&background, job(1, urgency, move || lock(&order).push(urgency)));
        }
        assert_eq!((background.count(0), background.count(1), background.count(2)), (1, 4, 0));
        drop(hold);
        background.wait(1).expect("a thread");
        assert_eq!(*lock(&order), [9, 7, 4, 2]);
        background.wait(2).expect("a thread");
    }

    #[test]
    fn there_are_no_more_threads_than_are_allowed() {
        let background = Background::new(3, false);
        let holds: Vec<_> = (0..3).map(|_| busy(&background)).collect();
        let ran = Arc::new(AtomicUsize::new(0));
        for _ in 0..10 {
            let ran = ran.clone();
            let count = move || {
                ran.fetch_add(1, Ordering::Relaxed);
            };
            add(&background, job(1, 0, count));
        }
        assert_eq!((background.count(0), background.count(1), ran.load(Ordering::Relaxed)), (3, 10, 0));
        drop(holds);
        background.wait(1).expect("a thread");
        assert_eq!(ran.load(Ordering::Relaxed), 10);
    }

    #[test]
    fn a_job_that_panics_ends() {
        let background = Background::new(1, true);
        add(&background, job(1, 0, || panic!("expected by the test")));
        background.wait(1).expect("a thread");
        let (sender, receiver) = channel();
        add(&background, job(1, 0, move || sender.send(()).expect("it waits")));
        receiver.recv().expect("the thread goes on");
    }

    #[test]
    fn what_waits_is_dropped_with_it_and_what_runs_is_not_waited_for() {
        let background = Background::new(1, true);
        let hold = busy(&background);
        let (sender, receiver) = channel::<()>();
        add(&background, job(1, 0, move || sender.send(()).expect("it waits")));
        drop(background);
        assert!(receiver.recv().is_err(), "it never ran");
        drop(hold);
    }
}
