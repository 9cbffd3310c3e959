//! The builtins that generated code calls, as `abi` lists them.
//!
//! Each goes through an assembly routine that makes sure that there is stack left; what follows is a method of the
//! instance, so that nothing of the border shows in it.
#![allow(unsafe_code)]

use super::call::{leaving_builtin, raise, trap};
use super::instance::InstanceEntity;
use crate::abi::{AT_ONCE, BuiltinTable, ContextHead, TrapCode};
use crate::wasm::ConstExpr;
use std::ffi::c_void;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The instance that code runs for.
///
/// # Safety
/// `context` must be the context of a live instance.
pub(super) unsafe fn instance<'a>(context: *mut c_void) -> &'a InstanceEntity {
    // SAFETY: by the caller's promise; the head's `instance` was set when the instance was made.
    unsafe { &*(*context.cast::<ContextHead>()).instance.cast() }
}

/// What a builtin answers, and how that looks to generated code.
trait Answer {
    type Raw;
    fn raw(self) -> Self::Raw;
    /// The answer when the builtin panicked.
    fn failed() -> Self::Raw;
}

/// 0, or the number of a trap.
impl Answer for Result<(), TrapCode> {
    type Raw = u32;
    fn raw(self) -> u32 {
        self.map_or_else(|code| code as u32, |()| 0)
    }
    fn failed() -> u32 {
        TrapCode::Internal as u32
    }
}

/// The old size of what grew, or -1.
impl Answer for Option<u64> {
    type Raw = i64;
    fn raw(self) -> i64 {
        self.map_or(-1, |old| old as i64)
    }
    fn failed() -> i64 {
        -1
    }
}

/// A reference.
impl Answer for usize {
    type Raw = usize;
    fn raw(self) -> usize {
        self
    }
    fn failed() -> usize {
        0
    }
}

/// For each builtin its routine, and behind that the function that finds the instance and stops panics.
macro_rules! builtins {
    ($( $([$how:ident])? $name:ident($($param:ident: $ty:ty),*) -> $answer:ty; )*) => {
        /// The addresses of all builtins.
        pub(super) static BUILTIN_TABLE: BuiltinTable = BuiltinTable {
            trap: trap as *const (),
            raise: raise as *const (),
            move_bytes: routines::move_bytes as *const (),
            fill_bytes: routines::fill_bytes as *const (),
            $( $name: routines::$name as *const (), )*
        };

        mod routines {
            use super::*;
            $( leaving_builtin! { $name => $($how)? super::bodies::$name } )*
            leaving_builtin! { move_bytes => without_context libc::memmove }
            leaving_builtin! { fill_bytes => without_context libc::memset }
        }

        mod bodies {
            use super::*;
            $(
                pub(super) unsafe extern "C" fn $name(context: *mut c_void, $($param: $ty),*) -> <$answer as Answer>::Raw {
                    // SAFETY: wasm code runs under the context of a live instance.
                    let instance = unsafe { instance(context) };
                    catch_unwind(AssertUnwindSafe(|| instance.$name($($param),*).raw()))
                        .unwrap_or_else(|_| <$answer>::failed())
                }
            )*
        }
    };
}

builtins! {
    memory_grow(memory: u32, delta: u64) -> Option<u64>;
    memory_copy(to_memory: u32, from_memory: u32, to: u64, from: u64, length: u64) -> Result<(), TrapCode>;
    memory_fill(memory: u32, at: u64, byte: u32, length: u64) -> Result<(), TrapCode>;
    memory_init(memory: u32, segment: u32, to: u64, from: u64, length: u64) -> Result<(), TrapCode>;
    data_drop(segment: u32) -> Result<(), TrapCode>;
    table_copy(to_table: u32, from_table: u32, to: u64, from: u64, length: u64) -> Result<(), TrapCode>;
    table_fill(table: u32, at: u64, reference: usize, length: u64) -> Result<(), TrapCode>;
    table_init(table: u32, segment: u32, to: u64, from: u64, length: u64) -> Result<(), TrapCode>;
    elem_drop(segment: u32) -> Result<(), TrapCode>;
    table_grow(table: u32, reference: usize, delta: u64) -> Option<u64>;
    ref_func(func: u32) -> usize;
    [if_there_is_stack] tell_heat(plt_index: u32) -> Result<(), TrapCode>;
}

impl InstanceEntity {
    fn memory_grow(&self, memory: u32, delta: u64) -> Option<u64> {
        self.memory(memory as usize).grow(delta).ok()
    }

    fn memory_copy(&self, to_memory: u32, from_memory: u32, to: u64, from: u64, length: u64) -> Result<(), TrapCode> {
        let from = self.memory(from_memory as usize).range(from, length)?;
        let to = self.memory(to_memory as usize).range(to, length)?;
        // SAFETY: both ranges lie within their memories.
        unsafe { self.copy(to, from, length) }
    }

