//! Functions of the host.
#![allow(unsafe_code)]

use super::backtrace;
use super::call::generic_host_thunk;
use super::collect::{Entity, Life, Marker};
use super::store::StoreInner;
use super::trap::Trap;
use crate::abi::{
    Convention, FLOAT_PARAMS, FuncObject, HostCallback, HostContext, INTEGER_PARAMS, Place, SPILL_SLOT_SIZE,
    StoreContext, TrapCode, Value, ValueKind, ValueVec,
};
use crate::types::{FuncType, ValType};
use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{NonNull, null, null_mut};

/// Takes over the trap that a callback returned.
pub(crate) type HostTrap = unsafe fn(*mut c_void) -> Trap;

/// A function of the host in its store. References see the object, whose code runs under the context.
#[repr(C)]
pub(crate) struct HostFunc {
    context: HostContext,
    object: FuncObject,
    ty: FuncType,
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
    /// Adds a function to a store. `callback(env, arguments, results)` receives values whose references are words of
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
            type_id: store.settings.types.intern(&ty).0,
            is_host: 1,
        };
        let func = store.funcs.add(HostFunc { context, object, ty, take_trap, life: Life::default(), _owner: owner });
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
    /// `words` must be as many as the type has parameters and as it has results, the arguments in them.
    pub unsafe fn call(&self, words: *mut u64) -> Result<(), Trap> {
        // SAFETY: by the caller's promise.
        let word = |i: usize| unsafe { words.add(i).read() };
        let value = |(i, ty): (usize, &ValType)| Value { kind: ValueKind::of(*ty), bits: word(i) };
        let args: Vec<Value> = self.ty.params().iter().enumerate().map(value).collect();
        let mut results = vec![Value { kind: 0, bits: 0 }; self.ty.results().len()];
        // SAFETY: the arrays are as the type says.
        let Outcome { trap, code } = unsafe { self.call_back(args.as_ptr(), results.as_mut_ptr()) };
        if !trap.is_null() {
            // SAFETY: the callback returned it.
            return Err(unsafe { (self.take_trap)(trap) });
        }
        if let Some(code) = TrapCode::from_number(code) {
            return Err(code.into());
        }
        // SAFETY: by the caller's promise.
        results.iter().enumerate().for_each(|(i, result)| unsafe { words.add(i).write(result.bits) });
        Ok(())
    }

    unsafe fn call_back(&self, args: *const Value, results: *mut Value) -> Outcome {
        let types = self.ty.results();
        for (i, ty) in types.iter().enumerate() {
            // SAFETY: within the array, by the caller's promise. What the host does not write is zero.
            unsafe { results.add(i).write(Value { kind: ValueKind::of(*ty), bits: 0 }) };
        }
        let args = ValueVec { size: self.ty.params().len(), data: args.cast_mut() };
        let mut vec = ValueVec { size: types.len(), data: results };
        // SAFETY: the callback is called as it asked to be.
        let trap = unsafe { (self.context.callback)(self.context.env, &args, &mut vec, &self.context) };
        // SAFETY: within the array.
        let fits = |(i, ty): (usize, &ValType)| unsafe { (*results.add(i)).kind } == ValueKind::of(*ty);
        let mismatch = trap.is_null() && !types.iter().enumerate().all(fits);
        Outcome { trap, code: if mismatch { TrapCode::HostResultMismatch as u32 } else { 0 } }
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
        let convention = Convention::of(&func.ty);
        let spill = Spill { context: func.context.store };
        let mut next = Next::default();
        let arg = |(ty, place): (&ValType, &Place)| {
            let bits = match *place {
                Place::Register if ty.is_float() => registers.floats[next.float()][0],
                Place::Register => registers.integers[next.integer()],
                Place::Spill(slot) => spill.read(slot),
            };
            Value { kind: ValueKind::of(*ty), bits }
        };
        let args: Vec<Value> = func.ty.params().iter().zip(&convention.params).map(arg).collect();
        let mut results = vec![Value { kind: 0, bits: 0 }; func.ty.results().len()];
        // SAFETY: the arrays are as the type says.
        let outcome = unsafe { func.call_back(args.as_ptr(), results.as_mut_ptr()) };
        let mut next = Next::default();
        for ((ty, place), value) in func.ty.results().iter().zip(&convention.results).zip(&results) {
            match *place {
                Place::Register if ty.is_float() => registers.floats[next.float()][0] = value.bits,
                Place::Register => registers.integers[next.integer()] = value.bits,
                Place::Spill(slot) => spill.write(slot, value.bits),
            }
        }
        outcome
    };
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or(Outcome { trap: null_mut(), code: TrapCode::HostResultMismatch as u32 })
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
