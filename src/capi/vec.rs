//! Vectors of the header: what all `wasm_*_vec_t` share.
#![allow(unsafe_code)]

use super::boundary::{Object, copy as copy_object, delete as delete_object};
use std::{ptr, slice};

/// What a vector holds.
///
/// # Safety
///
/// All bits zero are a valid element that owns nothing.
pub(super) unsafe trait Element: Sized {
    /// A copy that is owned like the original.
    unsafe fn copy(&self) -> Self;

    /// Frees what the element owns. It is not used again.
    unsafe fn delete(&mut self);
}

// SAFETY: NULL owns nothing
unsafe impl<T: Object<Target: Clone>> Element for *mut T {
    unsafe fn copy(&self) -> *mut T {
        // SAFETY: the elements of a vector follow the contract of `capi`
        unsafe { copy_object(*self) }
    }

    unsafe fn delete(&mut self) {
        // SAFETY: as above
        unsafe { delete_object(*self) }
    }
}

/// A vector struct of the header. [`vector!`] implements it.
pub(super) trait Vector: Sized {
    /// What it holds.
    type Element: Element;

    /// The struct with these fields.
    fn from_parts(size: usize, data: *mut Self::Element) -> Self;

    /// Its fields.
    fn parts(&self) -> (usize, *mut Self::Element);
}

/// `vector!(wasm_x_vec_t of Element)`: makes a vector of a struct with the fields `size` and `data`.
macro_rules! vector {
    ($vec:ident of $element:ty) => {
        impl $crate::capi::vec::Vector for $vec {
            type Element = $element;

            fn from_parts(size: usize, data: *mut $element) -> $vec {
                $vec { size, data }
            }

            fn parts(&self) -> (usize, *mut $element) {
                (self.size, self.data)
            }
        }
    };
}
pub(super) use vector;

/// A vector that is ours: with its elements, and freed when dropped.
pub(super) struct Owned<V: Vector>(V);

impl<V: Vector> Owned<V> {
    /// A vector without elements.
    pub fn empty() -> Owned<V> {
        Owned(V::from_parts(0, ptr::null_mut()))
    }

    /// A vector of elements whose bits are all zero; empty if there is no memory for them.
    pub fn zeroed(size: usize) -> Owned<V> {
        const { assert!(align_of::<V::Element>() <= align_of::<libc::max_align_t>()) };
        if size == 0 {
            return Owned::empty();
        }
        // SAFETY: both numbers may be any; calloc detects an overflow of their product
        let data: *mut V::Element = unsafe { libc::calloc(size, size_of::<V::Element>()) }.cast();
        if data.is_null() { Owned::empty() } else { Owned(V::from_parts(size, data)) }
    }

    /// A vector of these elements; empty if there is no memory for them.
    pub fn collect(elements: impl ExactSizeIterator<Item = V::Element>) -> Owned<V> {
        let mut vec = Owned::zeroed(elements.len());
        // The slots come first: without memory there are none, and then no element is made.
        vec.as_mut_slice().iter_mut().zip(elements).for_each(|(slot, element)| *slot = element);
        vec
    }

    /// Takes a vector from C and leaves an empty one. NULL is an empty one.
    pub unsafe fn take(vec: *mut V) -> Owned<V> {
        if vec.is_null() {
            return Owned::empty();
        }
        // SAFETY: `vec` leads to a vector that C owned
        unsafe { Owned(vec.replace(Owned::empty().into_inner())) }
    }

    /// Moves the vector to C, which then owns it. What `out` held is not looked at.
    pub unsafe fn put(self, out: *mut V) {
        if !out.is_null() {
            // SAFETY: an `out` pointer that is not NULL can be written to
            unsafe { out.write(self.into_inner()) };
        }
    }

    /// The elements.
    pub fn as_slice(&self) -> &[V::Element] {
        // SAFETY: the vector is ours, hence well-formed and alive
        unsafe { elements(&self.0) }
    }

    /// The struct as C sees it.
    pub fn as_vec(&self) -> &V {
        &self.0
    }

    fn as_mut_slice(&mut self) -> &mut [V::Element] {
        let (size, data) = self.0.parts();
        // SAFETY: as in `as_slice`, and nobody else has access
        if data.is_null() { &mut [] } else { unsafe { slice::from_raw_parts_mut(data, size) } }
    }

    fn into_inner(self) -> V {
        let (size, data) = self.0.parts();
        std::mem::forget(self);
        V::from_parts(size, data)
    }
}

impl<V: Vector> Clone for Owned<V> {
    fn clone(&self) -> Owned<V> {
        // SAFETY: the elements are ours, hence valid
        Owned::collect(self.as_slice().iter().map(|element| unsafe { element.copy() }))
    }
}

impl<V: Vector> Drop for Owned<V> {
    fn drop(&mut self) {
        // SAFETY: the elements are ours and come to an end here, and the data comes from malloc
        self.as_mut_slice().iter_mut().for_each(|element| unsafe { element.delete() });
        unsafe { libc::free(self.0.parts().1.cast()) };
    }
}

/// The elements of a vector that C keeps. NULL is an empty one.
pub(super) unsafe fn elements<'call, V: Vector>(vec: *const V) -> &'call [V::Element] {
    // SAFETY: a vector that is not NULL holds `size` elements at `data`
    match unsafe { vec.as_ref() }.map(V::parts) {
        Some((size, data)) if !data.is_null() => unsafe { slice::from_raw_parts(data, size) },
        _ => &[],
    }
}

