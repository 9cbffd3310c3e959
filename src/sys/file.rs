//! Files as memory.
#![allow(unsafe_code)]

use std::fs::OpenOptions;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::ptr::{NonNull, null_mut};
use std::{io, slice};

/// A file that is mapped, to be read. The file may be renamed or removed meanwhile, but whoever changes it changes these
/// bytes, and where it is made shorter, reading faults.
#[derive(Debug)]
pub(crate) struct MappedFile {
    start: NonNull<u8>,
    length: usize,
}

impl MappedFile {
    /// Maps all of a file.
    pub fn open(path: &Path) -> io::Result<MappedFile> {
        // A pipe must not keep whoever opens it waiting.
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
        }
        let length = found.len() as usize;
        if length == 0 {
            return Ok(MappedFile { start: NonNull::dangling(), length });
        }
        // All of it is read at once, for its checksum.
        let flags = libc::MAP_PRIVATE | libc::MAP_POPULATE;
        // SAFETY: a new mapping wherever the kernel finds room.
        let start = unsafe { libc::mmap(null_mut(), length, libc::PROT_READ, flags, file.as_raw_fd(), 0) };
        match NonNull::new(start.cast()) {
            Some(found) if start != libc::MAP_FAILED => Ok(MappedFile { start: found, length }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is readable and as long as this, and ours until we are dropped; that nobody changes the file
        // meanwhile is what the callers of `Module::load_file` promise, and what the cache keeps to.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        if self.length != 0 {
            // SAFETY: the mapping is ours, and nothing refers to it any more.
            unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
        }
    }
}

// SAFETY: a range of addresses belongs to no thread, and nobody writes there.
unsafe impl Send for MappedFile {}
// SAFETY: as above.
unsafe impl Sync for MappedFile {}
