//! Rounding of floats to an integral value: `ceil`, `floor`, `trunc` and `nearest`.

use super::func::FuncTranslator;
use crate::error::Result;
use inkwell::FloatPredicate;
use inkwell::values::{BasicValueEnum, FloatValue};

/// Which integral value.
#[derive(Clone, Copy)]
pub(super) enum Rounding {
    Ceil,
    Floor,
    Trunc,
    /// Of two that are as near, the even one.
    Nearest,
}

impl Rounding {
    /// What LLVM calls it.
    fn name(self) -> &'static str {
        match self {
            Rounding::Ceil => "ceil",
            Rounding::Floor => "floor",
            Rounding::Trunc => "trunc",
            Rounding::Nearest => "roundeven",
        }
    }
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    pub(super) fn float_round(&mut self, rounding: Rounding) -> Result<()> {
        let x = self.pop_float();
        let value = if self.unit.translation.rounds {
            self.round_by_instruction(rounding, x)?
        } else {
            self.round_by_arithmetic(rounding, x)?
        };
        self.push_arithmetic(value)
    }

    fn round_by_instruction(&self, rounding: Rounding, x: FloatValue<'c>) -> Result<BasicValueEnum<'c>> {
        let ty = x.get_type().into();
        if x.is_const() {
            self.b.constrained(rounding.name(), &[ty], &[x.into()], false)
        } else {
            self.b.intrinsic(&format!("llvm.{}", rounding.name()), &[ty], &[x.into()])
        }
    }

    /// LLVM would call libm where the CPU has no such instruction. From 2^52 on (2^23 in the smaller type) all floats are
    /// integral. Below, to add that number to the magnitude and subtract it again rounds to the nearest integral value,
    /// of which a comparison tells whether it is one too far.
    fn round_by_arithmetic(&self, rounding: Rounding, x: FloatValue<'c>) -> Result<BasicValueEnum<'c>> {
        let ty = x.get_type();
        let fraction_bits = if ty == self.b.unit.f32 { f32::MANTISSA_DIGITS } else { f64::MANTISSA_DIGITS } - 1;
        let bound = self.const_float(ty, 2f64.powi(fraction_bits as i32))?;
        let (zero, one) = (self.const_float(ty, 0.0)?, self.const_float(ty, 1.0)?);
        let arithmetic = |op: &str, x: FloatValue<'c>, y: FloatValue<'c>| -> Result<FloatValue<'c>> {
            Ok(self.b.constrained(op, &[ty.into()], &[x.into(), y.into()], true)?.into_float_value())
        };
        let with_sign_of_x = |magnitude: FloatValue<'c>| -> Result<FloatValue<'c>> {
            let value = self.b.intrinsic("llvm.copysign", &[ty.into()], &[magnitude.into(), x.into()])?;
            Ok(value.into_float_value())
        };
        // One step back from `value` if it lies beyond `exact`.
        let step = |op: &str, value: FloatValue<'c>, beyond: FloatPredicate, exact: FloatValue<'c>| {
            let is_beyond = self.b.build_float_compare(beyond, value, exact, "")?;
            let step = self.b.build_select(is_beyond, one, zero, "")?.into_float_value();
            arithmetic(op, value, step)
        };

        let magnitude = self.b.intrinsic("llvm.fabs", &[ty.into()], &[x.into()])?.into_float_value();
        let nearest = arithmetic("fsub", arithmetic("fadd", magnitude, bound)?, bound)?;
        let integral = match rounding {
            Rounding::Nearest => nearest,
            Rounding::Trunc => step("fsub", nearest, FloatPredicate::OGT, magnitude)?,
            Rounding::Floor => step("fsub", with_sign_of_x(nearest)?, FloatPredicate::OGT, x)?,
            Rounding::Ceil => step("fadd", with_sign_of_x(nearest)?, FloatPredicate::OLT, x)?,
        };
        // Also of zero: -0.5 is rounded up to -0.
        let integral = with_sign_of_x(integral)?;
        // What is integral already, and NaN, which this makes quiet.
        let other = arithmetic("fsub", x, zero)?;
        let has_fraction = self.b.build_float_compare(FloatPredicate::OLT, magnitude, bound, "")?;
        Ok(self.b.build_select(has_fraction, integral, other, "")?)
    }
}
