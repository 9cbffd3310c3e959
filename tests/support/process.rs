//! What this process uses, and limits to it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps other tests of this program that ask for the same from running meanwhile: what they use would count.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Number of mappings.
pub fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").expect("the mappings").lines().count()
}

/// Bytes of memory in use, once what the allocator keeps for later is given back.
pub fn resident() -> usize {
    const PAGE: usize = 4096;
    // SAFETY: it may be called at any time.
    unsafe { libc::malloc_trim(0) };
    statm()[1] * PAGE
}

/// Bytes of address space in use.
pub fn address_space() -> usize {
    const PAGE: usize = 4096;
    statm()[0] * PAGE
}

/// Total and resident size in pages, first of all.
fn statm() -> Vec<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").expect("the sizes");
    text.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

/// Does `round` again and again: after the first few times, neither mappings nor memory may become more.
pub fn assert_flat(rounds: usize, mut round: impl FnMut()) {
    (0..rounds.div_ceil(4)).for_each(|_| round());
    let before = (mappings(), resident());
    (0..rounds).for_each(|_| round());
    let after = (mappings(), resident());
    // Each arena of the allocator is two mappings, and it makes up to eight for each core when threads come together.
    let arenas = 8 * std::thread::available_parallelism().map_or(1, usize::from);
    let some = (16 + 2 * arenas, 4 << 20);
    assert!(after.0 <= before.0 + some.0, "{} mappings became {}", before.0, after.0);
    assert!(after.1 <= before.1 + some.1, "{} bytes became {}", before.1, after.1);
}

/// Runs `what` in a process of its own: this very test again, by its name.
pub fn in_a_process(test: &str, what: impl FnOnce()) {
    in_a_process_with(&[], test, what);
}

/// The same with some environment variables set. What the process wrote; none in that process itself.
pub fn in_a_process_with(variables: &[(&str, &str)], test: &str, what: impl FnOnce()) -> Option<String> {
    const CHILD: &str = "WASMO_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        what();
        return None;
    }
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", test, "--nocapture"]).env(CHILD, "1").envs(variables.iter().copied());
    let output = command.output().expect("a child");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{}: {text}", output.status);
    Some(text.into_owned())
}

/// Behind a fork: the child does `check` and ends. To be called on both sides.
pub fn end_child(child: libc::pid_t, check: impl FnOnce() -> bool) {
    if child == 0 {
        // A panic ends here: behind it libtest would end the child as if all were well.
        let works = catch_unwind(AssertUnwindSafe(check)).unwrap_or(false);
        // SAFETY: it may be called at any time.
        unsafe { libc::_exit(i32::from(!works)) };
    }
}

/// Waits for a child, in which all was well.
pub fn await_child(child: libc::pid_t) {
    let mut status = -1;
    // SAFETY: writes the status.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
}

/// Lets this process use `more` bytes of address space beyond what it uses now.
pub fn limit_address_space(more: usize) {
    let bytes = (address_space() + more) as libc::rlim_t;
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: reads the structure.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
}

/// Makes mappings until there can be no more.
pub fn use_up_mappings() -> Vec<*mut libc::c_void> {
    const PAGE: usize = 4096;
    const MOST: usize = 2 << 20;
    let mut pages = Vec::with_capacity(MOST);
    while pages.len() < MOST {
        // Neighbours that differ are not merged.
        let protection = if pages.len() % 2 == 0 { libc::PROT_READ } else { libc::PROT_NONE };
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping wherever the kernel finds room.
        let page = unsafe { libc::mmap(std::ptr::null_mut(), PAGE, protection, flags, -1, 0) };
        if page == libc::MAP_FAILED {
            return pages;
        }
        pages.push(page);
    }
    panic!("{MOST} mappings, and there may be more");
}

/// Seconds of CPU that all threads of this process used for `work`, and bytes by which its memory grew meanwhile at
/// most.
pub fn cost<T>(work: impl FnOnce() -> T) -> (T, f64, usize) {
    let before = resident();
    // Resets the peak.
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak is reset");
    let start = cpu_seconds();
    let result = work();
    (result, cpu_seconds() - start, peak().saturating_sub(before))
}

fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the structure.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) }, 0);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Most bytes of memory that were in use since the peak was reset.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("the status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("the peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number") << 10
}
