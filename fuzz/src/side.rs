//! What is asked of an engine.

use crate::value::{Item, Stop, Value};

/// One engine with one module, and an instance of it when there is one.
pub trait Side {
    /// Makes a new instance, which takes the place of the last one. What it imports is new as well.
    fn instantiate(&mut self) -> Result<(), Stop>;

    /// Calls the function with this place among [`Side::items`].
    fn call(&mut self, func: usize, args: &[Value]) -> Result<Vec<Value>, Stop>;

    /// All imports, by kind and then in order, and, if there is an instance, all exports by name.
    fn items(&self) -> Vec<Item>;

    /// The calls of imported functions since this was last asked.
    fn take_host_calls(&mut self) -> Vec<(usize, Vec<Value>)>;
}
