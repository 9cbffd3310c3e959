//! What a module declares.

use super::names::Names;
use crate::bytes::Bytes;
use crate::types::{ExternKind, ExternType, FuncType, GlobalType, MemoryType, TableType};
use serde::{Deserialize, Serialize};

/// The declarations of a module. Each index space lists imports first, as the spec numbers them.
#[derive(Default, Debug, Serialize, Deserialize)]
pub(crate) struct ModuleInfo {
    pub types: Vec<FuncType>,
    pub imports: Vec<Import>,
    /// Type index of each function.
    pub funcs: Vec<u32>,
    pub tables: Vec<TableType>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<GlobalType>,
    pub imported_funcs: usize,
    pub imported_tables: usize,
    pub imported_memories: usize,
    pub imported_globals: usize,
    /// Initial values of the globals that are not imported.
    pub global_inits: Vec<ConstExpr>,
    pub exports: Vec<Export>,
    pub start: Option<u32>,
    pub elements: Vec<ElementSegment>,
    pub data: Vec<DataSegment>,
    /// The bytes of all data segments, in order.
    #[serde(skip)]
    pub data_bytes: Bytes,
    /// Byte offset in the module of the body of each function that is not imported: of its local declarations.
    pub bodies: Vec<u32>,
    pub names: Names,
}

/// An import: where it is looked for and what it must be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Import {
    pub module: String,
    pub name: String,
    pub ty: ExternType,
}

/// An export: its name and what it gives access to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Export {
    pub name: String,
    pub index: ExternIndex,
}

/// An entry of one of a module's index spaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct ExternIndex {
    pub kind: ExternKind,
    pub index: u32,
}

/// A constant expression
/// ([spec](https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions)).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum ConstExpr {
    /// A number, as its bits.
    Bits(u64),
    /// The value of an imported global.
    Global(u32),
    /// A reference to a function of the module.
    Func(u32),
    /// The null reference.
    Null,
}

impl ConstExpr {
    /// Whether the value is known without an instance.
    pub fn is_constant(&self) -> bool {
        matches!(self, ConstExpr::Bits(_) | ConstExpr::Null)
    }
}

/// What happens with a segment at instantiation.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum SegmentMode {
    /// Copied to this offset of a table or memory, then dropped.
    Active { target: u32, offset: ConstExpr },
    /// Left for `memory.init` or `table.init`.
    Passive,
    /// Dropped at once: it only declares that references to its functions are made.
    Declared,
}

/// References to put into a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ElementSegment {
    pub mode: SegmentMode,
    pub items: Box<[ConstExpr]>,
}

/// Bytes to put into a memory. Modules may have a hundred thousand segments of some bytes each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DataSegment {
    pub mode: SegmentMode,
    /// Where its bytes end in [`ModuleInfo::data_bytes`]; they start where those of the segment before it end.
    pub end: u32,
}

impl ModuleInfo {
    /// The type of a function by its function index.
    pub fn func_type(&self, index: usize) -> &FuncType {
        &self.types[self.funcs[index] as usize]
    }

    /// How many functions it defines.
    pub fn defined_funcs(&self) -> usize {
        self.funcs.len() - self.imported_funcs
    }

    /// The bytes of a data segment.
    pub fn segment_bytes(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.data[before].end);
        &self.data_bytes[start as usize..self.data[index].end as usize]
    }

    /// The type of an entry of an index space.
    pub fn extern_type(&self, of: ExternIndex) -> ExternType {
        let index = of.index as usize;
        match of.kind {
            ExternKind::Func => ExternType::Func(self.func_type(index).clone()),
            ExternKind::Global => ExternType::Global(self.globals[index]),
            ExternKind::Table => ExternType::Table(self.tables[index]),
            ExternKind::Memory => ExternType::Memory(self.memories[index]),
            ExternKind::Tag => unreachable!("the decoder accepts no tags"),
        }
    }
}
