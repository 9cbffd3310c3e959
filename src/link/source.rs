//! Where the code of a module comes from that is compiled as it is called.

use super::module::LinkedModule;
use crate::abi::{ContextLayout, PltIndex};
use crate::bytes::Bytes;
use crate::error::Result;
use crate::wasm::ModuleInfo;
use std::sync::Arc;

/// Makes the code of a module while it runs.
pub(crate) trait CodeSource: Send + Sync {
    /// The object of the unit at a position among those of a module with these declarations. Called by any thread, for
    /// each unit by one at a time, and again only if it failed.
    fn object(&self, info: &ModuleInfo, layout: &ContextLayout, unit: usize) -> Result<Bytes>;

    /// Hears that units were made and linked for a call of a function.
    fn tell_linked(&self, module: &Arc<LinkedModule>, index: PltIndex);

    /// How often the code of these objects is to run until it tells: each function how often it was called, and its loops
    /// began anew. None if it does not count.
    fn threshold(&self) -> Option<i32>;

    /// Hears that a function of the module ran as often. Called by the thread that runs it.
    fn tell_heat(&self, module: &Arc<LinkedModule>, index: PltIndex);
}
