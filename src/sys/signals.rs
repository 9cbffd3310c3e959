//! Faults of generated code: one handler for the process, an alternate stack per thread.
//!
//! The handler itself decides nothing: a function that is given at installation says whether a fault is ours, and where
//! to go on. Whatever is not ours goes to the handler that was there before.
#![allow(unsafe_code)]

use super::map::{MACHINE_PAGE, Reservation};
use crate::error::{Error, Result};
use once_cell::sync::OnceCell;
use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::ptr::{null, null_mut};

/// Where a fault happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub pc: usize,
    pub sp: usize,
    pub fp: usize,
    /// The address that could not be accessed.
    pub address: usize,
}

/// Where to go on after a fault: at `pc`, as if called with `args`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redirect {
    pub pc: usize,
    pub args: [usize; 5],
}

/// Says where to go on after a fault, if it is ours. Runs in a signal handler, on the alternate stack.
pub(crate) type FaultHandler = fn(&Fault) -> Option<Redirect>;

struct Installed {
    handler: FaultHandler,
    previous: [(c_int, libc::sigaction); SIGNALS.len()],
}

// SAFETY: plain data, written once.
unsafe impl Sync for Installed {}
// SAFETY: as above.
unsafe impl Send for Installed {}

/// An access to memory that is not there raises one or the other.
const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// What the handler needs; there before the handler is.
static KNOWN: OnceCell<Installed> = OnceCell::new();

/// Installs the handler, once per process. Returns when it is in place, whichever thread did it.
pub(crate) fn install_fault_handler(handler: FaultHandler) -> Result<()> {
    static DONE: OnceCell<()> = OnceCell::new();
    DONE.get_or_try_init(|| {
        KNOWN.get_or_try_init(|| previous_actions().map(|previous| Installed { handler, previous }))?;
        for signal in SIGNALS {
            // SAFETY: the handler has the signature that SA_SIGINFO asks for.
            let done = unsafe {
                let mut action: libc::sigaction = zeroed();
                action.sa_sigaction = on_fault as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
                libc::sigemptyset(&mut action.sa_mask);
                libc::sigaction(signal, &action, null_mut())
            };
            if done != 0 {
                return Err(os_error("the signal handlers could not be installed"));
            }
        }
        Ok(())
    })
    .copied()
}

fn previous_actions() -> Result<[(c_int, libc::sigaction); SIGNALS.len()]> {
    // SAFETY: all bits zero are a valid action.
    let mut previous = SIGNALS.map(|signal| (signal, unsafe { zeroed() }));
    for (signal, action) in &mut previous {
        // SAFETY: asks only.
        if unsafe { libc::sigaction(*signal, null(), action) } != 0 {
            return Err(os_error("the signal handlers could not be read"));
        }
    }
    Ok(previous)
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(installed) = KNOWN.get() else { return };
    // SAFETY: the kernel hands over a valid siginfo and context of the interrupted code; changing its registers is what
    // the redirection is about.
    unsafe {
        let registers = &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
        let register = |index: c_int| registers[index as usize] as usize;
        let fault = Fault {
            pc: register(libc::REG_RIP),
            sp: register(libc::REG_RSP),
            fp: register(libc::REG_RBP),
            address: (*info).si_addr() as usize,
        };
        // What somebody sent is no fault of the code that it met.
        let raised_by_kernel = (*info).si_code > 0;
        if let Some(redirect) = Some(&fault).filter(|_| raised_by_kernel).and_then(installed.handler) {
            registers[libc::REG_RIP as usize] = redirect.pc as i64;
            let arguments = [libc::REG_RDI, libc::REG_RSI, libc::REG_RDX, libc::REG_RCX, libc::REG_R8];
            for (register, value) in arguments.into_iter().zip(redirect.args) {
                registers[register as usize] = value as i64;
            }
            return;
        }
    }
    forward(installed, signal, info, context);
}

