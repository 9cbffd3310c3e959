//! Bytes that many mappings share, page by page, until they write to them.
#![allow(unsafe_code)]

use super::map::MACHINE_PAGE;
use std::fs::File;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whole pages in a file without a name, which nobody can change any more.
#[derive(Debug)]
pub(crate) struct PageImage {
    file: ManuallyDrop<File>,
    /// Device and inode of the file.
    identity: (u64, u64),
    length: usize,
}

/// How many there may be, for each is an open file of the process, and other files of the host count as well.
const MOST: usize = 128;
static COUNT: AtomicUsize = AtomicUsize::new(0);

impl PageImage {
    /// An image of `bytes`, which are whole pages. None where there can be no more of them, or where the process may make
    /// no such file: it is never needed, what it holds can be copied.
    pub fn new(bytes: &[u8]) -> Option<Arc<PageImage>> {
        assert!(bytes.len().is_multiple_of(MACHINE_PAGE) && !bytes.is_empty());
        let more = |count| (count < MOST).then_some(count + 1);
        COUNT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        let image = sealed_file(bytes).and_then(|file| {
            let identity = identity(&file)?;
            Ok(Arc::new(PageImage { file: ManuallyDrop::new(file), identity, length: bytes.len() }))
        });
        if image.is_err() {
            COUNT.fetch_sub(1, Ordering::Relaxed);
        }
        image.ok()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// The file, for mappings of it. None if it is gone: some hosts close whatever files they find open, and then the
    /// number may be that of another.
    pub fn descriptor(&self) -> Option<i32> {
        identity(&self.file).is_ok_and(|found| found == self.identity).then(|| self.file.as_raw_fd())
    }
}

impl Drop for PageImage {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Ordering::Relaxed);
        if self.descriptor().is_some() {
            // SAFETY: it is not used again, and the file is still ours.
            unsafe { ManuallyDrop::drop(&mut self.file) };
        }
        super::space::forget_dead_images();
    }
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    let found = file.metadata()?;
    Ok((found.dev(), found.ino()))
}

/// A file in memory that holds these bytes for ever. All are written, zeros too: a hole would be filled as soon as
/// somebody reads it.
fn sealed_file(bytes: &[u8]) -> io::Result<File> {
    const FLAGS: u32 = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    const SEALS: i32 = libc::F_SEAL_WRITE | libc::F_SEAL_GROW | libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL;
    // SAFETY: the name is a string.
    let create = |flags| unsafe { libc::memfd_create(c"wasmo-image".as_ptr(), flags) };
    // The first is what newer kernels may insist on and older ones do not know.
    let descriptor = [FLAGS | libc::MFD_NOEXEC_SEAL, FLAGS].into_iter().map(create).find(|descriptor| *descriptor >= 0);
    let Some(descriptor) = descriptor else { return Err(io::Error::last_os_error()) };
    // SAFETY: just opened, and known to nobody else.
    let mut file = unsafe { File::from_raw_fd(descriptor) };
    file.write_all(bytes)?;
    // SAFETY: the file is open.
    if unsafe { libc::fcntl(descriptor, libc::F_ADD_SEALS, SEALS) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(file)
}
