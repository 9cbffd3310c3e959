//! Numeric instructions: constants, tests, comparisons, arithmetic
//! ([spec](https://webassembly.github.io/spec/core/exec/numerics.html)). One method serves all types that differ in
//! nothing else: an SSA value knows its type.

use super::func::FuncTranslator;
use super::round::Rounding;
use crate::abi::TrapCode;
use crate::error::Result;
use inkwell::types::{BasicType, FloatType};
use inkwell::values::{BasicValue, BasicValueEnum, FloatValue, IntValue};
use inkwell::{FloatPredicate, IntPredicate};
use wasmparser::{Ieee32, Ieee64};

/// Each name is an instruction; each calls the method behind the arrow with the arguments behind it.
macro_rules! instructions {
    ($( $($visit:ident),+ => $method:ident $args:tt; )*) => {
        impl FuncTranslator<'_, '_, '_> {
            $( instructions!(@each $method $args $($visit)+); )*
        }
    };
    (@each $method:ident $args:tt $($visit:ident)+) => {
        $( pub(super) fn $visit(&mut self) -> Result<()> { self.$method $args } )+
    };
}

instructions! {
    visit_i32_eqz, visit_i64_eqz => int_eqz();
    visit_i32_eq, visit_i64_eq => int_compare(IntPredicate::EQ);
    visit_i32_ne, visit_i64_ne => int_compare(IntPredicate::NE);
    visit_i32_lt_s, visit_i64_lt_s => int_compare(IntPredicate::SLT);
    visit_i32_lt_u, visit_i64_lt_u => int_compare(IntPredicate::ULT);
    visit_i32_gt_s, visit_i64_gt_s => int_compare(IntPredicate::SGT);
    visit_i32_gt_u, visit_i64_gt_u => int_compare(IntPredicate::UGT);
    visit_i32_le_s, visit_i64_le_s => int_compare(IntPredicate::SLE);
    visit_i32_le_u, visit_i64_le_u => int_compare(IntPredicate::ULE);
    visit_i32_ge_s, visit_i64_ge_s => int_compare(IntPredicate::SGE);
    visit_i32_ge_u, visit_i64_ge_u => int_compare(IntPredicate::UGE);
    visit_f32_eq, visit_f64_eq => float_compare(FloatPredicate::OEQ);
    visit_f32_ne, visit_f64_ne => float_compare(FloatPredicate::UNE);
    visit_f32_lt, visit_f64_lt => float_compare(FloatPredicate::OLT);
    visit_f32_gt, visit_f64_gt => float_compare(FloatPredicate::OGT);
    visit_f32_le, visit_f64_le => float_compare(FloatPredicate::OLE);
    visit_f32_ge, visit_f64_ge => float_compare(FloatPredicate::OGE);

    visit_i32_clz, visit_i64_clz => int_count("llvm.ctlz");
    visit_i32_ctz, visit_i64_ctz => int_count("llvm.cttz");
    visit_i32_popcnt, visit_i64_popcnt => int_popcnt();
    visit_i32_add, visit_i64_add => int_binary(|b, x, y| b.build_int_add(x, y, ""));
    visit_i32_sub, visit_i64_sub => int_binary(|b, x, y| b.build_int_sub(x, y, ""));
    visit_i32_mul, visit_i64_mul => int_binary(|b, x, y| b.build_int_mul(x, y, ""));
    visit_i32_and, visit_i64_and => int_binary(|b, x, y| b.build_and(x, y, ""));
    visit_i32_or, visit_i64_or => int_binary(|b, x, y| b.build_or(x, y, ""));
    visit_i32_xor, visit_i64_xor => int_binary(|b, x, y| b.build_xor(x, y, ""));
    visit_i32_div_s, visit_i64_div_s => int_div_s();
    visit_i32_div_u, visit_i64_div_u => int_div_u();
    visit_i32_rem_s, visit_i64_rem_s => int_rem_s();
    visit_i32_rem_u, visit_i64_rem_u => int_rem_u();
    visit_i32_shl, visit_i64_shl => int_shift(|b, x, y| b.build_left_shift(x, y, ""));
    visit_i32_shr_s, visit_i64_shr_s => int_shift(|b, x, y| b.build_right_shift(x, y, true, ""));
    visit_i32_shr_u, visit_i64_shr_u => int_shift(|b, x, y| b.build_right_shift(x, y, false, ""));
    visit_i32_rotl, visit_i64_rotl => int_rotate("llvm.fshl");
    visit_i32_rotr, visit_i64_rotr => int_rotate("llvm.fshr");
    visit_i32_extend8_s, visit_i64_extend8_s => int_extend(8);
    visit_i32_extend16_s, visit_i64_extend16_s => int_extend(16);
    visit_i64_extend32_s => int_extend(32);

    visit_f32_abs, visit_f64_abs => float_abs();
    visit_f32_neg, visit_f64_neg => float_neg();
    visit_f32_copysign, visit_f64_copysign => float_copysign();
    visit_f32_ceil, visit_f64_ceil => float_round(Rounding::Ceil);
    visit_f32_floor, visit_f64_floor => float_round(Rounding::Floor);
    visit_f32_trunc, visit_f64_trunc => float_round(Rounding::Trunc);
    visit_f32_nearest, visit_f64_nearest => float_round(Rounding::Nearest);
    visit_f32_sqrt, visit_f64_sqrt => float_sqrt();
    visit_f32_add, visit_f64_add => float_binary("fadd", |b, x, y| b.build_float_add(x, y, ""));
    visit_f32_sub, visit_f64_sub => float_binary("fsub", |b, x, y| b.build_float_sub(x, y, ""));
    visit_f32_mul, visit_f64_mul => float_binary("fmul", |b, x, y| b.build_float_mul(x, y, ""));
    visit_f32_div, visit_f64_div => float_binary("fdiv", |b, x, y| b.build_float_div(x, y, ""));
    visit_f32_min, visit_f64_min => float_extremum(FloatPredicate::OLT, |b, x, y| b.build_or(x, y, ""));
    visit_f32_max, visit_f64_max => float_extremum(FloatPredicate::OGT, |b, x, y| b.build_and(x, y, ""));
}

