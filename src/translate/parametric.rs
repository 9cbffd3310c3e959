//! Parametric instructions ([spec](https://webassembly.github.io/spec/core/exec/instructions.html#parametric-instructions)).

use super::func::FuncTranslator;
use crate::error::Result;

impl FuncTranslator<'_, '_, '_> {
    pub(super) fn visit_drop(&mut self) -> Result<()> {
        self.pop();
        Ok(())
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
