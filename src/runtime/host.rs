//! Functions of the host.
#![allow(unsafe_code)]

use super::backtrace;
use super::call::generic_host_thunk;
use super::collect::{Entity, Life, Marker};
use super::func::with_array;
use super::store::StoreInner;
use super::trap::Trap;
use crate::abi::{
    Convention, FLOAT_PARAMS, FuncObject, HostCallback, HostContext, INTEGER_PARAMS, Place, SPILL_SLOT_SIZE,
    StoreContext, TrapCode, Value, ValueKind, ValueVec,
};
use crate::sys::no_fork;
use crate::types::{FuncType, ValType};
use std::any::Any;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{NonNull, null, null_mut, without_provenance};

/// What stands for the caller where the host itself calls: no instance has this address.
pub(super) const BY_HOST: *const c_void = without_provenance(1);

/// Takes over the trap that a callback returned.
pub(crate) type HostTrap = unsafe fn(*mut c_void) -> Trap;

/// A function of the host in its store. References see the object, whose code runs under the context.
#[repr(C)]
pub(crate) struct HostFunc {
    context: HostContext,
    object: FuncObject,
    ty: FuncType,
    convention: Convention,
    take_trap: HostTrap,
    life: Life,
    /// What `env` points to, freed with the function.
    _owner: Box<dyn Any>,
}

impl Entity for HostFunc {
    fn life(&self) -> &Life {
        &self.life
    }

    fn trace(&self, _: &mut Marker) {}
}

impl HostFunc {
    /// Adds a function to a store. `callback(env, arguments, results, context)` receives values whose references are words of
    /// generated code, and returns null or a trap for `take_trap`. `owner` is dropped with the function.
    pub fn create(
        store: &StoreInner,
        ty: FuncType,
        callback: HostCallback,
        env: *mut c_void,
        take_trap: HostTrap,
        owner: Box<dyn Any>,
    ) -> NonNull<FuncObject> {
        store.collect_if_due();
        let (builtins, store_context) = (store.builtins(), store.context());
        let context = HostContext { builtins, store: store_context, callback, env, func: null(), caller: null() };
        let object = FuncObject {
            code: generic_host_thunk as *const c_void,
            context: null_mut(),
            type_id: {
                let _no_fork = no_fork();
                store.settings.types.intern(&ty).0
            },
            is_host: 1,
        };
        let convention = Convention::of(&ty);
        let life = Life::default();
        let func = store.funcs.add(HostFunc { context, object, ty, convention, take_trap, life, _owner: owner });
        // SAFETY: just made, and nobody else knows it.
        unsafe {
            (*func.as_ptr()).object.context = func.as_ptr().cast();
            (*func.as_ptr()).context.func = func.as_ptr().cast_const().cast();
            NonNull::new_unchecked(&raw mut (*func.as_ptr()).object)
        }
    }

    /// The function behind a host context.
    ///
    /// # Safety
    /// `context` must be a context of a live host function.
    pub unsafe fn of<'a>(context: *mut c_void) -> &'a HostFunc {
        // SAFETY: by the caller's promise; `func` was set when the function was made.
        unsafe { &*(*context.cast::<HostContext>()).func.cast() }
    }

    /// A context for calls by the code of `caller`.
    pub fn context_for(&self, caller: *const c_void) -> HostContext {
        HostContext { caller, ..self.context }
    }

    pub fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// Calls the function from the host.
    ///
    /// # Safety
    /// `args` and `results` must be arrays as the type says; they may share memory.
    pub unsafe fn call(&self, args: *const Value, results: *mut Value) -> Result<(), Trap> {
        let Outcome { trap, code } = self.call_back(&self.context_for(BY_HOST), &mut Arrays { args, results });
        match TrapCode::from_number(code) {
            // SAFETY: the callback returned it.
            _ if !trap.is_null() => Err(unsafe { (self.take_trap)(trap) }),
            Some(code) => Err(code.into()),
            None => Ok(()),
        }
    }

    /// Calls the callback under a context of its, with arguments from `caller`, and gives its results there, unless it has a
    /// trap.
    fn call_back(&self, context: &HostContext, caller: &mut impl Values) -> Outcome {
        let (params, results) = (self.ty.params(), self.ty.results());
        with_array(params.len() + results.len(), |values: &mut [MaybeUninit<Value>]| {
            let (args, made) = values.split_at_mut(params.len());
            for (i, (value, ty)) in args.iter_mut().zip(params).enumerate() {
                value.write(Value { kind: ValueKind::of(*ty), bits: caller.arg(i, *ty) });
            }
            for (value, ty) in made.iter_mut().zip(results) {
                // What the host does not write is zero.
                value.write(Value { kind: ValueKind::of(*ty), bits: 0 });
            }
            let args = ValueVec { size: params.len(), data: args.as_mut_ptr().cast() };
            let mut vec = ValueVec { size: results.len(), data: made.as_mut_ptr().cast() };
            // SAFETY: the callback is called as it asked to be, with values of these types.
            let trap = unsafe { (context.callback)(context.env, &args, &mut vec, context) };
            if trap.is_null() {
                for (i, (value, ty)) in made.iter().zip(results).enumerate() {
                    // SAFETY: it was written above.
                    let Value { kind, bits } = unsafe { value.assume_init() };
                    if kind != ValueKind::of(*ty) {
                        return Outcome { trap, code: TrapCode::HostResultMismatch as u32 };
                    }
                    caller.set_result(i, *ty, bits);
                }
            }
            Outcome { trap, code: 0 }
        })
    }
}

