//! Bulk memory instructions ([spec](https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions)).
//!
//! Where the optimiser runs, code checks the ranges itself and copies or fills a few bytes in place; more are the C
//! library's, whose code is as quick as there is. What takes so long that a request to stop must not wait for its end is
//! a builtin's, as everything is where code is to be made quickly.

use super::fuel;
use super::func::FuncTranslator;
use crate::abi::{AT_ONCE, BUILTINS};
use crate::error::Result;
use inkwell::IntPredicate;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};

/// So many bytes are copied or filled in place, if their number is known.
const IN_PLACE: u64 = 64;

/// Which way bytes are copied or filled.
enum Way {
    InPlace(u64),
    AtOnce,
    /// Maybe many: that depends on their number.
    InSlices,
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    fn way(&self, length: IntValue<'c>) -> Option<Way> {
        self.unit.translation.optimized.then(|| match length.get_zero_extended_constant() {
            Some(length) if length <= IN_PLACE => Way::InPlace(length),
            Some(length) if length <= AT_ONCE as u64 => Way::AtOnce,
            _ => Way::InSlices,
        })
    }

    pub(super) fn visit_memory_copy(&mut self, dst_mem: u32, src_mem: u32) -> Result<()> {
        let [to, from, length] = self.pop_widened()?;
        self.pay_for_length(length, fuel::BYTES)?;
        let memories = [self.b.const_i32(dst_mem).into(), self.b.const_i32(src_mem).into()];
        let operands = [memories[0], memories[1], to, from, length];
        let count = length.into_int_value();
        let Some(way) = self.way(count) else { return self.call_trapping(BUILTINS.memory_copy, &operands) };
        let from = self.memory_range(src_mem, from.into_int_value(), count)?;
        let to = self.memory_range(dst_mem, to.into_int_value(), count)?;
        if let Way::InPlace(count) = way {
            // All is read before anything is written: the ranges may overlap.
            let values = self.pieces(count, |func, ty, at| func.b.load_volatile(ty, func.b.offset(from, at)?, 1))?;
            return self.store_pieces(to, &values);
        }
        self.at_once_or(way, count, &operands, BUILTINS.memory_copy, |func| {
            func.b.call_builtin(func.context, BUILTINS.move_bytes, &[to.into(), from.into(), length])
        })
    }

    pub(super) fn visit_memory_fill(&mut self, mem: u32) -> Result<()> {
        let [length] = self.pop_widened()?;
        let byte = self.pop();
        let [at] = self.pop_widened()?;
        self.pay_for_length(length, fuel::BYTES)?;
        let operands = [self.b.const_i32(mem).into(), at, byte, length];
        let count = length.into_int_value();
        let Some(way) = self.way(count) else { return self.call_trapping(BUILTINS.memory_fill, &operands) };
        let at = self.memory_range(mem, at.into_int_value(), count)?;
        if let Way::InPlace(count) = way {
            let low = self.b.build_and(byte.into_int_value(), self.b.const_i32(u8::MAX.into()), "")?;
            let low = self.b.build_int_z_extend(low, self.b.unit.i64, "")?;
            let word = self.b.build_int_mul(low, self.b.const_i64(u64::MAX / u64::from(u8::MAX)), "")?;
            let values = self.pieces(count, |func, ty, _| {
                Ok(match ty {
                    BasicTypeEnum::IntType(ty) => func.b.build_int_truncate_or_bit_cast(word, ty, "")?.into(),
                    _ => {
                        let pair = func.b.unit.i64.vec_type(2).get_undef();
                        let one = func.b.build_insert_element(pair, word, func.b.const_i32(0), "")?;
                        let both = func.b.build_insert_element(one, word, func.b.const_i32(1), "")?;
                        func.b.build_bit_cast(both, ty, "")?
                    }
                })
            })?;
            return self.store_pieces(at, &values);
        }
        self.at_once_or(way, count, &operands, BUILTINS.memory_fill, |func| {
            func.b.call_builtin(func.context, BUILTINS.fill_bytes, &[at.into(), byte, length])
        })
    }

    /// A value for each piece that `count` bytes consist of, made from its type and its distance from the start.
    fn pieces(
        &self,
        count: u64,
        value: impl Fn(&Self, BasicTypeEnum<'c>, usize) -> Result<BasicValueEnum<'c>>,
    ) -> Result<Vec<(BasicValueEnum<'c>, usize)>> {
        let unit = self.b.unit;
        let types: [(BasicTypeEnum<'c>, usize); 5] = [
            (unit.i8.vec_type(16).into(), 16),
            (unit.i64.into(), 8),
            (unit.i32.into(), 4),
            (unit.i16.into(), 2),
            (unit.i8.into(), 1),
        ];
        let (mut values, mut at) = (Vec::new(), 0);
        for (ty, size) in types {
            while count as usize - at >= size {
                values.push((value(self, ty, at)?, at));
                at += size;
            }
        }
        Ok(values)
    }

    fn store_pieces(&self, start: PointerValue<'c>, values: &[(BasicValueEnum<'c>, usize)]) -> Result<()> {
        values.iter().try_for_each(|(value, at)| self.b.store_volatile(*value, self.b.offset(start, *at)?, 1))
    }

    /// Does it at once, or if it may be much and is, with a builtin that looks now and then whether to stop.
    fn at_once_or(
        &mut self,
        way: Way,
        count: IntValue<'c>,
        operands: &[BasicValueEnum<'c>],
        in_slices: crate::abi::Builtin,
        at_once: impl Fn(&Self) -> Result<Option<BasicValueEnum<'c>>>,
    ) -> Result<()> {
        if matches!(way, Way::AtOnce) {
            return at_once(self).map(drop);
        }
        let much = self.b.build_int_compare(IntPredicate::UGT, count, self.b.const_i64(AT_ONCE as u64), "")?;
        let (slowly, quickly) = self.b.branch_unlikely(much)?;
        let done = self.b.block();
        self.b.position_at_end(slowly);
        self.call_trapping(in_slices, operands)?;
        self.b.build_unconditional_branch(done)?;
        self.b.position_at_end(quickly);
        at_once(self)?;
        self.b.build_unconditional_branch(done)?;
        self.b.position_at_end(done);
        Ok(())
    }

    pub(super) fn visit_memory_init(&mut self, data_index: u32, mem: u32) -> Result<()> {
        let [to, from, length] = self.pop_widened()?;
        self.pay_for_length(length, fuel::BYTES)?;
        let indices = [self.b.const_i32(mem).into(), self.b.const_i32(data_index).into()];
        self.call_trapping(BUILTINS.memory_init, &[indices[0], indices[1], to, from, length])
    }

    pub(super) fn visit_data_drop(&mut self, data_index: u32) -> Result<()> {
        self.call_trapping(BUILTINS.data_drop, &[self.b.const_i32(data_index).into()])
    }
}
