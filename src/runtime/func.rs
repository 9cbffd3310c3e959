//! Functions as the host sees them.
#![allow(unsafe_code)]

use super::builtins::instance;
use super::call::{Target, enter};
use super::collect::{Entity, Life};
use super::handle::{Handle, Referent};
use super::host::HostFunc;
use super::store::{Store, StoreInner};
use super::trap::Trap;
use super::value::Val;
use crate::abi::{FuncObject, Value, ValueVec};
use crate::error::{Error, Result};
use crate::types::{ExternType, FuncType};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{NonNull, null_mut};

/// A function, of wasm or of the host
/// ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#function-instances)). Cloning gives another handle
/// to the same function.
#[derive(Clone, PartialEq)]
pub struct Func(Handle<FuncObject>);

impl Referent for FuncObject {
    fn life(&self) -> &Life {
        // SAFETY: whoever refers to a function keeps what it is part of.
        unsafe {
            if self.is_host != 0 {
                Entity::life(HostFunc::of(self.context))
            } else {
                Entity::life(instance(self.context))
            }
        }
    }
}

impl Func {
    /// A function of the host. It receives its arguments, and as many results of the right types to overwrite.
    pub fn new(
        store: &Store,
        ty: FuncType,
        closure: impl Fn(&[Val], &mut [Val]) -> Result<(), Trap> + 'static,
    ) -> Func {
        let env = Box::new(Closure { store: store.inner(), ty: ty.clone(), call: Box::new(closure) });
        let address = &raw const *env as *mut c_void;
        let object = HostFunc::create(store.inner(), ty, call_closure, address, take_boxed_trap, env);
        // SAFETY: just made in this store.
        unsafe { Func::from_object(store.inner(), object) }
    }

    /// # Safety
    /// `object` must belong to `store`.
    pub(crate) unsafe fn from_object(store: &StoreInner, object: NonNull<FuncObject>) -> Func {
        // SAFETY: by the caller's promise.
        Func(unsafe { Handle::new(store, object) })
    }

    /// The function that a reference of generated code stands for; none for null.
    ///
    /// # Safety
    /// `word` must be a function reference of `store`.
    pub(crate) unsafe fn from_word(store: &StoreInner, word: u64) -> Option<Func> {
        let object = NonNull::new(word as *mut FuncObject)?;
        // SAFETY: by the caller's promise.
        Some(unsafe { Func::from_object(store, object) })
    }

    pub(crate) fn object(&self) -> NonNull<FuncObject> {
        self.0.entity()
    }

    pub(super) fn handle(&self) -> &Handle<FuncObject> {
        &self.0
    }

    /// The store that it belongs to.
    pub fn store(&self) -> &Store {
        self.0.store()
    }

    /// Its type.
    pub fn ty(&self) -> FuncType {
        // SAFETY: the object is alive.
        unsafe { func_type(self.object()) }.clone()
    }

    /// Calls the function. A wrong number or type of arguments is an [`Error::Argument`].
    pub fn call(&self, args: &[Val]) -> Result<Vec<Val>> {
        let ty = self.ty();
        if args.len() != ty.params().len() {
            return Err(Error::Argument(format!("expected {} arguments, found {}", ty.params().len(), args.len())));
        }
        for (arg, param) in args.iter().zip(ty.params()) {
            arg.check(*param, self.store())?;
        }
        let args: Vec<Value> = args.iter().map(Val::to_value).collect();
        let mut results = vec![Value { kind: 0, bits: 0 }; ty.results().len()];
        // SAFETY: the arrays are as the type says.
        unsafe { self.call_values(args.as_ptr(), results.as_mut_ptr())? };
        let store = self.store().inner();
        // SAFETY: the results are of these types, from this store.
        let result = |(ty, value): (&_, &Value)| unsafe { Val::from_bits(store, *ty, value.bits) };
        Ok(ty.results().iter().zip(&results).map(result).collect())
    }

