//! Compiled modules as bytes: for a file, a cache, another process.
//!
//! An artifact is a header, which says what the bytes are and whether they are whole; a record of what they are good
//! for; and the module: its declarations and its objects. Reading takes the bytes as possibly damaged, but not as
//! hostile: they hold machine code.

mod cache;
mod check;
mod format;

pub(crate) use cache::{Cache, Key};
pub(crate) use format::{Compatibility, Contents, read, seal, write};
