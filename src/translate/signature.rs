//! The calling convention of wasm functions in IR. What goes where is decided in `abi::Convention`.

use crate::abi::{ContextHead, Convention, Place, SPILL_SLOT_SIZE, StoreContext};
use crate::error::{Error, Result};
use crate::llvm::{FunctionBuilder, UnitModule};
use crate::types::{FuncType, ValType};
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FunctionType};
use inkwell::values::{AggregateValue, BasicValueEnum, FunctionValue, PointerValue};

/// What a call goes to.
#[derive(Clone, Copy)]
pub(super) enum Callee<'c> {
    /// A function of the same object.
    Direct(FunctionValue<'c>),
    /// An address.
    Address(PointerValue<'c>),
}

impl<'c> UnitModule<'c> {
    /// The IR type of a wasm value. A reference is a word: what it points to is nobody's business but the runtime's.
    pub(super) fn value_type(&self, ty: ValType) -> BasicTypeEnum<'c> {
        match ty {
            ValType::I32 => self.i32.into(),
            ValType::I64 | ValType::FuncRef | ValType::ExternRef => self.i64.into(),
            ValType::F32 => self.f32.into(),
            ValType::F64 => self.f64.into(),
        }
    }

    /// The IR type of a wasm function of this type.
    pub(super) fn func_signature(&self, ty: &FuncType) -> FunctionType<'c> {
        let convention = Convention::of(ty);
        let params: Vec<BasicMetadataTypeEnum<'c>> = std::iter::once(self.ptr.into())
            .chain(self.in_registers(ty.params(), &convention.params).into_iter().map(Into::into))
            .collect();
        match self.in_registers(ty.results(), &convention.results).as_slice() {
            [] => self.context.void_type().fn_type(&params, false),
            [one] => one.fn_type(&params, false),
            many => self.context.struct_type(many, false).fn_type(&params, false),
        }
    }

    fn in_registers(&self, types: &[ValType], places: &[Place]) -> Vec<BasicTypeEnum<'c>> {
        let types = types.iter().zip(places);
        types.filter(|(_, place)| **place == Place::Register).map(|(ty, _)| self.value_type(*ty)).collect()
    }
}

impl<'c> FunctionBuilder<'_, 'c> {
    /// The context that the function which is written here received.
    pub(super) fn own_context(&self) -> PointerValue<'c> {
        self.function.get_first_param().expect("the first parameter is the context").into_pointer_value()
    }

    /// Parameters of the function that is written here, the context aside. To be called first of all: some come from
    /// the spill area.
    pub(super) fn receive_params(&self, ty: &FuncType) -> Result<Vec<BasicValueEnum<'c>>> {
        let mut registers = self.function.get_param_iter().skip(1);
        let places = Convention::of(ty).params;
        self.gather(self.own_context(), ty.params(), &places, || registers.next())
    }

    /// Returns `results` from the function that is written here.
    pub(super) fn return_results(&self, ty: &FuncType, results: &[BasicValueEnum<'c>]) -> Result<()> {
        let registers = self.spill(self.own_context(), results, &Convention::of(ty).results)?;
        match registers.as_slice() {
            [] => self.build_return(None)?,
            [one] => self.build_return(Some(one))?,
            many => self.build_aggregate_return(many)?,
        };
        Ok(())
    }

    /// Calls a wasm function under a context of its own.
    pub(super) fn call_wasm(
        &self,
        ty: &FuncType,
        callee: Callee<'c>,
        context: PointerValue<'c>,
        args: &[BasicValueEnum<'c>],
    ) -> Result<Vec<BasicValueEnum<'c>>> {
        let convention = Convention::of(ty);
        let mut registers = vec![context.into()];
        registers.extend(self.spill(self.own_context(), args, &convention.params)?);
        let returned = match callee {
            Callee::Direct(function) => self.call(function, &registers)?,
            Callee::Address(address) => self.call_address(self.unit.func_signature(ty), address, &registers)?,
        };
        let in_registers = convention.results.iter().filter(|place| **place == Place::Register).count();
        let mut values = Vec::with_capacity(in_registers);
        match returned {
            Some(BasicValueEnum::StructValue(aggregate)) if in_registers > 1 => {
                for index in 0..in_registers as u32 {
                    values.push(self.build_extract_value(aggregate.as_aggregate_value_enum(), index, "")?);
                }
            }
            one => values.extend(one),
        }
        let mut values = values.into_iter();
        self.gather(self.own_context(), ty.results(), &convention.results, || values.next())
    }

    /// Writes what does not fit registers to the spill area; the rest is returned in order.
    fn spill(
        &self,
        context: PointerValue<'c>,
        values: &[BasicValueEnum<'c>],
        places: &[Place],
    ) -> Result<Vec<BasicValueEnum<'c>>> {
        let mut registers = Vec::with_capacity(values.len());
        for (value, place) in values.iter().zip(places) {
            match *place {
                Place::Register => registers.push(*value),
                Place::Spill(slot) => {
                    self.build_store(self.spill_slot(context, slot)?, *value)?;
                }
            }
        }
        Ok(registers)
    }

    /// All values in order: those in registers from `next_register`, the others from the spill area.
    fn gather(
        &self,
        context: PointerValue<'c>,
        types: &[ValType],
        places: &[Place],
        mut next_register: impl FnMut() -> Option<BasicValueEnum<'c>>,
    ) -> Result<Vec<BasicValueEnum<'c>>> {
        let value = |(ty, place): (&ValType, &Place)| match *place {
            Place::Register => next_register().ok_or_else(|| Error::Bug("a value in a register is missing".into())),
            Place::Spill(slot) => {
                Ok(self.build_load(self.unit.value_type(*ty), self.spill_slot(context, slot)?, "")?)
            }
        };
        types.iter().zip(places).map(value).collect()
    }

    fn spill_slot(&self, context: PointerValue<'c>, slot: usize) -> Result<PointerValue<'c>> {
        let store = self.load_invariant(context, ContextHead::store.offset)?;
        let area = self.load_invariant(store, StoreContext::spill.offset)?;
        self.offset(area, slot * SPILL_SLOT_SIZE)
    }
}
