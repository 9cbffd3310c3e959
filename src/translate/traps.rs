//! Checks that end in a trap.

use super::func::FuncTranslator;
use crate::abi::{BUILTINS, Builtin, ContextHead, StoreContext, TrapCode};
use crate::error::Result;
use crate::llvm::FunctionBuilder;
use inkwell::IntPredicate;
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

impl<'c> FunctionBuilder<'_, 'c> {
    /// Traps if another thread asked the store to stop. Where signals interrupt code, this is needed wherever wasm code
    /// goes on after other code ran: a signal that arrived meanwhile did nothing.
    pub(super) fn check_interrupt(&self, context: PointerValue<'c>) -> Result<()> {
        let store = self.load_fixed(context, ContextHead::store)?.into_pointer_value();
        let address = self.offset(store, StoreContext::interrupt.offset)?;
        let flag = self.load_volatile(self.unit.i64.into(), address, align_of::<usize>() as u32)?.into_int_value();
        let asked = self.build_int_compare(IntPredicate::NE, flag, self.const_i64(0), "")?;
        self.trap_if(context, asked, TrapCode::Interrupted)
    }

    /// Traps if the stack `below` bytes below the frame of this function is beyond the limit of the store. Returns the
    /// address of the frame.
    pub(super) fn check_stack(
        &self,
        context: PointerValue<'c>,
        store: PointerValue<'c>,
        below: usize,
    ) -> Result<IntValue<'c>> {
        let level_zero = self.const_i32(0).into();
        let frame = self.intrinsic("llvm.frameaddress", &[self.unit.ptr.into()], &[level_zero])?.into_pointer_value();
        let frame = self.build_ptr_to_int(frame, self.unit.i64, "")?;
        let limit = self.load_field(store, StoreContext::stack_limit)?.into_int_value();
        let bottom = self.build_int_sub(frame, self.const_i64(below as u64), "")?;
        let beyond = self.build_int_compare(IntPredicate::ULT, bottom, limit, "")?;
        self.trap_if(context, beyond, TrapCode::StackOverflow)?;
        Ok(frame)
    }
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    /// What is to be checked, and counted, at the start of a function. Traps if there is no stack left: up to a page may be missing,
    /// larger frames are probed before they are made. Traps also if the store is to stop.
    pub(super) fn check_at_start(&self) -> Result<()> {
        if self.unit.translation.checks_stack {
            let store = self.b.load_fixed(self.context, ContextHead::store)?.into_pointer_value();
            self.b.check_stack(self.context, store, 0)?;
        }
        self.check_in_loop()
    }

    /// What is to be checked, and counted, in the head of a loop.
    pub(super) fn check_in_loop(&self) -> Result<()> {
        if self.unit.translation.checks_interrupt {
            self.b.check_interrupt(self.context)?;
        }
        self.count_heat()
    }

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