type Builder<'c> = crate::llvm::Builder<'c>;
type Built<T> = std::result::Result<T, inkwell::builder::BuilderError>;
type IntOp<'c> = fn(&Builder<'c>, IntValue<'c>, IntValue<'c>) -> Built<IntValue<'c>>;
type FloatOp<'c> = fn(&Builder<'c>, FloatValue<'c>, FloatValue<'c>) -> Built<FloatValue<'c>>;

impl<'c> FuncTranslator<'_, '_, 'c> {
    pub(super) fn visit_i32_const(&mut self, value: i32) -> Result<()> {
        self.push(self.b.const_i32(value as u32));
        Ok(())
    }

    pub(super) fn visit_i64_const(&mut self, value: i64) -> Result<()> {
        self.push(self.b.const_i64(value as u64));
        Ok(())
    }

    pub(super) fn visit_f32_const(&mut self, value: Ieee32) -> Result<()> {
        let value = self.const_f32(value.bits())?;
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_f64_const(&mut self, value: Ieee64) -> Result<()> {
        let value = self.const_f64(value.bits())?;
        self.push(value);
        Ok(())
    }

    /// A float constant bit for bit: LLVM's own float constants go through `double` and lose the payload of a NaN.
    pub(super) fn const_f32(&self, bits: u32) -> Result<BasicValueEnum<'c>> {
        Ok(self.b.build_bit_cast(self.b.const_i32(bits), self.b.unit.f32, "")?)
    }

