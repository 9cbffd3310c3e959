//! Memory types, and the limits that they share with table types.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, lend};
use super::error::{give_made, given};
use super::externtype::{View, downcast, wasm_externtype_t};
use super::vec::{self, vector};
use crate::types::{ExternKind, ExternType, Limits, MemoryType};
use std::ptr::{null, null_mut};

/// Bounds of a size: in elements for a table, in pages of 64 KiB for a memory. A bound beyond 32 bits reads as
/// 0xffffffff.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct wasm_limits_t {
    /// The size at the start.
    pub min: u32,
    /// The greatest size; `wasm_limits_max_default` for none.
    pub max: u32,
}

impl wasm_limits_t {
    /// `wasm_limits_max_default` of the header
    const NO_MAX: u32 = u32::MAX;

    /// As much of these limits as 32 bits can say.
    pub(super) fn from_type(limits: Limits) -> wasm_limits_t {
        let saturated = |bound: u64| u32::try_from(bound).unwrap_or(u32::MAX);
        wasm_limits_t { min: saturated(limits.min), max: limits.max.map_or(Self::NO_MAX, saturated) }
    }

    /// The limits that they stand for.
    pub(super) fn to_type(self) -> Limits {
        Limits { min: self.min.into(), max: (self.max != Self::NO_MAX).then_some(self.max.into()) }
    }
}

/// The type of a linear memory.
pub enum wasm_memorytype_t {}

impl View for wasm_memorytype_t {
    const KIND: ExternKind = ExternKind::Memory;
}

// SAFETY: made by `give` of its target, as `externtype` has it
unsafe impl Object for wasm_memorytype_t {
    type Target = wasm_externtype_t;
}

/// Memory types.
#[repr(C)]
pub struct wasm_memorytype_vec_t {
    /// Number of elements.
    pub size: usize,
    /// The elements; NULL if there are none.
    pub data: *mut *mut wasm_memorytype_t,
}
vector!(wasm_memorytype_vec_t of *mut wasm_memorytype_t);

/// Makes `out` an empty vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_vec_new_empty(out: *mut wasm_memorytype_vec_t) {
    boundary!((), { vec::new_empty(out) })
}

/// Makes `out` a vector of `size` NULLs, to be filled in; empty if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_vec_new_uninitialized(out: *mut wasm_memorytype_vec_t, size: usize) {
    boundary!(vec::new_empty(out), { vec::new_uninitialized(out, size) })
}

/// Makes `out` a vector of the `size` objects at `data`, which it takes. If memory runs out, `out` is empty and
/// nothing is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_vec_new(
    out: *mut wasm_memorytype_vec_t,
    size: usize,
    data: *const *mut wasm_memorytype_t,
) {
    boundary!(vec::new_empty(out), { vec::new(out, size, data) })
}

/// Makes `out` a copy of `other`, with copies of its objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_vec_copy(
    out: *mut wasm_memorytype_vec_t,
    other: *const wasm_memorytype_vec_t,
) {
    boundary!(vec::new_empty(out), { vec::copy(out, other) })
}

/// Frees the objects of `vec` and the array of them, and leaves `vec` empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_vec_delete(vec: *mut wasm_memorytype_vec_t) {
    boundary!((), { vec::delete(vec) })
}

/// A new memory type; `limits` are in pages of 64 KiB. NULL if they are NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_new(limits: *const wasm_limits_t) -> *mut wasm_memorytype_t {
    boundary!(null_mut(), {
        let ty = given(limits.as_ref(), "limits").map(|limits| MemoryType { limits: limits.to_type() });
        give_made(ty.map(|ty| wasm_externtype_t::from_type(ExternType::Memory(ty))))
    })
}

/// Frees `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_delete(ty: *mut wasm_memorytype_t) {
    boundary!((), { delete(ty) })
}

/// A new copy of `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_copy(ty: *const wasm_memorytype_t) -> *mut wasm_memorytype_t {
    boundary!(null_mut(), { copy(ty) })
}

/// The bounds of the size, in pages of 64 KiB. They belong to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_limits(ty: *const wasm_memorytype_t) -> *const wasm_limits_t {
    boundary!(null(), { lend(borrow(ty).and_then(wasm_externtype_t::limits)) })
}

/// `ty` itself as an extern type: the same object, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_as_externtype(ty: *mut wasm_memorytype_t) -> *mut wasm_externtype_t {
    boundary!(null_mut(), { ty.cast() })
}

/// `ty` itself as a memory type: the same object, not a copy; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_memorytype(ty: *mut wasm_externtype_t) -> *mut wasm_memorytype_t {
    boundary!(null_mut(), { downcast::<wasm_memorytype_t>(ty).cast_mut() })
}

/// `ty` itself as an extern type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_memorytype_as_externtype_const(ty: *const wasm_memorytype_t) -> *const wasm_externtype_t {
    boundary!(null(), { ty.cast() })
}

/// `ty` itself as a memory type; NULL if it is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_externtype_as_memorytype_const(ty: *const wasm_externtype_t) -> *const wasm_memorytype_t {
    boundary!(null(), { downcast::<wasm_memorytype_t>(ty) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_number_means_no_maximum() {
        assert_eq!(wasm_limits_t { min: 1, max: u32::MAX }.to_type(), Limits { min: 1, max: None });
        assert_eq!(wasm_limits_t { min: 1, max: 2 }.to_type(), Limits { min: 1, max: Some(2) });
        assert_eq!(wasm_limits_t::from_type(Limits { min: 1, max: None }), wasm_limits_t { min: 1, max: u32::MAX });
    }

    #[test]
    fn limits_beyond_32_bits_saturate_and_survive_a_copy() {
        let limits = Limits { min: 1 << 33, max: Some(1 << 34) };
        assert_eq!(wasm_limits_t::from_type(limits), wasm_limits_t { min: u32::MAX, max: u32::MAX });

        let wide = ExternType::Memory(MemoryType { limits });
        let ty: *mut wasm_memorytype_t = crate::capi::boundary::give(wasm_externtype_t::from_type(wide.clone()));
        unsafe {
            let second = wasm_memorytype_copy(ty);
            wasm_memorytype_delete(ty);
            assert_eq!(borrow(second).map(wasm_externtype_t::ty), Some(&wide));
            wasm_memorytype_delete(second);
        }
    }
}
