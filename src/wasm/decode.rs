//! Bytes to [`ModuleInfo`].

use super::bodies::Body;
use super::info::{ConstExpr, DataSegment, ElementSegment, Export, ExternIndex, Import, ModuleInfo, SegmentMode};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::types::{
    ExternKind, ExternType, FuncType, GlobalType, Limits, MemoryType, Mutability, PAGE_SIZE, TableType, ValType,
};
use std::collections::BTreeMap;
use wasmparser::{
    DataKind, ElementItems, ElementKind, ExternalKind, Name, NameSectionReader, Operator, Parser, Payload, TypeRef,
    ValidPayload, Validator, WasmFeatures,
};

/// A decoded module: its declarations, which are valid, and its bodies, which are yet to be validated.
pub(crate) struct DecodedModule<'a> {
    /// All of it.
    pub bytes: &'a [u8],
    pub info: ModuleInfo,
    pub bodies: Vec<Body<'a>>,
}

/// Decodes a module and validates all but the bodies of its functions.
pub(crate) fn decode(bytes: &[u8], features: WasmFeatures) -> Result<DecodedModule<'_>> {
    let mut decoder = Decoder {
        validator: Validator::new_with_features(features),
        module: DecodedModule { bytes, info: ModuleInfo::default(), bodies: Vec::new() },
        data_bytes: Vec::new(),
        func_names: BTreeMap::new(),
    };
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        payload.and_then(|payload| decoder.payload(payload)).map_err(invalid)?;
    }
    decoder.module.info.data_bytes = decoder.data_bytes.into();
    decoder.module.info.names.funcs = decoder.func_names.into();
    Ok(decoder.module)
}

/// Validates a module wholly.
pub(crate) fn validate(bytes: &[u8], features: WasmFeatures) -> Result<()> {
    Validator::new_with_features(features).validate_all(bytes).map(|_| ()).map_err(invalid)
}

/// Tells a module that is invalid from one that needs a feature which is not implemented: the latter is valid with all
/// features. Where implemented features are switched off, it is the configuration that refuses a module.
pub(crate) fn classify(error: Error, bytes: &[u8], features: WasmFeatures) -> Error {
    match error {
        Error::Invalid(message) if features == Config::supported() && validate(bytes, known_features()).is_ok() => {
            Error::Unsupported(message)
        }
        other => other,
    }
}

/// All that wasmparser knows but for one proposal that is in no released version of WebAssembly and makes malformed
/// flags of the others valid.
fn known_features() -> WasmFeatures {
    WasmFeatures::all() - WasmFeatures::SHARED_EVERYTHING_THREADS
}

/// The error for what the validator refused.
pub(crate) fn invalid(error: wasmparser::BinaryReaderError) -> Error {
    Error::Invalid(format!("{} (at offset 0x{:x})", error.message(), error.offset()))
}

type Parsed<T = ()> = std::result::Result<T, wasmparser::BinaryReaderError>;

struct Decoder<'a> {
    validator: Validator,
    module: DecodedModule<'a>,
    data_bytes: Vec<u8>,
    func_names: BTreeMap<u32, &'a str>,
}

