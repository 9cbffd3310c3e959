//! An IR builder for generated code: typed shorthands over inkwell's, and the few calls that LLVM calls unsafe.
#![allow(unsafe_code)]

use crate::error::{Error, Result};
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::basic_block::BasicBlock;
use inkwell::context::Context;
use inkwell::debug_info::{AsDIScope, DIFlagsConstants, DISubprogram, DebugInfoBuilder};
use inkwell::debug_info::{DICompileUnit, DIFlags, DWARFEmissionKind, DWARFSourceLanguage};
use inkwell::intrinsics::Intrinsic;
use inkwell::module::{FlagBehavior, Linkage, Module};
use inkwell::types::{BasicTypeEnum, FloatType, FunctionType, IntType, PointerType};
use inkwell::values::{
    BasicMetadataValueEnum, BasicValue, BasicValueEnum, CallSiteValue, FunctionValue, IntValue, LLVMTailCallKind,
    MetadataValue, PointerValue, ValueKind,
};
use inkwell::{AddressSpace, GlobalVisibility};
use std::ops::Deref;

/// An LLVM module under construction, with the types, attributes and metadata that generated code uses everywhere.
pub(crate) struct UnitModule<'c> {
    pub context: &'c Context,
    pub module: Module<'c>,
    pub i8: IntType<'c>,
    pub i16: IntType<'c>,
    pub i32: IntType<'c>,
    pub i64: IntType<'c>,
    pub f32: FloatType<'c>,
    pub f64: FloatType<'c>,
    pub ptr: PointerType<'c>,
    invariant_load: u32,
    empty_node: MetadataValue<'c>,
    branch_weights: u32,
    unlikely: MetadataValue<'c>,
    rounding: MetadataValue<'c>,
    exceptions: MetadataValue<'c>,
    cold: Vec<Attribute>,
    strict_call: Attribute,
    function: Vec<Attribute>,
}

/// How many times an unlikely branch is not taken for each time that it is.
const UNLIKELY: u64 = 2000;

