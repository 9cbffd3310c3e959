//! Functions, and how C calls them.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, copy, delete, give_some};
use super::callback::Callback;
use super::error::{give_made, given};
use super::externtype::wasm_externtype_t;
use super::functype::wasm_functype_t;
use super::reference::{View, downcast, entity, host_info, same, set_host_info, wasm_ref_t};
use super::store::wasm_store_t;
use super::trap::{give_trap, wasm_trap_t};
use super::val::{wasm_val_t, wasm_val_vec_t};
use super::valtype::{kind_of, wasm_valkind_t};
use super::vec::elements;
use crate::abi::Value;
use crate::error::{Error, Result};
use crate::runtime::{Entry, Func, HostData, Trap, Val, with_array};
use crate::types::{ExternType, FuncType, ValType};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

/// A function, of wasm or of the host.
pub enum wasm_func_t {}

/// A host function. It must return: neither a C++ exception nor longjmp may leave it. The arguments belong to the
/// caller. It writes `results`, which hold zeros and nulls of the right kinds, and gives away the references in them.
/// It returns NULL, or a trap, which it gives away as well.
pub type wasm_func_callback_t =
    Option<unsafe extern "C" fn(args: *const wasm_val_vec_t, results: *mut wasm_val_vec_t) -> *mut wasm_trap_t>;

/// A host function with the `env` that it was made with.
pub type wasm_func_callback_with_env_t = Option<
    unsafe extern "C" fn(
        env: *mut c_void,
        args: *const wasm_val_vec_t,
        results: *mut wasm_val_vec_t,
    ) -> *mut wasm_trap_t,
>;

/// A function, with what a call of it needs.
#[derive(Clone)]
pub(super) struct Function {
    func: Func,
    ty: FuncType,
    entry: Entry,
    /// The kinds of the parameters, if neither they nor the results are references.
    kinds: Option<Box<[wasm_valkind_t]>>,
}

impl From<Func> for wasm_ref_t {
    fn from(func: Func) -> wasm_ref_t {
        let ty = func.ty();
        let kinds = ty.is_numeric().then(|| ty.params().iter().map(|ty| kind_of(*ty)).collect());
        wasm_ref_t::Func(Function { entry: func.entry(), func, ty, kinds })
    }
}

impl Function {
    /// The function itself.
    pub(super) fn func(&self) -> &Func {
        &self.func
    }

    /// Makes a call, and gives the trap that it ended with to C; NULL for none.
    #[inline]
    pub(super) fn give_trap_of(&self, call: impl FnOnce(&Function) -> Result<(), Trap>) -> *mut wasm_trap_t {
        // A callback may delete all other handles to it.
        let store = self.func.store().clone();
        match call(self) {
            Ok(()) => null_mut(),
            Err(trap) => give_trap(trap, Some(&store)),
        }
    }

    /// Calls it. Where there are no references, the values go to generated code and back as they are. A callback may delete
    /// the handle through which it is called: when the call is under way, `self` may be gone.
    unsafe fn call(&self, args: *const wasm_val_vec_t, results: *mut wasm_val_vec_t) -> Result<(), Trap> {
        // SAFETY: the contract of `capi`; what the results hold is not looked at
        let (args, results, room) = unsafe {
            let (results, room) = results.as_ref().map_or((null_mut(), 0), |vec| (vec.data, vec.size));
            (elements(args), results, if results.is_null() { 0 } else { room })
        };
        match &self.kinds {
            Some(kinds) if fit(args, kinds) && room >= self.ty.results().len() => {
                // SAFETY: arguments and results are as the type says, and `val` asserts the layout
                unsafe { self.entry.call(self.func.store().inner(), args.as_ptr().cast(), results.cast()) }
            }
            // SAFETY: the same contract
            _ => unsafe { self.clone().call_unusual(args, results, room) },
        }
    }

