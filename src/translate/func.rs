//! The state of one function under translation, and the driver of the single pass over its body.

use super::fuel::Segment;
use super::stack::{Frame, FrameKind};
use super::unit::Unit;
use super::visit::ValidateThenEmit;
use crate::error::Result;
use crate::llvm::FunctionBuilder;
use crate::types::FuncType;
use crate::wasm::{Body, invalid, val_type};
use inkwell::debug_info::DISubprogram;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicValueEnum, PointerValue};
use wasmparser::FuncValidatorAllocations;

/// A function under translation.
pub(super) struct FuncTranslator<'u, 'a, 'c> {
    pub unit: &'u Unit<'a, 'c>,
    pub b: FunctionBuilder<'u, 'c>,
    pub ty: &'a FuncType,
    /// Its index among those that the module defines.
    pub plt_index: usize,
    /// What it counts in, if it does.
    pub heat: Option<PointerValue<'c>>,
    /// The instance context: the function's first argument.
    pub context: PointerValue<'c>,
    pub stack: Vec<BasicValueEnum<'c>>,
    pub frames: Vec<Frame<'c>>,
    pub locals: Vec<Local<'c>>,
    /// Whether what follows can be reached. If not, it is validated, and nothing is emitted.
    pub reachable: bool,
    /// What is written now, once it costs something.
    pub segment: Option<Segment<'c>>,
    subprogram: DISubprogram<'c>,
}

/// A local variable: an alloca, which the optimiser lifts into registers.
#[derive(Clone, Copy)]
pub(super) struct Local<'c> {
    pub ty: BasicTypeEnum<'c>,
    pub address: PointerValue<'c>,
}

/// Translates the body of the function with the function index `index`.
pub(super) fn translate_body(
    unit: &Unit<'_, '_>,
    index: usize,
    body: &Body<'_>,
    allocations: &mut FuncValidatorAllocations,
) -> Result<()> {
    let mut validator = body.validator(std::mem::take(allocations));
    let mut reader = body.code.get_binary_reader();
    let start = reader.original_position();
    let mut func = FuncTranslator::new(unit, index, start as u32)?;
    for _ in 0..reader.read_var_u32().map_err(invalid)? {
        let offset = reader.original_position();
        let count = reader.read().map_err(invalid)?;
        let ty = reader.read().map_err(invalid)?;
        validator.define_locals(offset, count, ty).map_err(invalid)?;
        func.define_locals(count, unit.module.value_type(val_type(&ty)))?;
    }
    func.heat = func.heat_address()?;
    // After the locals: an alloca is part of the frame in the entry block only.
    func.check_at_start()?;
    let mut operators = wasmparser::OperatorsReader::new(reader);
    while !operators.eof() {
        let offset = operators.original_position();
        let mut visitor = ValidateThenEmit { validator: &mut validator, func: &mut func, offset };
        operators.visit_operator(&mut visitor).map_err(invalid)??;
    }
    operators.finish().map_err(invalid)?;
    *allocations = validator.into_allocations();
    Ok(())
}

impl<'u, 'a, 'c> FuncTranslator<'u, 'a, 'c> {
    fn new(unit: &'u Unit<'a, 'c>, index: usize, start: u32) -> Result<FuncTranslator<'u, 'a, 'c>> {
        let info = unit.translation.info;
        let ty = info.func_type(index);
        let function = unit.function(index).expect("a function of this unit");
        let name = info.names.funcs.get(index as u32).unwrap_or_default();
        let subprogram = unit.lines.function(function, name, start);
        let b = FunctionBuilder::new(unit.module, function);
        b.set_offset(&unit.lines, subprogram, start);
        let context = b.own_context();
        let params = b.receive_params(ty)?;
        let body = Frame { kind: FrameKind::Block, results: ty.results().to_vec(), height: 0, end: None };
        let mut func = FuncTranslator {
            unit,
            b,
            ty,
            plt_index: index - info.imported_funcs,
            heat: None,
            context,
            stack: Vec::new(),
            frames: vec![body],
            locals: Vec::new(),
            reachable: true,
            segment: None,
            subprogram,
        };
        for param in params {
            func.define_local(param)?;
        }
        Ok(func)
    }

    fn define_locals(&mut self, count: u32, ty: BasicTypeEnum<'c>) -> Result<()> {
        for _ in 0..count {
            self.define_local(ty.const_zero())?;
        }
        Ok(())
    }

    fn define_local(&mut self, value: BasicValueEnum<'c>) -> Result<()> {
        let ty = value.get_type();
        let address = self.b.build_alloca(ty, "")?;
        self.b.build_store(address, value)?;
        self.locals.push(Local { ty, address });
        Ok(())
    }

    /// What is emitted from here on comes from this byte offset of the module.
    pub(super) fn set_offset(&self, offset: u64) {
        self.b.set_offset(&self.unit.lines, self.subprogram, offset as u32);
    }
}
