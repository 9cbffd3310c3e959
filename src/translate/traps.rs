//! Checks that end in a trap.

use super::func::FuncTranslator;
use crate::abi::{BUILTINS, Builtin, TrapCode};
use crate::error::Result;
use crate::llvm::FunctionBuilder;
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};

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
    /// Calls a builtin that returns 0 or the number of a trap, and raises that.
    pub(super) fn call_trapping(&self, builtin: Builtin, args: &[BasicValueEnum<'c>]) -> Result<()> {
        let code = self.b.call_builtin(self.context, builtin, args)?.expect("it has a result");
        let (trapping, going_on) = (self.b.block(), self.b.block());
        let trapped = self.is_nonzero(code.into_int_value())?;
        self.b.build_conditional_branch(trapped, trapping, going_on)?;
        self.b.position_at_end(trapping);
        self.b.call_builtin_cold(self.context, BUILTINS.trap, &[code])?;
        self.b.position_at_end(going_on);
        Ok(())
    }

    /// Traps if `condition` holds.
    pub(super) fn trap_if(&self, condition: IntValue<'c>, code: TrapCode) -> Result<()> {
        self.b.trap_if(self.context, condition, code)
    }
}
