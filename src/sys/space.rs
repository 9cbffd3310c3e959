//! Address space of which a part is usable, and more of it later: what memories, tables and stacks lie in. What is given
//! back is kept for the next, for the kernel takes longer to map and unmap than the rest of an instantiation.
#![allow(unsafe_code)]

use super::image::PageImage;
use super::map::{MACHINE_PAGE, Reservation};
use crate::error::Result;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};

/// A reservation of which a part is usable.
#[derive(Debug)]
pub(crate) struct Space {
    reservation: ManuallyDrop<Reservation>,
    /// Where that part starts, and where it ends.
    start: usize,
    end: Cell<usize>,
    /// Up to where its memory is kept when it is cleared.
    resident: Cell<usize>,
    /// What it is mapped to in place of zeros, if anything.
    image: Option<Box<Mapped>>,
}

/// An image in a space. It stays there as long as the space is used and kept, but without its file it is of no use.
#[derive(Debug)]
struct Mapped {
    image: Weak<PageImage>,
    place: Range<usize>,
}

/// How many there may be. Each splits a space in three, and the process may have some 65,000 mappings in all.
const MOST_MAPPED: usize = 8192;
static MAPPED: AtomicUsize = AtomicUsize::new(0);

impl Drop for Mapped {
    fn drop(&mut self) {
        MAPPED.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Mapped {
    /// Puts an image into the bytes of a space from `at` on, if there may be one more and it can be.
    fn new(reservation: &Reservation, at: usize, image: &Arc<PageImage>) -> Result<Option<Box<Mapped>>> {
        let mapped = Mapped { image: Arc::downgrade(image), place: at..at + image.len() };
        // Those that are being made count, so that they do not become too many together.
        let is_one_too_many = MAPPED.fetch_add(1, Ordering::Relaxed) >= MOST_MAPPED;
        Ok((!is_one_too_many && reservation.map_image(at, image)?).then(|| Box::new(mapped)))
    }

    fn is_dead(&self) -> bool {
        self.image.strong_count() == 0
    }

    /// Whether it is this image. An image is always at the same place.
    fn is(&self, image: &Arc<PageImage>) -> bool {
        self.image.as_ptr() == Arc::as_ptr(image)
    }
}

/// A reservation that is kept for the next: all zero, but for the image.
struct Kept {
    reservation: Reservation,
    usable: Range<usize>,
    image: Option<Box<Mapped>>,
}

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// How many bytes of one that is kept may have memory.
pub(crate) const MOST_RESIDENT: usize = 128 << 10;

/// How many are kept. Of the largest, a memory's, they are half a percent of the address space that there is.
const MOST_KEPT: usize = 128;

/// What is kept, the oldest first. None if another thread has it just now, or had it when this process was forked.
fn kept() -> Option<MutexGuard<'static, Vec<Kept>>> {
    match KEPT.try_lock() {
        Ok(kept) => Some(kept),
        Err(TryLockError::Poisoned(kept)) => Some(kept.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Gives all of it back; whether there was anything.
fn give_back() -> bool {
    let unused = kept().map(|mut kept| std::mem::take(&mut *kept)).unwrap_or_default();
    !unused.is_empty()
}

/// Whether something may be kept for an image that is no more.
static HAS_DEAD: AtomicBool = AtomicBool::new(false);

/// Gives back what is kept for images that are no more; if another thread has what is kept, then later.
pub(super) fn forget_dead_images() {
    HAS_DEAD.store(true, Ordering::Relaxed);
    let dead = kept().map(|mut kept| without_dead(&mut kept)).unwrap_or_default();
    drop(dead);
}

/// Takes out what is kept for images that are no more.
fn without_dead(kept: &mut Vec<Kept>) -> Vec<Kept> {
    if !HAS_DEAD.swap(false, Ordering::Relaxed) {
        return Vec::new();
    }
    kept.extract_if(.., |one| one.image.as_ref().is_some_and(|mapped| mapped.is_dead())).collect()
}

impl Space {
    /// Reserves `length` bytes, the first `usable` of them usable and zero; both rounded up to pages.
    pub fn new(length: usize, usable: usize) -> Result<Space> {
        Space::with_usable(length, 0..usable.next_multiple_of(MACHINE_PAGE), None)
    }

    /// The same with an image at `at`, among the usable bytes; see [`Self::has_image`].
    pub fn with_image(length: usize, usable: usize, at: usize, image: &Arc<PageImage>) -> Result<Space> {
        Space::with_usable(length, 0..usable.next_multiple_of(MACHINE_PAGE), Some((at, image)))
    }

    /// Reserves `length` bytes, all but the lowest page usable.
    pub fn stack(length: usize) -> Result<Space> {
        Space::with_usable(length, MACHINE_PAGE..length, None)
    }

    fn with_usable(length: usize, usable: Range<usize>, image: Option<(usize, &Arc<PageImage>)>) -> Result<Space> {
        let make = || Space::make(length.max(1).next_multiple_of(MACHINE_PAGE), usable.clone(), image);
        // What ran out may be kept here.
        make().or_else(|error| if give_back() { make() } else { Err(error) })
    }

    fn make(length: usize, usable: Range<usize>, image: Option<(usize, &Arc<PageImage>)>) -> Result<Space> {
        let Range { start, end } = usable;
        let (reservation, before, mut mapped) =
            match Space::from_kept(length, start..end, image.map(|(_, image)| image)) {
                Some(Kept { reservation, usable, image }) => (reservation, usable.end, image),
                None => (Reservation::new(length)?, start, None),
            };
        if let Some(other) = mapped.take_if(|mapped| image.is_none_or(|(_, image)| !mapped.is(image))) {
            reservation.map_zeros(other.place.clone())?;
        }
        if before > end {
            reservation.make_inaccessible(end..before)?;
        }
        let reservation = ManuallyDrop::new(reservation);
        let [end_now, resident] = [before.min(end), 0].map(Cell::new);
        let mut space = Space { reservation, start, end: end_now, resident, image: mapped };
        space.extend(end)?;
        if let (None, Some((at, image))) = (&space.image, image) {
            space.image = Mapped::new(&space.reservation, at, image)?;
        }
        Ok(space)
    }

    /// One of this length that is usable from the same place on: best with the same image and to the same place, and
    /// rather without an image than with another.
    fn from_kept(length: usize, usable: Range<usize>, image: Option<&Arc<PageImage>>) -> Option<Kept> {
        let mut kept = kept()?;
        let fits = |one: &Kept| one.reservation.addresses().len() == length && one.usable.start == usable.start;
        let has_image = |one: &Kept| match (&one.image, image) {
            (Some(mapped), Some(image)) => mapped.is(image),
            (mapped, image) => mapped.is_none() && image.is_none(),
        };
        let best = kept.iter().rposition(|one| fits(one) && one.usable.end == usable.end && has_image(one));
        let found = best
            .or_else(|| kept.iter().rposition(|one| fits(one) && has_image(one)))
            .or_else(|| kept.iter().rposition(|one| fits(one) && one.image.is_none()))
            .or_else(|| kept.iter().rposition(fits))?;
        Some(kept.remove(found))
    }

    /// Whether the image is there that was asked for. If not, for lack of mappings, all is zero.
    pub fn has_image(&self) -> bool {
        self.image.is_some()
    }

    /// The first byte, usable or not.
    pub fn start(&self) -> *mut u8 {
        self.reservation.start()
    }

    /// All of it, usable or not.
    pub fn addresses(&self) -> Range<usize> {
        self.reservation.addresses()
    }

    /// Makes the bytes before `end` usable, rounded up to pages, if they are not yet. What becomes usable is zero.
    pub fn extend(&self, end: usize) -> Result<()> {
        let (before, after) = (self.end.get(), end.next_multiple_of(MACHINE_PAGE));
        if before < after {
            self.reservation.make_writable(before..after)?;
            self.end.set(after);
        }
        Ok(())
    }

    /// Whoever gets the space next is likely to write to all of its first `length` bytes as well: they keep their memory,
    /// if they are not too many.
    pub fn keep_resident(&self, length: usize) {
        if length <= MOST_RESIDENT {
            self.resident.set(self.resident.get().max(length));
        }
    }

    /// Makes the usable bytes from `from` on zero; whether that is done. Nobody may use them meanwhile. The first page keeps
    /// its memory: of a whole space, nearly everybody uses it, and the kernel takes longer to bring a page than it takes
    /// to clear one.
    pub fn clear(&self, from: usize) -> bool {
        let end = self.end.get();
        let first = end.min(self.resident.get().max(from + 1).next_multiple_of(MACHINE_PAGE));
        assert!((self.start..=first).contains(&from));
        // SAFETY: the bytes are usable, and nobody else uses them.
        unsafe { self.start().add(from).write_bytes(0, first - from) };
        self.reservation.clear(first..end)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let cleared = match &self.image {
            None => self.clear(self.start),
            Some(_) => self.reservation.clear(self.start..self.end.get()),
        };
        // SAFETY: it is not used again.
        let reservation = unsafe { ManuallyDrop::take(&mut self.reservation) };
        let image = self.image.take();
        if !cleared {
            return;
        }
        let mut unused = Vec::new();
        if let Some(mut kept) = kept() {
            unused = without_dead(&mut kept);
            let one = Kept { reservation, usable: self.start..self.end.get(), image };
            if one.image.as_ref().is_some_and(|mapped| mapped.is_dead()) {
                unused.push(one);
            } else {
                // What nobody has asked for again for so long makes room.
                if kept.len() == MOST_KEPT {
                    unused.push(kept.remove(0));
                }
                kept.push(one);
            }
        }
        // Not while others wait for what is kept.
        drop(unused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_again_is_zero_and_as_large_as_asked_for() {
        // A length that no other test has.
        const LENGTH: usize = 77 * MACHINE_PAGE;
        let bytes = |space: &Space| space.start();
        let first = Space::new(LENGTH, 3 * MACHINE_PAGE).unwrap();
        // SAFETY: the bytes are usable.
        unsafe { bytes(&first).write_bytes(7, 3 * MACHINE_PAGE) };
        let address = first.addresses();
        drop(first);
        let second = Space::new(LENGTH, 2 * MACHINE_PAGE).unwrap();
        assert_eq!((second.addresses(), second.end.get()), (address, 2 * MACHINE_PAGE));
        second.extend(3 * MACHINE_PAGE).unwrap();
        // SAFETY: as above.
        assert!((0..3 * MACHINE_PAGE).all(|i| unsafe { bytes(&second).add(i).read() } == 0));
    }

    #[test]
    fn an_image_is_there_again_for_who_asks_for_it_and_gone_for_all_others() {
        // A length that no other test has.
        const LENGTH: usize = 78 * MACHINE_PAGE;
        const USABLE: usize = 4 * MACHINE_PAGE;
        let image = PageImage::new(&[5; 2 * MACHINE_PAGE]).expect("an image");
        // SAFETY: the bytes are usable.
        let bytes = |space: &Space| unsafe { std::slice::from_raw_parts(space.start(), USABLE).to_vec() };
        let mut expected = vec![0; USABLE];
        let with_image = || Space::with_image(LENGTH, USABLE, MACHINE_PAGE, &image).unwrap();
        let (first, second) = (with_image(), Space::new(LENGTH, USABLE).unwrap());
        // SAFETY: as above.
        unsafe { first.start().write_bytes(7, USABLE) };
        assert!(first.has_image() && !second.has_image() && bytes(&second) == expected);
        drop((first, second));
        let again = with_image();
        expected[MACHINE_PAGE..3 * MACHINE_PAGE].fill(5);
        assert!(again.has_image() && bytes(&again) == expected);
        drop(again);
        // There are two without an image, then only that.
        expected.fill(0);
        let others = [(); 2].map(|()| Space::new(LENGTH, USABLE).unwrap());
        assert!(others.iter().all(|space| !space.has_image() && bytes(space) == expected));
    }
}