    /// See [`Self::const_f32`].
    pub(super) fn const_f64(&self, bits: u64) -> Result<BasicValueEnum<'c>> {
        Ok(self.b.build_bit_cast(self.b.const_i64(bits), self.b.unit.f64, "")?)
    }

    /// A number in a float type that has it.
    pub(super) fn const_float(&self, ty: FloatType<'c>, value: f64) -> Result<FloatValue<'c>> {
        let value = if ty == self.b.unit.f32 {
            self.const_f32((value as f32).to_bits())?
        } else {
            self.const_f64(value.to_bits())?
        };
        Ok(value.into_float_value())
    }

    /// Whether an integer differs from zero, as one bit.
    pub(super) fn is_nonzero(&self, value: IntValue<'c>) -> Result<IntValue<'c>> {
        Ok(self.b.build_int_compare(IntPredicate::NE, value, value.get_type().const_zero(), "")?)
    }

    fn pop_ints(&mut self) -> (IntValue<'c>, IntValue<'c>) {
        let y = self.pop_int();
        (self.pop_int(), y)
    }

    fn pop_floats(&mut self) -> (FloatValue<'c>, FloatValue<'c>) {
        let y = self.pop_float();
        (self.pop_float(), y)
    }

    fn push_bool(&mut self, bit: IntValue<'c>) -> Result<()> {
        let value = self.b.build_int_z_extend(bit, self.b.unit.i32, "")?;
        self.push(value);
        Ok(())
    }

    fn int_eqz(&mut self) -> Result<()> {
        let x = self.pop_int();
        let bit = self.b.build_int_compare(IntPredicate::EQ, x, x.get_type().const_zero(), "")?;
        self.push_bool(bit)
    }

    fn int_compare(&mut self, predicate: IntPredicate) -> Result<()> {
        let (x, y) = self.pop_ints();
        let bit = self.b.build_int_compare(predicate, x, y, "")?;
        self.push_bool(bit)
    }

    fn float_compare(&mut self, predicate: FloatPredicate) -> Result<()> {
        let (x, y) = self.pop_floats();
        let bit = self.b.build_float_compare(predicate, x, y, "")?;
        self.push_bool(bit)
    }

    fn int_count(&mut self, intrinsic: &str) -> Result<()> {
        let x = self.pop_int();
        // LLVM's count of zero is undefined unless this says otherwise.
        let zero_is_undefined = self.b.unit.context.bool_type().const_zero();
        let value = self.b.intrinsic(intrinsic, &[x.get_type().into()], &[x.into(), zero_is_undefined.into()])?;
        self.push(value);
        Ok(())
    }

    fn int_popcnt(&mut self) -> Result<()> {
        let x = self.pop_int();
        let value = self.b.intrinsic("llvm.ctpop", &[x.get_type().into()], &[x.into()])?;
        self.push(value);
        Ok(())
    }

    fn int_binary(&mut self, op: IntOp<'c>) -> Result<()> {
        let (x, y) = self.pop_ints();
        let value = op(&self.b, x, y)?;
        self.push(value);
        Ok(())
    }

    /// LLVM's shift by the width or more is poison; WebAssembly takes the count modulo the width.
    fn int_shift(&mut self, op: IntOp<'c>) -> Result<()> {
        let (x, y) = self.pop_ints();
        let width = u64::from(y.get_type().get_bit_width());
        let count = self.b.build_and(y, y.get_type().const_int(width - 1, false), "")?;
        let value = op(&self.b, x, count)?;
        self.push(value);
        Ok(())
    }

    /// A rotation is a funnel shift of a value with itself, which takes the count modulo the width.
    fn int_rotate(&mut self, intrinsic: &str) -> Result<()> {
        let (x, y) = self.pop_ints();
        let value = self.b.intrinsic(intrinsic, &[x.get_type().into()], &[x.into(), x.into(), y.into()])?;
        self.push(value);
        Ok(())
    }

    fn int_extend(&mut self, bits: u32) -> Result<()> {
        let x = self.pop_int();
        let unit = self.b.unit;
        let narrow = [unit.i8, unit.i16, unit.i32].into_iter().find(|ty| ty.get_bit_width() == bits);
        let low = self.b.build_int_truncate(x, narrow.expect("8, 16 or 32"), "")?;
        let value = self.b.build_int_s_extend(low, x.get_type(), "")?;
        self.push(value);
        Ok(())
    }

    /// LLVM's division by zero is undefined, and a division whose result is not used is deleted: the check is explicit.
    fn trap_if_zero(&self, divisor: IntValue<'c>) -> Result<()> {
        let is_zero = self.b.build_int_compare(IntPredicate::EQ, divisor, divisor.get_type().const_zero(), "")?;
        self.trap_if(is_zero, TrapCode::IntegerDivideByZero)
    }

    fn is_minus_one(&self, value: IntValue<'c>) -> Result<IntValue<'c>> {
        Ok(self.b.build_int_compare(IntPredicate::EQ, value, value.get_type().const_all_ones(), "")?)
    }

    fn int_div_u(&mut self) -> Result<()> {
        let (x, y) = self.pop_ints();
        self.trap_if_zero(y)?;
        let value = self.b.build_int_unsigned_div(x, y, "")?;
        self.push(value);
        Ok(())
    }

    fn int_div_s(&mut self) -> Result<()> {
        let (x, y) = self.pop_ints();
        self.trap_if_zero(y)?;
        let ty = x.get_type();
        let least = ty.const_int(1 << (ty.get_bit_width() - 1), false);
        let is_least = self.b.build_int_compare(IntPredicate::EQ, x, least, "")?;
        let overflow = self.b.build_and(is_least, self.is_minus_one(y)?, "")?;
        self.trap_if(overflow, TrapCode::IntegerOverflow)?;
        let value = self.b.build_int_signed_div(x, y, "")?;
        self.push(value);
        Ok(())
    }

    fn int_rem_u(&mut self) -> Result<()> {
        let (x, y) = self.pop_ints();
        self.trap_if_zero(y)?;
        let value = self.b.build_int_unsigned_rem(x, y, "")?;
        self.push(value);
        Ok(())
    }

    /// LLVM's remainder of the least integer by -1 is undefined; WebAssembly's is 0, like that of any integer by 1.
    fn int_rem_s(&mut self) -> Result<()> {
        let (x, y) = self.pop_ints();
        self.trap_if_zero(y)?;
        let one = y.get_type().const_int(1, false);
        let divisor = self.b.build_select(self.is_minus_one(y)?, one, y, "")?.into_int_value();
        let value = self.b.build_int_signed_rem(x, divisor, "")?;
        self.push(value);
        Ok(())
    }

    /// Operations on the sign bit alone: they keep a signalling NaN as it is, in LLVM as in WebAssembly.
    fn float_abs(&mut self) -> Result<()> {
        let x = self.pop_float();
        let zero = x.get_type().const_zero();
        let value = if x.is_const() {
            self.copysign_of_constants(x, zero)?
        } else {
            self.b.intrinsic("llvm.fabs", &[x.get_type().into()], &[x.into()])?
        };
        self.push(value);
        Ok(())
    }

    fn float_neg(&mut self) -> Result<()> {
        let x = self.pop_float();
        let value = self.b.build_float_neg(x, "")?;
        self.push(value);
        Ok(())
    }

    fn float_copysign(&mut self) -> Result<()> {
        let (x, y) = self.pop_floats();
        let value = if x.is_const() && y.is_const() {
            self.copysign_of_constants(x, y)?
        } else {
            self.b.intrinsic("llvm.copysign", &[x.get_type().into()], &[x.into(), y.into()])?
        };
        self.push(value);
        Ok(())
    }

    /// A literal like the operands, so that [`Self::is_strict`] knows it for one: code generation does.
    fn copysign_of_constants(&self, x: FloatValue<'c>, y: FloatValue<'c>) -> Result<BasicValueEnum<'c>> {
        let bits = if x.get_type() == self.b.unit.f32 { self.b.unit.i32 } else { self.b.unit.i64 };
        let sign = bits.const_int(1 << (bits.get_bit_width() - 1), false);
        let [x_bits, y_bits] = [x, y].map(|value| self.b.build_bit_cast(value, bits, ""));
        let magnitude = self.b.build_and(x_bits?.into_int_value(), sign.const_not(), "")?;
        let sign = self.b.build_and(y_bits?.into_int_value(), sign, "")?;
        let value = self.b.build_or(magnitude, sign, "")?;
        Ok(self.b.build_bit_cast(value, x.get_type(), "")?)
    }

    /// Whether arithmetic on these operands must be spelled as constrained intrinsics. WebAssembly's arithmetic makes
    /// quiet NaNs of signalling ones; LLVM folds `x * 1.0` to `x` and arithmetic on literals as if there were no
    /// signalling NaN. At -O0 that happens only where code generation sees a number: in a literal, and in what it folds
    /// to one, such as the conversion of a comparison that never holds.
    pub(super) fn is_strict(&self, operands: &[FloatValue<'c>]) -> bool {
        self.unit.translation.optimized || !operands.iter().all(|operand| is_opaque(*operand))
    }

    /// Pushes the result of float arithmetic, whose NaN may have any payload unless they are to be canonical.
    pub(super) fn push_arithmetic(&mut self, value: BasicValueEnum<'c>) -> Result<()> {
        if !self.unit.translation.canonical_nans {
            self.push(value);
            return Ok(());
        }
        let value = value.into_float_value();
        let canonical = if value.get_type() == self.b.unit.f32 {
            self.const_f32(0x7fc0_0000)?
        } else {
            self.const_f64(0x7ff8_0000_0000_0000)?
        };
        let is_nan = self.b.build_float_compare(FloatPredicate::UNO, value, value, "")?;
        let value = self.b.build_select(is_nan, canonical.into_float_value(), value, "")?;
        self.push(value);
        Ok(())
    }

    /// Float addition and its kin.
    fn float_binary(&mut self, constrained: &str, plain: FloatOp<'c>) -> Result<()> {
        let (x, y) = self.pop_floats();
        let value = if self.is_strict(&[x, y]) {
            self.b.constrained(constrained, &[x.get_type().into()], &[x.into(), y.into()], true)?
        } else {
            plain(&self.b, x, y)?.as_basic_value_enum()
        };
        self.push_arithmetic(value)
    }

    fn float_sqrt(&mut self) -> Result<()> {
        let x = self.pop_float();
        let ty = x.get_type().into();
        let value = if self.is_strict(&[x]) {
            self.b.constrained("sqrt", &[ty], &[x.into()], true)?
        } else {
            self.b.intrinsic("llvm.sqrt", &[ty], &[x.into()])?
        };
        self.push_arithmetic(value)
    }

    /// Minimum and maximum. `llvm.minimum` would do, but LLVM folds `minimum(x, x)` to `x` without quieting it: so a
    /// NaN goes through an addition, equal operands (which may be zeros of either sign) through their bits, and the
    /// rest through a comparison.
    fn float_extremum(&mut self, better: FloatPredicate, of_equals: IntOp<'c>) -> Result<()> {
        let (x, y) = self.pop_floats();
        let ty = x.get_type();
        let bits = if ty == self.b.unit.f32 { self.b.unit.i32 } else { self.b.unit.i64 };
        let (x_bits, y_bits) = (self.b.build_bit_cast(x, bits, "")?, self.b.build_bit_cast(y, bits, "")?);
        let equal_bits = of_equals(&self.b, x_bits.into_int_value(), y_bits.into_int_value())?;
        let if_equal = self.b.build_bit_cast(equal_bits, ty, "")?;
        let is_better = self.b.build_float_compare(better, x, y, "")?;
        let if_different = self.b.build_select(is_better, x, y, "")?;
        let is_equal = self.b.build_float_compare(FloatPredicate::OEQ, x, y, "")?;
        let of_numbers = self.b.build_select(is_equal, if_equal, if_different, "")?;
        let if_nan = self.b.constrained("fadd", &[ty.as_basic_type_enum()], &[x.into(), y.into()], true)?;
        let is_nan = self.b.build_float_compare(FloatPredicate::UNO, x, y, "")?;
        let value = self.b.build_select(is_nan, if_nan, of_numbers, "")?;
        self.push_arithmetic(value)
    }
}

/// Whether code generation at -O0 cannot come to know what number this is: it was loaded, handed over, or computed from
/// such.
fn is_opaque(value: FloatValue<'_>) -> bool {
    use inkwell::values::InstructionOpcode::{Call, ExtractValue, FAdd, FDiv, FMul, FSub, Load, Phi};
    match value.as_instruction_value() {
        Some(made) => matches!(made.get_opcode(), Load | Phi | Call | ExtractValue | FAdd | FSub | FMul | FDiv),
        None => !value.is_const(),
    }
}