    /// Calls the function with values whose references are words of generated code.
    ///
    /// # Safety
    /// `args` and `results` must be arrays as the type says, and the arguments of these types.
    pub(crate) unsafe fn call_values(&self, args: *const Value, results: *mut Value) -> Result<(), Trap> {
        // SAFETY: by the caller's promise.
        unsafe { call_object(self.store().inner(), self.object(), args, results) }
    }
}

/// Calls a function of `store`.
///
/// # Safety
/// As [`Func::call_values`]; `object` must belong to `store`.
pub(super) unsafe fn call_object(
    store: &StoreInner,
    object: NonNull<FuncObject>,
    args: *const Value,
    results: *mut Value,
) -> Result<(), Trap> {
    // SAFETY: the object is alive, and says itself what its context is.
    unsafe {
        let &FuncObject { code, context, is_host, .. } = object.as_ref();
        if is_host != 0 {
            let _busy = store.schedule.busy();
            return HostFunc::of(context).call(args, results);
        }
        let thunk = instance(context).entry_thunk(object);
        enter(store, Target { thunk, context, code }, args, results)
    }
}

/// The type of a function.
///
/// # Safety
/// `object` must be alive.
pub(super) unsafe fn func_type<'a>(object: NonNull<FuncObject>) -> &'a FuncType {
    // SAFETY: the object says itself what its context is.
    unsafe {
        let &FuncObject { context, is_host, .. } = object.as_ref();
        if is_host != 0 { HostFunc::of(context).ty() } else { instance(context).type_of(object) }
    }
}

/// The type of a function, as that of an import or export.
///
/// # Safety
/// `object` must be alive.
pub(super) unsafe fn extern_type(object: NonNull<FuncObject>) -> ExternType {
    // SAFETY: by the caller's promise.
    ExternType::Func(unsafe { func_type(object) }.clone())
}

type Call = dyn Fn(&[Val], &mut [Val]) -> Result<(), Trap>;

/// The environment of a function made of a closure.
struct Closure {
    store: *const StoreInner,
    ty: FuncType,
    call: Box<Call>,
}

unsafe extern "C" fn call_closure(env: *mut c_void, args: *const ValueVec, results: *mut ValueVec) -> *mut c_void {
    // SAFETY: `env` is the closure that the function owns, its store is running; the arrays are as the type says.
    let (closure, args, values) = unsafe {
        let closure = &*env.cast::<Closure>();
        let values = (*results).data;
        (closure, (*args).data, values)
    };
    let call = || -> Result<(), Trap> {
        // SAFETY: as above.
        let store = unsafe { &*closure.store };
        // SAFETY: as above.
        let arg = |(i, ty): (usize, &_)| unsafe { Val::from_bits(store, *ty, (*args.add(i)).bits) };
        let args: Vec<Val> = closure.ty.params().iter().enumerate().map(arg).collect();
        let mut results: Vec<Val> = closure.ty.results().iter().map(|ty| Val::default_for(*ty)).collect();
        (closure.call)(&args, &mut results)?;
        for (i, (result, ty)) in results.iter().zip(closure.ty.results()).enumerate() {
            result.check(*ty, &store.handle()).map_err(|e| Trap::new(e.to_string()))?;
            // SAFETY: as above.
            unsafe { values.add(i).write(result.to_value()) };
        }
        Ok(())
    };
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => null_mut(),
        Ok(Err(trap)) => Box::into_raw(Box::new(trap)).cast(),
        Err(_) => Box::into_raw(Box::new(Trap::new("a host function panicked"))).cast(),
    }
}

unsafe fn take_boxed_trap(trap: *mut c_void) -> Trap {
    // SAFETY: made by `call_closure`.
    unsafe { *Box::from_raw(trap.cast::<Trap>()) }
}

impl std::fmt::Debug for Func {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Func({})", self.ty())
    }
}