impl<'c> UnitModule<'c> {
    /// `module` comes from [`super::Emitter::module`]. `stack_probe` says how frames larger than a page are probed:
    /// `inline-asm`, or the name of a function that is called with the size.
    pub fn new(context: &'c Context, module: Module<'c>, stack_probe: &str) -> UnitModule<'c> {
        let attribute = |name: &str, value| {
            let kind = Attribute::get_named_enum_kind_id(name);
            assert_ne!(kind, 0, "LLVM knows the attribute {name}");
            context.create_enum_attribute(kind, value)
        };
        let text = |name, value| context.create_string_attribute(name, value);
        let function = vec![
            attribute("nounwind", 0),
            attribute("strictfp", 0),
            text("frame-pointer", "all"),
            text("no-builtins", ""),
            text("probe-stack", stack_probe),
        ];
        UnitModule {
            context,
            i8: context.i8_type(),
            i16: context.i16_type(),
            i32: context.i32_type(),
            i64: context.i64_type(),
            f32: context.f32_type(),
            f64: context.f64_type(),
            ptr: context.ptr_type(AddressSpace::default()),
            invariant_load: context.get_kind_id("invariant.load"),
            empty_node: context.metadata_node(&[]),
            branch_weights: context.get_kind_id("prof"),
            unlikely: context.metadata_node(&[
                context.metadata_string("branch_weights").into(),
                context.i32_type().const_int(1, false).into(),
                context.i32_type().const_int(UNLIKELY, false).into(),
            ]),
            rounding: context.metadata_string("round.tonearest"),
            exceptions: context.metadata_string("fpexcept.maytrap"),
            cold: vec![attribute("cold", 0), attribute("noreturn", 0), attribute("nomerge", 0)],
            strict_call: attribute("strictfp", 0),
            function,
            module,
        }
    }

    /// Adds a function of the module's own, seen by nothing outside its object.
    pub fn internal_function(&self, name: &str, ty: FunctionType<'c>) -> FunctionValue<'c> {
        self.function(name, ty, Linkage::Internal)
    }

    /// Adds a function that is looked up by name when the object is linked.
    pub fn exported_function(&self, name: &str, ty: FunctionType<'c>) -> FunctionValue<'c> {
        let function = self.function(name, ty, Linkage::External);
        function.as_global_value().set_visibility(GlobalVisibility::Hidden);
        function
    }

    fn function(&self, name: &str, ty: FunctionType<'c>, linkage: Linkage) -> FunctionValue<'c> {
        let function = self.module.add_function(name, ty, Some(linkage));
        for attribute in &self.function {
            function.add_attribute(AttributeLoc::Function, *attribute);
        }
        function
    }

    /// Says that the first parameter points to `bytes` bytes, aligned, as long as the function runs: what never changes of
    /// them may be loaded before it is known to be needed.
    pub fn points_to(&self, function: FunctionValue<'c>, bytes: usize, alignment: usize) {
        for (name, value) in [("dereferenceable", bytes), ("align", alignment)] {
            let kind = Attribute::get_named_enum_kind_id(name);
            let attribute = self.context.create_enum_attribute(kind, value as u64);
            function.add_attribute(AttributeLoc::Param(0), attribute);
        }
    }

    /// Adds a read-only table that is looked up by name: for each function its distance in bytes from the table.
    pub fn offset_table(&self, name: &str, functions: &[FunctionValue<'c>]) {
        let table = self.module.add_global(self.i32.array_type(functions.len() as u32), None, name);
        let start = table.as_pointer_value().const_to_int(self.i64);
        let distance = |function: &FunctionValue<'c>| {
            let address = function.as_global_value().as_pointer_value().const_to_int(self.i64);
            address.const_sub(start).const_truncate(self.i32)
        };
        let distances: Vec<IntValue<'c>> = functions.iter().map(distance).collect();
        table.set_initializer(&self.i32.const_array(&distances));
        table.set_constant(true);
        table.set_visibility(GlobalVisibility::Hidden);
    }

    /// Adds read-only bytes in a section of their own that are looked up by name.
    pub fn data_section(&self, name: &str, section: &str, bytes: &[u8], alignment: usize) {
        let initializer = self.context.const_string(bytes, false);
        let global = self.module.add_global(initializer.get_type(), None, name);
        global.set_initializer(&initializer);
        global.set_constant(true);
        global.set_section(Some(section));
        global.set_alignment(alignment as u32);
        global.set_visibility(GlobalVisibility::Hidden);
    }
}

/// The line table of a unit: "line" is a byte offset in the wasm module, so that every instruction knows where it came
/// from. With it comes the table for unwinding, as debug information: the linker neither loads it nor looks at it,
/// which for many functions takes very long.
pub(crate) struct LineTable<'c> {
    builder: DebugInfoBuilder<'c>,
    unit: DICompileUnit<'c>,
}

impl<'c> LineTable<'c> {
    pub fn new(unit: &UnitModule<'c>) -> LineTable<'c> {
        let version = unit.i32.const_int(u64::from(inkwell::debug_info::debug_metadata_version()), false);
        unit.module.add_basic_value_flag("Debug Info Version", FlagBehavior::Warning, version);
        let (builder, unit) = unit.module.create_debug_info_builder(
            true,
            DWARFSourceLanguage::C,
            "module.wasm",
            "",
            "wasmo",
            false,
            "",
            0,
            "",
            DWARFEmissionKind::LineTablesOnly,
            0,
            false,
            false,
            "",
            "",
        );
        LineTable { builder, unit }
    }

    /// Declares that a function starts at this offset.
    pub fn function(&self, function: FunctionValue<'c>, name: &str, offset: u32) -> DISubprogram<'c> {
        let file = self.unit.get_file();
        let ty = self.builder.create_subroutine_type(file, None, &[], DIFlags::ZERO);
        let scope = self.unit.as_debug_info_scope();
        let subprogram =
            self.builder.create_function(scope, name, None, file, offset, ty, true, true, offset, DIFlags::ZERO, false);
        function.set_subprogram(subprogram);
        subprogram
    }

    /// Completes the table; nothing may be added afterwards.
    pub fn finish(self) {
        self.builder.finalize();
    }
}

/// Writes the body of one function.
pub(crate) struct FunctionBuilder<'u, 'c> {
    pub unit: &'u UnitModule<'c>,
    pub function: FunctionValue<'c>,
    builder: inkwell::builder::Builder<'c>,
}

/// The inkwell builder that a [`FunctionBuilder`] derefs to.
pub(crate) type Builder<'c> = inkwell::builder::Builder<'c>;

impl<'c> Deref for FunctionBuilder<'_, 'c> {
    type Target = Builder<'c>;
    fn deref(&self) -> &Builder<'c> {
        &self.builder
    }
}

impl<'u, 'c> FunctionBuilder<'u, 'c> {
    /// Starts at the function's entry block.
    pub fn new(unit: &'u UnitModule<'c>, function: FunctionValue<'c>) -> FunctionBuilder<'u, 'c> {
        let builder = unit.context.create_builder();
        builder.position_at_end(unit.context.append_basic_block(function, ""));
        FunctionBuilder { unit, function, builder }
    }

    /// A new block at the end of the function.
    pub fn block(&self) -> BasicBlock<'c> {
        self.unit.context.append_basic_block(self.function, "")
    }

    /// The block that is being written.
    pub fn current_block(&self) -> BasicBlock<'c> {
        self.get_insert_block().expect("the builder is positioned")
    }

    /// Goes to a new block if `condition` holds, which is hardly ever the case, else to another one. Returns both.
    pub fn branch_unlikely(&self, condition: IntValue<'c>) -> Result<(BasicBlock<'c>, BasicBlock<'c>)> {
        let (unlikely, likely) = (self.block(), self.block());
        let branch = self.build_conditional_branch(condition, unlikely, likely)?;
        branch.set_metadata(self.unit.unlikely, self.unit.branch_weights)?;
        Ok((unlikely, likely))
    }

    /// All that follows comes from this offset of the wasm module.
    pub fn set_offset(&self, lines: &LineTable<'c>, function: DISubprogram<'c>, offset: u32) {
        let scope = function.as_debug_info_scope();
        let location = lines.builder.create_debug_location(self.unit.context, offset, 0, scope, None);
        self.set_current_debug_location(location);
    }

    pub fn const_i32(&self, value: u32) -> IntValue<'c> {
        self.unit.i32.const_int(u64::from(value), false)
    }

    pub fn const_i64(&self, value: u64) -> IntValue<'c> {
        self.unit.i64.const_int(value, false)
    }

    /// The address `bytes` after `base`.
    pub fn offset(&self, base: PointerValue<'c>, bytes: usize) -> Result<PointerValue<'c>> {
        if bytes == 0 {
            return Ok(base);
        }
        self.index(base, self.const_i64(bytes as u64))
    }

    /// The address `bytes` after `base`, which nothing is known of: the result need not lie in the same object.
    pub fn index(&self, base: PointerValue<'c>, bytes: IntValue<'c>) -> Result<PointerValue<'c>> {
        // SAFETY: a GEP without `inbounds` has no undefined result; what is done with the address is the caller's care.
        Ok(unsafe { self.build_gep(self.unit.i8, base, &[bytes], "")? })
    }

    /// Loads a pointer that was fixed before the code that is written here ran first.
    pub fn load_invariant(&self, base: PointerValue<'c>, offset: usize) -> Result<PointerValue<'c>> {
        Ok(self.load_invariant_of(self.unit.ptr.into(), base, offset)?.into_pointer_value())
    }

    /// Loads a value that was fixed before the code that is written here ran first.
    pub fn load_invariant_of(
        &self,
        ty: BasicTypeEnum<'c>,
        base: PointerValue<'c>,
        offset: usize,
    ) -> Result<BasicValueEnum<'c>> {
        let value = self.build_load(ty, self.offset(base, offset)?, "")?;
        if let Some(load) = value.as_instruction_value() {
            load.set_metadata(self.unit.empty_node, self.unit.invariant_load)?;
        }
        Ok(value)
    }

    /// Loads a value whose order with other volatile accesses and traps is observable.
    pub fn load_volatile(
        &self,
        ty: BasicTypeEnum<'c>,
        address: PointerValue<'c>,
        align: u32,
    ) -> Result<BasicValueEnum<'c>> {
        let value = self.build_load(ty, address, "")?;
        if let Some(load) = value.as_instruction_value() {
            load.set_volatile(true)?;
            load.set_alignment(align)?;
        }
        Ok(value)
    }

    /// Stores a value; the order with other volatile accesses and traps is observable.
    pub fn store_volatile(&self, value: BasicValueEnum<'c>, address: PointerValue<'c>, align: u32) -> Result<()> {
        let store = self.build_store(address, value)?;
        store.set_volatile(true)?;
        store.set_alignment(align)?;
        Ok(())
    }

    /// Calls a function of this object. Never a tail call: LLVM would turn recursion into loops, and backtraces would
    /// lose frames.
    pub fn call(&self, function: FunctionValue<'c>, args: &[BasicValueEnum<'c>]) -> Result<Option<BasicValueEnum<'c>>> {
        Ok(self.result(self.build_direct_call(function, &call_args(args), "")?))
    }

    /// Calls through an address; otherwise as [`Self::call`].
    pub fn call_address(
        &self,
        ty: FunctionType<'c>,
        address: PointerValue<'c>,
        args: &[BasicValueEnum<'c>],
    ) -> Result<Option<BasicValueEnum<'c>>> {
        Ok(self.result(self.build_indirect_call(ty, address, &call_args(args), "")?))
    }

    fn result(&self, call: CallSiteValue<'c>) -> Option<BasicValueEnum<'c>> {
        call.set_tail_call_kind(LLVMTailCallKind::LLVMTailCallKindNoTail);
        match call.try_as_basic_value() {
            ValueKind::Basic(value) => Some(value),
            ValueKind::Instruction(_) => None,
        }
    }

    /// Calls something that does not return and is hardly ever called, and ends the block. Such calls are not merged,
    /// so that each keeps its place in the line table.
    pub fn call_cold(
        &self,
        ty: FunctionType<'c>,
        address: PointerValue<'c>,
        args: &[BasicValueEnum<'c>],
    ) -> Result<()> {
        let call = self.build_indirect_call(ty, address, &call_args(args), "")?;
        for attribute in &self.unit.cold {
            call.add_attribute(AttributeLoc::Function, *attribute);
        }
        self.build_unreachable()?;
        Ok(())
    }

    /// Calls an intrinsic that is overloaded on `types`.
    pub fn intrinsic(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'c>],
        args: &[BasicValueEnum<'c>],
    ) -> Result<BasicValueEnum<'c>> {
        let call = self.build_direct_call(self.intrinsic_declaration(name, types)?, &call_args(args), "")?;
        self.result(call).ok_or_else(|| Error::Bug(format!("IR: {name} has no result")))
    }

    /// Calls a constrained float intrinsic: LLVM must assume that operands may be signalling NaNs. Those without a
    /// rounding mode, which only widen, take one metadata operand less.
    pub fn constrained(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'c>],
        args: &[BasicValueEnum<'c>],
        rounds: bool,
    ) -> Result<BasicValueEnum<'c>> {
        let name = format!("llvm.experimental.constrained.{name}");
        let mut call_args = call_args(args);
        if rounds {
            call_args.push(self.unit.rounding.into());
        }
        call_args.push(self.unit.exceptions.into());
        let call = self.build_direct_call(self.intrinsic_declaration(&name, types)?, &call_args, "")?;
        call.add_attribute(AttributeLoc::Function, self.unit.strict_call);
        self.result(call).ok_or_else(|| Error::Bug(format!("IR: {name} has no result")))
    }

    fn intrinsic_declaration(&self, name: &str, types: &[BasicTypeEnum<'c>]) -> Result<FunctionValue<'c>> {
        Intrinsic::find(name)
            .and_then(|intrinsic| intrinsic.get_declaration(&self.unit.module, types))
            .ok_or_else(|| Error::Bug(format!("IR: LLVM has no intrinsic {name}")))
    }
}

fn call_args<'c>(args: &[BasicValueEnum<'c>]) -> Vec<BasicMetadataValueEnum<'c>> {
    args.iter().map(|&arg| arg.into()).collect()
}
