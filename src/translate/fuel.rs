//! Fuel: code pays for what it does, with a number in the store, and stops when that does not suffice.
//!
//! A *segment* is code that runs from its start to its end or traps: it ends where code branches, or where a branch may
//! lead to. The start of a function begins one, and the head of a loop, both arms of an `if`, what follows the end of an
//! `if` or of a block that is branched to, and what follows a `br_if`. A call ends none: the callee pays for itself.
//! All of a segment is paid before any of it runs, so what a program costs depends on the way that it takes alone. The
//! price is known at the segment's end only; it is filled in then.

use super::func::FuncTranslator;
use crate::abi::{ContextHead, StoreContext, TrapCode};
use crate::error::Result;
use inkwell::IntPredicate;
use inkwell::values::{BasicValueEnum, InstructionValue, IntValue};

/// What an operator costs, by the name of its method: nothing if it only says how others are put together.
macro_rules! cost {
    (visit_nop) => {
        0
    };
    (visit_drop) => {
        0
    };
    (visit_block) => {
        0
    };
    (visit_loop) => {
        0
    };
    (visit_else) => {
        0
    };
    (visit_end) => {
        0
    };
    ($visit:ident) => {
        1
    };
}
pub(super) use cost;

/// Bytes that cost as much as an operator, where many are copied, filled or added at once; as a power of two.
pub(super) const BYTES: u64 = 6;
/// The same for elements of tables.
pub(super) const ELEMENTS: u64 = 3;

/// The segment that is being written.
pub(super) struct Segment<'c> {
    /// What subtracts the price: its second operand.
    payment: InstructionValue<'c>,
    price: u64,
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    /// Adds the cost of the operator that follows to the price of its segment.
    pub(super) fn pay(&mut self, cost: u64) -> Result<()> {
        if cost == 0 || !self.unit.translation.fuel {
            return Ok(());
        }
        match &mut self.segment {
            Some(segment) => segment.price += cost,
            // Not where the segment starts, for nothing may follow that costs something; but nothing has run since.
            None => {
                self.segment = self.payment(self.b.const_i64(cost))?.map(|payment| Segment { payment, price: cost })
            }
        }
        Ok(())
    }

    /// Has the operator at hand pay for what it is to do to `length` bytes or elements, before it does it.
    pub(super) fn pay_for_length(&mut self, length: BasicValueEnum<'c>, log2_of_unit: u64) -> Result<()> {
        if self.unit.translation.fuel {
            let unit = self.b.const_i64(log2_of_unit);
            self.payment(self.b.build_right_shift(length.into_int_value(), unit, false, "")?)?;
        }
        Ok(())
    }

    /// Has `memory.grow` or `table.grow` pay for `delta`, of `size` bytes or elements each. What can never be is free:
    /// some programs ask for as much and go on with less.
    pub(super) fn pay_for_growth(
        &mut self,
        delta: BasicValueEnum<'c>,
        most: u64,
        size: u64,
        log2_of_unit: u64,
    ) -> Result<()> {
        if self.unit.translation.fuel {
            let (delta, none) = (delta.into_int_value(), self.b.const_i64(0));
            let possible = self.b.build_int_compare(IntPredicate::ULE, delta, self.b.const_i64(most), "")?;
            let delta = self.b.build_select(possible, delta, none, "")?.into_int_value();
            let length = self.b.build_int_mul(delta, self.b.const_i64(size), "")?;
            self.pay_for_length(length.into(), log2_of_unit)?;
        }
        Ok(())
    }

    /// What follows belongs to another segment, or cannot be reached.
    pub(super) fn end_segment(&mut self) {
        if let Some(Segment { payment, price }) = self.segment.take() {
            payment.set_operand(1, self.b.const_i64(price));
        }
    }

    /// Takes `price` from the fuel; traps if there is less, and leaves it as it is. Returns the subtraction.
    fn payment(&self, price: IntValue<'c>) -> Result<Option<InstructionValue<'c>>> {
        let (i64, align) = (self.b.unit.i64.into(), align_of::<u64>() as u32);
        let store = self.b.load_fixed(self.context, ContextHead::store)?.into_pointer_value();
        let address = self.b.offset(store, StoreContext::fuel.offset)?;
        let fuel = self.b.load_volatile(i64, address, align)?;
        let rest = self.b.intrinsic("llvm.usub.with.overflow", &[i64], &[fuel, price.into()])?.into_struct_value();
        let short = self.b.build_extract_value(rest, 1, "")?.into_int_value();
        self.trap_if(short, TrapCode::OutOfFuel)?;
        self.b.store_volatile(self.b.build_extract_value(rest, 0, "")?, address, align)?;
        Ok(rest.as_instruction())
    }
}
