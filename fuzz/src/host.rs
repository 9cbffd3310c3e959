//! What imported functions do, the same for each engine.

use crate::random::Random;
use crate::side::Act;
use crate::value::{self, Outcome, Value};
use std::collections::VecDeque;
use wasmo::ValType;

/// The host of one side.
#[derive(Default)]
pub struct Host {
    events: Vec<Event>,
    plan: VecDeque<Act>,
    calls: u64,
}

/// What an imported function saw.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// It was called: its place and the arguments.
    Called(usize, Vec<Value>),
    /// What the act that was planned came to.
    Acted(Outcome),
}

impl Event {
    /// Whether both engines may see this, see [`Value::agrees`].
    pub fn agrees(&self, found: &Event, canonical_nans: bool) -> bool {
        match (self, found) {
            (Event::Acted(a), Event::Acted(b)) => value::agree(a, b, canonical_nans),
            _ => self == found,
        }
    }
}

/// What an imported function does when it is called.
pub struct Reply {
    /// What it does first. If that does not succeed, the reason is passed on as a trap.
    pub act: Option<Act>,
    /// What it then returns; none if it traps.
    pub results: Option<Vec<Value>>,
}

impl Host {
    pub fn plan(&mut self, acts: Vec<Act>) {
        self.plan = acts.into();
    }

    /// A call of the function at a place.
    pub fn call(&mut self, place: usize, args: Vec<Value>, result_types: &[ValType]) -> Reply {
        self.calls += 1;
        let random = Random::new(self.calls);
        // References belong to a store: those that are returned are among the arguments.
        let result = |ty: ValType| {
            let given = args.iter().find(|arg| ty.is_ref() && arg.ty() == ty && random.one_in(2));
            given.cloned().unwrap_or_else(|| random.number(ty))
        };
        let results = result_types.iter().map(|&ty| result(ty)).collect();
        self.events.push(Event::Called(place, args));
        Reply { act: self.plan.pop_front(), results: (!self.calls.is_multiple_of(40)).then_some(results) }
    }

    pub fn acted(&mut self, outcome: Outcome) {
        self.events.push(Event::Acted(outcome));
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

/// What a new global holds.
pub fn global(place: usize, ty: ValType) -> Value {
    let random = Random::new(!(place as u64));
    // Offsets of segments are often globals: it must be possible that they fit.
    if ty == ValType::I32 && random.one_in(2) { Value::I32(random.below(8) as i32) } else { random.number(ty) }
}
