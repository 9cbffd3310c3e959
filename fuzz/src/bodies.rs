//! Modules with the bodies of their functions changed.

use wasm_encoder::{CodeSection, Module, RawSection};
use wasmparser::{FuncToValidate, FunctionBody, Parser, Payload, Result, ValidPayload, Validator, ValidatorResources};

/// A valid module, with what `change` makes of the body of each function.
pub fn with_bodies(
    module: &[u8],
    mut change: impl FnMut(FuncToValidate<ValidatorResources>, &FunctionBody<'_>) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let mut validator = Validator::new();
    let mut result = Module::new();
    let (mut code, mut bodies) = (CodeSection::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let ValidPayload::Func(func, body) = validator.payload(&payload)? {
            code.raw(&change(func, &body)?);
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

/// The bytes of a body between two positions in the module.
pub fn bytes<'a>(body: &FunctionBody<'a>, from: u64, to: u64) -> &'a [u8] {
    let start = body.range().start;
    &body.as_bytes()[(from - start) as usize..(to - start) as usize]
}
