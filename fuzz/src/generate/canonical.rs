//! What wasm-smith leaves to the engine. Its `canonicalize_nans` means the NaNs of arithmetic, not those of the conversions
//! between float types, though the spec determines no more of them than that they are quiet.

use super::body::canonical;
use crate::bodies::{bytes, with_bodies};
use wasm_encoder::{Encode, ValType};
use wasmparser::{FuncToValidate, FunctionBody, Operator, Result, ValidatorResources};

/// A valid module, changed so that conversions between float types make no NaN but the canonical one.
pub fn with_canonical_conversions(module: &[u8]) -> Result<Vec<u8>> {
    with_bodies(module, function)
}

/// The body of a function, with two locals more, in which its conversions leave what they made.
fn function(func: FuncToValidate<ValidatorResources>, body: &FunctionBody<'_>) -> Result<Vec<u8>> {
    let mut locals = body.get_binary_reader();
    let groups = locals.read_var_u32()?;
    let first_group = locals.original_position();
    let mut validator = func.into_validator(Default::default());
    validator.read_locals(&mut body.get_binary_reader())?;
    let (single, double) = (validator.len_locals(), validator.len_locals() + 1);

    let mut operators = body.get_operators_reader()?;
    let mut done = operators.original_position();
    let mut result = Vec::new();
    (groups + 2).encode(&mut result);
    result.extend(bytes(body, first_group, done));
    for ty in [ValType::F32, ValType::F64] {
        1u32.encode(&mut result);
        ty.encode(&mut result);
    }
    while !operators.eof() {
        let added = match operators.read()? {
            Operator::F32DemoteF64 => canonical(wasmo::ValType::F32, single),
            Operator::F64PromoteF32 => canonical(wasmo::ValType::F64, double),
            _ => continue,
        };
        result.extend(bytes(body, done, operators.original_position()));
        done = operators.original_position();
        added.iter().for_each(|instruction| instruction.encode(&mut result));
    }
    result.extend(bytes(body, done, body.range().end));
    Ok(result)
}
