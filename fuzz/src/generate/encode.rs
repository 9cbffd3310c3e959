//! A module of a shape, in the binary format. Everything is exported.

use super::body::Body;
use super::segments::{Mode, Segment};
use super::shape::{FUEL, Shape};
use crate::random::Random;
use std::borrow::Cow;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementMode, ElementSection, ElementSegment, Elements,
    EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection,
    MemoryType, Module, RefType, StartSection, TableSection, TableType, TypeSection, ValType,
};
use wasmo::{ExternType, Mutability};

/// Function entries until a program is stopped by `unreachable`.
const FUEL_AT_START: i32 = 300;

pub fn module(shape: &Shape, random: &Random) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    for ty in &shape.types {
        types.ty().function(value_types(ty.params()), value_types(ty.results()));
    }
    let mut imports = ImportSection::new();
    for import in &shape.imports {
        let ty = match import {
            ExternType::Func(ty) => {
                EntityType::Function(shape.types.iter().position(|other| other == ty).expect("it was added") as u32)
            }
            ExternType::Global(ty) => EntityType::Global(global_type(ty)),
            ExternType::Table(ty) => EntityType::Table(table_type(ty)),
            ExternType::Memory(ty) => EntityType::Memory(memory_type(ty)),
            ExternType::Tag(_) => unreachable!("no tags are generated"),
        };
        imports.import("host", "import", ty);
    }
    let mut funcs = FunctionSection::new();
    for ty in &shape.funcs[shape.imported_funcs..] {
        funcs.function(*ty as u32);
    }
    let mut tables = TableSection::new();
    for ty in &shape.tables[shape.imported_tables..] {
        tables.table(table_type(ty));
    }
    let mut memories = MemorySection::new();
    if let Some(ty) = shape.memory.as_ref().filter(|_| !shape.memory_is_imported) {
        memories.memory(memory_type(ty));
    }
    let mut globals = GlobalSection::new();
    for (index, ty) in shape.globals.iter().enumerate().skip(shape.imported_globals) {
        let is_fuel = index == shape.globals.len() - 1;
        debug_assert!(!is_fuel || *ty == FUEL);
        let initial = if is_fuel { ConstExpr::i32_const(FUEL_AT_START) } else { shape.initial(random, ty.content) };
        globals.global(global_type(ty), &initial);
    }
    module.section(&types).section(&imports).section(&funcs).section(&tables).section(&memories).section(&globals);
    module.section(&exports(shape));
    if let Some(start) = shape.start {
        module.section(&StartSection { function_index: start as u32 });
    }
    module.section(&elements(shape, random));
    module.section(&DataCountSection { count: shape.data.len() as u32 });
    let mut code = CodeSection::new();
    for func in shape.imported_funcs..shape.funcs.len() {
        code.function(&Body::new(shape, random, func).generate());
    }
    module.section(&code);
    let mut data = DataSection::new();
    for Segment { mode, items, .. } in &shape.data {
        match mode {
            Mode::Active { offset, .. } => data.active(0, offset, items.iter().copied()),
            Mode::Passive | Mode::Declared => data.passive(items.iter().copied()),
        };
    }
    module.section(&data);
    module.finish()
}

fn exports(shape: &Shape) -> ExportSection {
    let mut exports = ExportSection::new();
    let memories = usize::from(shape.memory.is_some());
    for (prefix, kind, count) in [
        ("f", ExportKind::Func, shape.funcs.len()),
        ("t", ExportKind::Table, shape.tables.len()),
        ("m", ExportKind::Memory, memories),
        ("g", ExportKind::Global, shape.globals.len()),
    ] {
        for index in 0..count {
            exports.export(&format!("{prefix}{index}"), kind, index as u32);
        }
    }
    exports
}

fn elements(shape: &Shape, random: &Random) -> ElementSection {
    let mut section = ElementSection::new();
    for Segment { mode, ty, items } in &shape.elements {
        let funcs: Option<Vec<u32>> = items.iter().map(ConstExpr::get_ref_func).collect();
        let elements = match funcs {
            Some(funcs) if *ty == wasmo::ValType::FuncRef && random.one_in(2) => Elements::Functions(funcs.into()),
            _ => Elements::Expressions(ref_type(*ty), Cow::Borrowed(items)),
        };
        let mode = match mode {
            Mode::Active { target, offset } => {
                let table = Some(*target as u32).filter(|target| *target != 0 || random.one_in(2));
                ElementMode::Active { table, offset }
            }
            Mode::Passive => ElementMode::Passive,
            Mode::Declared => ElementMode::Declared,
        };
        section.segment(ElementSegment { mode, elements });
    }
    section
}

pub fn value_type(ty: wasmo::ValType) -> ValType {
    match ty {
        wasmo::ValType::I32 => ValType::I32,
        wasmo::ValType::I64 => ValType::I64,
        wasmo::ValType::F32 => ValType::F32,
        wasmo::ValType::F64 => ValType::F64,
        wasmo::ValType::FuncRef => ValType::Ref(RefType::FUNCREF),
        wasmo::ValType::ExternRef => ValType::Ref(RefType::EXTERNREF),
    }
}

fn value_types(types: &[wasmo::ValType]) -> Vec<ValType> {
    types.iter().copied().map(value_type).collect()
}

fn ref_type(ty: wasmo::ValType) -> RefType {
    if ty == wasmo::ValType::FuncRef { RefType::FUNCREF } else { RefType::EXTERNREF }
}

fn global_type(ty: &wasmo::GlobalType) -> GlobalType {
    GlobalType { val_type: value_type(ty.content), mutable: ty.mutability == Mutability::Var, shared: false }
}

fn table_type(ty: &wasmo::TableType) -> TableType {
    TableType {
        element_type: ref_type(ty.element),
        table64: false,
        minimum: ty.limits.min,
        maximum: ty.limits.max,
        shared: false,
    }
}

fn memory_type(ty: &wasmo::MemoryType) -> MemoryType {
    MemoryType { minimum: ty.limits.min, maximum: ty.limits.max, memory64: false, shared: false, page_size_log2: None }
}
