//! Into wasm and out of it: the assembly at the border, and what it relies on.
//!
//! The entry routine's frame is the [`Activation`]: whoever leaves wasm early restores it and lands behind the call.
//! Wasm frames own nothing, so nothing is unwound; no Rust frame lies between an activation and the code that leaves
//! it, for builtins *return* to their routine here first.
#![allow(unsafe_code)]

use super::backtrace;
use super::builtins;
use super::host::{Registers, generic_host_call, record_host_trap};
use super::store::StoreInner;
use super::trap::Trap;
use crate::abi::{Activation, ContextHead, FLOAT_PARAMS, INTEGER_PARAMS, NO_EXIT, StoreContext, TrapCode, Value};
use crate::link::{self, Routines};
use crate::sys::{
    Bounds, Fault, Place, Redirect, after_fork, install_fault_handler, prepare_thread, thread_id, thread_stack,
};
use std::arch::naked_asm;
use std::cell::Cell;
use std::ffi::c_void;
use std::mem::offset_of;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null;

/// What is called: code under a context, through the entry thunk of its type.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(super) thunk: usize,
    pub(super) context: *mut c_void,
    pub(super) code: *const c_void,
}

/// What a thread that enters wasm needs: one block, for each look-up of a thread-local variable costs a call.
struct Thread {
    /// As the kernel numbers it; 0 before the thread is prepared.
    id: Cell<i32>,
    /// The store whose code runs, if any.
    current: Cell<*const StoreInner>,
    /// The thread's stack; empty until it is asked for.
    stack: Cell<Bounds>,
    /// The same once faults on it are handled, its overflow included; empty before.
    handled: Cell<Bounds>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            id: Cell::new(0),
            current: Cell::new(null()),
            stack: Cell::new(Bounds::EMPTY),
            handled: Cell::new(Bounds::EMPTY),
        }
    };
}

/// Calls wasm code.
///
/// # Safety
/// `target` must be a function of `store` with its own thunk, `args` and `results` arrays as its type says; they may be
/// one.
pub(super) unsafe fn enter(
    store: &StoreInner,
    target: Target,
    args: *const Value,
    results: *mut Value,
) -> Result<(), Trap> {
    THREAD.with(|thread| {
        let context = store.context();
        let here = &raw const target as usize;
        // Also where wasm is active: the host may have switched to another stack since.
        let stack = if store.settings.tuning.signal_handlers { &thread.handled } else { &thread.stack }.get();
        let stack = if stack.contains(here) { stack } else { prepare(thread, store, here)? };
        // What an entry further up on the same stack has used counts.
        let entered = store.entered.get();
        let outermost = if stack.contains(entered) { entered } else { here };
        let limit = stack.low + store.settings.tuning.stack_reserve;
        let limit = limit.max(outermost.saturating_sub(store.max_stack.get()));
        if here < limit {
            return Err(TrapCode::StackOverflow.into());
        }
        store.shared.runs_on(thread.id.get());
        let before = thread.current.replace(store);
        store.entered.set(outermost);
        // SAFETY: the context is only used on this thread.
        let limit_before = unsafe { std::mem::replace(&mut (*context).stack_limit, limit) };
        // SAFETY: by the caller's promise.
        let trapped = unsafe { enter_wasm(target.context, target.code, args, results, context, target.thunk) };
        // SAFETY: as above.
        unsafe { (*context).stack_limit = limit_before };
        store.entered.set(entered);
        thread.current.set(before);
        // SAFETY: as above.
        if store.shared.is_interrupted() && unsafe { (*context).activation.is_null() } {
            store.shared.clear();
        }
        if trapped == 0 {
            return Ok(());
        }
        Err(store.pending.take().unwrap_or_else(|| Trap::new("a trap was lost, this is a bug in wasmo")))
    })
}

