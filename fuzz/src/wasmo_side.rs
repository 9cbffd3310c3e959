//! wasmo, the engine under test.

use crate::host::{self, Event, Host};
use crate::side::{Act, Import, Side};
use crate::value::{Content, Item, Outcome, Stop, UNKNOWN, Value};
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use wasmo::{
    Engine, Error, Extern, ExternRef, ExternType, Func, Global, Memory, Module, Result, Store, Table, Trap, Val,
    ValType,
};

pub struct WasmoSide {
    module: Module,
    state: Rc<RefCell<State>>,
}

/// Imported functions refer to it weakly: one that owned a handle to its store would keep both for ever.
struct State {
    store: Store,
    externs: Vec<Extern>,
    host: Host,
}

impl WasmoSide {
    /// Compiles a module; if it is to be `loaded`, what runs is what an artifact of it was read as.
    pub fn new(engine: &Engine, bytes: &[u8], loaded: bool) -> Result<WasmoSide, Stop> {
        let module = Module::new(bytes, engine).and_then(|module| if loaded { reload(&module) } else { Ok(module) });
        let module = module.map_err(|error| stop(&error))?;
        let store = Store::new(engine).map_err(|error| stop(&error))?;
        // Refused where code does not pay.
        let _ = store.set_fuel(u64::MAX);
        let state = State { store, externs: Vec::new(), host: Host::default() };
        Ok(WasmoSide { module, state: Rc::new(RefCell::new(state)) })
    }

    fn add(&self, external: Extern) {
        self.state.borrow_mut().externs.push(external);
    }

    /// Makes something to import.
    fn make(&self, ty: &ExternType) -> Result<Extern> {
        let state = self.state.borrow();
        let (store, place) = (&state.store, state.externs.len());
        Ok(match ty {
            ExternType::Func(ty) => {
                let (state, result_types) = (Rc::downgrade(&self.state), ty.results().to_vec());
                Extern::Func(Func::new(store, ty.clone(), move |args, results| {
                    call_host(&state, place, args, results, &result_types)
                }))
            }
            ExternType::Global(ty) => {
                let value = state.val(&host::global(place, ty.content));
                Extern::Global(Global::new(store, *ty, value)?)
            }
            ExternType::Table(ty) => Extern::Table(Table::new(store, *ty, Val::default_for(ty.element))?),
            ExternType::Memory(ty) => Extern::Memory(Memory::new(store, *ty)?),
            ExternType::Tag(ty) => unreachable!("a tag {ty}"),
        })
    }

    fn link(&self, imports: &[Import]) -> Result<()> {
        let mut given = Vec::new();
        for import in imports {
            given.push(match import {
                Import::Existing(place) => self.state.borrow().externs[*place].clone(),
                Import::New(ty) => {
                    let external = self.make(ty)?;
                    self.add(external.clone());
                    external
                }
            });
        }
        // From the order by kind to the declared order. What is too much stays at the end.
        let mut order: Vec<(usize, ExternType)> = self.module.imports().map(|import| import.ty).enumerate().collect();
        order.sort_by_key(|(_, ty)| rank(ty));
        let mut positions: Vec<usize> = order.into_iter().map(|(declared, _)| declared).collect();
        positions.extend(positions.len()..given.len());
        let mut given: Vec<(usize, Extern)> = positions.into_iter().zip(given).collect();
        given.sort_by_key(|(declared, _)| *declared);
        let given: Vec<Extern> = given.into_iter().map(|(_, external)| external).collect();

        // A start function may call the host.
        let store = self.state.borrow().store.clone();
        let instance = self.module.instantiate(&store, &given)?;
        let mut names: Vec<String> = self.module.exports().map(|export| export.name).collect();
        names.sort();
        for name in names {
            self.add(instance.export(&name).expect("the module exports it"));
        }
        Ok(())
    }
}

fn reload(module: &Module) -> Result<Module> {
    let artifact = module.dump()?;
    // SAFETY: it was just made.
    #[allow(unsafe_code)]
    unsafe {
        Module::load(&artifact, module.engine())
    }
}

impl State {
    fn val(&self, value: &Value) -> Val {
        match *value {
            Value::I32(number) => Val::I32(number),
            Value::I64(number) => Val::I64(number),
            Value::F32(bits) => Val::F32(bits),
            Value::F64(bits) => Val::F64(bits),
            Value::Func(None | Some(UNKNOWN)) => Val::FuncRef(None),
            Value::Func(Some(place)) => Val::FuncRef(self.externs[place].func().cloned()),
            Value::Extern(object) => Val::ExternRef(object.map(|number| ExternRef::new(&self.store, number))),
        }
    }

