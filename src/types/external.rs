//! Types of what a module imports and exports, and when one may stand for another.

use super::{FuncType, ValType};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bounds of a size: in pages for a memory, in elements for a table
/// ([spec](https://webassembly.github.io/spec/core/syntax/types.html#limits)).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// The size at the start, and the least that an import may have.
    pub min: u64,
    /// The size beyond which growing fails; none if there is no such bound.
    pub max: Option<u64>,
}

impl Limits {
    /// Whether something with these limits may be imported where `expected` is asked for
    /// ([spec](https://webassembly.github.io/spec/core/valid/matching.html#limits)).
    pub fn matches(&self, expected: &Limits) -> bool {
        self.min >= expected.min
            && match (self.max, expected.max) {
                (_, None) => true,
                (Some(given), Some(wanted)) => given <= wanted,
                (None, Some(_)) => false,
            }
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(f, "{}..={max}", self.min),
            None => write!(f, "{}..", self.min),
        }
    }
}

/// Whether a global may be assigned after its initialization.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Mutability {
    /// `const`
    Const,
    /// `var`
    Var,
}

/// The type of a global variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct GlobalType {
    /// The type of the value that it holds.
    pub content: ValType,
    /// Whether the value may change.
    pub mutability: Mutability,
}

/// The type of a table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct TableType {
    /// The reference type of its elements.
    pub element: ValType,
    /// Bounds of its size in elements.
    pub limits: Limits,
}

/// The type of a linear memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct MemoryType {
    /// Bounds of its size in pages of 64 KiB.
    pub limits: Limits,
}

/// What kind of thing an import or an export is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ExternKind {
    /// A function.
    Func,
    /// A global variable.
    Global,
    /// A table of references.
    Table,
    /// A linear memory.
    Memory,
    /// An exception tag.
    Tag,
}

/// The type of an import or an export
/// ([spec](https://webassembly.github.io/spec/core/syntax/types.html#external-types)).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ExternType {
    /// A function of this type.
    Func(FuncType),
    /// A global of this type.
    Global(GlobalType),
    /// A table of this type.
    Table(TableType),
    /// A memory of this type.
    Memory(MemoryType),
    /// A tag whose exceptions carry the parameters of this type.
    Tag(FuncType),
}

impl ExternType {
    /// What kind of thing it is.
    pub fn kind(&self) -> ExternKind {
        match self {
            ExternType::Func(_) => ExternKind::Func,
            ExternType::Global(_) => ExternKind::Global,
            ExternType::Table(_) => ExternKind::Table,
            ExternType::Memory(_) => ExternKind::Memory,
            ExternType::Tag(_) => ExternKind::Tag,
        }
    }

    /// *match_externtype*: whether something of this type may be imported where `expected` is asked for
    /// ([spec](https://webassembly.github.io/spec/core/valid/matching.html#external-types)).
    ///
    /// ```
    /// use wasmo::{ExternType, Limits, MemoryType};
    /// let memory = |min, max| ExternType::Memory(MemoryType { limits: Limits { min, max } });
    /// assert!(memory(2, Some(3)).matches(&memory(1, None)));
    /// assert!(!memory(2, None).matches(&memory(1, Some(3))));
    /// ```
    pub fn matches(&self, expected: &ExternType) -> bool {
        match (self, expected) {
            (ExternType::Table(given), ExternType::Table(wanted)) => {
                given.element == wanted.element && given.limits.matches(&wanted.limits)
            }
            (ExternType::Memory(given), ExternType::Memory(wanted)) => given.limits.matches(&wanted.limits),
            _ => self == expected,
        }
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => write!(f, "func {ty}"),
            ExternType::Global(GlobalType { content, mutability: Mutability::Const }) => write!(f, "global {content}"),
            ExternType::Global(GlobalType { content, mutability: Mutability::Var }) => {
                write!(f, "global mut {content}")
            }
            ExternType::Table(ty) => write!(f, "table {} of {}", ty.limits, ty.element),
            ExternType::Memory(ty) => write!(f, "memory {} pages", ty.limits),
            ExternType::Tag(ty) => write!(f, "tag {ty}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(min: u64, max: Option<u64>) -> ExternType {
        ExternType::Memory(MemoryType { limits: Limits { min, max } })
    }

    #[test]
    fn a_memory_matches_when_its_bounds_lie_within_what_is_asked() {
        assert!(memory(2, Some(3)).matches(&memory(1, Some(3))));
        assert!(memory(2, Some(3)).matches(&memory(2, None)));
        assert!(!memory(1, None).matches(&memory(2, None)));
        assert!(!memory(2, None).matches(&memory(1, Some(3))));
        assert!(!memory(2, Some(4)).matches(&memory(1, Some(3))));
    }

    #[test]
    fn types_read_as_text() {
        let ty = FuncType::new([ValType::I32, ValType::F64], [ValType::I64]);
        assert_eq!(ExternType::Func(ty).to_string(), "func (i32, f64) -> (i64)");
        assert_eq!(memory(1, Some(2)).to_string(), "memory 1..=2 pages");
    }
}