/// Makes this thread ready for wasm. Returns the bounds of the stack that `here` lies in, as far as wasm may use it.
#[cold]
fn prepare(thread: &Thread, store: &StoreInner, here: usize) -> Result<Bounds, Trap> {
    let tuning = &store.settings.tuning;
    if thread.stack.get().is_empty() {
        thread.stack.set(thread_stack());
        thread.id.set(thread_id());
        after_fork(renumber);
    }
    let stack = thread.stack.get();
    match (stack.contains(here), tuning.signal_handlers, tuning.foreign_stack) {
        (true, false, _) => Ok(stack),
        (true, true, _) if stack.guarded => {
            let ready = install_fault_handler(on_fault).and_then(|()| prepare_thread());
            ready.map_err(|error| Trap::new(error.to_string()))?;
            thread.handled.set(stack);
            Ok(stack)
        }
        (true, true, _) => Err(Trap::new(
            "wasm was entered on a thread whose stack has no guard page: an overflow would go unnoticed, unless signal \
             handlers are configured off",
        )),
        (false, false, Some(size)) => {
            let below = |top: usize| Bounds { low: top.saturating_sub(size), high: top + 1, guarded: false };
            // Wasm that is active on the same stack has counted its size from further up.
            let active = below(store.entered.get());
            Ok(if active.contains(here) { active } else { below(here) })
        }
        (false, false, None) => Err(Trap::new(
            "wasm was entered on a stack that is not the thread's own, and its size is not configured (foreign-stack)",
        )),
        (false, true, _) => Err(Trap::new(
            "wasm was entered on a stack that is not the thread's own, which needs signal handlers configured off and a \
             size (foreign-stack)",
        )),
    }
}

/// In the child of a fork the thread has another number.
extern "C" fn renumber() {
    THREAD.with(|thread| {
        thread.id.set(thread_id());
        // SAFETY: the store that was entered last on this thread is alive until it is left.
        if let Some(store) = unsafe { thread.current.get().as_ref() } {
            store.shared.runs_on(thread.id.get());
        }
    });
}

/// Decides whether a fault is a trap. Runs in a signal handler; asks first what needs no thread-local variable.
fn on_fault(fault: &Fault) -> Option<Redirect> {
    if !link::is_code(fault.place.pc) {
        return None;
    }
    // SAFETY: generated code runs, so the store that was entered last on this thread is alive.
    let (store, stack) = THREAD.with(|thread| unsafe { (thread.current.get().as_ref(), thread.handled.get()) });
    // Code that checks everything itself does not fault.
    let store = store.filter(|store| store.settings.tuning.signal_handlers)?;
    let out_of_bounds = || {
        let memory = store.memories.only(|memory| memory.reserves(fault.address));
        memory.map(|_| TrapCode::MemoryOutOfBounds)
    };
    let overflow = || stack.guard().contains(&fault.address).then_some(TrapCode::StackOverflow);
    let code = out_of_bounds().or_else(overflow)?;
    Some(redirect_to_trap(store, code, fault.place))
}

fn redirect_to_trap(store: &StoreInner, code: TrapCode, Place { pc, sp, fp }: Place) -> Redirect {
    let args = [store.context() as usize, code as usize, pc, fp, sp];
    Redirect { pc: leave_with_trap as *const () as usize, args }
}

/// Decides whether code that a signal met is to stop. Runs in a signal handler.
pub(super) fn on_interrupt(place: &Place) -> Option<Redirect> {
    // SAFETY: the store that was entered last on this thread is alive until it is left.
    let store = THREAD.with(|thread| unsafe { thread.current.get().as_ref() })?;
    // SAFETY: the context is only used on this thread.
    let in_wasm = unsafe { (*store.context()).exit_fp } == 0;
    // Only assembly runs beside generated code meanwhile. It is on the way to where the flag is looked at, or ends so.
    let stops_here = || !border().contains(&place.pc) || like_wasm().iter().any(|range| range.contains(&place.pc));
    (in_wasm && store.shared.is_interrupted() && stops_here())
        .then(|| redirect_to_trap(store, TrapCode::Interrupted, *place))
}