/// Does what would have been done without us.
fn forward(installed: &Installed, signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some((_, previous)) = installed.previous.iter().find(|(number, _)| *number == signal) else { return };
    // SAFETY: the previous action is called as it asked to be, with what the kernel handed over.
    unsafe {
        if previous.sa_sigaction == libc::SIG_DFL || previous.sa_sigaction == libc::SIG_IGN {
            // The instruction runs again, faults again, and the kernel ends the process.
            libc::sigaction(signal, previous, null_mut());
            return;
        }
        if previous.sa_flags & libc::SA_RESETHAND != 0 {
            let mut default: libc::sigaction = zeroed();
            default.sa_sigaction = libc::SIG_DFL;
            libc::sigaction(signal, &default, null_mut());
        }
        let mut blocked = previous.sa_mask;
        if previous.sa_flags & libc::SA_NODEFER == 0 {
            libc::sigaddset(&mut blocked, signal);
        }
        let mut before = MaybeUninit::uninit();
        libc::pthread_sigmask(libc::SIG_BLOCK, &blocked, before.as_mut_ptr());
        if previous.sa_flags & libc::SA_SIGINFO != 0 {
            let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                std::mem::transmute(previous.sa_sigaction);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(c_int) = std::mem::transmute(previous.sa_sigaction);
            handler(signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut());
    }
}

/// The alternate signal stack that this thread got from us, if it had none that suffices.
struct AlternateStack {
    stack: Option<Reservation>,
    previous: libc::stack_t,
}

/// What the handler needs. Rust's own alternate stacks are smaller.
const ALTERNATE_STACK: usize = 64 << 10;

impl AlternateStack {
    fn install() -> Result<AlternateStack> {
        let mut previous = MaybeUninit::uninit();
        // SAFETY: asks only; then installs a stack that lives until this value is dropped.
        unsafe {
            if libc::sigaltstack(null(), previous.as_mut_ptr()) != 0 {
                return Err(os_error("the alternate signal stack could not be read"));
            }
            let previous: libc::stack_t = previous.assume_init();
            if previous.ss_flags & libc::SS_DISABLE == 0 && previous.ss_size >= ALTERNATE_STACK {
                return Ok(AlternateStack { stack: None, previous });
            }
            // The lowest page stays without access.
            let stack = Reservation::new(MACHINE_PAGE + ALTERNATE_STACK)?;
            stack.make_writable(MACHINE_PAGE..MACHINE_PAGE + ALTERNATE_STACK)?;
            let new =
                libc::stack_t { ss_sp: stack.start().add(MACHINE_PAGE).cast(), ss_flags: 0, ss_size: ALTERNATE_STACK };
            if libc::sigaltstack(&new, null_mut()) != 0 {
                return Err(os_error("the alternate signal stack could not be set"));
            }
            Ok(AlternateStack { stack: Some(stack), previous })
        }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        let Some(stack) = &self.stack else { return };
        // SAFETY: gives back the stack that was there before, unless somebody has replaced ours meanwhile.
        unsafe {
            let mut current = MaybeUninit::<libc::stack_t>::uninit();
            if libc::sigaltstack(null(), current.as_mut_ptr()) == 0
                && stack.addresses().contains(&(current.assume_init().ss_sp as usize))
            {
                libc::sigaltstack(&self.previous, null_mut());
            }
        }
    }
}

/// Makes sure that a fault on this thread can be handled. Quick after the first time.
pub(crate) fn prepare_thread() -> Result<()> {
    thread_local!(static STACK: RefCell<Option<AlternateStack>> = const { RefCell::new(None) });
    STACK.with_borrow_mut(|stack| {
        if stack.is_none() {
            *stack = Some(AlternateStack::install()?);
        }
        Ok(())
    })
}

fn os_error(what: &str) -> Error {
    Error::Limit(format!("{what}: {}", io::Error::last_os_error()))
}
