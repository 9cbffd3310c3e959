//! Functions as the host sees them.
#![allow(unsafe_code)]

use super::builtins::instance;
use super::call::{Target, enter};
use super::caller::Caller;
use super::collect::{Entity, Life};
use super::handle::{Handle, Referent};
use super::host::HostFunc;
use super::store::{Store, StoreInner};
use super::trap::Trap;
use super::value::Val;
use crate::abi::{FuncObject, HostCallback, HostContext, Value, ValueVec};
use crate::error::{Error, Result};
use crate::types::{ExternType, FuncType};
use std::ffi::c_void;
use std::mem::MaybeUninit;
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
    /// *func_alloc*: a function of the host. It receives its arguments, and as many results of the right types to
    /// overwrite. [`Self::wrap`] takes closures with parameters of their own.
    ///
    /// ```
    /// use wasmo::{Engine, Func, FuncType, Store, Val, ValType};
    /// let store = Store::new(&Engine::default())?;
    /// let ty = FuncType::new([ValType::I64], [ValType::I64, ValType::I64]);
    /// let twice = Func::new(&store, ty, |args, results| {
    ///     results.fill(args[0].clone());
    ///     Ok(())
    /// });
    /// assert_eq!(twice.call(&[Val::I64(7)])?, [Val::I64(7), Val::I64(7)]);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn new(
        store: &Store,
        ty: FuncType,
        closure: impl Fn(&[Val], &mut [Val]) -> Result<(), Trap> + 'static,
    ) -> Func {
        Func::with_caller(store, ty, move |_, args, results| closure(args, results))
    }

    /// Like [`Self::new`], of a closure that is told who calls it.
    pub fn with_caller(
        store: &Store,
        ty: FuncType,
        closure: impl Fn(Caller<'_>, &[Val], &mut [Val]) -> Result<(), Trap> + 'static,
    ) -> Func {
        let env = Box::new(Closure { ty: ty.clone(), call: Box::new(closure) });
        Func::of_host(store, ty, call_closure, env)
    }

    /// A function of the host whose `env` is the address of `owner`.
    pub(super) fn of_host<T: 'static>(store: &Store, ty: FuncType, callback: HostCallback, owner: Box<T>) -> Func {
        let env = &raw const *owner as *mut c_void;
        let object = HostFunc::create(store.inner(), ty, callback, env, take_boxed_trap, owner);
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

    /// *func_type*: its type.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Func};
    /// # let store = Store::new(&Engine::default())?;
    /// let length = Func::wrap(&store, |x: f64, y: f64| x.hypot(y));
    /// assert_eq!(length.ty().to_string(), "(f64, f64) -> (f64)");
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn ty(&self) -> FuncType {
        // SAFETY: the object is alive.
        unsafe { func_type(self.object()) }.clone()
    }

    /// *func_invoke*: calls the function. [`Self::typed`] gives a quicker way.
    ///
    /// ```
    /// # use wasmo::{Config, Imports, Instance, Module, Val};
    /// let module = Module::new(r#"(module (func (export "neg") (param f32) (result f32) (f32.neg (local.get 0))))"#, Config::new())?;
    /// let neg = Instance::new(&module, &Imports::default())?.func("neg").expect("it is exported");
    /// assert_eq!(neg.call(&[Val::F32(1f32.to_bits())])?, [Val::F32((-1f32).to_bits())]);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if the arguments are of a wrong number or type, [`Error::Trap`] if the function trapped.
    pub fn call(&self, args: &[Val]) -> Result<Vec<Val>> {
        let ty = self.ty();
        if args.len() != ty.params().len() {
            return Err(Error::Argument(format!("expected {} arguments, found {}", ty.params().len(), args.len())));
        }
        for (arg, param) in args.iter().zip(ty.params()) {
            arg.check(*param, self.store())?;
        }
        with_array(args.len().max(ty.results().len()), |values: &mut [MaybeUninit<Value>]| {
            for (value, arg) in values.iter_mut().zip(args) {
                value.write(arg.to_value());
            }
            let array = values.as_mut_ptr().cast();
            // SAFETY: the values are as many as the type says, with arguments of its types.
            unsafe { self.entry().call(self.store().inner(), array, array)? };
            let store = self.store().inner();
            // SAFETY: the results were written, are of these types, and from this store.
            let result = |(ty, value): (&_, &MaybeUninit<Value>)| unsafe {
                Val::from_bits(store, *ty, value.assume_init_ref().bits)
            };
            Ok(ty.results().iter().zip(&*values).map(result).collect())
        })
    }

    /// How it is called. Valid as long as this handle or another one to the function exists.
    pub(crate) fn entry(&self) -> Entry {
        // SAFETY: the object is alive.
        unsafe { entry_of(self.object()) }
    }
}