/// The assembly at the border.
fn border() -> Range<usize> {
    unsafe extern "C" {
        static __start_wasmo_border: u8;
        static __stop_wasmo_border: u8;
    }
    (&raw const __start_wasmo_border as usize)..(&raw const __stop_wasmo_border as usize)
}

/// The parts of it that are like wasm code: they go on there without a look at the flag, and own nothing.
fn like_wasm() -> [Range<usize>; 3] {
    unsafe extern "C" {
        static wasmo_stack_probe_starts: u8;
        static wasmo_stack_probe_ended: u8;
        static wasmo_lazy_tail_goes_on: u8;
        static wasmo_lazy_tail_went_on: u8;
        static wasmo_host_thunk_goes_on: u8;
        static wasmo_host_thunk_went_on: u8;
    }
    [
        (&raw const wasmo_stack_probe_starts as usize)..(&raw const wasmo_stack_probe_ended as usize),
        (&raw const wasmo_lazy_tail_goes_on as usize)..(&raw const wasmo_lazy_tail_went_on as usize),
        (&raw const wasmo_host_thunk_goes_on as usize)..(&raw const wasmo_host_thunk_went_on as usize),
    ]
}

/// Records a trap; runs on the trap stack. `sp` is 0 if the code at `pc` has set up its frame.
unsafe extern "C" fn record_trap(
    context: *mut StoreContext,
    code: u32,
    pc: usize,
    fp: usize,
    sp: usize,
) -> *mut StoreContext {
    // SAFETY: the context is that of the store that runs.
    let store = unsafe { StoreInner::of(context) };
    let record = || {
        let code = TrapCode::from_number(code);
        let frames = backtrace::from_trap(store, pc, fp, (sp != 0).then_some(sp));
        let message = code.map_or("unknown trap", TrapCode::message);
        let message = match store.link_error.take() {
            Some(reason) => format!("{message}: {reason}"),
            None => message.to_owned(),
        };
        Trap::with_frames(code, message, frames)
    };
    let trap = catch_unwind(AssertUnwindSafe(record)).unwrap_or_else(|_| Trap::new("a trap could not be recorded"));
    store.pending.set(Some(trap));
    context
}

/// Code of a function that has none yet; null with a trap pending. See [`ContextHead::resolver`].
pub(super) unsafe extern "C" fn resolve(context: *mut c_void, plt_index: u32) -> usize {
    // SAFETY: wasm code runs under the context of a live instance.
    let instance = unsafe { builtins::instance(context) };
    match catch_unwind(AssertUnwindSafe(|| instance.resolve(plt_index))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            instance.store().link_error.set(Some(error.to_string()));
            0
        }
        Err(_) => 0,
    }
}

/// Makes a frame, and says so to whoever unwinds from what is called next: debuggers, and profilers that do not follow
/// frame pointers. `.cfi_endproc` ends what it began.
macro_rules! enter_frame {
    () => {
        ".cfi_startproc
         push rbp
     .cfi_def_cfa_offset 16
     .cfi_offset rbp, -16
         mov rbp, rsp
     .cfi_def_cfa_register rbp"
    };
}
pub(super) use enter_frame;

/// Enters wasm: makes an activation and calls `thunk(context, code, args, results)`. 0, or 1 with a trap pending.
#[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
unsafe extern "C" fn enter_wasm(
    context: *mut c_void,
    code: *const c_void,
    args: *const Value,
    results: *mut Value,
    store: *mut StoreContext,
    thunk: usize,
) -> u32 {
    naked_asm!(
        enter_frame!(),
        "push rbx
     .cfi_offset rbx, -24
         push r12
     .cfi_offset r12, -32
         push r13
     .cfi_offset r13, -40
         push r14
     .cfi_offset r14, -48
         push r15
     .cfi_offset r15, -56
         push r8
         push qword ptr [r8 + {exit_fp}]
         push qword ptr [r8 + {activation}]
         mov [r8 + {activation}], rsp
         mov qword ptr [r8 + {exit_fp}], 0
         call r9
         xor eax, eax
         jmp {leave}
     .cfi_endproc",
        exit_fp = const StoreContext::exit_fp.offset,
        activation = const StoreContext::activation.offset,
        leave = sym leave_activation,
    )
}

