//! Address space of which a first part is usable, and more of it later: what memories and tables lie in. What is given
//! back is kept for the next, for the kernel takes longer to map and unmap than the rest of an instantiation.
#![allow(unsafe_code)]

use super::map::{MACHINE_PAGE, Reservation};
use crate::error::Result;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A reservation whose first bytes are usable.
#[derive(Debug)]
pub(crate) struct Space {
    reservation: ManuallyDrop<Reservation>,
    usable: Cell<usize>,
}

/// What is kept for the next: each all zero, with as many bytes usable as the number says.
static KEPT: Mutex<Vec<(Reservation, usize)>> = Mutex::new(Vec::new());

/// How many are kept. Of the largest, a memory's, they are half a percent of the address space that there is.
const MOST_KEPT: usize = 128;

fn kept() -> MutexGuard<'static, Vec<(Reservation, usize)>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Space {
    /// Reserves `length` bytes, the first `usable` of them usable and zero; both rounded up to pages.
    pub fn new(length: usize, usable: usize) -> Result<Space> {
        let length = length.max(1).next_multiple_of(MACHINE_PAGE);
        let usable = usable.next_multiple_of(MACHINE_PAGE);
        let (reservation, before) = match Space::from_kept(length, usable) {
            Some(found) => found,
            None => (Space::reserve(length)?, 0),
        };
        if before > usable {
            reservation.make_inaccessible(usable..before)?;
        }
        let space = Space { reservation: ManuallyDrop::new(reservation), usable: Cell::new(before.min(usable)) };
        space.extend(usable)?;
        Ok(space)
    }

    /// One of this length, best with as much usable.
    fn from_kept(length: usize, usable: usize) -> Option<(Reservation, usize)> {
        let mut kept = kept();
        let fits = |(reservation, _): &(Reservation, usize)| reservation.addresses().len() == length;
        let found =
            kept.iter().rposition(|space| fits(space) && space.1 == usable).or_else(|| kept.iter().rposition(fits))?;
        Some(kept.swap_remove(found))
    }

    /// A new reservation, if need be in the place of those that are kept.
    fn reserve(length: usize) -> Result<Reservation> {
        Reservation::new(length).or_else(|error| {
            let unused = std::mem::take(&mut *kept());
            if unused.is_empty() {
                return Err(error);
            }
            drop(unused);
            Reservation::new(length)
        })
    }

    /// The first byte.
    pub fn start(&self) -> *mut u8 {
        self.reservation.start()
    }

    /// All of it, usable or not.
    pub fn addresses(&self) -> Range<usize> {
        self.reservation.addresses()
    }

    /// Makes the first `usable` bytes usable, rounded up to pages, if they are not yet. What becomes usable is zero.
    pub fn extend(&self, usable: usize) -> Result<()> {
        let (before, after) = (self.usable.get(), usable.next_multiple_of(MACHINE_PAGE));
        if before < after {
            self.reservation.make_writable(before..after)?;
            self.usable.set(after);
        }
        Ok(())
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: it is not used again.
        let reservation = unsafe { ManuallyDrop::take(&mut self.reservation) };
        let usable = self.usable.get();
        if reservation.clear(0..usable) {
            let mut kept = kept();
            if kept.len() < MOST_KEPT {
                kept.push((reservation, usable));
            }
        }
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
        assert_eq!((second.addresses(), second.usable.get()), (address, 2 * MACHINE_PAGE));
        second.extend(3 * MACHINE_PAGE).unwrap();
        // SAFETY: as above.
        assert!((0..3 * MACHINE_PAGE).all(|i| unsafe { bytes(&second).add(i).read() } == 0));
    }
}
