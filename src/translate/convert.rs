//! Conversions between numeric types ([spec](https://webassembly.github.io/spec/core/exec/numerics.html#conversions)).

use super::func::FuncTranslator;
use crate::abi::TrapCode;
use crate::error::Result;
use inkwell::basic_block::BasicBlock;
use inkwell::types::{BasicTypeEnum, FloatType, IntType};
use inkwell::values::{BasicValueEnum, FloatValue, IntValue};
use inkwell::{FloatPredicate, IntPredicate};

/// Each name is an instruction: what it makes, and how.
macro_rules! conversions {
    ($( $($visit:ident),+ => $method:ident $args:tt; )*) => {
        impl FuncTranslator<'_, '_, '_> {
            $( conversions!(@each $method $args $($visit)+); )*
        }
    };
    (@each $method:ident $args:tt $($visit:ident)+) => {
        $( pub(super) fn $visit(&mut self) -> Result<()> { conversions!(@call self $method $args) } )+
    };
    (@call $self:ident $method:ident ()) => { $self.$method() };
    (@call $self:ident $method:ident ($to:ident $(, $arg:expr)*)) => {
        $self.$method($self.b.unit.$to $(, $arg)*)
    };
}

conversions! {
    visit_i32_wrap_i64 => int_wrap(i32);
    visit_i64_extend_i32_s => int_widen(i64, true);
    visit_i64_extend_i32_u => int_widen(i64, false);
    visit_i32_trunc_f32_s, visit_i32_trunc_f64_s => float_to_int(i32, true);
    visit_i32_trunc_f32_u, visit_i32_trunc_f64_u => float_to_int(i32, false);
    visit_i64_trunc_f32_s, visit_i64_trunc_f64_s => float_to_int(i64, true);
    visit_i64_trunc_f32_u, visit_i64_trunc_f64_u => float_to_int(i64, false);
    visit_i32_trunc_sat_f32_s, visit_i32_trunc_sat_f64_s => float_to_int_saturating(i32, true);
    visit_i32_trunc_sat_f32_u, visit_i32_trunc_sat_f64_u => float_to_int_saturating(i32, false);
    visit_i64_trunc_sat_f32_s, visit_i64_trunc_sat_f64_s => float_to_int_saturating(i64, true);
    visit_i64_trunc_sat_f32_u, visit_i64_trunc_sat_f64_u => float_to_int_saturating(i64, false);
    visit_f32_convert_i32_s, visit_f32_convert_i64_s => int_to_float(f32, true);
    visit_f32_convert_i32_u, visit_f32_convert_i64_u => int_to_float(f32, false);
    visit_f64_convert_i32_s, visit_f64_convert_i64_s => int_to_float(f64, true);
    visit_f64_convert_i32_u, visit_f64_convert_i64_u => int_to_float(f64, false);
    visit_f32_demote_f64 => float_demote();
    visit_f64_promote_f32 => float_promote();
    visit_i32_reinterpret_f32 => reinterpret(i32);
    visit_i64_reinterpret_f64 => reinterpret(i64);
    visit_f32_reinterpret_i32 => reinterpret(f32);
    visit_f64_reinterpret_i64 => reinterpret(f64);
}

