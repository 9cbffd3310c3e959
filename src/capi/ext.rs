//! What wasmo offers beyond the standard: `wasmo.h`.
#![allow(unsafe_code)]

use super::boundary::{borrow, boundary};
use super::bytes::{bytes, wasm_byte_vec_t};
use super::config::wasm_config_t;
use super::error::{self, give_made, given, reported};
use super::module::wasm_module_t;
use super::reference::{entity, wasm_ref_t};
use super::store::wasm_store_t;
use super::trap::wasm_trap_t;
use super::vec::{self, Owned};
use crate::abi::TrapCode;
use crate::engine::{Module, to_binary};
use crate::error::Error;
use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;

/// The reason of a trap: one of `wasmo_trap_code_enum`.
pub type wasmo_trap_code_t = u8;

/// The reasons of traps.
#[repr(C)]
pub enum wasmo_trap_code_enum {
    /// None of those below: the trap was made by the host, or there is none.
    WASMO_TRAP_OTHER,
    /// `unreachable` was executed.
    WASMO_TRAP_UNREACHABLE,
    /// An access beyond the end of a memory.
    WASMO_TRAP_MEMORY_OUT_OF_BOUNDS,
    /// An access beyond the end of a table.
    WASMO_TRAP_TABLE_OUT_OF_BOUNDS,
    /// An indirect call through an index beyond the end of the table.
    WASMO_TRAP_UNDEFINED_ELEMENT,
    /// An indirect call through a null element.
    WASMO_TRAP_UNINITIALIZED_ELEMENT,
    /// An indirect call to a function of another type.
    WASMO_TRAP_INDIRECT_CALL_TYPE_MISMATCH,
    /// The result of an integer division or of a conversion does not fit its type.
    WASMO_TRAP_INTEGER_OVERFLOW,
    /// An integer was divided by zero.
    WASMO_TRAP_INTEGER_DIVIDE_BY_ZERO,
    /// A NaN was converted to an integer.
    WASMO_TRAP_INVALID_CONVERSION_TO_INTEGER,
    /// The stack is used up.
    WASMO_TRAP_STACK_OVERFLOW,
    /// A host function returned what does not fit its type.
    WASMO_TRAP_HOST_RESULT_MISMATCH,
    /// The code of a function could not be compiled or linked, for example for want of memory.
    WASMO_TRAP_CODE_UNAVAILABLE,
    /// A fault of wasmo itself. Please report it.
    WASMO_TRAP_INTERNAL,
    /// Another thread asked the store to stop.
    WASMO_TRAP_INTERRUPTED,
    /// The fuel of the store does not suffice for what comes next.
    WASMO_TRAP_OUT_OF_FUEL,
}

fn code_of(code: Option<TrapCode>) -> wasmo_trap_code_t {
    use wasmo_trap_code_enum::*;
    (match code {
        None | Some(TrapCode::Host) => WASMO_TRAP_OTHER,
        Some(TrapCode::Unreachable) => WASMO_TRAP_UNREACHABLE,
        Some(TrapCode::MemoryOutOfBounds) => WASMO_TRAP_MEMORY_OUT_OF_BOUNDS,
        Some(TrapCode::TableOutOfBounds) => WASMO_TRAP_TABLE_OUT_OF_BOUNDS,
        Some(TrapCode::UndefinedElement) => WASMO_TRAP_UNDEFINED_ELEMENT,
        Some(TrapCode::UninitializedElement) => WASMO_TRAP_UNINITIALIZED_ELEMENT,
        Some(TrapCode::IndirectCallTypeMismatch) => WASMO_TRAP_INDIRECT_CALL_TYPE_MISMATCH,
        Some(TrapCode::IntegerOverflow) => WASMO_TRAP_INTEGER_OVERFLOW,
        Some(TrapCode::IntegerDivideByZero) => WASMO_TRAP_INTEGER_DIVIDE_BY_ZERO,
        Some(TrapCode::InvalidConversionToInteger) => WASMO_TRAP_INVALID_CONVERSION_TO_INTEGER,
        Some(TrapCode::StackOverflow) => WASMO_TRAP_STACK_OVERFLOW,
        Some(TrapCode::HostResultMismatch) => WASMO_TRAP_HOST_RESULT_MISMATCH,
        Some(TrapCode::CodeUnavailable) => WASMO_TRAP_CODE_UNAVAILABLE,
        Some(TrapCode::Internal) => WASMO_TRAP_INTERNAL,
        Some(TrapCode::Interrupted) => WASMO_TRAP_INTERRUPTED,
        Some(TrapCode::OutOfFuel) => WASMO_TRAP_OUT_OF_FUEL,
    }) as wasmo_trap_code_t
}

