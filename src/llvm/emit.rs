//! Target machines, the optimiser, and objects.
#![allow(unsafe_code)]

use crate::error::{Error, Result};
use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::llvm_sys::core::{LLVMContextSetDiagnosticHandler, LLVMGetDiagInfoDescription, LLVMGetDiagInfoSeverity};
use inkwell::llvm_sys::error_handling::LLVMInstallFatalErrorHandler;
use inkwell::llvm_sys::prelude::{LLVMDiagnosticInfoRef, LLVMMemoryBufferRef, LLVMModuleRef};
use inkwell::llvm_sys::support::LLVMParseCommandLineOptions;
use inkwell::llvm_sys::target_machine::LLVMTargetMachineRef;
use inkwell::llvm_sys::{LLVMDiagnosticSeverity, core::LLVMDisposeMessage};
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::Module;
use inkwell::targets::{
    CodeModel, InitializationConfig, RelocMode, Target, TargetMachine, TargetMachineOptions, TargetTriple,
};
use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_void};
use std::sync::Once;

/// What code is made for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TargetSpec {
    pub triple: String,
    pub cpu: String,
    pub features: String,
}

impl TargetSpec {
    /// This machine.
    pub fn host() -> TargetSpec {
        initialize();
        TargetSpec {
            triple: TargetMachine::get_default_triple().as_str().to_string_lossy().into_owned(),
            cpu: TargetMachine::get_host_cpu_name().to_string(),
            features: TargetMachine::get_host_cpu_features().to_string(),
        }
    }
}

impl TargetSpec {
    /// Whether it is an x86-64, of whatever level.
    pub fn is_x86_64(&self) -> bool {
        self.triple.starts_with("x86_64-")
    }

    /// The features of the CPU that code may use.
    pub fn enabled_features(&self) -> impl Iterator<Item = &str> {
        self.features.split(',').filter_map(|feature| feature.strip_prefix('+'))
    }
}

/// The version of LLVM.
pub(crate) fn version() -> String {
    let (major, minor, patch) = inkwell::support::get_llvm_version();
    format!("{major}.{minor}.{patch}")
}

/// How much work LLVM puts into a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effort {
    /// The least: time is linear in the size, whatever the shape.
    Quick,
    /// Careful code generation without passes before it: for straight code, as the thunks are.
    Straight,
    /// All that the emitter was made for.
    Full,
}

/// Turns LLVM modules into objects, one at a time.
pub(crate) struct Emitter {
    /// For [`Effort::Quick`].
    quick: TargetMachine,
    /// For the rest; none if there is to be no more than that.
    careful: Option<TargetMachine>,
}

// SAFETY: a target machine belongs to no thread; it is used by one at a time.
unsafe impl Send for Emitter {}

impl Emitter {
    /// If it is not `optimizing`, every effort is the least.
    pub fn new(target: &TargetSpec, optimizing: bool) -> Result<Emitter> {
        initialize();
        let careful = optimizing.then(|| machine(target, OptimizationLevel::Default)).transpose()?;
        Ok(Emitter { quick: machine(target, OptimizationLevel::None)?, careful })
    }

    /// Has LLVM make the tables that it would make when it first needs them, for the whole process.
    pub fn make_tables(&self) {
        // SAFETY: the machine is alive, and this thread's alone.
        unsafe { wasmo_llvm_make_tables(self.machine(Effort::Full).as_mut_ptr()) }
    }

    /// A new module for this target.
    pub fn module<'c>(&self, context: &'c Context, name: &str) -> Module<'c> {
        let module = context.create_module(name);
        module.set_triple(&self.quick.get_triple());
        module.set_data_layout(&self.quick.get_target_data().get_data_layout());
        module
    }

    /// Runs the passes that this effort asks for.
    pub fn optimize(&self, module: &Module<'_>, effort: Effort) -> Result<()> {
        #[cfg(debug_assertions)]
        module.verify().map_err(|e| Error::Bug(format!("invalid IR: {e}")))?;
        match &self.careful {
            // SAFETY: module and machine are alive, and this thread's alone.
            Some(machine) if effort == Effort::Full => {
                diagnosed(|| unsafe { wasmo_llvm_optimize(module.as_mut_ptr(), machine.as_mut_ptr()) })
            }
            _ => Ok(()),
        }
    }

    /// Makes an object of a module that was optimised with the same effort.
    pub fn emit(&self, module: &Module<'_>, effort: Effort) -> Result<Vec<u8>> {
        Ok(self.generate(module, effort, false)?.as_slice().to_vec())
    }

    /// The text of the assembly that [`Self::emit`] makes an object of; the module stays as it is.
    pub fn assembly(&self, module: &Module<'_>, effort: Effort) -> Result<String> {
        self.machine(effort).set_asm_verbosity(true);
        // Code generation changes the IR.
        let text = self.generate(&module.clone(), effort, true)?;
        Ok(String::from_utf8_lossy(text.as_slice()).into_owned())
    }

    fn generate(&self, module: &Module<'_>, effort: Effort, assembly: bool) -> Result<MemoryBuffer<'static>> {
        let machine = self.machine(effort);
        // SAFETY: module and machine are alive, and this thread's alone.
        let buffer = diagnosed(|| unsafe {
            let buffer = wasmo_llvm_emit(module.as_mut_ptr(), machine.as_mut_ptr(), assembly);
            (!buffer.is_null()).then(|| MemoryBuffer::new(buffer))
        })?;
        buffer.ok_or_else(|| Error::Llvm(format!("LLVM makes no code for {}", machine.get_triple())))
    }

    fn machine(&self, effort: Effort) -> &TargetMachine {
        self.careful.as_ref().filter(|_| effort != Effort::Quick).unwrap_or(&self.quick)
    }
}

