//! A directory of artifacts: what was compiled once is loaded by whoever compiles the same again, in this process or
//! another.
//!
//! Each is a file whose name is the hash of all that it was made from and for, written aside and then given its name, so
//! that nobody ever sees a part of one. The files that were used longest ago go when they are too many bytes together.
//! Whatever cannot be read or written is as if it were not there: a cache makes things quicker, never impossible.

use super::format::Compatibility;
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use std::{fs, io};

/// A cache directory.
pub(crate) struct Cache {
    directory: PathBuf,
    /// Bytes of all files together, at most.
    most: u64,
}

/// What an artifact is found by.
pub(crate) struct Key(blake3::Hash);

impl Key {
    /// The key of a module in the binary format, compiled for `here`; `settings` are all that shape the code besides.
    pub fn new(bytes: &[u8], here: &Compatibility, settings: &str) -> Key {
        let mut hasher = blake3::Hasher::new();
        // Neither can be taken for a part of the other.
        let made_for = format!("{here:?}{settings:?}");
        hasher.update(&(made_for.len() as u64).to_le_bytes());
        hasher.update(made_for.as_bytes());
        hasher.update(bytes);
        Key(hasher.finalize())
    }
}

/// How the names of artifacts end, and those of files that are being written.
const ARTIFACT: &str = "wasmo";
const UNFINISHED: &str = "tmp";

/// So long nobody writes a file: who has begun it came to an end before it.
const ABANDONED: Duration = Duration::from_secs(3600);

impl Cache {
    /// Opens a directory, and makes it if need be. It belongs to the user who runs the process and nobody else may write
    /// there, for what is in it will run.
    ///
    /// # Errors
    /// [`Error::Argument`] if it cannot be made or is not like that.
    pub fn open(directory: &Path, most: u64) -> Result<Cache> {
        let refuse = |why: String| Error::Argument(format!("the cache directory {}: {why}", directory.display()));
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|e| refuse(e.to_string()))?;
        let found = fs::metadata(directory).map_err(|e| refuse(e.to_string()))?;
        if found.uid() != crate::sys::user() {
            return Err(refuse(format!("it belongs to the user {}, not to the one who runs this", found.uid())));
        }
        if found.mode() & 0o022 != 0 {
            return Err(refuse(format!("others may write there (mode {:o})", found.mode() & 0o7777)));
        }
        Ok(Cache { directory: directory.to_owned(), most })
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.directory.join(key.0.to_hex().as_str()).with_extension(ARTIFACT)
    }

    /// The artifact of this key, if there is one. It may be damaged.
    pub fn get(&self, key: &Key) -> Option<Bytes> {
        let path = self.path(key);
        // Its file is never written again: whoever puts another in its place renames that.
        let artifact = Bytes::of_file(&path).ok()?;
        // So that it stays longer. If that cannot be noted, it may go sooner.
        let _ = File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(artifact)
    }

    /// Forgets what was found to be damaged.
    pub fn remove(&self, key: &Key) {
        let _ = fs::remove_file(self.path(key));
    }

    /// Keeps an artifact for others, as long as there is room.
    pub fn put(&self, key: &Key, artifact: &[u8]) {
        // What takes more than half of the room is not worth the rest.
        if artifact.len() as u64 <= self.most / 2 && self.write(&self.path(key), artifact).is_ok() {
            self.make_room();
        }
    }

    fn write(&self, path: &Path, artifact: &[u8]) -> io::Result<()> {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let aside = path.with_extension(format!("{}-{number}.{UNFINISHED}", std::process::id()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        let written = file.write_all(artifact).and_then(|()| fs::rename(&aside, path));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written
    }

    /// Removes the files that were used longest ago, until the rest is small enough. Others may do the same meanwhile.
    fn make_room(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        let found =
            entries.filter_map(|entry| entry.ok().and_then(|entry| Some((entry.path(), entry.metadata().ok()?))));
        let used = |metadata: &Metadata| metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let mut artifacts = Vec::new();
        for (path, metadata) in found {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some(ARTIFACT) => artifacts.push((used(&metadata), metadata.len(), path)),
                Some(UNFINISHED) if used(&metadata).elapsed().is_ok_and(|age| age > ABANDONED) => {
                    let _ = fs::remove_file(path);
                }
                _ => {}
            }
        }
        let mut total: u64 = artifacts.iter().map(|(_, length, _)| length).sum();
        artifacts.sort();
        for (_, length, path) in artifacts {
            if total <= self.most {
                break;
            }
            let _ = fs::remove_file(path);
            total -= length;
        }
    }
}
