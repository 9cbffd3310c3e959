//! What is asked of an engine.

use crate::host::Event;
use crate::value::{Item, Outcome, Stop, Value};
use wasmo::ExternType;

/// One engine with one module, and instances of it. All that was imported and exported is kept as a list; a *place* is an index
/// in it.
pub trait Side {
    /// What the module imports, by kind and then in order: wasmi does not tell the order in which imports of different kinds
    /// were declared.
    fn import_types(&self) -> Vec<ExternType>;

    /// Makes an instance. To the list come the imports that are new and then, if there is an instance, its exports by name.
    fn instantiate(&mut self, imports: &[Import]) -> Result<(), Stop>;

    /// Empties the list. The store stays.
    fn forget(&mut self);

    /// What imported functions do when they are called next, one after the other.
    fn plan(&mut self, acts: Vec<Act>);

    /// Does something with what is in the list.
    fn act(&mut self, act: &Act) -> Outcome;

    /// The list.
    fn items(&self) -> Vec<Item>;

    /// What imported functions saw since this was last asked.
    fn take_events(&mut self) -> Vec<Event>;
}

/// What is given for an import.
#[derive(Clone, PartialEq, Debug)]
pub enum Import {
    /// Something new of this type.
    New(ExternType),
    /// What is at this place.
    Existing(usize),
}

/// What a host does. Each names a place first.
#[derive(Clone, Debug)]
pub enum Act {
    Call(usize, Vec<Value>),
    SetGlobal(usize, Value),
    SetElement(usize, u64, Value),
    GrowTable(usize, u64, Value),
    WriteMemory(usize, usize, Vec<u8>),
    GrowMemory(usize, u64),
}
