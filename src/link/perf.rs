//! The map of `perf`: a text file that names the code which a process makes while it runs
//! ([format](https://github.com/torvalds/linux/blob/master/tools/perf/Documentation/jit-interface.txt)).

use crate::error::{Error, Result};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;

/// The map of this process, `/tmp/perf-<pid>.map`. It is only ever appended to: other makers of code in the process have
/// theirs there as well.
pub(super) struct PerfMap {
    file: File,
}

impl PerfMap {
    pub fn open() -> Result<PerfMap> {
        let path = format!("/tmp/perf-{}.map", std::process::id());
        let mut options = OpenOptions::new();
        // Everybody may write there: no link that somebody else left may lead elsewhere.
        options.append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
        let file = options.open(&path).map_err(|e| Error::Limit(format!("the map for perf, {path}: {e}")))?;
        Ok(PerfMap { file })
    }

    /// Adds addresses and what they are called. One write, so that the lines of several threads do not mix.
    pub fn append(&self, code: impl IntoIterator<Item = (Range<usize>, String)>) {
        let mut lines = String::new();
        for (Range { start, end }, name) in code.into_iter().filter(|(range, _)| !range.is_empty()) {
            let name = name.replace(char::is_control, "_");
            writeln!(lines, "{start:x} {:x} {name}", end - start).expect("a string takes all");
        }
        // A profile with unknown code in it, because a disk is full, is better than a program that fails.
        let _ = (&self.file).write_all(lines.as_bytes());
    }
}
