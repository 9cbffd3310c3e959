//! Reserved ranges of address space, of which parts are made usable.
#![allow(unsafe_code)]

use super::image::PageImage;
use crate::error::{Error, Result};
use std::io;
use std::ops::Range;
use std::ptr::{NonNull, null_mut};

/// Size of a page of the machine in bytes, as far as protection goes. All that is mapped here is a multiple of it.
pub(crate) const MACHINE_PAGE: usize = 4096;

const WRITABLE: i32 = libc::PROT_READ | libc::PROT_WRITE;

/// A range of address space of our own. What is not made usable faults.
#[derive(Debug)]
pub(crate) struct Reservation {
    start: NonNull<u8>,
    length: usize,
}

impl Reservation {
    /// Reserves `length` bytes, rounded up to pages; none of them usable.
    pub fn new(length: usize) -> Result<Reservation> {
        let length = length.next_multiple_of(MACHINE_PAGE).max(MACHINE_PAGE);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping wherever the kernel finds room.
        let start = unsafe { libc::mmap(null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
        match NonNull::new(start.cast::<u8>()) {
            Some(found) if start != libc::MAP_FAILED => Ok(Reservation { start: found, length }),
            _ => Err(Error::Limit(format!(
                "{length} bytes of address space could not be reserved: {}",
                io::Error::last_os_error()
            ))),
        }
    }

    /// The first byte.
    pub fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// All of it.
    pub fn addresses(&self) -> Range<usize> {
        let start = self.start.as_ptr() as usize;
        start..start + self.length
    }

    /// Makes the bytes of `range` readable and writable. They are zero until written.
    pub fn make_writable(&self, range: Range<usize>) -> Result<()> {
        self.protect(range, WRITABLE)
    }

    /// Makes the bytes of `range` readable and executable, and no longer writable.
    pub fn make_executable(&self, range: Range<usize>) -> Result<()> {
        self.protect(range, libc::PROT_READ | libc::PROT_EXEC)
    }

    /// Makes the bytes of `range` fault. What they hold is undefined from then on.
    pub fn make_inaccessible(&self, range: Range<usize>) -> Result<()> {
        self.protect(range, libc::PROT_NONE)
    }

    /// Gives the memory of `range` back; whether that is done. Its bytes are zero from then on, or those of the image that
    /// is mapped there. Nobody may use them meanwhile.
    pub fn clear(&self, range: Range<usize>) -> bool {
        assert!(range.start.is_multiple_of(MACHINE_PAGE) && range.end <= self.length);
        // SAFETY: the range lies within this mapping, which is ours and private.
        range.is_empty()
            || unsafe { libc::madvise(self.start().add(range.start).cast(), range.len(), libc::MADV_DONTNEED) } == 0
    }

    /// Puts the bytes of an image at `at`, where bytes are writable that nobody has written to; whether that is done: if
    /// not, they are zero still. Whoever writes to one of the pages gets a copy of it.
    ///
    /// # Errors
    /// [`Error::Limit`] if the bytes are usable no more.
    pub fn map_image(&self, at: usize, image: &PageImage) -> Result<bool> {
        let range = at..at + image.len();
        let Some(descriptor) = image.descriptor() else { return Ok(false) };
        if self.map(range.clone(), WRITABLE, 0, descriptor) {
            return Ok(true);
        }
        self.repair(range.clone());
        self.make_writable(range)?;
        Ok(false)
    }

    /// Makes the bytes of `range` writable and zero, whatever is mapped there.
    ///
    /// # Errors
    /// [`Error::Limit`]; what they are then is not known.
    pub fn map_zeros(&self, range: Range<usize>) -> Result<()> {
        if self.map(range.clone(), WRITABLE, libc::MAP_ANONYMOUS, -1) {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        self.repair(range.clone());
        Err(Error::Limit(format!("{} bytes could not be mapped: {error}", range.len())))
    }

    /// After a mapping has failed: kernels before 6.12 may have unmapped what was there before. Then it must be filled
    /// before somebody else's mapping takes the place.
    fn repair(&self, range: Range<usize>) {
        let mut pages = vec![0; range.len().div_ceil(MACHINE_PAGE)];
        let start = self.start().wrapping_add(range.start).cast();
        // SAFETY: writes a byte for each page. It fails if something is not mapped.
        let is_whole = unsafe { libc::mincore(start, range.len(), pages.as_mut_ptr()) } == 0;
        if !is_whole && !self.map(range, libc::PROT_NONE, libc::MAP_ANONYMOUS, -1) {
            std::process::abort();
        }
    }

    /// Maps a file, or none, in place of what is there.
    fn map(&self, range: Range<usize>, protection: i32, flags: i32, descriptor: i32) -> bool {
        assert!(range.start.is_multiple_of(MACHINE_PAGE) && range.end <= self.length);
        let flags = flags | libc::MAP_PRIVATE | libc::MAP_FIXED | libc::MAP_NORESERVE;
        let start = self.start().wrapping_add(range.start).cast();
        // SAFETY: the range lies within this mapping, which is ours.
        unsafe { libc::mmap(start, range.len(), protection, flags, descriptor, 0) != libc::MAP_FAILED }
    }

    fn protect(&self, range: Range<usize>, protection: i32) -> Result<()> {
        assert!(range.start.is_multiple_of(MACHINE_PAGE) && range.end <= self.length);
        if range.is_empty() {
            return Ok(());
        }
        // SAFETY: the range lies within this mapping, which is ours.
        let done = unsafe { libc::mprotect(self.start().add(range.start).cast(), range.len(), protection) };
        if done == 0 {
            return Ok(());
        }
        Err(Error::Limit(format!("{} bytes could not be mapped: {}", range.len(), io::Error::last_os_error())))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nothing refers to it any more.
        unsafe { libc::munmap(self.start().cast(), self.length) };
    }
}

// SAFETY: a range of addresses belongs to no thread.
unsafe impl Send for Reservation {}
// SAFETY: as above.
unsafe impl Sync for Reservation {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_zero_where_it_is_usable() {
        let reservation = Reservation::new(3 * MACHINE_PAGE).unwrap();
        reservation.make_writable(0..MACHINE_PAGE).unwrap();
        // SAFETY: the first page was made writable.
        unsafe {
            assert_eq!(reservation.start().read(), 0);
            reservation.start().write(7);
            assert_eq!(reservation.start().read(), 7);
        }
    }

    #[test]
    fn too_much_is_an_error_with_its_reason() {
        let error = Reservation::new(1 << 60).unwrap_err();
        assert!(error.to_string().contains("address space could not be reserved"), "{error}");
    }
}
