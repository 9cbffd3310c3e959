//! The bodies of functions, and what validates them.

use crate::bytes::Bytes;
use std::ops::Range;
use wasmparser::{
    BinaryReader, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator, ValidatorResources,
};

/// The body of a function that the module defines.
pub(crate) struct Body<'a> {
    pub code: FunctionBody<'a>,
    pub validation: FuncToValidate<ValidatorResources>,
}

impl Body<'_> {
    /// Length in bytes.
    pub fn len(&self) -> usize {
        let range = self.code.range();
        (range.end - range.start) as usize
    }

    /// What validates it, from its start.
    pub fn validator(&self, allocations: FuncValidatorAllocations) -> FuncValidator<ValidatorResources> {
        again(&self.validation).into_validator(allocations)
    }
}

/// The function indices of the functions that a valid body calls directly, as they stand there.
pub(crate) fn callees(body: &Body<'_>) -> Vec<usize> {
    let called = |operator| match operator {
        Ok(Operator::Call { function_index }) => Some(function_index as usize),
        _ => None,
    };
    let operators = body.code.get_operators_reader();
    operators.into_iter().flatten().filter_map(called).collect()
}

fn again(validation: &FuncToValidate<ValidatorResources>) -> FuncToValidate<ValidatorResources> {
    let FuncToValidate { ref resources, index, ty, features } = *validation;
    FuncToValidate { resources: resources.clone(), index, ty, features }
}

/// Bodies that are kept with the bytes that they are in, to be read later.
pub(crate) struct KeptBodies {
    bytes: Bytes,
    bodies: Vec<(Range<usize>, FuncToValidate<ValidatorResources>)>,
}

impl KeptBodies {
    /// `bytes` are the module that the bodies were decoded from, in the binary format.
    pub fn new(bytes: Bytes, bodies: &[Body<'_>]) -> KeptBodies {
        let place = |body: &Body<'_>| {
            let range = body.code.range();
            range.start as usize..range.end as usize
        };
        KeptBodies { bytes, bodies: bodies.iter().map(|body| (place(body), again(&body.validation))).collect() }
    }

    /// The module that they are of, in the binary format.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The one at a position among all.
    pub fn get(&self, position: usize) -> Body<'_> {
        let (range, validation) = &self.bodies[position];
        let (code, offset) = (&self.bytes[range.clone()], range.start as u64);
        let reader = BinaryReader::new_features(code, offset, validation.features);
        Body { code: FunctionBody::new(reader), validation: again(validation) }
    }
}
