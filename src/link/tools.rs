//! The tools that look at a process from outside: as far as the configuration wants it, they are told what code there
//! is.

use super::gdb;
use super::perf::PerfMap;
use super::plt::Plt;
use super::registry::CodeRange;
use crate::abi::symbols;
use crate::config::Config;
use crate::error::Result;
use crate::llvm::DebuggerEntry;
use crate::wasm::ModuleInfo;
use object::{Object, ObjectSymbol, SymbolKind};
use std::ops::Range;

/// The tools that an engine tells of its code.
pub(crate) struct Tools {
    perf_map: Option<PerfMap>,
    gdb: bool,
}

impl Tools {
    /// Those of a configuration.
    pub fn new(config: &Config) -> Result<Tools> {
        let perf_map = config.perf_map.then(PerfMap::open).transpose()?;
        Ok(Tools { perf_map, gdb: config.gdb })
    }

    /// Tells them of the code of an object. The debugger knows it until the result is dropped.
    pub(super) fn announce(&self, range: &CodeRange) -> Option<DebuggerEntry> {
        if let Some(map) = &self.perf_map {
            map.append(functions(range));
        }
        if self.gdb { gdb::placed(range).map(DebuggerEntry::new) } else { None }
    }

    /// Tells them of the stubs of a module, which are in no object. No debugger meets them: they have no frames.
    pub(super) fn announce_stubs(&self, info: &ModuleInfo, plt: &Plt) {
        if let Some(map) = &self.perf_map {
            map.append([(plt.stubs(), format!("{}[plt]", module_name(info)))]);
        }
    }
}

/// The addresses of the functions of an object, and what they are called among all functions of the process.
fn functions(range: &CodeRange) -> Vec<(Range<usize>, String)> {
    let Ok(file) = object::File::parse(&*range.object) else { return Vec::new() };
    let module = module_name(&range.info);
    let function = |symbol: object::Symbol<'_, '_>| {
        let start = range.start + symbol.address() as usize;
        let symbol_name = symbol.name().ok()?;
        let name = match symbols::func_index(symbol_name) {
            Some(index) => match range.info.names.funcs.get(index as u32) {
                Some(name) => format!("{module}!{name}"),
                None => format!("{module}[func {index}]"),
            },
            // A thunk.
            None => format!("{module}!{symbol_name}"),
        };
        Some((start..start + symbol.size() as usize, name))
    };
    file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text).filter_map(function).collect()
}

fn module_name(info: &ModuleInfo) -> &str {
    info.names.module.as_deref().unwrap_or("wasm")
}
