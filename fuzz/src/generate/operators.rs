//! The numeric instructions, and the loads and stores: what the programs of [`super::expression`] consist of.

use wasm_encoder::{Instruction, MemArg};
use wasmo::ValType::{self, *};

/// A numeric instruction.
pub struct Operator {
    pub instruction: Instruction<'static>,
    pub params: &'static [ValType],
    pub result: ValType,
    pub nan: Nan,
    pub traps: Traps,
}

impl Operator {
    /// Whether the result depends on the bits of an operand even if that is a NaN.
    pub fn needs_bits(&self, operand: usize) -> bool {
        self.nan == Nan::Bits || self.nan == Nan::Sign && operand == 1
    }

    /// Whether the bits of the result are determined, if those of the operands are or are not.
    pub fn is_exact(&self, operands_are: bool) -> bool {
        match self.nan {
            Nan::Plain | Nan::Bits => true,
            Nan::Kept | Nan::Sign => operands_are,
            Nan::Made => false,
        }
    }
}

/// What becomes of the bits of a NaN, as far as the spec determines them.
#[derive(Clone, Copy, PartialEq)]
pub enum Nan {
    /// The result does not depend on them.
    Plain,
    /// A NaN may result that is determined in nothing but that it is quiet.
    Made,
    /// The result is determined if the operands are.
    Kept,
    /// The second operand's sign counts, a NaN's as well.
    Sign,
    /// They are the result.
    Bits,
}

/// On which operands it traps.
#[derive(Clone, Copy, PartialEq)]
pub enum Traps {
    Never,
    /// When the second is zero, or with -1 there.
    Divide,
    /// When it does not fit the result.
    Truncate,
}

macro_rules! operators {
    ($( $params:expr => $result:ident, $nan:ident, $traps:ident: $($name:ident)+; )*) => {
        pub static OPERATORS: &[Operator] = &[ $( $( Operator {
            instruction: Instruction::$name,
            params: &$params,
            result: $result,
            nan: Nan::$nan,
            traps: Traps::$traps,
        }, )+ )* ];
    };
}

operators! {
    [I32] => I32, Plain, Never: I32Eqz I32Clz I32Ctz I32Popcnt I32Extend8S I32Extend16S;
    [I64] => I32, Plain, Never: I64Eqz I32WrapI64;
    [I64] => I64, Plain, Never: I64Clz I64Ctz I64Popcnt I64Extend8S I64Extend16S I64Extend32S;
    [I32] => I64, Plain, Never: I64ExtendI32S I64ExtendI32U;
    [I32, I32] => I32, Plain, Never: I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU;
    [I64, I64] => I32, Plain, Never: I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU;
    [I32, I32] => I32, Plain, Never: I32Add I32Sub I32Mul I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr;
    [I64, I64] => I64, Plain, Never: I64Add I64Sub I64Mul I64And I64Or I64Xor I64Shl I64ShrS I64ShrU I64Rotl I64Rotr;
    [I32, I32] => I32, Plain, Divide: I32DivS I32DivU I32RemS I32RemU;
    [I64, I64] => I64, Plain, Divide: I64DivS I64DivU I64RemS I64RemU;

    [F32] => F32, Kept, Never: F32Abs F32Neg;
    [F64] => F64, Kept, Never: F64Abs F64Neg;
    [F32] => F32, Made, Never: F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt;
    [F64] => F64, Made, Never: F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt;
    [F32, F32] => F32, Made, Never: F32Add F32Sub F32Mul F32Div F32Min F32Max;
    [F64, F64] => F64, Made, Never: F64Add F64Sub F64Mul F64Div F64Min F64Max;
    [F32, F32] => F32, Sign, Never: F32Copysign;
    [F64, F64] => F64, Sign, Never: F64Copysign;
    [F32, F32] => I32, Plain, Never: F32Eq F32Ne F32Lt F32Gt F32Le F32Ge;
    [F64, F64] => I32, Plain, Never: F64Eq F64Ne F64Lt F64Gt F64Le F64Ge;

    [F32] => I32, Plain, Truncate: I32TruncF32S I32TruncF32U;
    [F64] => I32, Plain, Truncate: I32TruncF64S I32TruncF64U;
    [F32] => I64, Plain, Truncate: I64TruncF32S I64TruncF32U;
    [F64] => I64, Plain, Truncate: I64TruncF64S I64TruncF64U;
    [F32] => I32, Plain, Never: I32TruncSatF32S I32TruncSatF32U;
    [F64] => I32, Plain, Never: I32TruncSatF64S I32TruncSatF64U;
    [F32] => I64, Plain, Never: I64TruncSatF32S I64TruncSatF32U;
    [F64] => I64, Plain, Never: I64TruncSatF64S I64TruncSatF64U;
    [I32] => F32, Plain, Never: F32ConvertI32S F32ConvertI32U;
    [I64] => F32, Plain, Never: F32ConvertI64S F32ConvertI64U;
    [I32] => F64, Plain, Never: F64ConvertI32S F64ConvertI32U;
    [I64] => F64, Plain, Never: F64ConvertI64S F64ConvertI64U;
    [F64] => F32, Made, Never: F32DemoteF64;
    [F32] => F64, Made, Never: F64PromoteF32;
    [F32] => I32, Bits, Never: I32ReinterpretF32;
    [F64] => I64, Bits, Never: I64ReinterpretF64;
    [I32] => F32, Plain, Never: F32ReinterpretI32;
    [I64] => F64, Plain, Never: F64ReinterpretI64;
}

/// An access to linear memory.
pub struct Access {
    pub instruction: fn(MemArg) -> Instruction<'static>,
    /// The type on the stack.
    pub ty: ValType,
    /// The binary logarithm of the number of bytes.
    pub log2: u32,
}

macro_rules! accesses {
    ($( $name:ident: $( $access:ident $ty:ident $log2:literal ),+; )*) => { $(
        pub static $name: &[Access] =
            &[ $( Access { instruction: Instruction::$access, ty: $ty, log2: $log2 } ),+ ];
    )* };
}

accesses! {
    LOADS: I32Load I32 2, I64Load I64 3, F32Load F32 2, F64Load F64 3, I32Load8S I32 0, I32Load8U I32 0, I32Load16S I32 1,
        I32Load16U I32 1, I64Load8S I64 0, I64Load8U I64 0, I64Load16S I64 1, I64Load16U I64 1, I64Load32S I64 2,
        I64Load32U I64 2;
    STORES: I32Store I32 2, I64Store I64 3, F32Store F32 2, F64Store F64 3, I32Store8 I32 0, I32Store16 I32 1,
        I64Store8 I64 0, I64Store16 I64 1, I64Store32 I64 2;
}
