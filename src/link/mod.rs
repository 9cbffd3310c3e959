//! Objects to code: the ORC session, the PLT and its stubs, the registry that tells what a code address is, and the
//! tools outside the process that are told of it. And what instances of a module have in common or leave to each other.

mod better;
mod block;
mod data;
mod debug;
mod gdb;
mod module;
mod perf;
mod plt;
mod ranges;
mod registry;
mod slot;
mod source;
mod sync;
mod tools;

pub(crate) use better::FuncHeat;
pub(crate) use block::Block;
pub(crate) use data::DataImage;
pub(crate) use module::{LinkedModule, Objects, Routines, Units, code_size};
pub(crate) use registry::{find, is_code};
pub(crate) use source::CodeSource;
pub(crate) use tools::Tools;
