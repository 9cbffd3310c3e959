//! Where the arguments and results of a wasm function travel.

use crate::types::{FuncType, ValType};

/// Where one argument or result is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In a register, in order among those of its kind.
    Register,
    /// In this slot of the store's spill area. The caller writes arguments just before the call and the callee loads
    /// them first of all; the callee writes results just before it returns and the caller loads them at once.
    Spill(usize),
}

/// Integer and reference arguments in registers. The System V convention has six; the context takes one.
pub(crate) const INTEGER_PARAMS: usize = 5;
/// Float arguments in registers.
pub(crate) const FLOAT_PARAMS: usize = 8;
/// Integer and reference results in registers.
const INTEGER_RESULTS: usize = 2;
/// Float results in registers.
const FLOAT_RESULTS: usize = 2;

/// Arguments and results of a function type, each with its place. The convention is LLVM's C convention with the
/// context as first argument, restricted to registers, so that any function can tail-call any other.
pub(crate) struct Convention {
    pub params: Vec<Place>,
    pub results: Vec<Place>,
}

impl Convention {
    pub fn of(ty: &FuncType) -> Convention {
        Convention {
            params: places(ty.params(), INTEGER_PARAMS, FLOAT_PARAMS),
            results: places(ty.results(), INTEGER_RESULTS, FLOAT_RESULTS),
        }
    }
}

fn places(types: &[ValType], mut integers: usize, mut floats: usize) -> Vec<Place> {
    let mut spilled = 0;
    let place = |ty: &ValType| {
        let left = if ty.is_float() { &mut floats } else { &mut integers };
        if *left > 0 {
            *left -= 1;
            return Place::Register;
        }
        spilled += 1;
        Place::Spill(spilled - 1)
    };
    types.iter().map(place).collect()
}

/// Slots of the spill area: the most parameters or results that a valid function has.
pub(crate) const SPILL_SLOTS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use ValType::*;

    #[test]
    fn what_exceeds_the_registers_of_its_kind_is_spilled_in_order() {
        let ty = FuncType::new([I32, I64, F32, I32, I32, I32, I64, F64, I32], [F64, F64, I32, F32, I64, I64]);
        let convention = Convention::of(&ty);
        let r = Place::Register;
        assert_eq!(convention.params, [r, r, r, r, r, r, Place::Spill(0), r, Place::Spill(1)]);
        assert_eq!(convention.results, [r, r, r, Place::Spill(0), r, Place::Spill(1)]);
    }
}
