//! A small owned layer over ORCv2: one LLJIT per engine, one JITDylib per module.
//!
//! Objects go in, addresses come out. A JITDylib resolves symbols of its own objects only: it links against nothing,
//! not even the process, so that a call that LLVM invented cannot be bound to something by accident.
#![allow(unsafe_code)]

use crate::bytes::Bytes;
use crate::error::{Error, Result};
use inkwell::llvm_sys::core::LLVMCreateMemoryBufferWithMemoryRange;
use inkwell::llvm_sys::error::{LLVMDisposeErrorMessage, LLVMErrorRef, LLVMGetErrorMessage};
use inkwell::llvm_sys::orc2::ee::LLVMOrcCreateObjectLinkingLayerWithInProcessMemoryManager;
use inkwell::llvm_sys::orc2::lljit::*;
use inkwell::llvm_sys::orc2::*;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::null_mut;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The linker of an engine.
pub(crate) struct Jit {
    jit: LLVMOrcLLJITRef,
    session: LLVMOrcExecutionSessionRef,
    state: Mutex<State>,
}

// SAFETY: LLJIT and the execution session lock themselves; what is ours is behind a mutex.
unsafe impl Send for Jit {}
// SAFETY: as above.
unsafe impl Sync for Jit {}

#[derive(Default)]
struct State {
    /// Cleared JITDylibs: the C API cannot remove one, so they are used again.
    free: Vec<LLVMOrcJITDylibRef>,
    /// How many were ever made; names must differ.
    made: usize,
    /// What the session reported since the last look: a failing lookup itself only says that it failed.
    reported: Vec<String>,
}

impl Jit {
    pub fn new() -> Result<Arc<Jit>> {
        super::emit::initialize();
        // SAFETY: the builder is consumed by LLVMOrcCreateLLJIT; on success the LLJIT is ours until `drop`. The
        // reporter's context is the
        // `Arc`'s content, whose address is fixed and which outlives the session.
        unsafe {
            let builder = LLVMOrcCreateLLJITBuilder();
            LLVMOrcLLJITBuilderSetObjectLinkingLayerCreator(builder, object_linking_layer, null_mut());
            let mut jit = null_mut();
            check(LLVMOrcCreateLLJIT(&mut jit, builder))?;
            let session = LLVMOrcLLJITGetExecutionSession(jit);
            let this = Arc::new(Jit { jit, session, state: Mutex::default() });
            LLVMOrcExecutionSessionSetErrorReporter(session, report, Arc::as_ptr(&this) as *mut c_void);
            Ok(this)
        }
    }

