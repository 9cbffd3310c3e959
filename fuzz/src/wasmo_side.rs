//! wasmo, the engine under test.

use crate::host::{self, SharedHost};
use crate::side::Side;
use crate::value::{Item, Stop, Value};
use wasmo::{
    Engine, Error, Extern, ExternRef, ExternType, Func, Global, Instance, Memory, Module, Store, Table, Trap, Val,
};

pub struct WasmoSide {
    module: Module,
    store: Store,
    host: SharedHost,
    externs: Vec<Extern>,
}

impl WasmoSide {
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<WasmoSide, Stop> {
        let (module, store) = (Module::new(engine, bytes).map_err(stop)?, Store::new(engine).map_err(stop)?);
        Ok(WasmoSide { module, store, host: SharedHost::default(), externs: Vec::new() })
    }

    fn import(&self, index: usize, ty: ExternType) -> Result<Extern, Error> {
        Ok(match ty {
            ExternType::Func(ty) => {
                let (host, result_types) = (self.host.clone(), ty.results().to_vec());
                Extern::Func(Func::new(&self.store, ty, move |args, results| {
                    let args = args.iter().map(|arg| value(arg, &[])).collect();
                    let returned = host.lock().unwrap().call(index, args, &result_types);
                    for (result, value) in results.iter_mut().zip(returned.ok_or_else(|| Trap::new("host"))?) {
                        *result = number_or_null(&value);
                    }
                    Ok(())
                }))
            }
            ExternType::Global(ty) => {
                let value = number_or_null(&host::global(index, ty.content));
                Extern::Global(Global::new(&self.store, ty, value)?)
            }
            ExternType::Table(ty) => Extern::Table(Table::new(&self.store, ty, Val::default_for(ty.element))?),
            ExternType::Memory(ty) => Extern::Memory(Memory::new(&self.store, ty)?),
            ExternType::Tag(ty) => return Err(Error::Unsupported(format!("an imported tag {ty}"))),
        })
    }

    fn val(&self, value: &Value) -> Val {
        match value {
            Value::Func(Some(index)) => Val::FuncRef(self.externs[*index].func().cloned()),
            Value::Extern(Some(number)) => Val::ExternRef(Some(ExternRef::new(&self.store, *number))),
            value => number_or_null(value),
        }
    }

    fn values(&self, vals: impl IntoIterator<Item = Val>) -> Vec<Value> {
        vals.into_iter().map(|val| value(&val, &self.externs)).collect()
    }
}

impl Side for WasmoSide {
    fn instantiate(&mut self) -> Result<(), Stop> {
        self.host = SharedHost::default();
        self.externs.clear();
        let mut types: Vec<(usize, ExternType)> = self.module.imports().map(|import| import.ty).enumerate().collect();
        types.sort_by_key(|(_, ty)| rank(ty));
        let mut imports = Vec::new();
        for (declared, ty) in types {
            let import = self.import(self.externs.len(), ty).map_err(stop)?;
            imports.push((declared, import.clone()));
            self.externs.push(import);
        }
        imports.sort_by_key(|(declared, _)| *declared);
        let imports: Vec<Extern> = imports.into_iter().map(|(_, import)| import).collect();
        let instance = Instance::new(&self.store, &self.module, &imports).map_err(stop)?;
        let mut names: Vec<String> = self.module.exports().map(|export| export.name).collect();
        names.sort();
        self.externs.extend(names.iter().map(|name| instance.export(name).expect("the module exports it")));
        Ok(())
    }

    fn call(&mut self, func: usize, args: &[Value]) -> Result<Vec<Value>, Stop> {
        let args: Vec<Val> = args.iter().map(|arg| self.val(arg)).collect();
        let func = self.externs[func].func().expect("it is a function");
        func.call(&args).map(|results| self.values(results)).map_err(stop)
    }

    fn items(&self) -> Vec<Item> {
        let item = |external: &Extern| match external {
            Extern::Func(func) => Item::Func(func.ty().params().to_vec(), func.ty().results().to_vec()),
            Extern::Global(global) => Item::Global(value(&global.get(), &self.externs)),
            Extern::Table(table) => Item::Table(self.values((0..table.size()).filter_map(|at| table.get(at)))),
            Extern::Memory(memory) => {
                let mut bytes = vec![0; memory.data_size()];
                memory.read(0, &mut bytes).expect("it is read within its bounds");
                Item::Memory(bytes)
            }
        };
        self.externs.iter().map(item).collect()
    }

    fn take_host_calls(&mut self) -> Vec<(usize, Vec<Value>)> {
        self.host.lock().unwrap().take_calls()
    }
}

/// The place of a kind among imports: wasmi does not tell the order in which those of different kinds were declared.
fn rank(ty: &ExternType) -> usize {
    match ty {
        ExternType::Func(_) => 0,
        ExternType::Table(_) => 1,
        ExternType::Memory(_) => 2,
        ExternType::Global(_) => 3,
        ExternType::Tag(_) => 4,
    }
}

fn number_or_null(value: &Value) -> Val {
    match *value {
        Value::I32(number) => Val::I32(number),
        Value::I64(number) => Val::I64(number),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::Func(_) => Val::FuncRef(None),
        Value::Extern(_) => Val::ExternRef(None),
    }
}

fn value(val: &Val, externs: &[Extern]) -> Value {
    match val {
        Val::I32(number) => Value::I32(*number),
        Val::I64(number) => Value::I64(*number),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::FuncRef(func) => Value::Func(func.as_ref().map(|func| {
            let place = externs.iter().position(|external| external.func() == Some(func));
            place.unwrap_or(usize::MAX)
        })),
        Val::ExternRef(object) => Value::Extern(
            object.as_ref().map(|object| *object.data().downcast_ref().expect("objects of the host are numbers")),
        ),
    }
}

fn stop(error: Error) -> Stop {
    match error {
        Error::Trap(trap) => trap.code().map_or(Stop::Host, Stop::trap),
        error => Stop::Error(error.to_string()),
    }
}
