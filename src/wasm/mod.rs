//! The decoder: bytes in, a validated [`ModuleInfo`] and function bodies out.
//!
//! All validation is wasmparser's. Declarations are validated here; a body is validated when it is measured, before
//! anything is compiled, and again while it is translated, in the same pass. Declaration order is kept everywhere, because imports and exports are positional.

mod bodies;
mod decode;
mod info;
mod names;

pub(crate) use bodies::{Body, KeptBodies, callees};
pub(crate) use decode::{DecodedModule, classify, decode, invalid, val_type, validate};
pub(crate) use info::{ConstExpr, ExternIndex, ModuleInfo, SegmentMode};
