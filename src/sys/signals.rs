//! Signals that meet generated code: faults and requests to stop. One handler of each for the process, an alternate
//! stack per thread.
//!
//! The handlers themselves decide nothing: a function that is given at installation says whether code goes on elsewhere.
//! Whatever is not ours goes to the handler that was there before.
#![allow(unsafe_code)]

use super::map::{MACHINE_PAGE, Reservation};
use crate::error::{Error, Result};
use once_cell::sync::OnceCell;
use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::ptr::{null, null_mut};

/// Where a signal met the code of this thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub pc: usize,
    pub sp: usize,
    pub fp: usize,
}

/// Where a fault happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub place: Place,
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

impl Place {
    /// # Safety
    /// `context` must be the one that the kernel handed to a signal handler.
    unsafe fn of(context: *mut c_void) -> Place {
        // SAFETY: by the caller's promise.
        let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
        let register = |index: c_int| registers[index as usize] as usize;
        Place { pc: register(libc::REG_RIP), sp: register(libc::REG_RSP), fp: register(libc::REG_RBP) }
    }
}

impl Redirect {
    /// Lets the interrupted code go on there.
    ///
    /// # Safety
    /// As [`Place::of`].
    unsafe fn apply(self, context: *mut c_void) {
        // SAFETY: by the caller's promise.
        let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
        registers[libc::REG_RIP as usize] = self.pc as i64;
        let arguments = [libc::REG_RDI, libc::REG_RSI, libc::REG_RDX, libc::REG_RCX, libc::REG_R8];
        for (register, value) in arguments.into_iter().zip(self.args) {
            registers[register as usize] = value as i64;
        }
    }
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(installed) = KNOWN.get() else { return };
    // SAFETY: the kernel hands over a valid siginfo and context of the interrupted code.
    unsafe {
        // What somebody sent is no fault of the code that it met.
        if (*info).si_code > 0 {
            let fault = Fault { place: Place::of(context), address: (*info).si_addr() as usize };
            if let Some(redirect) = (installed.handler)(&fault) {
                redirect.apply(context);
                return;
            }
        }
    }
    let Some((_, previous)) = installed.previous.iter().find(|(number, _)| *number == signal) else { return };
    forward(previous, signal, info, context);
}

/// Does what would have been done without us.
fn forward(previous: &libc::sigaction, signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the previous action is called as it asked to be, with what the kernel handed over.
    unsafe {
        let is_fault = SIGNALS.contains(&signal);
        if previous.sa_sigaction == libc::SIG_DFL || previous.sa_sigaction == libc::SIG_IGN {
            if is_fault {
                // The instruction runs again, faults again, and the kernel ends the process.
                libc::sigaction(signal, previous, null_mut());
            } else if previous.sa_sigaction == libc::SIG_DFL && !IGNORED_BY_DEFAULT.contains(&signal) {
                libc::sigaction(signal, previous, null_mut());
                libc::raise(signal);
            }
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

/// What a process does not notice unless it asks for it.
const IGNORED_BY_DEFAULT: [c_int; 3] = [libc::SIGCHLD, libc::SIGURG, libc::SIGWINCH];

/// Says where the code that a request to stop has met goes on, if it is to stop there. Runs in a signal handler, on the
/// alternate stack.
pub(crate) type InterruptHandler = fn(&Place) -> Option<Redirect>;

static ON_INTERRUPT: OnceCell<InterruptHandler> = OnceCell::new();

/// What was done about each signal before.
static BEFORE: [OnceCell<libc::sigaction>; 65] = [const { OnceCell::new() }; 65];

/// Whose address tells requests from what others send.
static TOKEN: u8 = 0;

/// Installs the handler for a signal, once per process. Returns when it is in place.
pub(crate) fn install_interrupt_handler(signal: c_int, handler: InterruptHandler) -> Result<()> {
    let wrong = || Error::Argument(format!("{signal} is not the number of a signal that can be handled"));
    let before = usize::try_from(signal).ok().and_then(|number| BEFORE.get(number)).ok_or_else(wrong)?;
    ON_INTERRUPT.get_or_init(|| handler);
    before.get_or_try_init(|| {
        // SAFETY: as in `install_fault_handler`.
        unsafe {
            let (mut action, mut previous): (libc::sigaction, libc::sigaction) = (zeroed(), zeroed());
            action.sa_sigaction = on_interrupt as *const () as usize;
            // Host code that waits goes on waiting where the kernel can do that.
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
            libc::sigemptyset(&mut action.sa_mask);
            if SIGNALS.contains(&signal) || libc::sigaction(signal, &action, &mut previous) != 0 {
                return Err(wrong());
            }
            Ok(previous)
        }
    })?;
    Ok(())
}

/// Makes a thread of this process ask whether it is to stop. Nothing happens if there is no such thread any more.
pub(crate) fn send_interrupt(signal: c_int, thread: libc::pid_t) {
    /// What `rt_tgsigqueueinfo` takes, as the kernel lays it out.
    #[repr(C)]
    struct Info {
        signo: c_int,
        errno: c_int,
        code: c_int,
        _pad: c_int,
        pid: libc::pid_t,
        uid: libc::uid_t,
        value: *const u8,
        rest: [u64; 12],
    }
    const _: () = assert!(size_of::<Info>() == size_of::<libc::siginfo_t>());
    // SAFETY: the kernel copies the structure, which is as it expects.
    unsafe {
        let (pid, uid) = (libc::getpid(), libc::getuid());
        let info =
            Info { signo: signal, errno: 0, code: libc::SI_QUEUE, _pad: 0, pid, uid, value: &TOKEN, rest: [0; 12] };
        libc::syscall(libc::SYS_rt_tgsigqueueinfo, pid, thread, signal, &info);
    }
}

extern "C" fn on_interrupt(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over a valid siginfo and context of the interrupted code.
    unsafe {
        if (*info).si_code == libc::SI_QUEUE && (*info).si_value().sival_ptr == (&raw const TOKEN).cast_mut().cast() {
            let errno = *libc::__errno_location();
            if let Some(redirect) = ON_INTERRUPT.get().and_then(|handler| handler(&Place::of(context))) {
                redirect.apply(context);
            }
            *libc::__errno_location() = errno;
            return;
        }
    }
    if let Some(previous) = BEFORE[signal as usize].get() {
        forward(previous, signal, info, context);
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
/// Does something while no signal arrives at this thread. A thread that is made meanwhile never gets one: those of the host
/// are for the host's threads.
pub(crate) fn without_signals<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: sets of signals are plain data, and the mask is this thread's own.
    unsafe {
        let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let result = work();
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        result
    }
}
