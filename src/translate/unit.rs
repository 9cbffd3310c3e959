//! A compile unit: some functions of a module as one LLVM module.

use super::func::translate_body;
use crate::abi::{CELL_SIZE, ContextLayout, symbols};
use crate::error::Result;
use crate::llvm::{LineTable, UnitModule};
use crate::wasm::{Body, ModuleInfo};
use inkwell::values::FunctionValue;

/// What the translation of every function of a module needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Translation<'a> {
    pub info: &'a ModuleInfo,
    pub layout: &'a ContextLayout,
    /// How far behind its index an access to memory may end without a check, in bytes.
    pub unchecked_reach: u64,
    /// Whether code checks the stack, because no signal tells of an overflow or it comes too late.
    pub checks_stack: bool,
    /// Whether code asks if it is to stop, because no signal tells it.
    pub checks_interrupt: bool,
    /// Whether code pays with fuel.
    pub fuel: bool,
    /// Whether every NaN that arithmetic makes is the canonical one.
    pub canonical_nans: bool,
    /// Whether the code is for x86-64, which has instructions that others lack.
    pub x86_64: bool,
    /// Whether the CPU has an instruction for each way to round a float.
    pub rounds: bool,
    /// Whether code counts how often it runs, see [`crate::abi::Heat`], and finds what it calls where better code may be.
    pub counts_heat: bool,
    /// Whether the optimiser will see the code: it would drop the quieting of signalling NaNs from plain float
    /// arithmetic.
    pub optimized: bool,
}

/// A unit under translation.
pub(super) struct Unit<'a, 'c> {
    pub translation: Translation<'a>,
    pub module: &'a UnitModule<'c>,
    pub lines: LineTable<'c>,
    /// The functions of this unit by their function indices, in order.
    functions: Vec<(usize, FunctionValue<'c>)>,
}

impl<'c> Unit<'_, 'c> {
    /// The function with this function index, if it is of this unit.
    pub fn function(&self, index: usize) -> Option<FunctionValue<'c>> {
        let position = self.functions.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        Some(self.functions[position].1)
    }
}

/// Translates functions, which are given by their function indices in order and by their bodies, and adds the unit's table
/// of them under the name that [`symbols::unit`] gives `unit_index`.
pub(crate) fn translate_unit(
    translation: Translation<'_>,
    module: &UnitModule<'_>,
    unit_index: usize,
    funcs: impl Iterator<Item = usize>,
    bodies: &[Body<'_>],
) -> Result<()> {
    let declare = |index: usize| {
        let ty = module.func_signature(translation.info.func_type(index));
        let function = module.internal_function(&symbols::func(index), ty);
        module.points_to(function, translation.layout.size(), CELL_SIZE);
        (index, function)
    };
    let functions: Vec<_> = funcs.zip(bodies).map(|(index, _)| declare(index)).collect();
    let lines = LineTable::new(module);
    let unit = Unit { translation, module, lines, functions };
    let mut allocations = Default::default();
    for (&(index, _), body) in unit.functions.iter().zip(bodies) {
        translate_body(&unit, index, body, &mut allocations)?;
    }
    let functions: Vec<_> = unit.functions.iter().map(|(_, function)| *function).collect();
    unit.module.offset_table(&symbols::unit(unit_index), &functions);
    unit.lines.finish();
    Ok(())
}
