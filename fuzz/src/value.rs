//! What both engines' values, traps and states are compared as.

use std::fmt;
use wasmo::{TrapCode, ValType};

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

/// Why wasm code did not return.
#[derive(Clone, PartialEq, Debug)]
pub enum Stop {
    Trap(TrapCode),
    Host,
    /// No trap: the module was refused, or an engine has a fault.
    Error(String),
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

/// What can be seen of an import or an export.
#[derive(Clone, PartialEq)]
pub enum Item {
    Func(Vec<ValType>, Vec<ValType>),
    Global(Value),
    Table(Vec<Value>),
    Memory(Vec<u8>),
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Func(params, results) => write!(f, "func {params:?} -> {results:?}"),
            Item::Global(value) => write!(f, "global {value:?}"),
            Item::Table(elements) => write!(f, "table {elements:?}"),
            Item::Memory(bytes) => write!(f, "memory of {} bytes", bytes.len()),
        }
    }
}

/// What stands where two items first differ.
pub fn difference(expected: &Item, found: &Item) -> String {
    if let (Item::Memory(expected), Item::Memory(found)) = (expected, found)
        && let Some(at) = expected.iter().zip(found).position(|(a, b)| a != b)
    {
        return format!("at {at:#x}: expected {:#04x}, found {:#04x}", expected[at], found[at]);
    }
    format!("expected {expected:?}, found {found:?}")
}
