//! What imported functions do, the same for each engine.

use crate::random::Random;
use crate::value::Value;
use std::sync::{Arc, Mutex};
use wasmo::ValType;

/// The host of one instance.
#[derive(Default)]
pub struct Host {
    /// The calls since they were last looked at: the index of the import and the arguments, of references only whether they are null.
    calls: Vec<(usize, Vec<Value>)>,
    count: u64,
}

/// A host that functions share.
pub type SharedHost = Arc<Mutex<Host>>;

impl Host {
    /// A call of an import: its results, or none if it is to trap.
    pub fn call(&mut self, import: usize, args: Vec<Value>, results: &[ValType]) -> Option<Vec<Value>> {
        let args = args.into_iter().map(|arg| match arg {
            Value::Func(func) => Value::Func(func.map(|_| 0)),
            Value::Extern(object) => Value::Extern(object.map(|_| 0)),
            number => number,
        });
        self.calls.push((import, args.collect()));
        self.count += 1;
        let mut random = Random::new(self.count);
        (!self.count.is_multiple_of(40)).then(|| results.iter().map(|&ty| number_or_null(&mut random, ty)).collect())
    }

    pub fn take_calls(&mut self) -> Vec<(usize, Vec<Value>)> {
        std::mem::take(&mut self.calls)
    }
}

/// Values of the host's own making. Functions and objects belong to a store, which a host function does not have.
pub fn number_or_null(random: &mut Random, ty: ValType) -> Value {
    match ty {
        ValType::FuncRef => Value::Func(None),
        ValType::ExternRef => Value::Extern(None),
        ty => random.value(ty, 0),
    }
}

/// What an imported global holds.
pub fn global(import: usize, ty: ValType) -> Value {
    number_or_null(&mut Random::new(!(import as u64)), ty)
}