    /// An empty namespace for the objects of one module.
    pub fn dylib(self: &Arc<Jit>) -> Dylib {
        let mut state = self.state();
        let raw = state.free.pop().unwrap_or_else(|| {
            let name = CString::new(format!("module{}", state.made)).expect("no NUL in a number");
            state.made += 1;
            // SAFETY: the session is alive and the name is new.
            unsafe { LLVMOrcExecutionSessionCreateBareJITDylib(self.session, name.as_ptr()) }
        });
        Dylib { jit: self.clone(), raw, objects: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error, with what the session reported beside it.
    fn explain(&self, error: Error) -> Error {
        let reported = std::mem::take(&mut self.state().reported);
        match error {
            Error::Llvm(message) if !reported.is_empty() => Error::Llvm(format!("{message}: {}", reported.join("; "))),
            other => other,
        }
    }
}

impl Drop for Jit {
    fn drop(&mut self) {
        // SAFETY: every `Dylib` keeps an `Arc` to us, so no code of this LLJIT is in use any more. An error here has no
        // one to go to.
        unsafe {
            let _ = check(LLVMOrcDisposeLLJIT(self.jit));
        }
    }
}

/// The objects of one module, linked on demand. Dropping it frees their code.
pub(crate) struct Dylib {
    jit: Arc<Jit>,
    raw: LLVMOrcJITDylibRef,
    /// What the linker reads without a copy, until the JITDylib is cleared.
    objects: Mutex<Vec<Bytes>>,
}

// SAFETY: see `Jit`.
unsafe impl Send for Dylib {}
// SAFETY: see `Jit`.
unsafe impl Sync for Dylib {}

impl Dylib {
    /// Adds an object. It is linked when one of its symbols is looked up.
    pub fn add_object(&self, object: Bytes) -> Result<()> {
        const NUL_FOLLOWS: i32 = 0;
        let (start, length) = (object.as_ptr(), object.len());
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).push(object);
        // SAFETY: LLJIT takes the buffer over, and what it refers to stays where it is until the JITDylib is cleared.
        let added = unsafe {
            let buffer = LLVMCreateMemoryBufferWithMemoryRange(start.cast(), length, c"object".as_ptr(), NUL_FOLLOWS);
            check(LLVMOrcLLJITAddObjectFile(self.jit.jit, self.raw, buffer))
        };
        added.map_err(|e| self.jit.explain(e))
    }

    /// Gives a symbol that the objects leave undefined an address.
    pub fn define(&self, name: &str, address: usize) -> Result<()> {
        let name = CString::new(name).expect("symbol names have no NUL");
        let flags = LLVMJITSymbolFlags {
            GenericFlags: LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsCallable as u8,
            TargetFlags: 0,
        };
        // SAFETY: the interned string is retained and taken over with the array's element; the unit is the JITDylib's if
        // it takes it, else disposed of.
        unsafe {
            let mut pair = LLVMOrcCSymbolMapPair {
                Name: LLVMOrcExecutionSessionIntern(self.jit.session, name.as_ptr()),
                Sym: LLVMJITEvaluatedSymbol { Address: address as u64, Flags: flags },
            };
            let unit = LLVMOrcAbsoluteSymbols(&mut pair, 1);
            let defined = check(LLVMOrcJITDylibDefine(self.raw, unit));
            if defined.is_err() {
                LLVMOrcDisposeMaterializationUnit(unit);
            }
            defined
        }
    }

    /// Addresses of symbols, hidden ones included, in the order of `names`. Links what is not linked yet.
    pub fn lookup(&self, names: &[&str]) -> Result<Vec<usize>> {
        let (answer, answers) = channel::<Found>();
        // SAFETY: the strings are interned and retained for the time of the call; `answered` receives the box that is
        // handed over here and is called exactly once, perhaps on another thread, perhaps before this call returns.
        unsafe {
            let symbols: Vec<LLVMOrcCLookupSetElement> = names
                .iter()
                .map(|name| {
                    let name = CString::new(*name).expect("symbol names have no NUL");
                    LLVMOrcCLookupSetElement {
                        Name: LLVMOrcExecutionSessionIntern(self.jit.session, name.as_ptr()),
                        LookupFlags: LLVMOrcSymbolLookupFlags::LLVMOrcSymbolLookupFlagsRequiredSymbol,
                    }
                })
                .collect();
            let mut order = [LLVMOrcCJITDylibSearchOrderElement {
                JD: self.raw,
                JDLookupFlags: LLVMOrcJITDylibLookupFlags::LLVMOrcJITDylibLookupFlagsMatchAllSymbols,
            }];
            LLVMOrcExecutionSessionLookup(
                self.jit.session,
                LLVMOrcLookupKind::LLVMOrcLookupKindStatic,
                order.as_mut_ptr(),
                order.len(),
                symbols.as_ptr().cast_mut(),
                symbols.len(),
                answered,
                Box::into_raw(Box::new(answer)).cast(),
            );
        }
        let found = answers.recv().map_err(|_| Error::Bug("the linker gave no answer".into()))?;
        let found = found.map_err(|e| self.jit.explain(e))?;
        let address = |name: &&str| {
            found
                .iter()
                .find(|(symbol, _)| symbol == name)
                .map(|&(_, address)| address)
                .ok_or_else(|| Error::Bug(format!("the linker did not return {name}")))
        };
        names.iter().map(address).collect()
    }
}

impl Drop for Dylib {
    fn drop(&mut self) {
        // SAFETY: whoever held addresses of this code is gone, by the contract of `Dylib`.
        let cleared = unsafe { check(LLVMOrcJITDylibClear(self.raw)) };
        if cleared.is_ok() {
            self.jit.state().free.push(self.raw);
        }
    }
}

/// Symbols and their addresses.
type Found = Result<Vec<(String, usize)>>;

extern "C" fn answered(error: LLVMErrorRef, pairs: LLVMOrcCSymbolMapPairs, count: usize, answer: *mut c_void) {
    // SAFETY: `answer` is the box that `lookup` handed over; `pairs` is an array that lives during this call.
    let (answer, result) = unsafe {
        let answer = Box::from_raw(answer.cast::<Sender<Found>>());
        let result = check(error).map(|()| {
            (0..count)
                .map(|i| {
                    let pair = &*pairs.add(i);
                    let name = CStr::from_ptr(LLVMOrcSymbolStringPoolEntryStr(pair.Name));
                    (name.to_string_lossy().into_owned(), pair.Sym.Address as usize)
                })
                .collect()
        });
        (answer, result)
    };
    // Whoever asked waits for it.
    let _ = answer.send(result);
}

extern "C" fn report(jit: *mut c_void, error: LLVMErrorRef) {
    // SAFETY: the context is the `Jit` that owns the session which calls this.
    let jit = unsafe { &*(jit as *const Jit) };
    if let Err(Error::Llvm(message)) = unsafe { check(error) } {
        jit.state().reported.push(message);
    }
}

/// The plain JITLink layer: without the plugin that registers unwind tables with the process, which slows every
/// exception of the host.
extern "C" fn object_linking_layer(
    _: *mut c_void,
    session: LLVMOrcExecutionSessionRef,
    _: *const c_char,
) -> LLVMOrcObjectLayerRef {
    let mut layer = null_mut();
    // SAFETY: the session is alive; LLJIT takes the layer over.
    match unsafe { check(LLVMOrcCreateObjectLinkingLayerWithInProcessMemoryManager(&mut layer, session)) } {
        Ok(()) => layer,
        Err(_) => null_mut(),
    }
}

/// # Safety
/// `error` must be an error that the caller owns, or null.
unsafe fn check(error: LLVMErrorRef) -> Result<()> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the message is ours once taken, and the error is consumed by taking it.
    unsafe {
        let text = LLVMGetErrorMessage(error);
        let message = CStr::from_ptr(text).to_string_lossy().into_owned();
        LLVMDisposeErrorMessage(text);
        Err(Error::Llvm(message))
    }
}
