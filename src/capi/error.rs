//! The reason of the last failure, for `wasmo_last_error`.

use super::boundary::{Object, give};
use crate::error::{Error, Result};
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::ptr::null_mut;

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// Keeps the reason of a failure until the next one on this thread.
pub(super) fn report(error: &Error) {
    let mut text = error.to_string().into_bytes();
    text.retain(|byte| *byte != 0);
    // When the thread ends, the variable may be gone already; then nobody can ask any more.
    let _ = LAST.try_with(|last| *last.borrow_mut() = CString::new(text).unwrap_or_default());
}

/// The last reason, which lives until the next failure on this thread; empty if there was none.
pub(super) fn last() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// What was made; what went wrong is reported.
pub(super) fn reported<T>(result: Result<T>) -> Option<T> {
    result.inspect_err(report).ok()
}

/// [`give`], or NULL with the reason reported.
pub(super) fn give_made<T: Object>(made: Result<T::Target>) -> *mut T {
    reported(made).map_or(null_mut(), give)
}

/// What a parameter leads to.
pub(super) fn given<T>(object: Option<T>, parameter: &str) -> Result<T> {
    object.ok_or_else(|| Error::Argument(format!("{parameter} is NULL or something else")))
}