/// The end of every activation: restores what the entry routine saved, from the activation at rsp, and returns eax
/// behind the entry.
#[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
unsafe extern "C" fn leave_activation() {
    naked_asm!(
        "mov r8, [rsp + {act_store}]
         pop qword ptr [r8 + {activation}]
         pop qword ptr [r8 + {exit_fp}]
         add rsp, 8
         pop r15
         pop r14
         pop r13
         pop r12
         pop rbx
         pop rbp
         ret",
        exit_fp = const StoreContext::exit_fp.offset,
        activation = const StoreContext::activation.offset,
        act_store = const Activation::store.offset,
    )
}

/// Records a trap on the trap stack, `record_trap(store, code, pc, fp, sp)`, and ends the activation.
#[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
unsafe extern "C" fn leave_with_trap() {
    naked_asm!(
        "mov qword ptr [rdi + {exit_fp}], {no_exit}
         mov rsp, [rdi + {trap_stack}]
         call {record}
         mov rsp, [rax + {activation}]
         mov eax, 1
         jmp {leave}",
        exit_fp = const StoreContext::exit_fp.offset,
        no_exit = const NO_EXIT,
        trap_stack = const StoreContext::trap_stack.offset,
        record = sym record_trap,
        activation = const StoreContext::activation.offset,
        leave = sym leave_activation,
    )
}

/// The builtin `trap(context, code)`. It touches no stack: there may be none left.
#[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
pub(super) unsafe extern "C" fn trap() {
    naked_asm!(
        "mov rdi, [rdi + {store}]
         mov rdx, [rsp]
         mov rcx, rbp
         xor r8d, r8d
         jmp {leave}",
        store = const ContextHead::store.offset,
        leave = sym leave_with_trap,
    )
}

/// The builtin `raise(host context, trap)`: records the trap that a host function returned, and ends the activation.
#[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
pub(super) unsafe extern "C" fn raise() {
    naked_asm!(
        "mov rax, [rdi + {store}]
         mov rdx, [rsp]
         mov rcx, rbp
         mov rsp, [rax + {trap_stack}]
         call {record}
         mov rsp, [rax + {activation}]
         mov eax, 1
         jmp {leave}",
        store = const ContextHead::store.offset,
        trap_stack = const StoreContext::trap_stack.offset,
        record = sym record_host_trap,
        activation = const StoreContext::activation.offset,
        leave = sym leave_activation,
    )
}

// The two routines below save the argument registers by name: the context's, and those of the convention. What they
// push keeps the stack aligned.
const _: () = assert!(INTEGER_PARAMS == 5 && FLOAT_PARAMS == 8 && size_of::<Registers>().is_multiple_of(16));

