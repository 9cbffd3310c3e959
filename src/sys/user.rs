//! Who runs the process.
#![allow(unsafe_code)]

/// The number of the user whose rights the process has.
pub(crate) fn user() -> u32 {
    // SAFETY: it cannot fail.
    unsafe { libc::geteuid() }
}
