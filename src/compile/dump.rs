//! What single functions are compiled to, for whoever looks into the compiler.
//!
//! `WASMO_DUMP` names them, by function index or by name, with commas between them. Each is written in its stages: as
//! WebAssembly, as LLVM IR before and after the optimiser, and as assembly; into files in the directory
//! `WASMO_DUMP_DIR`, or else to the standard error stream.

use crate::abi::symbols;
use crate::error::{Error, Result};
use crate::wasm::DecodedModule;
use inkwell::module::Module;
use inkwell::values::AnyValue;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the environment asks for.
pub(super) struct Dump {
    wanted: Vec<String>,
    dir: Option<PathBuf>,
}

/// A stage of a function, by the end of the name of its file.
#[derive(Clone, Copy)]
pub(super) struct Stage(&'static str);

impl Stage {
    /// The text format, each line with its byte offset in the module.
    const WASM: Stage = Stage("wat");
    pub const TRANSLATED: Stage = Stage("ll");
    pub const OPTIMIZED: Stage = Stage("optimized.ll");
    const ASSEMBLY: Stage = Stage("s");
}

impl Dump {
    /// None if nothing is asked for.
    pub fn from_env() -> Result<Option<Dump>> {
        let wanted = std::env::var_os("WASMO_DUMP").unwrap_or_default();
        let wanted = wanted.to_string_lossy();
        let names = wanted.split(',').map(str::trim).filter(|name| !name.is_empty());
        let wanted: Vec<String> = names.map(str::to_owned).collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let dir = std::env::var_os("WASMO_DUMP_DIR").map(PathBuf::from);
        if let Some(dir) = &dir {
            let made = std::fs::create_dir_all(dir);
            made.map_err(|e| Error::Argument(format!("WASMO_DUMP_DIR: {}: {e}", dir.display())))?;
        }
        Ok(Some(Dump { wanted, dir }))
    }

    /// Begins with a module: writes what is wanted of it as WebAssembly.
    pub fn module(&self, module: &DecodedModule<'_>) -> ModuleDump {
        static MODULES: AtomicUsize = AtomicUsize::new(0);
        let info = &module.info;
        let is_wanted = |func: &usize| {
            let name = info.names.funcs.get(*func as u32);
            self.wanted.iter().any(|wanted| name == Some(wanted.as_str()) || wanted.parse() == Ok(*func))
        };
        let funcs = (info.imported_funcs..info.funcs.len()).filter(is_wanted).collect();
        let dump = ModuleDump { dir: self.dir.clone(), module: MODULES.fetch_add(1, Ordering::Relaxed), funcs };
        dump.wasm(module);
        dump
    }
}

/// The functions of a module that are dumped.
pub(super) struct ModuleDump {
    dir: Option<PathBuf>,
    /// Number among the modules that the process compiles.
    module: usize,
    /// Function indices.
    funcs: Vec<usize>,
}

impl ModuleDump {
    fn wasm(&self, module: &DecodedModule<'_>) {
        if self.funcs.is_empty() {
            return;
        }
        let mut storage = String::new();
        let lines: Vec<_> = match wasmprinter::Config::new().offsets_and_lines(module.bytes, &mut storage) {
            Ok(lines) => lines.collect(),
            // The bodies are yet to be validated.
            Err(error) => return eprintln!("wasmo: WASMO_DUMP: {error}"),
        };
        for &func in &self.funcs {
            let body = module.bodies[func - module.info.imported_funcs].code.range();
            let inside = |line: &&(Option<u64>, &str)| line.0.is_some_and(|offset| body.contains(&offset));
            let line = |(offset, text): &(Option<u64>, &str)| format!("{:>8}{text}", offset.unwrap_or_default());
            self.write(func, Stage::WASM, &lines.iter().filter(inside).map(line).collect::<String>());
        }
    }

    /// Whether some of the functions are in this LLVM module.
    pub fn concerns(&self, module: &Module<'_>) -> bool {
        self.funcs.iter().any(|func| module.get_function(&symbols::func(*func)).is_some())
    }

    /// Writes those functions that are in this LLVM module as IR.
    pub fn ir(&self, module: &Module<'_>, stage: Stage) {
        for &func in &self.funcs {
            if let Some(function) = module.get_function(&symbols::func(func)) {
                self.write(func, stage, &function.print_to_string().to_string_lossy());
            }
        }
    }

    /// Writes those functions that are in this assembly.
    pub fn assembly(&self, text: &str) {
        for &func in &self.funcs {
            if let Some(text) = function_of_assembly(text, &symbols::func(func)) {
                self.write(func, Stage::ASSEMBLY, text);
            }
        }
    }

    fn write(&self, func: usize, Stage(stage): Stage, text: &str) {
        let name = format!("module{}.func{func}.{stage}", self.module);
        match &self.dir {
            None => eprintln!("wasmo: {name}\n{text}"),
            Some(dir) => {
                if let Err(error) = std::fs::write(dir.join(&name), text) {
                    eprintln!("wasmo: {name} could not be written: {error}");
                }
            }
        }
    }
}

/// The lines of a function with the constants that it loads, between the comments in which LLVM says so.
fn function_of_assembly<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let begin = text.find(&format!("-- Begin function {name}\n"))?;
    let start = text[..begin].rfind('\n').map_or(0, |newline| newline + 1);
    let length = text[start..].find("-- End function\n")?;
    text[start..start + length].rfind('\n').map(|newline| &text[start..start + newline + 1])
}
