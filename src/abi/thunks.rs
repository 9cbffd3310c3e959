//! Which thunks a module's object carries: one per distinct signature, however many functions share it.

use crate::types::{ExternKind, ExternType, FuncType};
use crate::wasm::{ConstExpr, ModuleInfo};
use std::collections::HashMap;

/// Signatures, each with its position in the object's table of thunks.
#[derive(Default, Debug)]
pub(crate) struct Signatures {
    list: Vec<FuncType>,
    positions: HashMap<FuncType, usize>,
}

impl Signatures {
    fn add(&mut self, ty: &FuncType) {
        if !self.positions.contains_key(ty) {
            self.positions.insert(ty.clone(), self.list.len());
            self.list.push(ty.clone());
        }
    }

    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &FuncType> {
        self.list.iter()
    }

    /// The position of a signature in the table.
    pub fn position(&self, ty: &FuncType) -> Option<usize> {
        self.positions.get(ty).copied()
    }
}

/// The thunks of a module.
#[derive(Debug)]
pub(crate) struct Thunks {
    /// Host to wasm, for the functions of the module that the host can get hold of: `fn(context, code, arguments,
    /// results)`.
    pub entry: Signatures,
    /// Wasm to host, for the functions that the module imports; called as a wasm function with a host context.
    pub host: Signatures,
}

impl Thunks {
    pub fn of(info: &ModuleInfo) -> Thunks {
        let mut host = Signatures::default();
        for import in &info.imports {
            if let ExternType::Func(ty) = &import.ty {
                host.add(ty);
            }
        }
        let exported = info.exports.iter().map(|export| export.index);
        let exported = exported.filter(|index| index.kind == ExternKind::Func).map(|index| index.index);
        let items = info.elements.iter().flat_map(|segment| segment.items.iter());
        let referenced = items.chain(&info.global_inits).filter_map(|item| match item {
            ConstExpr::Func(index) => Some(*index),
            _ => None,
        });
        let mut entry = Signatures::default();
        for index in exported.chain(referenced).chain(info.start) {
            entry.add(info.func_type(index as usize));
        }
        Thunks { entry, host }
    }
}