/// The part that all lazy tails share: the PLT index is in eax, all argument registers are as the caller set them.
/// Calls the context's resolver and goes on in what it returns.
#[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
unsafe extern "C" fn lazy_tail() {
    naked_asm!(
        "mov r11, [rdi + {store}]
         cmp rsp, [r11 + {stack_limit}]
         jb 3f",
        enter_frame!(),
        "mov [r11 + {exit_fp}], rbp
         push rdi
         push rsi
         push rdx
         push rcx
         push r8
         push r9
         sub rsp, 128
         movups [rsp], xmm0
         movups [rsp + 16], xmm1
         movups [rsp + 32], xmm2
         movups [rsp + 48], xmm3
         movups [rsp + 64], xmm4
         movups [rsp + 80], xmm5
         movups [rsp + 96], xmm6
         movups [rsp + 112], xmm7
         mov esi, eax
         call [rdi + {resolver}]
         movups xmm0, [rsp]
         movups xmm1, [rsp + 16]
         movups xmm2, [rsp + 32]
         movups xmm3, [rsp + 48]
         movups xmm4, [rsp + 64]
         movups xmm5, [rsp + 80]
         movups xmm6, [rsp + 96]
         movups xmm7, [rsp + 112]
         add rsp, 128
         pop r9
         pop r8
         pop rcx
         pop rdx
         pop rsi
         pop rdi
         pop rbp
         test rax, rax
         jz 2f
         mov r11, [rdi + {store}]
         mov qword ptr [r11 + {exit_fp}], 0
     .hidden wasmo_lazy_tail_goes_on
     .globl wasmo_lazy_tail_goes_on
     wasmo_lazy_tail_goes_on:
         cmp qword ptr [r11 + {interrupt}], 0
         jne 4f
         jmp rax
     .hidden wasmo_lazy_tail_went_on
     .globl wasmo_lazy_tail_went_on
     wasmo_lazy_tail_went_on:
      2: mov esi, {unavailable}
         jmp {trap}
      3: mov esi, {overflow}
         jmp {trap}
      4: mov esi, {interrupted}
         jmp {trap}
     .cfi_endproc",
        store = const ContextHead::store.offset,
        resolver = const ContextHead::resolver.offset,
        stack_limit = const StoreContext::stack_limit.offset,
        exit_fp = const StoreContext::exit_fp.offset,
        interrupt = const StoreContext::interrupt.offset,
        interrupted = const TrapCode::Interrupted as u32,
        unavailable = const TrapCode::CodeUnavailable as u32,
        overflow = const TrapCode::StackOverflow as u32,
        trap = sym trap,
    )
}

/// What a function with explicit stack checks calls before it makes a large frame, see
/// [`crate::abi::symbols::STACK_PROBE`].
#[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
unsafe extern "C" fn stack_probe() {
    naked_asm!(
        ".hidden wasmo_stack_probe_starts
     .globl wasmo_stack_probe_starts
     wasmo_stack_probe_starts:
         push r10
         push r11
         mov r10, [rdi + {store}]
         mov r11, rsp
         sub r11, rax
         jb 2f
         cmp r11, [r10 + {stack_limit}]
         jb 2f
         pop r11
         pop r10
         ret
     .hidden wasmo_stack_probe_ended
     .globl wasmo_stack_probe_ended
     wasmo_stack_probe_ended:
      2: pop r11
         pop r10
         mov esi, {overflow}
         jmp {trap}",
        store = const ContextHead::store.offset,
        stack_limit = const StoreContext::stack_limit.offset,
        overflow = const TrapCode::StackOverflow as u32,
        trap = sym trap,
    )
}

/// What modules are linked against.
pub(crate) fn routines() -> Routines {
    Routines { lazy_tail: lazy_tail as *const c_void, stack_probe: stack_probe as *const c_void }
}

