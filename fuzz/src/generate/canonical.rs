//! What wasm-smith leaves to the engine. Its `canonicalize_nans` means the NaNs of arithmetic, not those of the conversions
//! between float types, though the spec determines no more of them than that they are quiet.

use super::body::canonical;
use wasm_encoder::{CodeSection, Encode, Module, RawSection, ValType};
use wasmparser::{FuncToValidate, FunctionBody, Operator, Parser, Payload, Result, ValidPayload, ValidatorResources};

/// A valid module, changed so that conversions between float types make no NaN but the canonical one.
pub fn with_canonical_conversions(module: &[u8]) -> Result<Vec<u8>> {
    let mut validator = wasmparser::Validator::new();
    let mut result = Module::new();
    let (mut code, mut bodies) = (CodeSection::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let ValidPayload::Func(func, body) = validator.payload(&payload)? {
            code.raw(&function(func, &body)?);
            if code.len() == bodies {
                result.section(&code);
            }
        } else if let Payload::CodeSectionStart { count, .. } = payload {
            bodies = count;
        } else if let Some((id, range)) = payload.as_section() {
            result.section(&RawSection { id, data: &module[range.start as usize..range.end as usize] });
        }
    }
    Ok(result.finish())
}

/// The body of a function, with two locals more, in which its conversions leave what they made.
fn function(func: FuncToValidate<ValidatorResources>, body: &FunctionBody<'_>) -> Result<Vec<u8>> {
    let bytes = |from: u64, to: u64| {
        let start = body.range().start;
        &body.as_bytes()[(from - start) as usize..(to - start) as usize]
    };
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
    result.extend(bytes(first_group, done));
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
        result.extend(bytes(done, operators.original_position()));
        done = operators.original_position();
        added.iter().for_each(|instruction| instruction.encode(&mut result));
    }
    result.extend(bytes(done, body.range().end));
    Ok(result)
}