/// A float that was converted, and the blocks to go on in.
struct Quick<'c> {
    value: IntValue<'c>,
    /// Where the integer is the one for all that does not fit: it may be the right one.
    misfit: BasicBlock<'c>,
    fits: BasicBlock<'c>,
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    fn int_wrap(&mut self, to: IntType<'c>) -> Result<()> {
        let x = self.pop_int();
        let value = self.b.build_int_truncate(x, to, "")?;
        self.push(value);
        Ok(())
    }

    fn int_widen(&mut self, to: IntType<'c>, signed: bool) -> Result<()> {
        let x = self.pop_int();
        let value =
            if signed { self.b.build_int_s_extend(x, to, "")? } else { self.b.build_int_z_extend(x, to, "")? };
        self.push(value);
        Ok(())
    }

    fn float_to_int(&mut self, to: IntType<'c>, signed: bool) -> Result<()> {
        let x = self.pop_float();
        let value = match self.convert_quickly(x, to, signed)? {
            Some(Quick { value, misfit, fits }) => {
                self.b.position_at_end(misfit);
                self.check_convertible(x, to, signed)?;
                self.b.build_unconditional_branch(fits)?;
                self.b.position_at_end(fits);
                value
            }
            None => {
                // LLVM's conversion of what does not fit is poison.
                self.check_convertible(x, to, signed)?;
                if signed {
                    self.b.build_float_to_signed_int(x, to, "")?
                } else {
                    self.b.build_float_to_unsigned_int(x, to, "")?
                }
            }
        };
        self.push(value);
        Ok(())
    }

    /// Converts with the instruction of x86-64 that gives one certain value for all that does not fit, which that value
    /// alone has to be checked for. None where there is no such instruction. The block that is written is then at its
    /// end.
    fn convert_quickly(&self, x: FloatValue<'c>, to: IntType<'c>, signed: bool) -> Result<Option<Quick<'c>>> {
        let unit = self.b.unit;
        let bits = to.get_bit_width();
        if !self.unit.translation.x86_64 || !signed && bits == 64 {
            return Ok(None);
        }
        let single = x.get_type() == unit.f32;
        // What is unsigned goes through a wider integer.
        let wide = bits == 64 || !signed;
        let name = match (single, wide) {
            (true, false) => "llvm.x86.sse.cvttss2si",
            (true, true) => "llvm.x86.sse.cvttss2si64",
            (false, false) => "llvm.x86.sse2.cvttsd2si",
            (false, true) => "llvm.x86.sse2.cvttsd2si64",
        };
        let lanes = x.get_type().vec_type(if single { 4 } else { 2 });
        let vector = self.b.build_insert_element(lanes.get_undef(), x, self.b.const_i32(0), "")?;
        let converted = self.b.intrinsic(name, &[], &[vector.into()])?.into_int_value();
        let (value, is_misfit) = if signed {
            let misfit = converted.get_type().const_int(1 << (bits - 1), false);
            (converted, self.b.build_int_compare(IntPredicate::EQ, converted, misfit, "")?)
        } else {
            let most = self.b.const_i64(u32::MAX.into());
            let is_misfit = self.b.build_int_compare(IntPredicate::UGT, converted, most, "")?;
            (self.b.build_int_truncate(converted, to, "")?, is_misfit)
        };
        let (misfit, fits) = self.b.branch_unlikely(is_misfit)?;
        Ok(Some(Quick { value, misfit, fits }))
    }

    /// Traps if a float is NaN, or has no integer of this type.
    fn check_convertible(&mut self, x: FloatValue<'c>, to: IntType<'c>, signed: bool) -> Result<()> {
        let is_nan = self.b.build_float_compare(FloatPredicate::UNO, x, x, "")?;
        self.trap_if(is_nan, TrapCode::InvalidConversionToInteger)?;
        let (below, above) = self.exclusive_bounds(x, to.get_bit_width(), signed)?;
        let above_least = self.b.build_float_compare(FloatPredicate::OGT, x, below, "")?;
        let below_most = self.b.build_float_compare(FloatPredicate::OLT, x, above, "")?;
        let fits = self.b.build_and(above_least, below_most, "")?;
        let overflow = self.b.build_not(fits, "")?;
        self.trap_if(overflow, TrapCode::IntegerOverflow)
    }

    /// The greatest float below and the least float above those that truncate to an integer of `bits` bits, in the type
    /// of `like`.
    fn exclusive_bounds(
        &self,
        like: FloatValue<'c>,
        bits: u32,
        signed: bool,
    ) -> Result<(FloatValue<'c>, FloatValue<'c>)> {
        let is_single = like.get_type() == self.b.unit.f32;
        let most = if signed { 2f64.powi(bits as i32 - 1) } else { 2f64.powi(bits as i32) };
        let below = match signed {
            // -1 itself truncates to -1, what lies above it to 0.
            false => -1.0,
            // The least integer less one, where the float type can tell the two apart; else the next float.
            true if is_single => f64::from((-(most as f32)).next_down()),
            true if bits == 64 => (-most).next_down(),
            true => -most - 1.0,
        };
        Ok((self.const_float(like.get_type(), below)?, self.const_float(like.get_type(), most)?))
    }

    fn float_to_int_saturating(&mut self, to: IntType<'c>, signed: bool) -> Result<()> {
        let x = self.pop_float();
        let intrinsic = if signed { "llvm.fptosi.sat" } else { "llvm.fptoui.sat" };
        let saturate = || self.b.intrinsic(intrinsic, &[to.into(), x.get_type().into()], &[x.into()]);
        let converted_in = self.b.current_block();
        let value = match self.convert_quickly(x, to, signed)? {
            Some(Quick { value, misfit, fits }) => {
                self.b.position_at_end(misfit);
                let saturated = saturate()?;
                self.b.build_unconditional_branch(fits)?;
                self.b.position_at_end(fits);
                let phi = self.b.build_phi(to, "")?;
                phi.add_incoming(&[(&value, converted_in), (&saturated, misfit)]);
                phi.as_basic_value()
            }
            None => saturate()?,
        };
        self.push(value);
        Ok(())
    }

    /// LLVM 22 takes the float of what a float was truncated to for exact, and folds the way back; but an unsigned
    /// conversion of a negative number is not, so the optimiser must not know that it is one.
    fn int_to_float(&mut self, to: FloatType<'c>, signed: bool) -> Result<()> {
        let x = self.pop_int();
        let value: BasicValueEnum<'c> = if signed {
            self.b.build_signed_int_to_float(x, to, "")?.into()
        } else if self.unit.translation.optimized {
            self.b.constrained("uitofp", &[to.into(), x.get_type().into()], &[x.into()], true)?
        } else {
            self.b.build_unsigned_int_to_float(x, to, "")?.into()
        };
        self.push(value);
        Ok(())
    }

    /// `promote(demote(x))` folds to `x` in LLVM's plain instructions, and a signalling NaN stays one: see
    /// [`Self::is_strict`].
    fn float_demote(&mut self) -> Result<()> {
        let x = self.pop_float();
        let to = self.b.unit.f32;
        let value: BasicValueEnum<'c> = if self.is_strict(&[x]) {
            self.b.constrained("fptrunc", &[to.into(), x.get_type().into()], &[x.into()], true)?
        } else {
            self.b.build_float_trunc(x, to, "")?.into()
        };
        self.push_arithmetic(value)
    }

    fn float_promote(&mut self) -> Result<()> {
        let x = self.pop_float();
        let to = self.b.unit.f64;
        let value: BasicValueEnum<'c> = if self.is_strict(&[x]) {
            self.b.constrained("fpext", &[to.into(), x.get_type().into()], &[x.into()], false)?
        } else {
            self.b.build_float_ext(x, to, "")?.into()
        };
        self.push_arithmetic(value)
    }

    fn reinterpret(&mut self, to: impl Into<BasicTypeEnum<'c>>) -> Result<()> {
        let x = self.pop();
        let value = self.b.build_bit_cast(x, to.into(), "")?;
        self.push(value);
        Ok(())
    }
}
