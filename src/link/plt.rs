//! The PLT of a module and its stubs.
//!
//! One mapping: a header, one code pointer per defined function, and one counter each where code counts, writable; behind
//! them two stubs per function, executable. As in ELF, the *jump* (`jmp *slot`) is the function's address for all who hold a reference to it, and
//! the *lazy tail* is what a slot points to until the function's code is linked: it loads the function's PLT index and
//! goes on in the routine that all lazy tails share.
#![allow(unsafe_code)]

use super::slot::Slot;
use crate::abi::{Heat, PLT_HEADER_SLOTS, PltHeader, PltIndex, PltSlot, heat_offset};
use crate::error::Result;
use crate::sys::{MACHINE_PAGE, Reservation};
use std::arch::global_asm;
use std::ffi::c_void;
use std::ops::Range;
use std::sync::atomic::Ordering;

global_asm!(
    ".hidden wasmo_plt_template",
    ".p2align 4",
    "wasmo_plt_template:",
    // The jump, at 0; the distance of the slot is patched.
    "jmp qword ptr [rip + 0]",
    ".p2align 4, 0xcc",
    // The lazy tail, at 16; the PLT index and the distance of the header's first word are patched.
    "mov eax, 0x12345678",
    "jmp qword ptr [rip + 0]",
    ".p2align 4, 0xcc",
);

unsafe extern "C" {
    #[link_name = "wasmo_plt_template"]
    static TEMPLATE: [u8; STUBS_SIZE];
}

/// Bytes of the two stubs of a function.
const STUBS_SIZE: usize = 32;
const LAZY_TAIL: usize = 16;
/// Where in the template distances and index stand, and where the instructions end that distances count from.
const JUMP_DISTANCE: usize = 2;
const JUMP_END: usize = 6;
const LAZY_INDEX: usize = LAZY_TAIL + 1;
const LAZY_DISTANCE: usize = LAZY_TAIL + 7;
const LAZY_END: usize = LAZY_TAIL + 11;

/// The PLT of a module.
pub(super) struct Plt {
    mapping: Reservation,
    stubs: usize,
    count: usize,
    /// What the counters start with, if there are any.
    threshold: Option<i32>,
}

impl Plt {
    /// A table of `count` slots, all of them unresolved: the first call of a function arrives at `lazy_tail` with the
    /// context as first argument and the PLT index in eax. With a threshold it has counters, which start there.
    pub fn new(count: usize, lazy_tail: *const c_void, threshold: Option<i32>) -> Result<Plt> {
        let counters = if threshold.is_some() { count } else { 0 };
        let data = size_of::<PltHeader>() + heat_offset(count, counters);
        let stubs = data.next_multiple_of(MACHINE_PAGE);
        let length = stubs + (count * STUBS_SIZE).next_multiple_of(MACHINE_PAGE);
        let mapping = Reservation::new(length)?;
        mapping.make_writable(0..length)?;
        let plt = Plt { mapping, stubs, count, threshold };
        // SAFETY: the mapping is writable and large enough for the header, `count` slots and `count` pairs of stubs;
        // nobody else knows it yet.
        unsafe {
            plt.mapping.start().cast::<PltHeader>().write(PltHeader { lazy_tail, reserved: 0 });
            for index in 0..count {
                let stub = plt.mapping.start().add(stubs + index * STUBS_SIZE);
                stub.copy_from_nonoverlapping(TEMPLATE.as_ptr(), STUBS_SIZE);
                let distance = |target: usize, end: usize| (target.wrapping_sub(stub as usize + end)) as u32;
                let slot = plt.slots().add(index);
                let patch = |at: usize, value: u32| stub.add(at).cast::<u32>().write_unaligned(value);
                patch(JUMP_DISTANCE, distance(slot as usize, JUMP_END));
                patch(LAZY_INDEX, index as u32);
                patch(LAZY_DISTANCE, distance(plt.mapping.start() as usize, LAZY_END));
                (*slot).store(stub.add(LAZY_TAIL).cast(), Ordering::Relaxed);
            }
            for index in 0..counters {
                plt.counter(index).write(Heat::new(threshold.unwrap_or_default()));
            }
        }
        plt.mapping.make_executable(stubs..length)?;
        Ok(plt)
    }

    /// The addresses of the stubs.
    pub fn stubs(&self) -> Range<usize> {
        let start = self.mapping.start() as usize + self.stubs;
        start..start + self.count * STUBS_SIZE
    }

    /// Address of slot 0.
    pub fn slots(&self) -> *const PltSlot {
        // SAFETY: the header lies before the slots, in the same mapping.
        unsafe { self.mapping.start().cast::<PltSlot>().add(PLT_HEADER_SLOTS) }
    }

    /// The slot of a function.
    pub fn slot(&self, index: PltIndex) -> Slot<'_, c_void> {
        let lazy_tail = self.jump(index).wrapping_byte_add(LAZY_TAIL);
        // SAFETY: within the table, which is only ever accessed atomically once it is known to others.
        Slot::new(unsafe { &*self.slots().add(index as usize) }, lazy_tail.cast_mut())
    }

    fn counter(&self, index: usize) -> *mut Heat {
        // SAFETY: the counters lie behind the slots, in the same mapping.
        unsafe { self.slots().byte_add(heat_offset(self.count, index)).cast::<Heat>().cast_mut() }
    }

    /// How often code of this function ran: how often it was called, and a loop of it began anew. 0 where it does not count.
    pub fn heat(&self, index: PltIndex) -> u32 {
        assert!((index as usize) < self.count);
        // SAFETY: within the counters, which are only ever accessed as a whole once they are known to others.
        let counted = |threshold: i32| unsafe {
            threshold.wrapping_sub((*self.counter(index as usize)).load(Ordering::Relaxed)) as u32
        };
        self.threshold.map_or(0, counted)
    }

    /// The address that stands for a function: its jump stub.
    pub fn jump(&self, index: PltIndex) -> *const c_void {
        assert!((index as usize) < self.count);
        // SAFETY: within the mapping.
        unsafe { self.mapping.start().add(self.stubs + index as usize * STUBS_SIZE).cast() }
    }
}