    /// Copies bytes or elements, whose ranges may overlap.
    ///
    /// # Safety
    /// There must be as many at both addresses.
    unsafe fn copy<T>(&self, to: *mut T, from: *const T, length: u64) -> Result<(), TrapCode> {
        let copy = |slice: Range<usize>| {
            // SAFETY: by the caller's promise.
            unsafe { to.add(slice.start).copy_from(from.add(slice.start), slice.len()) }
        };
        // Nothing is overwritten that is still to be read.
        match to.cast_const() <= from {
            true => self.in_slices(slices(length), copy),
            false => self.in_slices(slices(length).rev(), copy),
        }
    }

    /// Does work in parts, each of which takes less than a millisecond, unless the store is to stop.
    fn in_slices(
        &self,
        slices: impl Iterator<Item = Range<usize>>,
        mut work: impl FnMut(Range<usize>),
    ) -> Result<(), TrapCode> {
        for slice in slices {
            if self.store().shared.is_interrupted() {
                return Err(TrapCode::Interrupted);
            }
            work(slice);
        }
        Ok(())
    }

    fn memory_fill(&self, memory: u32, at: u64, byte: u32, length: u64) -> Result<(), TrapCode> {
        let at = self.memory(memory as usize).range(at, length)?;
        self.in_slices(slices(length), |slice| {
            // SAFETY: the range lies within the memory.
            unsafe { at.add(slice.start).write_bytes(byte as u8, slice.len()) }
        })
    }

    /// Copies bytes of a data segment; also what instantiation does with active segments.
    pub(super) fn memory_init(
        &self,
        memory: u32,
        segment: u32,
        to: u64,
        from: u64,
        length: u64,
    ) -> Result<(), TrapCode> {
        let bytes = self.data(segment);
        let to = self.memory(memory as usize).range(to, length)?;
        let bytes = part(bytes, from, length).ok_or(TrapCode::MemoryOutOfBounds)?;
        // SAFETY: the range lies within the memory.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(())
    }

    fn data_drop(&self, segment: u32) -> Result<(), TrapCode> {
        self.dropped_data.add(segment, self.module.info.data.len());
        Ok(())
    }

    fn table_copy(&self, to_table: u32, from_table: u32, to: u64, from: u64, length: u64) -> Result<(), TrapCode> {
        let from = self.table(from_table as usize).range(from, length)?;
        let to = self.table(to_table as usize).range(to, length)?;
        // SAFETY: both ranges lie within their tables.
        unsafe { self.copy(to, from, length) }
    }

    fn table_fill(&self, table: u32, at: u64, reference: usize, length: u64) -> Result<(), TrapCode> {
        let at = self.table(table as usize).range(at, length)?;
        self.in_slices(slices(length), |slice| {
            // SAFETY: the range lies within the table.
            slice.for_each(|i| unsafe { at.add(i).write(reference) })
        })
    }

    /// Copies references of an element segment; also what instantiation does with active segments.
    pub(super) fn table_init(&self, table: u32, segment: u32, to: u64, from: u64, length: u64) -> Result<(), TrapCode> {
        let items = self.elements(segment);
        let to = self.table(table as usize).range(to, length)?;
        let items = part(items, from, length).ok_or(TrapCode::TableOutOfBounds)?;
        // As `evaluate` has them, but quicker: instantiation may do this thousands of times.
        let (imported, own) = (self.imported_funcs.len(), self.block.funcs());
        for (i, item) in items.iter().enumerate() {
            let word = match *item {
                ConstExpr::Func(index) if index as usize >= imported => own[index as usize - imported].get() as usize,
                _ => self.evaluate(item) as usize,
            };
            // SAFETY: the range lies within the table.
            unsafe { to.add(i).write(word) };
        }
        Ok(())
    }

    fn elem_drop(&self, segment: u32) -> Result<(), TrapCode> {
        self.dropped_elements.add(segment, self.module.info.elements.len());
        Ok(())
    }

    fn table_grow(&self, table: u32, reference: usize, delta: u64) -> Option<u64> {
        let is_to_stop = || self.store().shared.is_interrupted();
        self.table(table as usize).grow(delta, reference, is_to_stop).ok()
    }

    fn tell_heat(&self, plt_index: u32) -> Result<(), TrapCode> {
        self.module.tell_heat(plt_index);
        Ok(())
    }

    fn ref_func(&self, func: u32) -> usize {
        self.func(func as usize).as_ptr() as usize
    }
}

/// The parts of `length` bytes or elements.
fn slices(length: u64) -> impl DoubleEndedIterator<Item = Range<usize>> {
    let length = length as usize;
    (0..length.div_ceil(AT_ONCE)).map(move |i| i * AT_ONCE..length.min((i + 1) * AT_ONCE))
}

/// `length` items from `from` on, if there are as many.
fn part<T>(items: &[T], from: u64, length: u64) -> Option<&[T]> {
    let end = from.checked_add(length)?;
    items.get(usize::try_from(from).ok()?..usize::try_from(end).ok()?)
}
