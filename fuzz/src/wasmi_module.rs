//! The module as wasmi gets it. It does the same as the module that wasmo gets, but avoids a mistake of wasmi 1.1.0, the last
//! version before 2.0.0.
//!
//! Where values go to a label, wasmi copies them to the slots of its stack where the label expects them. It leaves out those at
//! the start and at the end of the list that are there already. If the others are three or more in adjacent slots it copies a
//! span, but one as long as the whole list: that overwrites what is at the end and was left out. Values that were computed are
//! all in their places or all out of them; but locals stay where they are until a block starts. So with the parameters
//! 1, 2, 3, 4 this leaves 4 on top of the stack, not 104:
//!
//! ```text
//! block (result i32 i32 i32 i32)
//!   local.get 0  local.get 1  local.get 2  (i32.add (local.get 3) (i32.const 100))
//!   br 0
//! end
//! ```
//!
//! An empty block before each instruction that takes values to a label makes wasmi copy the locals one by one.

use crate::bodies::{bytes, with_bodies};
use wasm_encoder::{BlockType, Encode, Instruction};
use wasmparser::{FunctionBody, Operator, Result};

/// What wasmi gets for a valid module.
pub fn for_wasmi(module: &[u8]) -> Result<Vec<u8>> {
    with_bodies(module, |_, body| function(body))
}

/// A body with an empty block before each instruction that takes values to a label.
fn function(body: &FunctionBody<'_>) -> Result<Vec<u8>> {
    let mut operators = body.get_operators_reader()?;
    let mut done = operators.original_position();
    let mut result = bytes(body, body.range().start, done).to_vec();
    while !operators.eof() {
        if let Operator::Br { .. } | Operator::BrIf { .. } | Operator::BrTable { .. } | Operator::Else | Operator::End =
            operators.read()?
        {
            Instruction::Block(BlockType::Empty).encode(&mut result);
            Instruction::End.encode(&mut result);
        }
        result.extend(bytes(body, done, operators.original_position()));
        done = operators.original_position();
    }
    Ok(result)
}
