//! The only maker of addresses: of bytes in linear memory, and of what a context leads to.
//!
//! The safety of the whole sandbox rests on [`FuncTranslator::memory_address`].

use super::func::FuncTranslator;
use crate::abi::{
    Builtin, ContextHead, Field, GotFunction, GotMemory, GotTable, MemoryDefinition, OwnGlobal, Slot, TableDefinition,
    TrapCode,
};
use crate::error::{Error, Result};
use crate::llvm::{FunctionBuilder, UnitModule};
use crate::wasm::ConstExpr;
use inkwell::IntPredicate;
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FunctionType};
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};
use wasmparser::{MemArg, MemArgTarget};

impl<'c> UnitModule<'c> {
    /// The IR type of a field of the ABI.
    pub(super) fn slot_type(&self, slot: Slot) -> BasicTypeEnum<'c> {
        match slot {
            Slot::Pointer => self.ptr.into(),
            Slot::I32 => self.i32.into(),
            Slot::I64 => self.i64.into(),
        }
    }

    fn builtin_type(&self, builtin: Builtin) -> FunctionType<'c> {
        let params: Vec<BasicMetadataTypeEnum<'c>> =
            builtin.params.iter().map(|slot| self.slot_type(*slot).into()).collect();
        match builtin.result {
            Some(slot) => self.slot_type(slot).fn_type(&params, false),
            None => self.context.void_type().fn_type(&params, false),
        }
    }
}

