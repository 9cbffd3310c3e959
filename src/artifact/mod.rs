//! Compiled modules as bytes: for a file, a cache, another process.
//!
//! An artifact is a header, which says what the bytes are and whether they are whole; a record of what they are good
//! for; and the module: its declarations, then its data and its objects, which stay where they are. Reading is safe for
//! any bytes. Running what was read is not: it is machine code, and the checksum keeps out accidents only.

mod cache;
mod check;
mod format;

pub(crate) use cache::{Cache, Key};
pub(crate) use format::{Compatibility, Contents, read, seal, write};
