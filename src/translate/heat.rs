//! Heat: code that may be replaced by better code counts how often it runs, and tells when that is often.

use super::func::FuncTranslator;
use crate::abi::{BUILTINS, ContextHead, Heat, heat_offset};
use crate::error::Result;
use inkwell::IntPredicate;
use inkwell::values::PointerValue;

impl<'c> FuncTranslator<'_, '_, 'c> {
    /// The counter of this function; none if it does not count.
    pub(super) fn heat_address(&self) -> Result<Option<PointerValue<'c>>> {
        if !self.unit.translation.counts_heat {
            return Ok(None);
        }
        let plt = self.b.load_invariant(self.context, ContextHead::plt.offset)?;
        let slots = self.unit.translation.info.defined_funcs();
        self.b.offset(plt, heat_offset(slots, self.plt_index)).map(Some)
    }

    /// Counts that the function was called, or that a loop of it begins anew. At zero it tells.
    pub(super) fn count_heat(&self) -> Result<()> {
        let Some(heat) = self.heat else { return Ok(()) };
        let align = align_of::<Heat>() as u32;
        let count = self.b.load_volatile(self.b.unit.i32.into(), heat, align)?.into_int_value();
        let count = self.b.build_int_sub(count, self.b.const_i32(1), "")?;
        self.b.store_volatile(count.into(), heat, align)?;
        let is_hot = self.b.build_int_compare(IntPredicate::EQ, count, self.b.const_i32(0), "")?;
        let (telling, going_on) = self.b.branch_unlikely(is_hot)?;
        self.b.position_at_end(telling);
        let index = self.b.const_i32(self.plt_index as u32).into();
        let count = self.b.call_builtin(self.context, BUILTINS.tell_heat, &[index])?.expect("it has a result");
        self.b.store_volatile(count, heat, align)?;
        self.b.build_unconditional_branch(going_on)?;
        self.b.position_at_end(going_on);
        Ok(())
    }
}
