//! Address space of which a part is usable, and more of it later: what memories, tables and stacks lie in. What is given
//! back is kept for the next, for the kernel takes longer to map and unmap than the rest of an instantiation.
#![allow(unsafe_code)]

use super::map::{MACHINE_PAGE, Reservation};
use crate::error::Result;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, TryLockError};

/// A reservation of which a part is usable.
#[derive(Debug)]
pub(crate) struct Space {
    reservation: ManuallyDrop<Reservation>,
    /// Where that part starts, and where it ends.
    start: usize,
    end: Cell<usize>,
}

/// A reservation that is kept for the next, all zero.
struct Kept {
    reservation: Reservation,
    usable: Range<usize>,
}

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

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

impl Space {
    /// Reserves `length` bytes, the first `usable` of them usable and zero; both rounded up to pages.
    pub fn new(length: usize, usable: usize) -> Result<Space> {
        Space::with_usable(length, 0..usable.next_multiple_of(MACHINE_PAGE))
    }

    /// Reserves `length` bytes, all but the lowest page usable.
    pub fn stack(length: usize) -> Result<Space> {
        Space::with_usable(length, MACHINE_PAGE..length)
    }

    fn with_usable(length: usize, usable: Range<usize>) -> Result<Space> {
        let make = || Space::make(length.max(1).next_multiple_of(MACHINE_PAGE), usable.clone());
        // What ran out may be kept here.
        make().or_else(|error| if give_back() { make() } else { Err(error) })
    }

    fn make(length: usize, Range { start, end }: Range<usize>) -> Result<Space> {
        let (reservation, before) = match Space::from_kept(length, start..end) {
            Some(Kept { reservation, usable }) => (reservation, usable.end),
            None => (Reservation::new(length)?, start),
        };
        if before > end {
            reservation.make_inaccessible(end..before)?;
        }
        let space = Space { reservation: ManuallyDrop::new(reservation), start, end: Cell::new(before.min(end)) };
        space.extend(end)?;
        Ok(space)
    }

    /// One of this length that is usable from the same place on, best to the same place.
    fn from_kept(length: usize, usable: Range<usize>) -> Option<Kept> {
        let mut kept = kept()?;
        let fits = |one: &Kept| one.reservation.addresses().len() == length && one.usable.start == usable.start;
        let best = kept.iter().rposition(|one| fits(one) && one.usable.end == usable.end);
        let found = best.or_else(|| kept.iter().rposition(fits))?;
        Some(kept.remove(found))
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

    /// Makes the usable bytes from `from` on zero; whether that is done. Nobody may use them meanwhile. The first page keeps
    /// its memory: of a whole space, nearly everybody uses it, and the kernel takes longer to bring a page than it takes
    /// to clear one.
    pub fn clear(&self, from: usize) -> bool {
        let end = self.end.get();
        let first = end.min((from + 1).next_multiple_of(MACHINE_PAGE));
        assert!((self.start..=first).contains(&from));
        // SAFETY: the bytes are usable, and nobody else uses them.
        unsafe { self.start().add(from).write_bytes(0, first - from) };
        self.reservation.clear(first..end)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let cleared = self.clear(self.start);
        // SAFETY: it is not used again.
        let reservation = unsafe { ManuallyDrop::take(&mut self.reservation) };
        if !cleared {
            return;
        }
        let mut oldest = None;
        if let Some(mut kept) = kept() {
            // What nobody has asked for again for so long makes room.
            if kept.len() == MOST_KEPT {
                oldest = Some(kept.remove(0));
            }
            kept.push(Kept { reservation, usable: self.start..self.end.get() });
        }
        drop(oldest);
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
}
