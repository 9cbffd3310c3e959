//! The map of `perf`: a text file that names the code which a process makes while it runs
//! ([format](https://github.com/torvalds/linux/blob/master/tools/perf/Documentation/jit-interface.txt)).

use crate::error::{Error, Result};
use crate::sys::user;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::sync::{Mutex, PoisonError};

/// The map of this process, `/tmp/perf-<pid>.map`. It is only ever appended to: other makers of code in the process have
/// theirs there as well.
pub(super) struct PerfMap {
    /// With the process that it is of: after a fork there is another.
    file: Mutex<(u32, File)>,
}

impl PerfMap {
    pub fn open() -> Result<PerfMap> {
        let process = std::process::id();
        Ok(PerfMap { file: Mutex::new((process, map_of(process)?)) })
    }

    /// Adds addresses and what they are called. One write, so that the lines of several threads do not mix.
    pub fn append(&self, code: impl IntoIterator<Item = (Range<usize>, String)>) {
        let mut lines = String::new();
        for (Range { start, end }, name) in code.into_iter().filter(|(range, _)| !range.is_empty()) {
            let name = name.replace(char::is_control, "_");
            writeln!(lines, "{start:x} {:x} {name}", end - start).expect("a string takes all");
        }
        // A profile with unknown code in it, because a disk is full, is better than a program that fails.
        let mut map = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if map.0 != process
            && let Ok(file) = map_of(process)
        {
            *map = (process, file);
        }
        let _ = map.1.write_all(lines.as_bytes());
    }
}

/// The map of a process, which everybody may have put something in the place of: it is a file of the user's own, or refused.
fn map_of(process: u32) -> Result<File> {
    let path = format!("/tmp/perf-{process}.map");
    let refuse = |why: String| Error::Limit(format!("the map for perf, {path}: {why}"));
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(&path).map_err(|e| refuse(e.to_string()))?;
    let found = file.metadata().map_err(|e| refuse(e.to_string()))?;
    if !found.is_file() || found.uid() != user() {
        return Err(refuse("it is there already, and no file of the user who runs this".into()));
    }
    Ok(file)
}