    /// Calls it with numbers in words. As above, `self` may be gone meanwhile.
    pub(super) unsafe fn call_words(&self, words: *mut u64, count: usize) -> Result<(), Trap> {
        let (params, results) = (self.ty.params().len(), self.ty.results().len());
        let needed = params.max(results);
        if self.kinds.is_none() {
            return Err(Trap::new(format!(
                "a function of type {} cannot be called with words: it has references",
                self.ty
            )));
        }
        if count < needed {
            return Err(Trap::new(format!("expected {needed} words for arguments and results, found {count}")));
        }
        with_array(needed, |values: &mut [MaybeUninit<Value>]| {
            for (i, value) in values.iter_mut().enumerate().take(params) {
                // SAFETY: there are as many words, and the kinds of arguments are not looked at
                value.write(Value { kind: 0, bits: unsafe { words.add(i).read() } });
            }
            let array = values.as_mut_ptr().cast();
            // SAFETY: there are as many values as the type says, and any number is one of its type
            unsafe { self.entry.call(self.func.store().inner(), array, array)? };
            for (i, value) in values.iter().enumerate().take(results) {
                // SAFETY: there are as many words, and the results were written
                unsafe { words.add(i).write(value.assume_init_ref().bits) };
            }
            Ok(())
        })
    }

    /// Calls with references, and those that do not fit. If only the room for the results is missing, the call takes
    /// place: some programs give none where they know that there will be a trap, and it is this trap that they want.
    #[cold]
    unsafe fn call_unusual(&self, args: &[wasm_val_t], results: *mut wasm_val_t, room: usize) -> Result<(), Trap> {
        let made = match self.vals(args).and_then(|args| self.func.call(&args)) {
            Ok(made) => made,
            Err(Error::Trap(trap)) => return Err(trap),
            Err(error) => return Err(Trap::new(error.to_string())),
        };
        if room < made.len() {
            return Err(Trap::new(format!("expected room for {} results, found {room}", made.len())));
        }
        for (i, result) in made.iter().enumerate() {
            // SAFETY: there is room
            unsafe { results.add(i).write(wasm_val_t::give(result)) };
        }
        Ok(())
    }

    /// The arguments, if they fit.
    fn vals(&self, args: &[wasm_val_t]) -> Result<Vec<Val>> {
        let params = self.ty.params();
        if args.len() != params.len() {
            return Err(Error::Argument(format!("expected {} arguments, found {}", params.len(), args.len())));
        }
        let val = |(i, (value, ty)): (usize, (&wasm_val_t, &ValType))| {
            // SAFETY: the contract of `capi`
            let val = unsafe { value.to_val(*ty, self.func.store()) };
            val.ok_or_else(|| {
                Error::Argument(format!(
                    "argument {i}: expected a value of type {ty}, found one of kind {}",
                    value.kind
                ))
            })
        };
        args.iter().zip(params).enumerate().map(val).collect()
    }
}

/// Whether the values are of these kinds.
#[inline]
fn fit(args: &[wasm_val_t], kinds: &[wasm_valkind_t]) -> bool {
    args.len() == kinds.len() && args.iter().zip(kinds).all(|(value, kind)| value.kind == *kind)
}

/// A function of the host.
pub(super) fn new_func(
    store: Option<&wasm_store_t>,
    ty: Option<&wasm_externtype_t>,
    callback: Option<Callback>,
) -> Result<Func> {
    let (store, ty) = (given(store, "the store")?, given(ty.and_then(wasm_externtype_t::func), "the type")?);
    Ok(given(callback, "the callback")?.into_func(store.store(), ty))
}

impl View for wasm_func_t {
    type Entity = Function;

    fn entity(reference: &wasm_ref_t) -> Option<&Function> {
        if let wasm_ref_t::Func(function) = reference { Some(function) } else { None }
    }
}

// SAFETY: made by `give` of its target, as `reference` has it
unsafe impl Object for wasm_func_t {
    type Target = wasm_ref_t;
}

/// Frees this handle. The function lives on as long as something uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_delete(func: *mut wasm_func_t) {
    boundary!((), { delete(func) })
}

/// A new handle to the same function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_copy(func: *const wasm_func_t) -> *mut wasm_func_t {
    boundary!(null_mut(), { copy(func) })
}