/// The version of the library, as "0.1.0".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Why the last function that failed on this thread did so: each that returned NULL or false for want of what it was to
/// make or do, or left `out` empty. Traps have messages of their own. Empty if there was none. The text stays until the
/// next failure on this thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_last_error() -> *const c_char {
    boundary!(c"".as_ptr(), { error::last() })
}

/// Why code trapped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_trap_code(trap: *const wasm_trap_t) -> wasmo_trap_code_t {
    boundary!(code_of(None), { code_of(entity(trap).and_then(|trapped| trapped.trap().code())) })
}

/// Makes the call that is under way in the store, or else the next one, end with the trap `WASMO_TRAP_INTERRUPTED`. For
/// any thread, as long as nobody deletes the store meanwhile. Code stops within microseconds, also in loops; a callback
/// goes on, and the trap comes when it returns. Where signal handlers are on, this uses the signal of the setting
/// `interrupt-signal`: calls of the operating system in callbacks may end early with EINTR. False if it cannot be used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_store_interrupt(store: *const wasm_store_t) -> bool {
    boundary!(false, { reported(given(borrow(store), "the store").and_then(wasm_store_t::interrupt)).is_some() })
}

/// Changes a setting. False if there is none of this name, or if it cannot have this value. These exist:
///
/// - `mode`: `highly-optimised` (a module is compiled when it is made) or `lift-off` (its functions are compiled, some
///   kilobytes at a time and as with `opt-level=none`, when they are first called, and those that are often used again in
///   the background, optimised; a call for which there can be no code ends with the trap `WASMO_TRAP_CODE_UNAVAILABLE`).
///   With `lift-off`, `wasm_module_serialize` compiles all of the module the first time, to the same bytes as without,
///   progress is that of the validation, and modules that are in the cache are loaded from there, but only those that were
///   serialized are put there. Default `highly-optimised`.
/// - `opt-level`: `none` (quick to compile) or `optimized` (quick to run). Default `optimized`.
/// - `tier-up`: with `mode=lift-off` and `opt-level=optimized`, how often a function is to be called and its loops are to
///   begin anew, together, until optimised code is made of it, to which calls go as soon as it is there, in all instances and
///   threads; or `never`. With `0` it is made at the first call, which waits for it. `exit` waits for what is being compiled.
///   Default `50000`.
/// - `cpu`: what CPU code is made for, `native`, `x86-64`, `x86-64-v2`, `x86-64-v3` or `x86-64-v4`, and `aarch64` where wasmo
///   was built with it. One that this machine has not is for `wasmo_precompile`. Default `native`.
/// - `compile-threads`: how many threads compile a module, at most; `0` for as many as there are cores. With `mode=lift-off`
///   one less compile ahead what may be called next, and as many what is often used; with `0` these leave the program a core.
///   The code is the same, however many they are. Default `0`.
/// - `canonical-nans`: `on` or `off`, whether every NaN that arithmetic makes is the canonical one. Default `off`.
/// - `signal-handlers`: `on` (faults of generated code become traps) or `off` (the code checks each access and each call
///   explicitly, and wasmo touches neither signals nor alternate stacks). Default `on`.
/// - `memory-reservation`: how much address space a memory reserves, in bytes, if its type does not say that it can need
///   less; it cannot grow beyond. With less than `4G` the code checks every access. `K`, `M` or `G` may follow the
///   number. Default `4G`.
/// - `memory-guard`: address space without access behind each memory that reserves `4G`. Accesses with a constant offset
///   beyond it are checked. Default `32M`.
/// - `foreign-stack`: how much stack there is below a caller that enters wasm on a stack that is not its thread's own, a
///   fiber's for example; to be used with `signal-handlers` off. Default: such calls end in a trap.
/// - `max-stack`: how much of the stack wasm may use below the outermost call from the host, in bytes; a store can have a
///   limit of its own (`wasmo_store_limit_stack`). Every function then checks the stack. Default: all, without a check.
/// - `fuel`: `on` or `off`, whether code pays for what it does, see `wasmo_store_set_fuel`. Default `off`.
/// - `interrupt-signal`: the number of the signal that interrupts code. Default that of `SIGURG`.
/// - `cache`: a directory where compiled modules are kept for all who compile the same again with the same settings. It must
///   belong to the user who runs the process, and nobody else may write there. Default: none.
/// - `cache-size`: how many bytes the files there may have together. Those that were used longest ago go first. Default
///   `1G`.
/// - `perf-map`: `on` or `off`, whether `perf` is told what the code is called, by the file `/tmp/perf-<pid>.map`. An
///   engine cannot be made if that cannot be written. Default `off`.
/// - `gdb`: `on` or `off`, whether debuggers are told of the code, by the interface of gdb. Default `off`.
/// - `sign-extension`, `saturating-float-to-int`, `multi-value`, `mutable-global`, `bulk-memory`, `reference-types`:
///   `on` or `off`, which modules are accepted. Default `on`.
///
/// No setting, but of the environment when an engine is made: `WASMO_DUMP=fib,12` writes what the functions with these
/// names or indices are compiled to, to the standard error stream or into files in the directory `WASMO_DUMP_DIR`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_config_set(
    config: *mut wasm_config_t,
    name: *const c_char,
    value: *const c_char,
) -> bool {
    boundary!(false, {
        let set = || {
            // SAFETY: the contract of `capi`
            let config = given(unsafe { borrow_mut(config) }, "the configuration")?;
            config.set(unsafe { text(name, "the name")? }, unsafe { text(value, "the value")? })
        };
        reported(set()).is_some()
    })
}

