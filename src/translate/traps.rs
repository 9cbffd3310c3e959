//! Checks that end in a trap.

use super::func::FuncTranslator;
use crate::abi::{BUILTINS, TrapCode};
use crate::error::Result;
use crate::llvm::FunctionBuilder;
use inkwell::values::{IntValue, PointerValue};

impl<'c> FunctionBuilder<'_, 'c> {
    /// Traps, and ends the block.
    pub(super) fn trap(&self, context: PointerValue<'c>, code: TrapCode) -> Result<()> {
        self.call_builtin_cold(context, BUILTINS.trap, &[self.const_i32(code as u32).into()])
    }

    /// Traps if `condition` holds, else goes on in a new block.
    pub(super) fn trap_if(&self, context: PointerValue<'c>, condition: IntValue<'c>, code: TrapCode) -> Result<()> {
        let (trapping, going_on) = (self.block(), self.block());
        self.build_conditional_branch(condition, trapping, going_on)?;
        self.position_at_end(trapping);
        self.trap(context, code)?;
        self.position_at_end(going_on);
        Ok(())
    }
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    /// Traps if `condition` holds.
    pub(super) fn trap_if(&self, condition: IntValue<'c>, code: TrapCode) -> Result<()> {
        self.b.trap_if(self.context, condition, code)
    }
}
