//! wasmi, the oracle.

use crate::host::{self, Event, Host};
use crate::side::{Act, Import, Side};
use crate::value::{Content, Item, Outcome, Stop, UNKNOWN, Value};
use crate::wasmi_module::for_wasmi;
use crate::wasmi_types::{extern_from_wasmi, stop, to_wasmi};
use std::collections::HashMap;
use wasmi::{
    AsContextMut, Caller, Config, Engine, Error, Extern, ExternRef, ExternType, F32, F64, Func, FuncType, Global,
    Instance, Memory, MemoryType, Module, Mutability, Ref, Store, StoreContext, Table, TableType, Val,
};
use wasmo::Limits;

pub struct WasmiSide {
    module: Module,
    store: Store<State>,
}

#[derive(Default)]
struct State {
    externs: Vec<Extern>,
    /// The places of functions. wasmi compares them in no other way than by what `Debug` tells.
    funcs: HashMap<String, usize>,
    host: Host,
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
        // wasmi itself says what is wrong with a module that cannot be read.
        let bytes = for_wasmi(bytes).unwrap_or_else(|_| bytes.to_vec());
        let module = Module::new(engine, &bytes).map_err(|error| stop(&error))?;
        Ok(WasmiSide { module, store: Store::new(engine, State::default()) })
    }

    fn add(&mut self, external: Extern) {
        let state = self.store.data_mut();
        if let Extern::Func(func) = &external {
            state.funcs.entry(format!("{func:?}")).or_insert(state.externs.len());
        }
        state.externs.push(external);
    }

    /// Makes something to import.
    fn make(&mut self, ty: &wasmo::ExternType) -> Result<Extern, Error> {
        let place = self.store.data().externs.len();
        let store = &mut self.store;
        Ok(match ty {
            wasmo::ExternType::Func(ty) => {
                let result_types = ty.results().to_vec();
                let types = |types: &[wasmo::ValType]| types.iter().copied().map(to_wasmi).collect::<Vec<_>>();
                let call = move |caller: Caller<'_, State>, args: &[Val], results: &mut [Val]| {
                    call_host(caller, place, args, results, &result_types)
                };
                Extern::Func(Func::new(store, FuncType::new(types(ty.params()), types(ty.results())), call))
            }
            wasmo::ExternType::Global(ty) => {
                let mutability = match ty.mutability {
                    wasmo::Mutability::Const => Mutability::Const,
                    wasmo::Mutability::Var => Mutability::Var,
                };
                let value = val(store.as_context_mut(), &host::global(place, ty.content));
                Extern::Global(Global::new(store, value, mutability))
            }
            wasmo::ExternType::Table(ty) => {
                let (element, Limits { min, max }) = (to_wasmi(ty.element), ty.limits);
                let ty = TableType::new(element, min as u32, max.map(|max| max as u32));
                Extern::Table(Table::new(store, ty, Val::default(element))?)
            }
            wasmo::ExternType::Memory(ty) => {
                let Limits { min, max } = ty.limits;
                Extern::Memory(Memory::new(store, MemoryType::new(min as u32, max.map(|max| max as u32)))?)
            }
            wasmo::ExternType::Tag(ty) => unreachable!("a tag {ty}"),
        })
    }

    fn link(&mut self, imports: &[Import]) -> Result<(), Error> {
        let mut given = Vec::new();
        for import in imports {
            given.push(match import {
                Import::Existing(place) => self.store.data().externs[*place],
                Import::New(ty) => {
                    let external = self.make(ty)?;
                    self.add(external);
                    external
                }
            });
        }
        let instance = Instance::new(&mut self.store, &self.module, &given)?;
        let mut names: Vec<String> = self.module.exports().map(|export| export.name().to_owned()).collect();
        names.sort();
        for name in names {
            let export = instance.get_export(&self.store, &name).expect("the module exports it");
            self.add(export);
        }
        Ok(())
    }
}

impl Side for WasmiSide {
    fn import_types(&self) -> Vec<wasmo::ExternType> {
        self.module.imports().map(|import| extern_from_wasmi(import.ty())).collect()
    }

    fn instantiate(&mut self, imports: &[Import]) -> Result<(), Stop> {
        self.link(imports).map_err(|error| stop(&error))
    }

    fn forget(&mut self) {
        let state = self.store.data_mut();
        state.externs.clear();
        state.funcs.clear();
    }

    fn plan(&mut self, acts: Vec<Act>) {
        self.store.data_mut().host.plan(acts);
    }

    fn act(&mut self, act: &Act) -> Outcome {
        perform(self.store.as_context_mut(), act).map_err(|failure| failure.stop())
    }

    fn items(&self) -> Vec<Item> {
        let store = &self.store;
        let value = |val: &Val| value(val, store);
        let item = |external: &Extern| match external {
            Extern::Func(func) => {
                Item { ty: extern_from_wasmi(&ExternType::Func(func.ty(store))), holds: Content::Values(vec![]) }
            }
            Extern::Global(global) => Item {
                ty: extern_from_wasmi(&ExternType::Global(global.ty(store))),
                holds: Content::Values(vec![value(&global.get(store))]),
            },
            Extern::Table(table) => {
                let wasmo::ExternType::Table(mut ty) = extern_from_wasmi(&ExternType::Table(table.ty(store))) else {
                    unreachable!("a table has the type of one")
                };
                ty.limits.min = table.size(store);
                let elements = (0..ty.limits.min).filter_map(|at| table.get(store, at));
                let values = elements.map(|element| value(&element)).collect();
                Item { ty: wasmo::ExternType::Table(ty), holds: Content::Values(values) }
            }
            Extern::Memory(memory) => {
                let wasmo::ExternType::Memory(mut ty) = extern_from_wasmi(&ExternType::Memory(memory.ty(store))) else {
                    unreachable!("a memory has the type of one")
                };
                ty.limits.min = memory.size(store);
                Item { ty: wasmo::ExternType::Memory(ty), holds: Content::Bytes(memory.data(store).to_vec()) }
            }
        };
        self.store.data().externs.iter().map(item).collect()
    }