/// How a function is called, found out once.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    Wasm(Target),
    Host(*const HostFunc),
}

impl Entry {
    /// Calls the function with values whose references are words of generated code.
    ///
    /// # Safety
    /// The function must be alive, of `store`, and `args` and `results` arrays as its type says, with arguments of its
    /// types; the kinds of the arguments may be anything. Both may be one array.
    #[inline]
    pub unsafe fn call(self, store: &StoreInner, args: *const Value, results: *mut Value) -> Result<(), Trap> {
        match self {
            // SAFETY: by the caller's promise.
            Entry::Wasm(target) => unsafe { enter(store, target, args, results) },
            Entry::Host(func) => {
                let _busy = store.schedule.busy();
                // SAFETY: as above.
                unsafe { (*func).call(args, results) }
            }
        }
    }
}

/// How a function is called.
///
/// # Safety
/// `object` must be alive.
pub(super) unsafe fn entry_of(object: NonNull<FuncObject>) -> Entry {
    // SAFETY: the object says itself what its context is.
    unsafe {
        let &FuncObject { code, context, is_host, .. } = object.as_ref();
        match is_host {
            0 => Entry::Wasm(Target { thunk: instance(context).entry_thunk(object), context, code }),
            _ => Entry::Host(HostFunc::of(context)),
        }
    }
}

/// Does something with an array of as many elements, or more; without allocation where they are few.
#[inline]
pub(crate) fn with_array<T: Copy, R>(count: usize, work: impl FnOnce(&mut [MaybeUninit<T>]) -> R) -> R {
    const FEW: usize = 16;
    let mut few = [const { MaybeUninit::uninit() }; FEW];
    let mut many = Vec::new();
    work(match count {
        0..=FEW => &mut few,
        _ => allocate(&mut many, count),
    })
}

#[cold]
fn allocate<T: Copy>(array: &mut Vec<MaybeUninit<T>>, count: usize) -> &mut [MaybeUninit<T>] {
    array.resize(count, MaybeUninit::uninit());
    array
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

type Call = dyn Fn(Caller<'_>, &[Val], &mut [Val]) -> Result<(), Trap>;

/// The environment of a function made of a closure.
struct Closure {
    ty: FuncType,
    call: Box<Call>,
}

unsafe extern "C" fn call_closure(
    env: *mut c_void,
    args: *const ValueVec,
    results: *mut ValueVec,
    context: *const HostContext,
) -> *mut c_void {
    // SAFETY: `env` is the closure that the function owns; the arrays are as the type says.
    let (closure, args, values) = unsafe { (&*env.cast::<Closure>(), (*args).data, (*results).data) };
    answer(|| {
        // SAFETY: the context is the function's, in the store that runs.
        let caller = unsafe { Caller::new(context) };
        let store = caller.store();
        // SAFETY: as above.
        let arg = |(i, ty): (usize, &_)| unsafe { Val::from_bits(store.inner(), *ty, (*args.add(i)).bits) };
        let args: Vec<Val> = closure.ty.params().iter().enumerate().map(arg).collect();
        let mut results: Vec<Val> = closure.ty.results().iter().map(|ty| Val::default_for(*ty)).collect();
        (closure.call)(caller, &args, &mut results)?;
        for (i, (result, ty)) in results.iter().zip(closure.ty.results()).enumerate() {
            result.check(*ty, &store).map_err(|e| Trap::new(e.to_string()))?;
            // SAFETY: as above.
            unsafe { values.add(i).write(result.to_value()) };
        }
        Ok(())
    })
}

/// What a callback returns: null, or the trap that `call` ended with, also for a panic.
#[inline]
pub(super) fn answer(call: impl FnOnce() -> Result<(), Trap>) -> *mut c_void {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => null_mut(),
        Ok(Err(trap)) => Box::into_raw(Box::new(trap)).cast(),
        Err(_) => Box::into_raw(Box::new(Trap::new("a host function panicked"))).cast(),
    }
}

unsafe fn take_boxed_trap(trap: *mut c_void) -> Trap {
    // SAFETY: made by `answer`.
    unsafe { *Box::from_raw(trap.cast::<Trap>()) }
}

impl std::fmt::Debug for Func {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Func({})", self.ty())
    }
}