impl<'a> Decoder<'a> {
    fn payload(&mut self, payload: Payload<'a>) -> Parsed {
        if let ValidPayload::Func(validation, code) = self.validator.payload(&payload)? {
            self.module.info.bodies.push(code.range().start as u32);
            self.module.bodies.push(Body { code, validation });
            return Ok(());
        }
        let info = &mut self.module.info;
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    info.types.push(func_type(&ty?));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.import(import?);
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    info.funcs.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    info.tables.push(table_type(&table?.ty));
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    info.memories.push(memory_type(&memory?));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    info.globals.push(global_type(&global.ty));
                    info.global_inits.push(const_expr(&global.init_expr)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let index = ExternIndex { kind: extern_kind(export.kind), index: export.index };
                    info.exports.push(Export { name: export.name.to_owned(), index });
                }
            }
            Payload::StartSection { func, .. } => info.start = Some(func),
            Payload::ElementSection(section) => {
                for element in section {
                    self.element(element?)?;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    self.data(data?)?;
                }
            }
            Payload::CustomSection(section) => {
                if let wasmparser::KnownCustom::Name(names) = section.as_known() {
                    // A malformed custom section does not make a module invalid: what can be read of it counts.
                    let _ = self.names(names);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'a>) {
        let info = &mut self.module.info;
        let ty = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                info.funcs.push(ty);
                info.imported_funcs += 1;
                ExternType::Func(info.types[ty as usize].clone())
            }
            TypeRef::Table(ty) => {
                info.tables.push(table_type(&ty));
                info.imported_tables += 1;
                ExternType::Table(table_type(&ty))
            }
            TypeRef::Memory(ty) => {
                info.memories.push(memory_type(&ty));
                info.imported_memories += 1;
                ExternType::Memory(memory_type(&ty))
            }
            TypeRef::Global(ty) => {
                info.globals.push(global_type(&ty));
                info.imported_globals += 1;
                ExternType::Global(global_type(&ty))
            }
            TypeRef::Tag(_) => unreachable!("{NOT_ENABLED}"),
        };
        info.imports.push(Import { module: import.module.to_owned(), name: import.name.to_owned(), ty });
    }

    fn element(&mut self, element: wasmparser::Element<'a>) -> Parsed {
        let items = match element.items {
            ElementItems::Functions(funcs) => {
                funcs.into_iter().map(|func| func.map(ConstExpr::Func)).collect::<Parsed<_>>()?
            }
            ElementItems::Expressions(_, exprs) => {
                exprs.into_iter().map(|expr| const_expr(&expr?)).collect::<Parsed<_>>()?
            }
        };
        let mode = match element.kind {
            ElementKind::Active { table_index, offset_expr } => {
                SegmentMode::Active { target: table_index.unwrap_or(0), offset: const_expr(&offset_expr)? }
            }
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
        };
        self.module.info.elements.push(ElementSegment { mode, items });
        Ok(())
    }

    fn data(&mut self, data: wasmparser::Data<'a>) -> Parsed {
        let mode = match data.kind {
            DataKind::Active { memory_index, offset_expr } => {
                SegmentMode::Active { target: memory_index, offset: const_expr(&offset_expr)? }
            }
            DataKind::Passive => SegmentMode::Passive,
        };
        self.data_bytes.extend(data.data);
        self.module.info.data.push(DataSegment { mode, end: self.data_bytes.len() as u32 });
        Ok(())
    }

    fn names(&mut self, section: NameSectionReader<'a>) -> Parsed {
        for name in section {
            match name? {
                Name::Module { name, .. } => self.module.info.names.module = Some(name.to_owned()),
                Name::Function(funcs) => {
                    for func in funcs {
                        let func = func?;
                        self.func_names.insert(func.index, func.name);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

const NOT_ENABLED: &str = "the validator refuses this feature, it is not enabled";

fn func_type(ty: &wasmparser::FuncType) -> FuncType {
    FuncType::new(ty.params().iter().map(val_type), ty.results().iter().map(val_type))
}

/// The value type, which the validator accepted.
pub(crate) fn val_type(ty: &wasmparser::ValType) -> ValType {
    match *ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::FUNCREF => ValType::FuncRef,
        wasmparser::ValType::EXTERNREF => ValType::ExternRef,
        _ => unreachable!("{NOT_ENABLED}"),
    }
}

fn table_type(ty: &wasmparser::TableType) -> TableType {
    let element = val_type(&wasmparser::ValType::Ref(ty.element_type));
    TableType { element, limits: Limits { min: ty.initial, max: ty.maximum } }
}

fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    debug_assert!(ty.page_size_log2.is_none_or(|log2| 1 << log2 == PAGE_SIZE));
    MemoryType { limits: Limits { min: ty.initial, max: ty.maximum } }
}

fn global_type(ty: &wasmparser::GlobalType) -> GlobalType {
    let mutability = if ty.mutable { Mutability::Var } else { Mutability::Const };
    GlobalType { content: val_type(&ty.content_type), mutability }
}

fn extern_kind(kind: ExternalKind) -> ExternKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Func,
        ExternalKind::Table => ExternKind::Table,
        ExternalKind::Memory => ExternKind::Memory,
        ExternalKind::Global => ExternKind::Global,
        ExternalKind::Tag => unreachable!("{NOT_ENABLED}"),
    }
}

fn const_expr(expr: &wasmparser::ConstExpr<'_>) -> Parsed<ConstExpr> {
    Ok(match expr.get_operators_reader().read()? {
        Operator::I32Const { value } => ConstExpr::Bits(u64::from(value as u32)),
        Operator::I64Const { value } => ConstExpr::Bits(value as u64),
        Operator::F32Const { value } => ConstExpr::Bits(u64::from(value.bits())),
        Operator::F64Const { value } => ConstExpr::Bits(value.bits()),
        Operator::GlobalGet { global_index } => ConstExpr::Global(global_index),
        Operator::RefFunc { function_index } => ConstExpr::Func(function_index),
        Operator::RefNull { .. } => ConstExpr::Null,
        _ => unreachable!("{NOT_ENABLED}"),
    })
}