    fn take_events(&mut self) -> Vec<Event> {
        self.store.data_mut().host.take_events()
    }
}

/// Why an act was not done.
enum Failure {
    Call(Error),
    Refused,
}

impl Failure {
    fn stop(&self) -> Stop {
        match self {
            Failure::Call(error) => stop(error),
            Failure::Refused => Stop::Refused,
        }
    }
}

fn perform(mut ctx: impl AsContextMut<Data = State>, act: &Act) -> Result<Vec<Value>, Failure> {
    let mut ctx = ctx.as_context_mut();
    let at = |place: &usize| ctx.data().externs[*place];
    let grown = |old: u64| vec![Value::I64(old as i64)];
    match act {
        Act::Call(place, args) => {
            let func = at(place).into_func().expect("it is a function");
            let args: Vec<Val> = args.iter().map(|arg| val(&mut ctx, arg)).collect();
            let mut results: Vec<Val> = func.ty(&ctx).results().iter().map(|&ty| Val::default(ty)).collect();
            func.call(&mut ctx, &args, &mut results).map_err(Failure::Call)?;
            Ok(results.iter().map(|result| value(result, &ctx)).collect())
        }
        Act::SetGlobal(place, new) => {
            let (global, new) = (at(place).into_global().expect("it is a global"), val(&mut ctx, new));
            global.set(ctx, new).map(|()| vec![]).map_err(|_| Failure::Refused)
        }
        Act::SetElement(place, index, new) => {
            let (table, new) = (at(place).into_table().expect("it is a table"), val(&mut ctx, new));
            table.set(ctx, *index, new).map(|()| vec![]).map_err(|_| Failure::Refused)
        }
        Act::GrowTable(place, delta, init) => {
            let (table, init) = (at(place).into_table().expect("it is a table"), val(&mut ctx, init));
            table.grow(ctx, *delta, init).map(grown).map_err(|_| Failure::Refused)
        }
        Act::WriteMemory(place, offset, bytes) => {
            let memory = at(place).into_memory().expect("it is a memory");
            memory.write(ctx, *offset, bytes).map(|()| vec![]).map_err(|_| Failure::Refused)
        }
        Act::GrowMemory(place, delta) => {
            let memory = at(place).into_memory().expect("it is a memory");
            memory.grow(ctx, *delta).map(grown).map_err(|_| Failure::Refused)
        }
    }
}

/// What an imported function does.
fn call_host(
    mut caller: Caller<'_, State>,
    place: usize,
    args: &[Val],
    results: &mut [Val],
    result_types: &[wasmo::ValType],
) -> Result<(), Error> {
    let args = args.iter().map(|arg| value(arg, &caller)).collect();
    let reply = caller.data_mut().host.call(place, args, result_types);
    if let Some(act) = reply.act {
        let done = perform(&mut caller, &act);
        caller.data_mut().host.acted(done.as_ref().map(Vec::clone).map_err(Failure::stop));
        if let Err(Failure::Call(error)) = done {
            return Err(error);
        }
    }
    for (result, new) in results.iter_mut().zip(reply.results.ok_or_else(|| Error::new("host"))?) {
        *result = val(caller.as_context_mut(), &new);
    }
    Ok(())
}

fn val(ctx: impl AsContextMut<Data = State>, value: &Value) -> Val {
    match *value {
        Value::I32(number) => Val::I32(number),
        Value::I64(number) => Val::I64(number),
        Value::F32(bits) => Val::F32(F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(F64::from_bits(bits)),
        Value::Func(None | Some(UNKNOWN)) => Val::FuncRef(Ref::Null),
        Value::Func(Some(place)) => {
            Val::from(ctx.as_context().data().externs[place].into_func().expect("it is a function"))
        }
        Value::Extern(None) => Val::ExternRef(Ref::Null),
        Value::Extern(Some(number)) => Val::from(ExternRef::new(ctx, number)),
    }
}

fn value<'a>(val: &Val, ctx: impl Into<StoreContext<'a, State>>) -> Value {
    let ctx = ctx.into();
    match val {
        Val::I32(number) => Value::I32(*number),
        Val::I64(number) => Value::I64(*number),
        Val::F32(float) => Value::F32(float.to_bits()),
        Val::F64(float) => Value::F64(float.to_bits()),
        Val::V128(_) => unreachable!("vectors are not generated"),
        Val::FuncRef(func) => {
            Value::Func(func.val().map(|func| ctx.data().funcs.get(&format!("{func:?}")).copied().unwrap_or(UNKNOWN)))
        }
        Val::ExternRef(object) => Value::Extern(
            object.val().map(|object| *object.data(ctx).downcast_ref().expect("objects of the host are numbers")),
        ),
    }
}
