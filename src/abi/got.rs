//! The layout of a module's instance context: where in it each imported or own entity is reached.

use super::layout::layout;
use super::{ContextHead, MemoryDefinition, TableDefinition};
use crate::types::Mutability;
use crate::wasm::{ConstExpr, ModuleInfo};
use std::ffi::c_void;

layout! {
    /// GOT entry of an imported function.
    struct GotFunction {
        /// Where to call.
        code: *const c_void => Pointer,
        /// What to pass as the first argument.
        context: *mut c_void => Pointer,
    }
}

layout! {
    /// GOT entry of a memory, imported or own.
    struct GotMemory {
        /// Copy of the definition's base, which never changes.
        base: *mut u8 => Pointer,
        definition: *mut MemoryDefinition => Pointer,
    }
}

layout! {
    /// GOT entry of a table, imported or own.
    struct GotTable {
        /// Copy of the definition's base, which never changes.
        base: *mut usize => Pointer,
        definition: *mut TableDefinition => Pointer,
    }
}

/// Bytes of the cell of a global: the largest value.
pub(crate) const CELL_SIZE: usize = 16;
const POINTER_SIZE: usize = size_of::<*const c_void>();

/// Where a global that the module itself defines has its value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum OwnGlobal {
    /// Immutable with a constant value: folded into the code.
    Constant(ConstExpr),
    /// In the cell at this offset of the context.
    Cell(usize),
}

/// Offsets into the instance context of one module, in bytes. Fixed when the module is compiled.
#[derive(Debug)]
pub(crate) struct ContextLayout {
    functions: usize,
    globals: usize,
    imported_globals: usize,
    memories: usize,
    tables: usize,
    type_ids: usize,
    own_globals: Vec<(OwnGlobal, usize)>,
    size: usize,
}

impl ContextLayout {
    pub fn new(module: &ModuleInfo) -> ContextLayout {
        let functions = size_of::<ContextHead>();
        let globals = functions + module.imported_funcs * size_of::<GotFunction>();
        let memories = globals + module.imported_globals * POINTER_SIZE;
        let tables = memories + module.memories.len() * size_of::<GotMemory>();
        let type_ids = tables + module.tables.len() * size_of::<GotTable>();
        let mut end = (type_ids + module.types.len() * size_of::<u32>()).next_multiple_of(CELL_SIZE);
        let own = |(index, init): (usize, &ConstExpr)| {
            let cell = end;
            end += CELL_SIZE;
            let immutable = module.globals[module.imported_globals + index].mutability == Mutability::Const;
            let place =
                if immutable && init.is_constant() { OwnGlobal::Constant(*init) } else { OwnGlobal::Cell(cell) };
            (place, cell)
        };
        let own_globals = module.global_inits.iter().enumerate().map(own).collect();
        ContextLayout {
            functions,
            globals,
            imported_globals: module.imported_globals,
            memories,
            tables,
            type_ids,
            own_globals,
            size: end,
        }
    }

    /// Length of the context in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Offset of the [`GotFunction`] of an imported function.
    pub fn imported_func(&self, index: usize) -> usize {
        self.functions + index * size_of::<GotFunction>()
    }

    /// Offset of the address of the cell of an imported global.
    pub fn imported_global(&self, index: usize) -> usize {
        self.globals + index * POINTER_SIZE
    }

    /// Where the global with this index has its value; the index counts imported globals too, and must not be one of
    /// them.
    pub fn own_global(&self, index: usize) -> OwnGlobal {
        self.own_globals[index - self.imported_globals].0
    }

    /// Offset of the cell of an own global. Those that are folded into the code have one too, for whoever imports them.
    pub fn own_global_cell(&self, index: usize) -> usize {
        self.own_globals[index - self.imported_globals].1
    }

    /// Offset of the [`GotMemory`] of a memory.
    pub fn memory(&self, index: usize) -> usize {
        self.memories + index * size_of::<GotMemory>()
    }

    /// Offset of the [`GotTable`] of a table.
    pub fn table(&self, index: usize) -> usize {
        self.tables + index * size_of::<GotTable>()
    }

    /// Offset of the canonical id of a type of the module.
    pub fn type_id(&self, index: usize) -> usize {
        self.type_ids + index * size_of::<u32>()
    }
}