impl<'c> FunctionBuilder<'_, 'c> {
    /// Loads a field that may change.
    pub(super) fn load_field(&self, base: PointerValue<'c>, field: Field) -> Result<BasicValueEnum<'c>> {
        let address = self.offset(base, field.offset)?;
        Ok(self.build_load(self.unit.slot_type(field.slot), address, "")?)
    }

    /// Loads a field that never changes after it was filled.
    pub(super) fn load_fixed(&self, base: PointerValue<'c>, field: Field) -> Result<BasicValueEnum<'c>> {
        self.load_invariant_of(self.unit.slot_type(field.slot), base, field.offset)
    }

    /// Calls a builtin under `context`.
    pub(super) fn call_builtin(
        &self,
        context: PointerValue<'c>,
        builtin: Builtin,
        args: &[BasicValueEnum<'c>],
    ) -> Result<Option<BasicValueEnum<'c>>> {
        let address = self.builtin_address(context, builtin)?;
        let all: Vec<_> = std::iter::once(context.into()).chain(args.iter().copied()).collect();
        let result = self.call_address(self.unit.builtin_type(builtin), address, &all)?;
        self.check_interrupt(context)?;
        Ok(result)
    }

    /// Calls a builtin that does not return, and ends the block.
    pub(super) fn call_builtin_cold(
        &self,
        context: PointerValue<'c>,
        builtin: Builtin,
        args: &[BasicValueEnum<'c>],
    ) -> Result<()> {
        let address = self.builtin_address(context, builtin)?;
        let all: Vec<_> = std::iter::once(context.into()).chain(args.iter().copied()).collect();
        self.call_cold(self.unit.builtin_type(builtin), address, &all)
    }

    fn builtin_address(&self, context: PointerValue<'c>, builtin: Builtin) -> Result<PointerValue<'c>> {
        let table = self.load_invariant(context, ContextHead::builtins.offset)?;
        self.load_invariant(table, builtin.entry.offset)
    }
}

/// Where a global is.
pub(super) enum GlobalPlace<'c> {
    /// Nowhere: its value is known.
    Constant(ConstExpr),
    /// In a cell at this address.
    Cell(PointerValue<'c>),
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    /// The address of `size` bytes in linear memory at the index on top of the stack plus the offset of `memarg`; traps
    /// if they do not lie within the memory.
    ///
    /// A 32-bit memory reserves 4 GiB plus the guard, and does not move. The index is zero-extended *before* the
    /// address is formed, so that index + offset lies below 4 GiB + offset: if offset + size is within the guard, the
    /// machine checks the access. Otherwise it is checked here, in 64 bits, where the sum cannot wrap.
    pub(super) fn memory_address(&mut self, memarg: &MemArg, size: u64) -> Result<PointerValue<'c>> {
        let index = self.pop_int();
        let index = self.b.build_int_z_extend(index, self.b.unit.i64, "")?;
        let memory = match memarg.target {
            MemArgTarget::Memory(index) => index,
            MemArgTarget::Array(_) => return Err(Error::Bug("an access to an array passed the validator".into())),
        };
        let reach = memarg.offset + size;
        if reach > self.unit.translation.unchecked_reach {
            let end = self.b.build_int_add(index, self.b.const_i64(reach), "")?;
            let length = self.memory_length(memory)?;
            let outside = self.b.build_int_compare(IntPredicate::UGT, end, length, "")?;
            self.trap_if(outside, TrapCode::MemoryOutOfBounds)?;
        }
        let at_index = self.b.index(self.memory_base(memory)?, index)?;
        self.b.offset(at_index, memarg.offset as usize)
    }

    /// The address of `length` bytes in linear memory at `index`, both 64-bit integers below 2^32; traps if they do not
    /// lie within the memory.
    pub(super) fn memory_range(
        &self,
        memory: u32,
        index: IntValue<'c>,
        length: IntValue<'c>,
    ) -> Result<PointerValue<'c>> {
        let end = self.b.build_int_add(index, length, "")?;
        let outside = self.b.build_int_compare(IntPredicate::UGT, end, self.memory_length(memory)?, "")?;
        self.trap_if(outside, TrapCode::MemoryOutOfBounds)?;
        self.b.index(self.memory_base(memory)?, index)
    }

    fn memory_base(&self, memory: u32) -> Result<PointerValue<'c>> {
        let entry = self.unit.translation.layout.memory(memory as usize);
        self.b.load_invariant(self.context, entry + GotMemory::base.offset)
    }

    /// The length of a memory in bytes, now.
    pub(super) fn memory_length(&self, memory: u32) -> Result<IntValue<'c>> {
        let entry = self.unit.translation.layout.memory(memory as usize);
        let definition = self.b.load_invariant(self.context, entry + GotMemory::definition.offset)?;
        let address = self.b.offset(definition, MemoryDefinition::length.offset)?;
        Ok(self.b.load_volatile(self.b.unit.i64.into(), address, 8)?.into_int_value())
    }

    /// The address of the element of a table at `index`, a 32-bit integer; traps with `code` if there is none.
    pub(super) fn table_address(&self, table: u32, index: IntValue<'c>, code: TrapCode) -> Result<PointerValue<'c>> {
        let index = self.b.build_int_z_extend(index, self.b.unit.i64, "")?;
        let length = self.table_length(table)?;
        let outside = self.b.build_int_compare(IntPredicate::UGE, index, length, "")?;
        self.trap_if(outside, code)?;
        let entry = self.unit.translation.layout.table(table as usize);
        let base = self.b.load_invariant(self.context, entry + GotTable::base.offset)?;
        let bytes = self.b.build_int_mul(index, self.b.const_i64(size_of::<usize>() as u64), "")?;
        self.b.index(base, bytes)
    }

    /// The length of a table in elements, now. A table that cannot grow has the one that it started with, wherever it
    /// comes from.
    pub(super) fn table_length(&self, table: u32) -> Result<IntValue<'c>> {
        let limits = self.unit.translation.info.tables[table as usize].limits;
        if limits.max == Some(limits.min) {
            return Ok(self.b.const_i64(limits.min));
        }
        let entry = self.unit.translation.layout.table(table as usize);
        let definition = self.b.load_invariant(self.context, entry + GotTable::definition.offset)?;
        let address = self.b.offset(definition, TableDefinition::length.offset)?;
        Ok(self.b.load_volatile(self.b.unit.i64.into(), address, 8)?.into_int_value())
    }

    /// Where the global with this index is.
    pub(super) fn global_place(&self, index: usize) -> Result<GlobalPlace<'c>> {
        let layout = self.unit.translation.layout;
        if index < self.unit.translation.info.imported_globals {
            return Ok(GlobalPlace::Cell(self.b.load_invariant(self.context, layout.imported_global(index))?));
        }
        Ok(match layout.own_global(index) {
            OwnGlobal::Constant(value) => GlobalPlace::Constant(value),
            OwnGlobal::Cell(offset) => GlobalPlace::Cell(self.b.offset(self.context, offset)?),
        })
    }

    /// Code and context of an imported function.
    pub(super) fn imported_func(&self, index: usize) -> Result<(PointerValue<'c>, PointerValue<'c>)> {
        let entry = self.unit.translation.layout.imported_func(index);
        let code = self.b.load_invariant(self.context, entry + GotFunction::code.offset)?;
        let context = self.b.load_invariant(self.context, entry + GotFunction::context.offset)?;
        Ok((code, context))
    }

    /// The code of a defined function from its PLT slot: of another unit, or that there may be better code for. The slot may
    /// change at any time, to other code for the same function.
    pub(super) fn plt_code(&self, plt_index: usize) -> Result<PointerValue<'c>> {
        let plt = self.b.load_invariant(self.context, ContextHead::plt.offset)?;
        let slot = self.b.offset(plt, plt_index * size_of::<usize>())?;
        // Not atomic by name, which code generation without the optimiser has no quick way for: the machine's loads of an
        // aligned word are.
        let code = self.b.load_volatile(self.b.unit.ptr.into(), slot, align_of::<usize>() as u32)?;
        Ok(code.into_pointer_value())
    }
}
