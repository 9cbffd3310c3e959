//! What both engines' values, traps and states are compared as.

use std::fmt;
use wasmo::{ExternType, TrapCode, ValType};

/// A value. Floats are given as their bits.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    /// A function, by its place among the imported and the exported ones.
    Func(Option<usize>),
    /// An object of the host, by its number.
    Extern(Option<u32>),
}

/// The place of a function that is neither imported nor exported.
pub const UNKNOWN: usize = usize::MAX;

impl Value {
    pub fn ty(&self) -> ValType {
        match self {
            Value::I32(_) => ValType::I32,
            Value::I64(_) => ValType::I64,
            Value::F32(_) => ValType::F32,
            Value::F64(_) => ValType::F64,
            Value::Func(_) => ValType::FuncRef,
            Value::Extern(_) => ValType::ExternRef,
        }
    }

    /// Whether this and what was found are possible results of the same computation: of a NaN that arithmetic makes, the spec
    /// determines only that it is quiet ([spec](https://webassembly.github.io/spec/core/exec/numerics.html#nan-propagation)).
    /// Where all of them are to be canonical, only the sign may have changed.
    pub fn agrees(&self, found: &Value, canonical_nans: bool) -> bool {
        match (self, found) {
            (Value::F32(a), Value::F32(b)) => {
                let (is_quiet, is_canonical) =
                    (|bits| bits & 0x7fc0_0000 == 0x7fc0_0000, b & !(1 << 31) == 0x7fc0_0000);
                a == b || is_quiet(a) && is_quiet(b) && (is_canonical || !canonical_nans)
            }
            (Value::F64(a), Value::F64(b)) => {
                const CANONICAL: u64 = 0x7ff8 << 48;
                let (is_quiet, is_canonical) = (|bits| bits & CANONICAL == CANONICAL, b & !(1 << 63) == CANONICAL);
                a == b || is_quiet(a) && is_quiet(b) && (is_canonical || !canonical_nans)
            }
            _ => self == found,
        }
    }
}

/// Why something was not done.
#[derive(Clone, PartialEq, Debug)]
pub enum Stop {
    Trap(TrapCode),
    /// The trap of a host function.
    Host,
    /// The imports do not fit.
    Link,
    /// The host asked for what cannot be: beyond the end, beyond a limit, a constant to change.
    Refused,
    /// What no engine may answer to a valid module.
    Fault(String),
}

impl Stop {
    /// A trap as both engines tell it: wasmi does not tell a table that is too short for an indirect call from one that is too
    /// short for another access.
    pub fn trap(code: TrapCode) -> Stop {
        match code {
            TrapCode::Host => Stop::Host,
            TrapCode::UndefinedElement => Stop::Trap(TrapCode::TableOutOfBounds),
            code => Stop::Trap(code),
        }
    }
}

/// What something came to.
pub type Outcome = Result<Vec<Value>, Stop>;

/// Whether two outcomes agree, see [`Value::agrees`].
pub fn agree(expected: &Outcome, found: &Outcome, canonical_nans: bool) -> bool {
    match (expected, found) {
        (_, Err(Stop::Fault(_))) => false,
        (Ok(a), Ok(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.agrees(b, canonical_nans)),
        _ => expected == found,
    }
}

/// What can be seen of an import or an export: its type, the size as its least, and what it holds.
#[derive(Clone, PartialEq)]
pub struct Item {
    pub ty: ExternType,
    pub holds: Content,
}

/// What an import or an export holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    Values(Vec<Value>),
    Bytes(Vec<u8>),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ty)?;
        match &self.holds {
            Content::Values(values) => write!(f, " {values:?}"),
            Content::Bytes(bytes) => write!(f, " of {} bytes", bytes.len()),
        }
    }
}

/// What stands where two items first differ.
pub fn difference(expected: &Item, found: &Item) -> String {
    if let (Content::Bytes(expected), Content::Bytes(found)) = (&expected.holds, &found.holds)
        && let Some(at) = expected.iter().zip(found).position(|(a, b)| a != b)
    {
        return format!("at {at:#x}: expected {:#04x}, found {:#04x}", expected[at], found[at]);
    }
    format!("expected {expected}, found {found}")
}
