//! Value types.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of a value ([spec](https://webassembly.github.io/spec/core/syntax/types.html#value-types)).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ValType {
    /// 32-bit integer, sign-agnostic.
    I32,
    /// 64-bit integer, sign-agnostic.
    I64,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 double precision.
    F64,
    /// Nullable reference to a function.
    FuncRef,
    /// Nullable reference to an object of the host.
    ExternRef,
}

impl ValType {
    /// *match_reftype*, for all types of values: whether a value of this type may be used where one of type `expected` is
    /// asked for ([spec](https://webassembly.github.io/spec/core/valid/matching.html#value-types)).
    ///
    /// ```
    /// use wasmo::ValType;
    /// assert!(ValType::FuncRef.matches(ValType::FuncRef));
    /// assert!(!ValType::FuncRef.matches(ValType::ExternRef));
    /// ```
    pub fn matches(self, expected: ValType) -> bool {
        self == expected
    }

    /// Whether values of this type are references.
    pub fn is_ref(self) -> bool {
        matches!(self, ValType::FuncRef | ValType::ExternRef)
    }

    /// Whether values of this type travel in float registers.
    pub(crate) fn is_float(self) -> bool {
        matches!(self, ValType::F32 | ValType::F64)
    }

    fn name(self) -> &'static str {
        match self {
            ValType::I32 => "i32",
            ValType::I64 => "i64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::FuncRef => "funcref",
            ValType::ExternRef => "externref",
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
