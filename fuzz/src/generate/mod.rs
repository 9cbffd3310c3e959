//! Random modules, with no more of WebAssembly than wasmo implements. They are valid, and they end.

mod access;
mod body;
mod bulk;
mod canonical;
mod chain;
mod encode;
mod expression;
mod operators;
mod segments;
mod shape;
mod smith;
mod statement;

use crate::random::Random;
use shape::Shape;
pub use shape::{FUEL, Purpose, VALUE_TYPES};

/// The module of a seed, in the binary format.
pub fn module(seed: u64, purpose: Purpose) -> Vec<u8> {
    let random = &Random::new(seed);
    if random.one_in(4)
        && let Some(module) = smith::module(random)
    {
        return module;
    }
    encode::module(&Shape::new(random, purpose), random)
}

/// Some valid module. It need not end, and wasmo need not support it.
pub fn any_module(random: &Random) -> Vec<u8> {
    smith::any_module(random).unwrap_or_else(|| module(random.next(), Purpose::Programs))
}
