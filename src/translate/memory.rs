//! Memory instructions ([spec](https://webassembly.github.io/spec/core/exec/instructions.html#memory-instructions)).
//!
//! Every access is volatile with alignment 1: what happened before a trap has happened, and nothing else; the alignment
//! that an instruction states is a hint only.

use super::fuel;
use super::func::FuncTranslator;
use crate::abi::BUILTINS;
use crate::error::Result;
use crate::types::{MAX_PAGES, PAGE_SIZE};
use inkwell::types::{BasicTypeEnum, IntType};
use inkwell::values::BasicValueEnum;
use wasmparser::MemArg;

/// How a value that is narrower in memory becomes an operand.
#[derive(Clone, Copy)]
enum Extend {
    Signed,
    Unsigned,
}

/// Each name is an instruction: the method, and the types in memory and on the stack.
macro_rules! accesses {
    ($( $visit:ident => $method:ident($($field:ident),+ $(; $extend:expr)?); )*) => {
        impl FuncTranslator<'_, '_, '_> {
            $( pub(super) fn $visit(&mut self, memarg: MemArg) -> Result<()> {
                self.$method(&memarg, $(self.b.unit.$field.into()),+ $(, $extend)?)
            } )*
        }
    };
}

accesses! {
    visit_i32_load => load(i32);
    visit_i64_load => load(i64);
    visit_f32_load => load(f32);
    visit_f64_load => load(f64);
    visit_i32_load8_s => load_narrow(i8, i32; Extend::Signed);
    visit_i32_load8_u => load_narrow(i8, i32; Extend::Unsigned);
    visit_i32_load16_s => load_narrow(i16, i32; Extend::Signed);
    visit_i32_load16_u => load_narrow(i16, i32; Extend::Unsigned);
    visit_i64_load8_s => load_narrow(i8, i64; Extend::Signed);
    visit_i64_load8_u => load_narrow(i8, i64; Extend::Unsigned);
    visit_i64_load16_s => load_narrow(i16, i64; Extend::Signed);
    visit_i64_load16_u => load_narrow(i16, i64; Extend::Unsigned);
    visit_i64_load32_s => load_narrow(i32, i64; Extend::Signed);
    visit_i64_load32_u => load_narrow(i32, i64; Extend::Unsigned);
    visit_i32_store => store(i32);
    visit_i64_store => store(i64);
    visit_f32_store => store(f32);
    visit_f64_store => store(f64);
    visit_i32_store8 => store_narrow(i8);
    visit_i64_store8 => store_narrow(i8);
    visit_i32_store16 => store_narrow(i16);
    visit_i64_store16 => store_narrow(i16);
    visit_i64_store32 => store_narrow(i32);
}

fn size_of_type(ty: BasicTypeEnum<'_>) -> u64 {
    match ty {
        BasicTypeEnum::IntType(ty) => u64::from(ty.get_bit_width() / 8),
        BasicTypeEnum::FloatType(ty) => u64::from(ty.get_bit_width() / 8),
        _ => unreachable!("only numbers are accessed in memory"),
    }
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    fn load(&mut self, memarg: &MemArg, ty: BasicTypeEnum<'c>) -> Result<()> {
        let address = self.memory_address(memarg, size_of_type(ty))?;
        let value = self.b.load_volatile(ty, address, 1)?;
        self.push(value);
        Ok(())
    }

    fn load_narrow(&mut self, memarg: &MemArg, ty: IntType<'c>, to: IntType<'c>, extend: Extend) -> Result<()> {
        self.load(memarg, ty.into())?;
        let narrow = self.pop_int();
        let value = match extend {
            Extend::Signed => self.b.build_int_s_extend(narrow, to, "")?,
            Extend::Unsigned => self.b.build_int_z_extend(narrow, to, "")?,
        };
        self.push(value);
        Ok(())
    }

    fn store(&mut self, memarg: &MemArg, ty: BasicTypeEnum<'c>) -> Result<()> {
        let value = self.pop();
        let address = self.memory_address(memarg, size_of_type(ty))?;
        self.b.store_volatile(value, address, 1)
    }

    fn store_narrow(&mut self, memarg: &MemArg, ty: IntType<'c>) -> Result<()> {
        let wide = self.pop_int();
        let narrow = self.b.build_int_truncate(wide, ty, "")?;
        self.push(narrow);
        self.store(memarg, ty.into())
    }

    /// Takes 32-bit operands off and widens them, for a builtin; in order.
    pub(super) fn pop_widened<const N: usize>(&mut self) -> Result<[BasicValueEnum<'c>; N]> {
        let mut operands = [self.b.const_i64(0).into(); N];
        for operand in operands.iter_mut().rev() {
            let value = self.pop_int();
            *operand = self.b.build_int_z_extend(value, self.b.unit.i64, "")?.into();
        }
        Ok(operands)
    }

    pub(super) fn visit_memory_size(&mut self, mem: u32) -> Result<()> {
        let bytes = self.memory_length(mem)?;
        let pages = self.b.build_right_shift(bytes, self.b.const_i64(PAGE_SIZE.trailing_zeros().into()), false, "")?;
        let value = self.b.build_int_truncate(pages, self.b.unit.i32, "")?;
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_memory_grow(&mut self, mem: u32) -> Result<()> {
        let [delta] = self.pop_widened()?;
        let most = self.unit.translation.info.memories[mem as usize].limits.max.unwrap_or(MAX_PAGES);
        self.pay_for_growth(delta, most, PAGE_SIZE, fuel::BYTES)?;
        let args = [self.b.const_i32(mem).into(), delta];
        let old = self.b.call_builtin(self.context, BUILTINS.memory_grow, &args)?.expect("it has a result");
        let value = self.b.build_int_truncate(old.into_int_value(), self.b.unit.i32, "")?;
        self.push(value);
        Ok(())
    }
}
