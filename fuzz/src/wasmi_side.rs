//! wasmi, the oracle.

use crate::host::{self, SharedHost};
use crate::side::Side;
use crate::value::{Item, Stop, Value};
use wasmi::errors::{ErrorKind, InstantiationError, TableError};
use wasmi::{
    Config, Engine, Error, Extern, ExternRef, ExternType, F32, F64, Func, Global, Instance, Memory, Module, Ref, Store,
    Table, TrapCode, Val, ValType,
};

pub struct WasmiSide {
    module: Module,
    store: Store<()>,
    host: SharedHost,
    externs: Vec<Extern>,
}

/// An engine with the features that wasmo has.
pub fn engine() -> Engine {
    let mut config = Config::default();
    config
        .wasm_custom_page_sizes(false)
        .wasm_extended_const(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_wide_arithmetic(false)
        // More than the fuel of a program allows.
        .set_max_recursion_depth(100_000)
        .set_max_stack_height(64 << 20);
    Engine::new(&config)
}

impl WasmiSide {
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<WasmiSide, Stop> {
        let module = Module::new(engine, bytes).map_err(stop)?;
        Ok(WasmiSide { module, store: Store::new(engine, ()), host: SharedHost::default(), externs: Vec::new() })
    }

    fn import(&mut self, index: usize, ty: &ExternType) -> Result<Extern, Error> {
        Ok(match ty {
            ExternType::Func(ty) => {
                let host = self.host.clone();
                let result_types: Vec<_> = ty.results().iter().map(|&ty| val_type(ty)).collect();
                Extern::Func(Func::new(&mut self.store, ty.clone(), move |caller, args, results| {
                    let args = args.iter().map(|arg| value(arg, &caller, &[])).collect();
                    let returned = host.lock().unwrap().call(index, args, &result_types);
                    for (result, value) in results.iter_mut().zip(returned.ok_or_else(|| Error::new("host"))?) {
                        *result = number_or_null(&value);
                    }
                    Ok(())
                }))
            }
            ExternType::Global(ty) => {
                let value = number_or_null(&host::global(index, val_type(ty.content())));
                Extern::Global(Global::new(&mut self.store, value, ty.mutability()))
            }
            ExternType::Table(ty) => Extern::Table(Table::new(&mut self.store, *ty, Val::default(ty.element()))?),
            ExternType::Memory(ty) => Extern::Memory(Memory::new(&mut self.store, *ty)?),
        })
    }

    fn val(&mut self, value: &Value) -> Val {
        match value {
            Value::Func(Some(index)) => Val::from(self.externs[*index].into_func().expect("it is a function")),
            Value::Extern(Some(number)) => Val::from(ExternRef::new(&mut self.store, *number)),
            value => number_or_null(value),
        }
    }

    fn value(&self, val: &Val) -> Value {
        value(val, &self.store, &self.externs)
    }
}

impl Side for WasmiSide {
    fn instantiate(&mut self) -> Result<(), Stop> {
        self.host = SharedHost::default();
        self.externs.clear();
        let imports: Vec<ExternType> = self.module.imports().map(|import| import.ty().clone()).collect();
        for (index, ty) in imports.iter().enumerate() {
            let import = self.import(index, ty).map_err(stop)?;
            self.externs.push(import);
        }
        let instance = Instance::new(&mut self.store, &self.module, &self.externs).map_err(stop)?;
        let mut names: Vec<&str> = self.module.exports().map(|export| export.name()).collect();
        names.sort();
        let exports = names.iter().map(|name| instance.get_export(&self.store, name).expect("the module exports it"));
        self.externs.extend(exports);
        Ok(())
    }

    fn call(&mut self, func: usize, args: &[Value]) -> Result<Vec<Value>, Stop> {
        let args: Vec<Val> = args.iter().map(|arg| self.val(arg)).collect();
        let func = self.externs[func].into_func().expect("it is a function");
        let mut results: Vec<Val> = func.ty(&self.store).results().iter().map(|&ty| Val::default(ty)).collect();
        func.call(&mut self.store, &args, &mut results).map_err(stop)?;
        Ok(results.iter().map(|result| self.value(result)).collect())
    }

    fn items(&self) -> Vec<Item> {
        let item = |external: &Extern| match external {
            Extern::Func(func) => {
                let (ty, types) =
                    (func.ty(&self.store), |types: &[ValType]| types.iter().copied().map(val_type).collect());
                Item::Func(types(ty.params()), types(ty.results()))
            }
            Extern::Global(global) => Item::Global(self.value(&global.get(&self.store))),
            Extern::Table(table) => {
                let elements = (0..table.size(&self.store)).filter_map(|at| table.get(&self.store, at));
                Item::Table(elements.map(|element| self.value(&element)).collect())
            }
            Extern::Memory(memory) => Item::Memory(memory.data(&self.store).to_vec()),
        };
        self.externs.iter().map(item).collect()
    }

    fn take_host_calls(&mut self) -> Vec<(usize, Vec<Value>)> {
        self.host.lock().unwrap().take_calls()
    }
}

fn val_type(ty: ValType) -> wasmo::ValType {
    match ty {
        ValType::I32 => wasmo::ValType::I32,
        ValType::I64 => wasmo::ValType::I64,
        ValType::F32 => wasmo::ValType::F32,
        ValType::F64 => wasmo::ValType::F64,
        ValType::FuncRef => wasmo::ValType::FuncRef,
        ValType::ExternRef => wasmo::ValType::ExternRef,
        ValType::V128 => unreachable!("vectors are not generated"),
    }
}

fn number_or_null(value: &Value) -> Val {
    match *value {
        Value::I32(number) => Val::I32(number),
        Value::I64(number) => Val::I64(number),
        Value::F32(bits) => Val::F32(F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(F64::from_bits(bits)),
        Value::Func(_) => Val::FuncRef(Ref::Null),
        Value::Extern(_) => Val::ExternRef(Ref::Null),
    }
}

fn value(val: &Val, store: &impl wasmi::AsContext, externs: &[Extern]) -> Value {
    match val {
        Val::I32(number) => Value::I32(*number),
        Val::I64(number) => Value::I64(*number),
        Val::F32(float) => Value::F32(float.to_bits()),
        Val::F64(float) => Value::F64(float.to_bits()),
        Val::V128(_) => unreachable!("vectors are not generated"),
        Val::FuncRef(func) => Value::Func(func.val().map(|func| {
            // wasmi compares functions in no other way.
            let handle = format!("{func:?}");
            let same = |external: &Extern| matches!(external, Extern::Func(other) if format!("{other:?}") == handle);
            externs.iter().position(same).unwrap_or(usize::MAX)
        })),
        Val::ExternRef(object) => {
            Value::Extern(object.val().map(|object| {
                *object.data(store.as_context()).downcast_ref().expect("objects of the host are numbers")
            }))
        }
    }
}

fn stop(error: Error) -> Stop {
    use wasmo::TrapCode as Code;
    let code = match error.kind() {
        ErrorKind::Message(_) => return Stop::Host,
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => Code::TableOutOfBounds,
        // The one access of a table that wasmi does not count among its trap codes.
        ErrorKind::Table(TableError::CopyOutOfBounds) => Code::TableOutOfBounds,
        _ => match error.as_trap_code() {
            Some(TrapCode::UnreachableCodeReached) => Code::Unreachable,
            Some(TrapCode::MemoryOutOfBounds) => Code::MemoryOutOfBounds,
            Some(TrapCode::TableOutOfBounds) => Code::TableOutOfBounds,
            Some(TrapCode::IndirectCallToNull) => Code::UninitializedElement,
            Some(TrapCode::IntegerDivisionByZero) => Code::IntegerDivideByZero,
            Some(TrapCode::IntegerOverflow) => Code::IntegerOverflow,
            Some(TrapCode::BadConversionToInteger) => Code::InvalidConversionToInteger,
            Some(TrapCode::StackOverflow) => Code::StackOverflow,
            Some(TrapCode::BadSignature) => Code::IndirectCallTypeMismatch,
            _ => return Stop::Error(error.to_string()),
        },
    };
    Stop::trap(code)
}
