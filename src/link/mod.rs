//! Objects to code: the ORC session, the PLT and its stubs, and the registry that tells what a code address is.

mod debug;
mod module;
mod plt;
mod ranges;
mod registry;
mod sync;

pub(crate) use module::{LinkedModule, Objects, Routines};
pub(crate) use registry::{find, is_code};
