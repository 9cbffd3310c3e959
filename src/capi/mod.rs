//! The C boundary: the functions of `wasm.h`, one file per object of the header.
//!
//! An exported function converts what it is given, calls the engine and converts what it returns. No decision about
//! WebAssembly is taken here, and nothing below this layer knows of it.
//!
//! # The contract
//!
//! C cannot state what a pointer means, so it stands here once, and every `unsafe` of this folder rests on it:
//!
//! - A pointer is NULL or points to a live object of the type that it names.
//! - An `out` pointer is NULL or can be written to; what it points at may be uninitialized.
//! - A vector's `data` holds `size` elements; in a vector that C owns it is NULL or comes from `malloc`.
//! - Ownership passes as the documentation of each function says: "takes" from C to us, "new" and `out` from us to C.
//!   Nothing is used after its owner deleted it.
//! - What belongs to one store is used by one thread at a time.
//!
//! NULL is answered with the function's failure value wherever an object is needed.
//!
//! # How an exported function is written
//!
//! Its signature stands in full, because cbindgen, which makes `include/wasm.h` of these files, does not see what
//! macros make; its body is one [`boundary!`](boundary::boundary), mostly around one call into [`boundary`] or [`vec`].
//! Its documentation is what C programmers read in the header.

#![allow(non_camel_case_types, reason = "types have the names of the header")]
#![allow(clippy::missing_safety_doc, reason = "the contract above is every function's")]

mod boundary;
mod bytes;
mod callback;
mod caller;
mod compile;
mod config;
mod engine;
mod error;
mod exporttype;
mod ext;
mod external;
mod externtype;
mod foreign;
mod frame;
mod func;
mod functype;
mod global;
mod globaltype;
mod importtype;
mod inspect;
mod instance;
mod limits;
mod memory;
mod memorytype;
mod module;
mod reference;
mod store;
mod table;
mod tabletype;
mod tagtype;
mod trap;
mod val;
mod valtype;
mod vec;
mod words;