/// What x86-64 code does not use, whether the CPU has it or not: LLVM 22 makes a masked move of a select between a volatile
/// load of a float and another value, and where the mask is not set, an access beyond a memory's end does not fault
/// (LLVM #205103, fixed after 22). Code of scalars loses nothing by it.
const UNUSED_FEATURES: &str = ",-avx512f";

fn machine(target: &TargetSpec, level: OptimizationLevel) -> Result<TargetMachine> {
    let triple = TargetTriple::create(&target.triple);
    let unused = if target.is_x86_64() { UNUSED_FEATURES } else { "" };
    let options = TargetMachineOptions::new()
        .set_cpu(&target.cpu)
        .set_features(&(target.features.clone() + unused))
        .set_level(level)
        .set_reloc_mode(RelocMode::PIC)
        .set_code_model(CodeModel::Small);
    Target::from_triple(&triple)
        .map_err(|e| Error::Llvm(e.to_string()))?
        .create_target_machine_from_options(&triple, options)
        .ok_or_else(|| Error::Llvm(format!("LLVM makes no code for {}", target.triple)))
}

unsafe extern "C" {
    // They are in `codegen.cpp`.
    fn wasmo_llvm_make_tables(machine: LLVMTargetMachineRef);
    fn wasmo_llvm_optimize(module: LLVMModuleRef, machine: LLVMTargetMachineRef);
    fn wasmo_llvm_emit(module: LLVMModuleRef, machine: LLVMTargetMachineRef, assembly: bool) -> LLVMMemoryBufferRef;
}

/// Does something with LLVM that may fail by a diagnostic.
fn diagnosed<T>(work: impl FnOnce() -> T) -> Result<T> {
    DIAGNOSTIC.take();
    let result = work();
    match DIAGNOSTIC.take() {
        Some(message) => Err(Error::Llvm(message)),
        None => Ok(result),
    }
}

thread_local! {
    /// The last error that LLVM diagnosed on this thread.
    static DIAGNOSTIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Without a handler, an error that LLVM diagnoses ends the process.
pub(super) fn capture_diagnostics(context: &Context) {
    extern "C" fn diagnosed(info: LLVMDiagnosticInfoRef, _: *mut c_void) {
        // SAFETY: LLVM hands over a live diagnostic; its description is ours to dispose of.
        unsafe {
            if LLVMGetDiagInfoSeverity(info) == LLVMDiagnosticSeverity::LLVMDSError {
                let text = LLVMGetDiagInfoDescription(info);
                DIAGNOSTIC.set(Some(CStr::from_ptr(text).to_string_lossy().into_owned()));
                LLVMDisposeMessage(text);
            }
        }
    }
    // SAFETY: the handler is a function without state.
    unsafe { LLVMContextSetDiagnosticHandler(context.raw(), Some(diagnosed), std::ptr::null_mut()) }
}

// inkwell refers to LLVM's interpreter and to MCJIT, to keep them in programs that use them. wasmo does not: these
// stand in, so that neither they nor libffi, which the interpreter needs, become part of the library.
std::arch::global_asm!(
    ".hidden LLVMLinkInInterpreter",
    ".globl LLVMLinkInInterpreter",
    "LLVMLinkInInterpreter:",
    ".hidden LLVMLinkInMCJIT",
    ".globl LLVMLinkInMCJIT",
    "LLVMLinkInMCJIT:",
    "ret",
);

/// What LLVM has no other interface for.
const OPTIONS: [&CStr; 3] = [
    c"wasmo",
    // LLVM makes branches of conditional moves in loops where it believes that they can be foreseen. WebAssembly arrives
    // from a compiler that had the choice, and has `select` where it wanted no branch: a heap sort takes 1.7 times as long
    // with branches instead. And LLVM 22 does the same to conditional moves from memory, also to volatile loads: where the
    // other value is chosen, an access beyond a memory's end is no longer there to fault (LLVM #219814, fixed after 22).
    // It means nothing to other targets.
    c"-x86-cmov-converter=false",
    // A hundred loops one after the other that go on where the last has ended make expressions of thousands of terms for
    // their counters, on which code generation spent 5 s. No loop that a person writes comes near to this.
    c"-scalar-evolution-huge-expr-threshold=64",
];

fn set_options() {
    let options = OPTIONS.map(CStr::as_ptr);
    // SAFETY: C strings, as many as said; called once, before LLVM is used.
    unsafe { LLVMParseCommandLineOptions(options.len() as i32, options.as_ptr(), std::ptr::null()) };
}

/// Makes LLVM ready, once per process.
pub(super) fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        extern "C" fn fatal(reason: *const c_char) {
            // SAFETY: LLVM hands over a C string.
            let reason = unsafe { CStr::from_ptr(reason) }.to_string_lossy();
            eprintln!("wasmo: LLVM gave up, this is a bug in wasmo, please report it: {reason}");
            std::process::abort();
        }
        // SAFETY: installed once, before LLVM is used.
        unsafe { LLVMInstallFatalErrorHandler(Some(fatal)) };
        set_options();
        let config = InitializationConfig { asm_parser: false, disassembler: false, ..Default::default() };
        Target::initialize_x86(&config);
        #[cfg(feature = "aarch64")]
        Target::initialize_aarch64(&config);
    });
}