/// The code of a host function that is called through a reference: driven by its signature, for no module has a thunk
/// for it.
#[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
pub(super) unsafe extern "C" fn generic_host_thunk() {
    naked_asm!(
        "mov r11, [rdi + {store}]
         cmp rsp, [r11 + {stack_limit}]
         jb 3f",
        enter_frame!(),
        "mov [r11 + {exit_fp}], rbp
         sub rsp, {registers}
         mov [rsp + {integers}], rsi
         mov [rsp + {integers} + 8], rdx
         mov [rsp + {integers} + 16], rcx
         mov [rsp + {integers} + 24], r8
         mov [rsp + {integers} + 32], r9
         mov [rsp + {context}], rdi
         movups [rsp + {floats}], xmm0
         movups [rsp + {floats} + 16], xmm1
         movups [rsp + {floats} + 32], xmm2
         movups [rsp + {floats} + 48], xmm3
         movups [rsp + {floats} + 64], xmm4
         movups [rsp + {floats} + 80], xmm5
         movups [rsp + {floats} + 96], xmm6
         movups [rsp + {floats} + 112], xmm7
         mov rsi, rsp
         call {call}
         test rax, rax
         jnz 2f
         test edx, edx
         jnz 4f
         mov rdi, [rsp + {context}]
         mov r11, [rdi + {store}]
         mov rax, [rsp + {integers}]
         mov rdx, [rsp + {integers} + 8]
         movups xmm0, [rsp + {floats}]
         movups xmm1, [rsp + {floats} + 16]
         leave
         mov qword ptr [r11 + {exit_fp}], 0
     .hidden wasmo_host_thunk_goes_on
     .globl wasmo_host_thunk_goes_on
     wasmo_host_thunk_goes_on:
         cmp qword ptr [r11 + {interrupt}], 0
         jne 5f
         ret
     .hidden wasmo_host_thunk_went_on
     .globl wasmo_host_thunk_went_on
     wasmo_host_thunk_went_on:
      5: mov esi, {interrupted}
         jmp {trap}
      2: mov rdi, [rsp + {context}]
         mov rsi, rax
         leave
         jmp {raise}
      4: mov rdi, [rsp + {context}]
         mov esi, edx
         leave
         jmp {trap}
      3: mov esi, {overflow}
         jmp {trap}
     .cfi_endproc",
        store = const ContextHead::store.offset,
        stack_limit = const StoreContext::stack_limit.offset,
        exit_fp = const StoreContext::exit_fp.offset,
        interrupt = const StoreContext::interrupt.offset,
        interrupted = const TrapCode::Interrupted as u32,
        registers = const size_of::<Registers>(),
        integers = const offset_of!(Registers, integers),
        context = const offset_of!(Registers, context),
        floats = const offset_of!(Registers, floats),
        overflow = const TrapCode::StackOverflow as u32,
        call = sym generic_host_call,
        raise = sym raise,
        trap = sym trap,
    )
}

/// A builtin that leaves wasm for Rust: makes sure that there is stack for it, and notes where wasm was left. Whoever
/// calls it asks afterwards whether the store is to stop.
macro_rules! leaving_builtin {
    ($name:ident => $body:path) => { leaving_builtin! { $name => $body, "", "" } };
    // Without the context, as functions of the C library are called.
    ($name:ident => without_context $body:path) => {
        leaving_builtin! { $name => $body, "mov rdi, rsi
         mov rsi, rdx
         mov rdx, rcx", "" }
    };
    // What can be left out: where there is no stack for it, it does not trap, but results in 1.
    ($name:ident => if_there_is_stack $body:path) => {
        leaving_builtin! { $name => $body, "", "mov eax, 1
         ret" }
    };
    ($name:ident => $body:path, $arrange:literal, $without_stack:literal) => {
        #[unsafe(naked)]
#[unsafe(link_section = "wasmo_border")]
        pub(super) unsafe extern "C" fn $name() {
            std::arch::naked_asm!(
                "mov rax, [rdi + {store}]
                 cmp rsp, [rax + {stack_limit}]
                 jb 2f",
                $crate::runtime::call::enter_frame!(),
                "mov [rax + {exit_fp}], rbp
                 push rax
                 sub rsp, 8",
                $arrange,
                "call {body}
                 mov rcx, [rbp - 8]
                 mov qword ptr [rcx + {exit_fp}], 0
                 leave
                 ret
              2:",
                $without_stack,
                "mov esi, {overflow}
                 jmp {trap}
             .cfi_endproc",
                store = const $crate::abi::ContextHead::store.offset,
                stack_limit = const $crate::abi::StoreContext::stack_limit.offset,
                exit_fp = const $crate::abi::StoreContext::exit_fp.offset,
                overflow = const $crate::abi::TrapCode::StackOverflow as u32,
                body = sym $body,
                trap = sym $crate::runtime::call::trap,
            )
        }
    };
}
pub(super) use leaving_builtin;