/// Where the arguments of a call are, and its results go. Both are asked for in order.
trait Values {
    fn arg(&mut self, index: usize, ty: ValType) -> u64;
    fn set_result(&mut self, index: usize, ty: ValType, bits: u64);
}

/// Of a call by the host. Results are written when all arguments have been read.
struct Arrays {
    args: *const Value,
    results: *mut Value,
}

impl Values for Arrays {
    fn arg(&mut self, index: usize, _: ValType) -> u64 {
        // SAFETY: within the array.
        unsafe { (*self.args.add(index)).bits }
    }

    fn set_result(&mut self, index: usize, ty: ValType, bits: u64) {
        // SAFETY: as above.
        unsafe { self.results.add(index).write(Value { kind: ValueKind::of(ty), bits }) }
    }
}

/// How a callback ended: a trap of the host, or the number of one of ours, or neither.
#[repr(C)]
pub(super) struct Outcome {
    trap: *mut c_void,
    code: u32,
}

/// Argument registers as the generic host thunk saves them; results go back the same way.
#[repr(C)]
pub(super) struct Registers {
    pub integers: [u64; INTEGER_PARAMS],
    pub context: *mut c_void,
    pub floats: [[u64; 2]; FLOAT_PARAMS],
}

/// Calls a host function with arguments in registers and in the spill area.
pub(super) unsafe extern "C" fn generic_host_call(context: *mut c_void, registers: *mut Registers) -> Outcome {
    // SAFETY: the thunk runs under the context of a live host function, and saved the registers.
    let (func, registers) = unsafe { (HostFunc::of(context), &mut *registers) };
    let call = || {
        let convention = &func.convention;
        let spill = Spill { context: func.context.store };
        func.call_back(
            &func.context,
            &mut Saved { registers, convention, spill, args: Next::default(), results: Next::default() },
        )
    };
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or(Outcome { trap: null_mut(), code: TrapCode::HostResultMismatch as u32 })
}

/// Of a call by wasm code.
struct Saved<'call> {
    registers: &'call mut Registers,
    convention: &'call Convention,
    spill: Spill,
    args: Next,
    results: Next,
}

impl Values for Saved<'_> {
    fn arg(&mut self, index: usize, ty: ValType) -> u64 {
        match self.convention.params[index] {
            Place::Register if ty.is_float() => self.registers.floats[self.args.float()][0],
            Place::Register => self.registers.integers[self.args.integer()],
            Place::Spill(slot) => self.spill.read(slot),
        }
    }

    fn set_result(&mut self, index: usize, ty: ValType, bits: u64) {
        match self.convention.results[index] {
            Place::Register if ty.is_float() => self.registers.floats[self.results.float()][0] = bits,
            Place::Register => self.registers.integers[self.results.integer()] = bits,
            Place::Spill(slot) => self.spill.write(slot, bits),
        }
    }
}

/// Counts registers by kind.
#[derive(Default)]
struct Next {
    integers: usize,
    floats: usize,
}

impl Next {
    fn integer(&mut self) -> usize {
        self.integers += 1;
        self.integers - 1
    }

    fn float(&mut self) -> usize {
        self.floats += 1;
        self.floats - 1
    }
}

/// The spill area of a store.
struct Spill {
    context: *mut StoreContext,
}

impl Spill {
    fn slot(&self, slot: usize) -> *mut u64 {
        // SAFETY: the convention uses no more slots than there are.
        unsafe { (*self.context).spill.byte_add(slot * SPILL_SLOT_SIZE).cast() }
    }

    fn read(&self, slot: usize) -> u64 {
        // SAFETY: see `slot`.
        unsafe { self.slot(slot).read() }
    }

    fn write(&self, slot: usize, bits: u64) {
        // SAFETY: see `slot`.
        unsafe { self.slot(slot).write(bits) }
    }
}

/// Records the trap that a host function returned; runs on the trap stack.
pub(super) unsafe extern "C" fn record_host_trap(
    context: *mut c_void,
    trap: *mut c_void,
    pc: usize,
    fp: usize,
) -> *mut StoreContext {
    // SAFETY: the thunk runs under the context of a live host function, in the store that runs.
    let (func, store) = unsafe {
        let func = HostFunc::of(context);
        (func, StoreInner::of(func.context.store))
    };
    let record = || {
        // SAFETY: the callback returned it.
        let trap = unsafe { (func.take_trap)(trap) };
        trap.complete(|| backtrace::from_trap(store, pc, fp, None));
        trap
    };
    let trap = catch_unwind(AssertUnwindSafe(record)).unwrap_or_else(|_| TrapCode::Host.into());
    store.pending.set(Some(trap));
    func.context.store
}
