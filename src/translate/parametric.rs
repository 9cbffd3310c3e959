//! Parametric instructions
//! ([spec](https://webassembly.github.io/spec/core/exec/instructions.html#parametric-instructions)).

use super::func::FuncTranslator;
use crate::error::{Error, Result};

impl FuncTranslator<'_, '_, '_> {
    pub(super) fn visit_drop(&mut self) -> Result<()> {
        self.pop();
        Ok(())
    }

    pub(super) fn visit_typed_select(&mut self, _: wasmparser::ValType) -> Result<()> {
        self.visit_select()
    }

    pub(super) fn visit_typed_select_multi(&mut self, types: Vec<wasmparser::ValType>) -> Result<()> {
        Err(Error::Bug(format!("a select of {} types passed the validator", types.len())))
    }

    pub(super) fn visit_select(&mut self) -> Result<()> {
        let condition = self.pop_int();
        let (otherwise, then) = (self.pop(), self.pop());
        let condition = self.is_nonzero(condition)?;
        let value = self.b.build_select(condition, then, otherwise, "")?;
        self.push(value);
        Ok(())
    }
}