/// Whether both are handles to the same function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_same(func: *const wasm_func_t, other: *const wasm_func_t) -> bool {
    boundary!(false, { same(func, other) })
}

/// Its host info; NULL if it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_get_host_info(func: *const wasm_func_t) -> *mut c_void {
    boundary!(null_mut(), { host_info(func) })
}

/// Sets its host info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_set_host_info(func: *mut wasm_func_t, info: *mut c_void) {
    boundary!((), { set_host_info(func, info, None) })
}

/// Sets its host info, which it takes: when it ends, `finalizer` is called with `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_set_host_info_with_finalizer(
    func: *mut wasm_func_t,
    info: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(info: *mut c_void)>,
) {
    boundary!((), { set_host_info(func, info, finalizer) })
}

/// `func` itself as a reference: the same handle, not a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_as_ref(func: *mut wasm_func_t) -> *mut wasm_ref_t {
    boundary!(null_mut(), { func.cast() })
}

/// `reference` itself as a function: the same handle, not a copy; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_func(reference: *mut wasm_ref_t) -> *mut wasm_func_t {
    boundary!(null_mut(), { downcast::<wasm_func_t>(reference).cast_mut() })
}

/// `func` itself as a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_as_ref_const(func: *const wasm_func_t) -> *const wasm_ref_t {
    boundary!(null(), { func.cast() })
}

/// `reference` itself as a function; NULL if it is something else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_ref_as_func_const(reference: *const wasm_ref_t) -> *const wasm_func_t {
    boundary!(null(), { downcast::<wasm_func_t>(reference) })
}

/// A new function that calls `callback`. NULL if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_new(
    store: *mut wasm_store_t,
    ty: *const wasm_functype_t,
    callback: wasm_func_callback_t,
) -> *mut wasm_func_t {
    boundary!(null_mut(), {
        let callback = callback.map(Callback::without_env);
        give_made(new_func(borrow(store), borrow(ty), callback).map(wasm_ref_t::from))
    })
}

/// A new function that calls `callback` with `env`. NULL if an argument other than `env` and `finalizer` is NULL.
/// It takes `env`: when the function is gone, or at once if there is none, `finalizer` is called with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_new_with_env(
    store: *mut wasm_store_t,
    ty: *const wasm_functype_t,
    callback: wasm_func_callback_with_env_t,
    env: *mut c_void,
    finalizer: Option<unsafe extern "C" fn(env: *mut c_void)>,
) -> *mut wasm_func_t {
    boundary!(null_mut(), {
        let env = HostData::new(env, finalizer);
        let callback = callback.map(|code| Callback::new(code, env));
        give_made(new_func(borrow(store), borrow(ty), callback).map(wasm_ref_t::from))
    })
}

/// Its type, new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_type(func: *const wasm_func_t) -> *mut wasm_functype_t {
    boundary!(null_mut(), {
        let ty = entity(func).map(|function| ExternType::Func(function.ty.clone()));
        give_some(ty.map(wasm_externtype_t::from_type))
    })
}

/// The number of its parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_param_arity(func: *const wasm_func_t) -> usize {
    boundary!(0, { entity(func).map_or(0, |function| function.ty.params().len()) })
}

/// The number of its results.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_result_arity(func: *const wasm_func_t) -> usize {
    boundary!(0, { entity(func).map_or(0, |function| function.ty.results().len()) })
}

/// Calls `func`. `args` must be as many as it has parameters, of their kinds; `results` must have room for its results,
/// which belong to the caller. What they held is not looked at. NULL is an empty vector.
/// NULL, or a new trap: that of the call, or one that says how the arguments do not fit, or that there is no room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_call(
    func: *const wasm_func_t,
    args: *const wasm_val_vec_t,
    results: *mut wasm_val_vec_t,
) -> *mut wasm_trap_t {
    boundary!(give_trap(Error::Bug("a call failed".into()), None), {
        match entity(func) {
            Some(function) => function.give_trap_of(|function| function.call(args, results)),
            None => give_trap(Error::Argument("there is no function to call".into()), None),
        }
    })
}