    fn value(&self, val: &Val) -> Value {
        match val {
            Val::I32(number) => Value::I32(*number),
            Val::I64(number) => Value::I64(*number),
            Val::F32(bits) => Value::F32(*bits),
            Val::F64(bits) => Value::F64(*bits),
            Val::FuncRef(func) => Value::Func(func.as_ref().map(|func| {
                let place = self.externs.iter().position(|external| external.func() == Some(func));
                place.unwrap_or(UNKNOWN)
            })),
            Val::ExternRef(object) => Value::Extern(
                object.as_ref().map(|object| *object.data().downcast_ref().expect("objects of the host are numbers")),
            ),
        }
    }
}

impl Side for WasmoSide {
    fn import_types(&self) -> Vec<ExternType> {
        let mut types: Vec<ExternType> = self.module.imports().map(|import| import.ty).collect();
        types.sort_by_key(rank);
        types
    }

    fn instantiate(&mut self, imports: &[Import]) -> Result<(), Stop> {
        self.link(imports).map_err(|error| stop(&error))
    }

    fn forget(&mut self) {
        self.state.borrow_mut().externs.clear();
    }

    fn plan(&mut self, acts: Vec<Act>) {
        self.state.borrow_mut().host.plan(acts);
    }

    fn act(&mut self, act: &Act) -> Outcome {
        perform(&self.state, act).map_err(|error| stop(&error))
    }

    fn items(&self) -> Vec<Item> {
        let state = self.state.borrow();
        let value = |val: &Val| state.value(val);
        let holds = |external: &Extern| match external {
            Extern::Func(_) => Content::Values(vec![]),
            Extern::Global(global) => Content::Values(vec![value(&global.get())]),
            Extern::Table(table) => Content::Values(
                (0..table.size()).filter_map(|at| table.get(at)).map(|element| value(&element)).collect(),
            ),
            Extern::Memory(memory) => {
                let mut bytes = vec![0; memory.data_size()];
                memory.read(0, &mut bytes).expect("it is read within its bounds");
                Content::Bytes(bytes)
            }
        };
        state.externs.iter().map(|external| Item { ty: external.ty(), holds: holds(external) }).collect()
    }

    fn take_events(&mut self) -> Vec<Event> {
        self.state.borrow_mut().host.take_events()
    }
}

fn perform(state: &RefCell<State>, act: &Act) -> Result<Vec<Value>> {
    let at = |place: &usize| state.borrow().externs[*place].clone();
    let val = |value: &Value| state.borrow().val(value);
    let grown = |old: u64| vec![Value::I64(old as i64)];
    match act {
        Act::Call(place, args) => {
            let args: Vec<Val> = args.iter().map(val).collect();
            let results = at(place).func().expect("it is a function").call(&args)?;
            Ok(results.iter().map(|result| state.borrow().value(result)).collect())
        }
        Act::SetGlobal(place, new) => at(place).global().expect("it is a global").set(val(new)).map(|()| vec![]),
        Act::SetElement(place, index, new) => {
            at(place).table().expect("it is a table").set(*index, val(new)).map(|()| vec![])
        }
        Act::GrowTable(place, delta, init) => {
            at(place).table().expect("it is a table").grow(*delta, val(init)).map(grown)
        }
        Act::WriteMemory(place, offset, bytes) => {
            at(place).memory().expect("it is a memory").write(*offset, bytes).map(|()| vec![])
        }
        Act::GrowMemory(place, delta) => at(place).memory().expect("it is a memory").grow(*delta).map(grown),
    }
}

/// What an imported function does.
fn call_host(
    state: &Weak<RefCell<State>>,
    place: usize,
    args: &[Val],
    results: &mut [Val],
    result_types: &[ValType],
) -> Result<(), Trap> {
    let state = state.upgrade().expect("functions are called while their side is there");
    let args = args.iter().map(|arg| state.borrow().value(arg)).collect();
    let reply = state.borrow_mut().host.call(place, args, result_types);
    if let Some(act) = reply.act {
        let done = perform(&state, &act);
        state.borrow_mut().host.acted(done.clone().map_err(|error| stop(&error)));
        if let Err(Error::Trap(trap)) = done {
            return Err(trap);
        }
    }
    for (result, new) in results.iter_mut().zip(reply.results.ok_or_else(|| Trap::new("host"))?) {
        *result = state.borrow().val(&new);
    }
    Ok(())
}

/// The place of a kind among imports, see [`Side::import_types`].
fn rank(ty: &ExternType) -> usize {
    match ty {
        ExternType::Func(_) => 0,
        ExternType::Table(_) => 1,
        ExternType::Memory(_) => 2,
        ExternType::Global(_) => 3,
        ExternType::Tag(_) => 4,
    }
}

fn stop(error: &Error) -> Stop {
    match error {
        Error::Trap(trap) => trap.code().map_or(Stop::Host, Stop::trap),
        Error::Link(_) => Stop::Link,
        Error::Argument(_) | Error::Limit(_) => Stop::Refused,
        other => Stop::Fault(other.to_string()),
    }
}