unsafe fn borrow_mut<'call>(config: *mut wasm_config_t) -> Option<&'call mut crate::config::Config> {
    // SAFETY: made by `give` of its target, and only in use here
    unsafe { config.cast::<crate::config::Config>().as_mut() }
}

/// A text of C.
pub(super) unsafe fn text<'call>(text: *const c_char, parameter: &str) -> Result<&'call str, Error> {
    // SAFETY: the contract of `capi`
    let text = given((!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }), parameter)?;
    text.to_str().map_err(|_| Error::Argument(format!("{parameter} is not UTF-8")))
}

/// A new module, as `wasm_module_deserialize` makes it, of a file with these bytes, which is mapped and not copied. Nobody
/// may change the file, or make it shorter, as long as there is a module of it; it may be renamed and removed, and another
/// may be renamed to take its place. NULL also if it cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmo_module_deserialize_file(
    store: *mut wasm_store_t,
    path: *const c_char,
) -> *mut wasm_module_t {
    boundary!(null_mut(), {
        let load = || {
            let engine = given(borrow(store), "the store")?.engine();
            let path = given((!path.is_null()).then_some(path), "the path")?;
            Module::load_file(OsStr::from_bytes(CStr::from_ptr(path).to_bytes()), engine)
        };
        give_made(load().map(wasm_ref_t::from))
    })
}

/// Makes `out` the binary format of a module in the text format, which wasmer has too. Empty if the text is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wat2wasm(wat: *const wasm_byte_vec_t, out: *mut wasm_byte_vec_t) {
    boundary!(vec::new_empty(out), {
        match reported(to_binary(bytes(wat))) {
            Some(binary) => Owned::from(&*binary).put(out),
            None => vec::new_empty(out),
        }
    })
}

/// The length of `wasmo_last_error` with its NUL, as wasmer has it; 0 if it is empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmer_last_error_length() -> c_int {
    boundary!(0, {
        match CStr::from_ptr(error::last()).to_bytes_with_nul().len() {
            1 => 0,
            length => length.try_into().unwrap_or(c_int::MAX),
        }
    })
}

/// Copies `wasmo_last_error` with its NUL to a buffer of `length` bytes, as wasmer does. The number of bytes written; -1
/// if the buffer is NULL or too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmer_last_error_message(buffer: *mut c_char, length: c_int) -> c_int {
    boundary!(-1, {
        let message = CStr::from_ptr(error::last()).to_bytes_with_nul();
        if buffer.is_null() || usize::try_from(length).is_ok_and(|length| length < message.len()) || length < 0 {
            return -1;
        }
        buffer.copy_from_nonoverlapping(message.as_ptr().cast(), message.len());
        message.len() as c_int
    })
}