/// `wasm_*_vec_new_empty`
pub(super) unsafe fn new_empty<V: Vector>(out: *mut V) {
    // SAFETY: the contract of `capi`
    unsafe { Owned::empty().put(out) }
}

/// `wasm_*_vec_new_uninitialized`
pub(super) unsafe fn new_uninitialized<V: Vector>(out: *mut V, size: usize) {
    // SAFETY: the contract of `capi`
    unsafe { Owned::zeroed(size).put(out) }
}

/// `wasm_*_vec_new`: moves the elements. They stay the caller's where there is no `out` or no memory; without `data`,
/// the elements are those of an uninitialized vector.
pub(super) unsafe fn new<V: Vector>(out: *mut V, size: usize, data: *const V::Element) {
    if out.is_null() {
        return;
    }
    let vec = Owned::<V>::zeroed(size);
    let (size, slots) = vec.0.parts();
    if !data.is_null() && size != 0 {
        // SAFETY: `data` holds as many elements as were asked for, and the slots are new
        unsafe { slots.copy_from_nonoverlapping(data, size) };
    }
    // SAFETY: the contract of `capi`
    unsafe { vec.put(out) }
}

/// `wasm_*_vec_copy`
pub(super) unsafe fn copy<V: Vector>(out: *mut V, other: *const V) {
    // SAFETY: the contract of `capi`
    unsafe { Owned::collect(elements(other).iter().map(|element| element.copy())).put(out) }
}

/// `wasm_*_vec_delete`
pub(super) unsafe fn delete<V: Vector>(vec: *mut V) {
    // SAFETY: the contract of `capi`
    drop(unsafe { Owned::take(vec) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::boundary::give;
    use std::mem::MaybeUninit;
    use std::rc::Rc;

    #[derive(Clone)]
    struct Thing(#[allow(dead_code, reason = "counted")] Rc<()>);

    unsafe impl Object for Thing {
        type Target = Thing;
    }

    #[repr(C)]
    struct Things {
        size: usize,
        data: *mut *mut Thing,
    }
    vector!(Things of *mut Thing);

    /// What `make` writes over garbage.
    fn made(make: impl FnOnce(*mut Things)) -> Things {
        let mut out = MaybeUninit::<Things>::uninit();
        unsafe {
            out.as_mut_ptr().cast::<u8>().write_bytes(0xa5, size_of::<Things>());
            make(out.as_mut_ptr());
            // If nobody saw the vector, LLVM would leave out its allocation, and with it that this fails.
            std::hint::black_box(out.assume_init())
        }
    }

    fn is_empty(vec: &Things) -> bool {
        vec.size == 0 && vec.data.is_null()
    }

    #[test]
    fn a_vector_takes_its_elements_copies_them_and_frees_them_once() {
        let owners = Rc::new(());
        let array = [give::<Thing>(Thing(owners.clone())), ptr::null_mut()];
        unsafe {
            let mut vec = made(|out| new(out, array.len(), array.as_ptr()));
            assert_eq!(elements(&vec), array);

            let mut second = made(|out| copy(out, &vec));
            assert_eq!(Rc::strong_count(&owners), 3);
            assert!(!elements(&second)[0].is_null() && elements(&second)[1].is_null());

            delete(&mut vec);
            assert!(is_empty(&vec));
            assert_eq!(Rc::strong_count(&owners), 2);
            delete(&mut vec);
            delete(&mut second);
        }
        assert_eq!(Rc::strong_count(&owners), 1);
    }

    #[test]
    fn a_vector_that_was_taken_is_left_empty() {
        let owners = Rc::new(());
        let array = [give::<Thing>(Thing(owners.clone()))];
        unsafe {
            let mut vec = made(|out| new(out, 1, array.as_ptr()));
            let taken = Owned::take(&mut vec);
            assert!(is_empty(&vec));
            assert_eq!(taken.as_slice(), array);
            assert_eq!(Rc::strong_count(&owners), 2);
        }
        assert_eq!(Rc::strong_count(&owners), 1);
    }

    #[test]
    fn elements_that_are_not_given_are_null() {
        unsafe {
            let mut uninitialized = made(|out| new_uninitialized(out, 2));
            assert_eq!(elements(&uninitialized), [ptr::null_mut(); 2]);
            delete(&mut uninitialized);

            let mut no_data = made(|out| new(out, 2, ptr::null()));
            assert_eq!(elements(&no_data), [ptr::null_mut(); 2]);
            delete(&mut no_data);
        }
    }

    #[test]
    fn a_vector_of_no_elements_has_no_data() {
        let unused: *mut Thing = ptr::null_mut();
        unsafe {
            assert!(is_empty(&made(|out| new_empty(out))));
            assert!(is_empty(&made(|out| new_uninitialized(out, 0))));
            assert!(is_empty(&made(|out| new(out, 0, &unused))));
            assert!(is_empty(&made(|out| copy(out, ptr::null()))));
        }
    }

    #[test]
    fn a_vector_that_does_not_fit_in_memory_is_empty() {
        let element: *mut Thing = ptr::null_mut();
        unsafe {
            assert!(is_empty(&made(|out| new_uninitialized(out, usize::MAX))));
            assert!(is_empty(&made(|out| new(out, usize::MAX / 16, &element))));
        }
    }

    #[test]
    fn null_vectors_are_nothing() {
        unsafe {
            new_empty::<Things>(ptr::null_mut());
            new::<Things>(ptr::null_mut(), 1, ptr::null());
            copy::<Things>(ptr::null_mut(), ptr::null());
            delete::<Things>(ptr::null_mut());
            assert!(Owned::take(ptr::null_mut::<Things>()).as_slice().is_empty());
        }
    }
}
