//! Instances that count what is alive of them.

use super::{func, instantiate};
use std::rc::Rc;
use wasmo::{Extern, ExternRef, Func, FuncType, Instance, Module, Store, Table, Val};

/// Counts what is alive of a kind: each thing owns a token.
#[derive(Default)]
pub struct Count(pub Rc<()>);

impl Count {
    pub fn token(&self) -> Rc<()> {
        self.0.clone()
    }

    pub fn alive(&self) -> usize {
        Rc::strong_count(&self.0) - 1
    }

    pub fn object(&self, store: &Store) -> Val {
        Val::ExternRef(Some(ExternRef::new(store, self.token())))
    }

    /// A function of the host that owns a token and does nothing.
    pub fn func(&self, store: &Store) -> Func {
        let token = self.token();
        Func::new(store, FuncType::new([], []), move |_, _| {
            let _ = &token;
            Ok(())
        })
    }
}

/// Makes new objects until the store has looked for old ones that nothing leads to.
pub fn collect(store: &Store) {
    let probe = Count::default();
    probe.object(store);
    for _ in 0..1_000_000 {
        if probe.alive() == 0 {
            return;
        }
        ExternRef::new(store, ());
    }
    panic!("an object that nothing leads to is never freed");
}

/// One of everything, in cycles: its table holds its own functions.
pub const EVERYTHING: &str = r#"(module
    (import "host" "f" (func $host))
    (memory (export "memory") 1) (data (i32.const 0) "\07")
    (table (export "table") 4 funcref) (elem (i32.const 1) $host $f)
    (table (export "objects") 2 externref)
    (global $n (mut i32) (i32.const 0)) (global (export "object") (mut externref) (ref.null extern))
    (func $f (export "f") (result i32)
        (call_indirect (i32.const 1))
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (i32.add (global.get $n) (i32.load8_u (i32.const 0)))))"#;

pub fn everything(store: &Store, module: &Module, count: &Count) -> Instance {
    let instance = instantiate(store, module, &[Extern::Func(count.func(store))]);
    let global = instance.export("object").and_then(|export| export.global().cloned()).expect("a global");
    global.set(count.object(store)).expect("an object is set");
    table(&instance, "objects").set(1, count.object(store)).expect("an object is set");
    instance
}

/// How many tokens one `everything` owns.
pub const TOKENS: usize = 3;

pub fn table(instance: &Instance, name: &str) -> Table {
    instance.export(name).and_then(|export| export.table().cloned()).expect("a table")
}

pub fn run(instance: &Instance) -> i32 {
    match func(instance, "f").call(&[]).expect("no trap").as_slice() {
        [Val::I32(result)] => *result,
        other => panic!("expected an i32, found {other:?}"),
    }
}
