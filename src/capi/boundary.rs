//! What every exported function is made of: a stop for panics, and owned objects behind pointers.
#![allow(unsafe_code)]

use super::error::report;
use crate::error::Error;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

/// The whole body of an exported function: `boundary!(failure, { body })`.
///
/// A panic does not reach C: it ends in `failure`, which is evaluated only then. It is the value to return or, for a
/// function that returns nothing, what leaves its output in order, such as `vec::new_empty(out)`.
macro_rules! boundary {
    ($failure:expr, $body:block) => {{
        #[allow(unused_unsafe, reason = "some bodies and most failure values are safe")]
        // SAFETY: C keeps the contract in the documentation of `capi`
        let (body, failure) = (|| unsafe { $body }, || unsafe { $failure });
        $crate::capi::boundary::stop_panics(body, failure)
    }};
}
pub(super) use boundary;

/// What `body` returns, or what `failure` does if it panics. Inlined: then it costs a call next to nothing.
#[inline(always)]
pub(super) fn stop_panics<T>(body: impl FnOnce() -> T, failure: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        report_panic(&*panic);
        failure()
    })
}

#[cold]
fn report_panic(panic: &(dyn Any + Send)) {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    report(&Error::Bug(format!("panicked: {}", message.unwrap_or("no message"))));
}

/// A type of the header that C only has pointers to.
///
/// Views, such as `wasm_functype_t` of a `wasm_externtype_t`, point at one and the same `Target`. So a cast between
/// them keeps the pointer as it is, and an object can be copied and deleted through any of them.
///
/// # Safety
///
/// Every pointer to `Self` that C has was made by [`give`], or leads to a `Target` within such an object.
pub(super) unsafe trait Object {
    /// What the pointer points at: `Self`, unless `Self` is a view.
    type Target;
}

/// Moves an object to C, which then owns it.
pub(super) fn give<T: Object>(object: T::Target) -> *mut T {
    Box::into_raw(Box::new(object)).cast()
}

/// [`give`], or NULL for what could not be made.
pub(super) fn give_some<T: Object>(object: Option<T::Target>) -> *mut T {
    object.map_or(null_mut(), give)
}

/// Takes from C an object that it owned; none for NULL.
pub(super) unsafe fn take<T: Object>(object: *mut T) -> Option<Box<T::Target>> {
    // SAFETY: an owned pointer was made by `give`, and whoever passes it on does not use it again
    (!object.is_null()).then(|| unsafe { Box::from_raw(object.cast()) })
}

/// The object at a pointer, for the duration of a call; none for NULL.
pub(super) unsafe fn borrow<'call, T: Object>(object: *const T) -> Option<&'call T::Target> {
    // SAFETY: a pointer that is not NULL leads to a live `Target`
    unsafe { object.cast::<T::Target>().as_ref() }
}

/// A part of an object as a pointer that lives as long as the object; NULL for none.
pub(super) fn lend<T>(part: Option<&T>) -> *const T {
    part.map_or(std::ptr::null(), std::ptr::from_ref)
}

/// Writes what C owns from then on. What `out` held is not looked at.
pub(super) unsafe fn put<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: an `out` pointer that is not NULL can be written to
        unsafe { out.write(value) };
    }
}

/// A copy that C owns; NULL of NULL.
pub(super) unsafe fn copy<T: Object<Target: Clone>>(object: *const T) -> *mut T {
    // SAFETY: the same contract
    give_some(unsafe { borrow(object) }.cloned())
}

/// Frees an object that C owned.
pub(super) unsafe fn delete<T: Object>(object: *mut T) {
    // SAFETY: the same contract
    drop(unsafe { take(object) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[derive(Clone)]
    struct Base(#[allow(dead_code, reason = "counted")] Rc<()>);
    enum View {}

    unsafe impl Object for Base {
        type Target = Base;
    }
    unsafe impl Object for View {
        type Target = Base;
    }

    #[test]
    fn a_panic_becomes_the_failure_value() {
        let answer = |fail: bool| -> i32 {
            boundary!(-1, {
                assert!(!fail, "expected by the test");
                1
            })
        };
        assert_eq!((answer(false), answer(true)), (1, -1));
    }

    #[test]
    fn an_object_is_copied_and_deleted_through_any_view() {
        let owners = Rc::new(());
        let base: *mut Base = give(Base(owners.clone()));
        let view: *mut View = base.cast();
        unsafe {
            let second: *mut View = copy(view);
            assert_eq!(Rc::strong_count(&owners), 3);
            delete(view);
            delete(second.cast::<Base>());
        }
        assert_eq!(Rc::strong_count(&owners), 1);
    }

    #[test]
    fn null_is_nothing() {
        unsafe {
            assert!(copy::<Base>(std::ptr::null()).is_null());
            assert!(borrow::<View>(std::ptr::null()).is_none());
            delete::<View>(null_mut());
        }
    }
}
