//! Host functions that are functions of C.
#![allow(unsafe_code)]

use super::caller::wasmo_caller_t;
use super::trap::{take_trap, wasm_trap_t};
use super::val::{wasm_val_t, wasm_val_vec_t};
use super::vec::{Element, Owned};
use crate::abi::{HostCallback, TrapCode};
use crate::runtime::{Caller, Func, HostData, HostFunc, Store, Trap, Val};
use crate::types::{FuncType, ValType};
use std::ffi::c_void;
use std::mem::transmute;

/// The code of a `wasm_func_callback_t`
type Code = unsafe extern "C" fn(*const wasm_val_vec_t, *mut wasm_val_vec_t) -> *mut wasm_trap_t;

/// The code of a `wasm_func_callback_with_env_t`
type CodeWithEnv = unsafe extern "C" fn(*mut c_void, *const wasm_val_vec_t, *mut wasm_val_vec_t) -> *mut wasm_trap_t;

/// The code of a `wasmo_func_callback_t`
type CodeWithCaller = unsafe extern "C" fn(
    *mut c_void,
    *const wasm_val_vec_t,
    *mut wasm_val_vec_t,
    *const wasmo_caller_t,
) -> *mut wasm_trap_t;

/// A function of C.
pub(super) struct Callback {
    code: CodeWithCaller,
    /// What C wants it to be called with.
    env: HostData,
}

impl Callback {
    /// One that is called with `env`.
    pub(super) fn new(code: CodeWithEnv, env: HostData) -> Callback {
        // SAFETY: in the C conventions that wasmo knows, who ignores a last argument in a register does not notice it
        Callback { code: unsafe { transmute::<CodeWithEnv, CodeWithCaller>(code) }, env }
    }

    /// One that is called with `env`, and told who calls.
    pub(super) fn with_caller(code: CodeWithCaller, env: HostData) -> Callback {
        Callback { code, env }
    }

    /// One that has no `env`.
    pub(super) fn without_env(code: Code) -> Callback {
        Callback::new(call_env, HostData::new(code as *mut c_void, None))
    }

    /// The host function of this type in a store.
    pub(super) fn into_func(self, store: &Store, ty: &FuncType) -> Func {
        if !ty.is_numeric() {
            let types = ty.clone();
            return Func::with_caller(store, ty.clone(), move |caller, args, results| {
                self.call(caller, args, results, types.results())
            });
        }
        // SAFETY: both are of the same shape; `val` asserts that the vectors are
        let code = unsafe { transmute::<CodeWithCaller, HostCallback>(self.code) };
        let (store, pointer) = (store.inner(), self.env.pointer());
        let object = HostFunc::create(store, ty.clone(), code, pointer, take_trap, Box::new(self.env));
        // SAFETY: just made in this store
        unsafe { Func::from_object(store, object) }
    }

    /// Calls it with handles for the references among the values.
    fn call(&self, caller: Caller<'_>, args: &[Val], results: &mut [Val], types: &[ValType]) -> Result<(), Trap> {
        let store = &caller.store();
        let args: Owned<wasm_val_vec_t> = Owned::collect(args.iter().map(wasm_val_t::give));
        let mut values: Vec<wasm_val_t> = results.iter().map(wasm_val_t::give).collect();
        let mut vec = wasm_val_vec_t { size: values.len(), data: values.as_mut_ptr() };
        // SAFETY: C asked for this call
        let trap = unsafe { (self.code)(self.env.pointer(), args.as_vec(), &mut vec, caller.into()) };
        if !trap.is_null() {
            // SAFETY: the callback returned it. What it wrote before does not count.
            return Err(unsafe { take_trap(trap.cast()) });
        }
        let take = |(value, ty): (&mut wasm_val_t, &ValType)| {
            // SAFETY: the callback gave it away
            unsafe {
                let val = value.to_val(*ty, store);
                value.delete();
                val
            }
        };
        let vals: Vec<Option<Val>> = values.iter_mut().zip(types).map(take).collect();
        for (result, val) in results.iter_mut().zip(vals) {
            *result = val.ok_or(TrapCode::HostResultMismatch)?;
        }
        Ok(())
    }
}

/// Calls the function whose address is the `env`.
unsafe extern "C" fn call_env(
    env: *mut c_void,
    args: *const wasm_val_vec_t,
    results: *mut wasm_val_vec_t,
) -> *mut wasm_trap_t {
    // SAFETY: `without_env` made it of such a function
    unsafe { transmute::<*mut c_void, Code>(env)(args, results) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::boundary::{Object, give};
    use crate::capi::bytes::wasm_name_t;
    use crate::capi::externtype::wasm_externtype_t;
    use crate::capi::func::{
        wasm_func_call, wasm_func_copy, wasm_func_delete, wasm_func_new, wasm_func_new_with_env, wasm_func_t,
    };
    use crate::capi::reference::{wasm_ref_delete, wasm_ref_same, wasm_ref_t};
    use crate::capi::store::wasm_store_t;
    use crate::capi::trap::{wasm_trap_delete, wasm_trap_message, wasm_trap_new};
    use crate::capi::val::wasm_val_of_t;
    use crate::capi::{bytes, engine, foreign, functype, store, vec};
    use crate::types::ExternType;
    use std::cell::Cell;
    use std::ptr::{null, null_mut};

    /// A store that is freed in the end.
    struct World(*mut engine::wasm_engine_t, *mut wasm_store_t);

    impl World {
        fn new() -> World {
            unsafe {
                let engine = engine::wasm_engine_new();
                World(engine, store::wasm_store_new(engine))
            }
        }

        fn func(&self, params: &[ValType], results: &[ValType], callback: CodeWithEnv) -> *mut wasm_func_t {
            self.func_with_env(params, results, callback, null_mut())
        }

        fn func_with_env(
            &self,
            params: &[ValType],
            results: &[ValType],
            callback: CodeWithEnv,
            env: *mut c_void,
        ) -> *mut wasm_func_t {
            let ty = FuncType::new(params.iter().copied(), results.iter().copied());
            let ty: *mut functype::wasm_functype_t = give(wasm_externtype_t::from_type(ExternType::Func(ty)));
            unsafe {
                let func = wasm_func_new_with_env(self.1, ty, Some(callback), env, Some(count));
                functype::wasm_functype_delete(ty);
                func
            }
        }
    }

    impl Drop for World {
        fn drop(&mut self) {
            unsafe {
                store::wasm_store_delete(self.1);
                engine::wasm_engine_delete(self.0);
            }
        }
    }

    /// Finalizer that counts its calls.
    unsafe extern "C" fn count(env: *mut c_void) {
        if let Some(calls) = unsafe { env.cast::<Cell<u32>>().as_ref() } {
            calls.set(calls.get() + 1);
        }
    }

    fn values(values: &mut [wasm_val_t]) -> wasm_val_vec_t {
        wasm_val_vec_t { size: values.len(), data: values.as_mut_ptr() }
    }

    /// As `WASM_REF_VAL` makes it.
    fn reference<T: Object<Target = wasm_ref_t>>(handle: *mut T) -> wasm_val_t {
        wasm_val_t { of: wasm_val_of_t { r#ref: handle.cast() }, ..wasm_val_t::INIT }
    }

    /// The message of a trap, which is freed; none for NULL.
    fn message(trap: *mut wasm_trap_t) -> Option<String> {
        let mut message = wasm_name_t { size: 0, data: null_mut() };
        unsafe {
            wasm_trap_message(trap, &mut message);
            wasm_trap_delete(trap);
            let text = String::from_utf8_lossy(bytes::bytes(&message)).strip_suffix('\0').map(str::to_owned);
            vec::delete(&mut message);
            text
        }
    }

    /// Gives its arguments back, in reverse order.
    unsafe extern "C" fn reverse(
        _: *mut c_void,
        args: *const wasm_val_vec_t,
        results: *mut wasm_val_vec_t,
    ) -> *mut wasm_trap_t {
        unsafe {
            let args = vec::elements(args);
            for (i, arg) in args.iter().rev().enumerate() {
                (*results).data.add(i).write(arg.copy());
            }
        }
        null_mut()
    }

    unsafe extern "C" fn do_nothing(
        _: *mut c_void,
        _: *const wasm_val_vec_t,
        _: *mut wasm_val_vec_t,
    ) -> *mut wasm_trap_t {
        null_mut()
    }

    unsafe extern "C" fn give_i64(
        _: *mut c_void,
        _: *const wasm_val_vec_t,
        results: *mut wasm_val_vec_t,
    ) -> *mut wasm_trap_t {
        unsafe { (*results).data.write(wasm_val_t::give(&Val::I64(1))) };
        null_mut()
    }

    unsafe extern "C" fn trap_without_store(
        _: *mut c_void,
        _: *const wasm_val_vec_t,
        _: *mut wasm_val_vec_t,
    ) -> *mut wasm_trap_t {
        unsafe { wasm_trap_new(null_mut(), null()) }
    }

    #[test]
    fn references_pass_both_ways_whatever_kind_they_are_given() {
        let world = World::new();
        let func = world.func(&[ValType::FuncRef, ValType::I32], &[ValType::I32, ValType::FuncRef], reverse);
        let mut args = [reference(func), wasm_val_t::give(&Val::I32(7))];
        let mut results = [wasm_val_t::INIT; 2];
        unsafe {
            assert_eq!(message(wasm_func_call(func, &values(&mut args), &mut values(&mut results))), None);
            assert_eq!((results[0].of.i32, results[1].kind), (7, 129));
            assert!(wasm_ref_same(results[1].of.r#ref, func.cast()));
            wasm_ref_delete(results[1].of.r#ref);

            args[0] = wasm_val_t::INIT;
            assert_eq!(message(wasm_func_call(func, &values(&mut args), &mut values(&mut results))), None);
            assert!(results[1].of.r#ref.is_null());
            wasm_func_delete(func);
        }
    }

    #[test]
    fn a_reference_of_another_type_or_store_is_a_trap() {
        let (world, other) = (World::new(), World::new());
        let func = world.func(&[ValType::FuncRef], &[], do_nothing);
        let externref = world.func(&[ValType::ExternRef], &[], do_nothing);
        let stranger = other.func(&[], &[], do_nothing);
        let foreign = unsafe { foreign::wasm_foreign_new(world.1) };
        for (callee, arg) in [(func, reference(stranger)), (func, reference(foreign)), (externref, reference(stranger))]
        {
            let trap = unsafe { wasm_func_call(callee, &values(&mut [arg]), null_mut()) };
            assert!(message(trap).is_some());
        }
        unsafe { foreign::wasm_foreign_delete(foreign) };
        for func in [func, externref, stranger] {
            unsafe { wasm_func_delete(func) };
        }
    }

    #[test]
    fn a_result_of_another_kind_is_a_trap() {
        let world = World::new();
        for ty in [ValType::I32, ValType::FuncRef] {
            let func = world.func(&[], &[ty], give_i64);
            let trap = unsafe { wasm_func_call(func, null(), &mut values(&mut [wasm_val_t::INIT])) };
            assert_eq!(message(trap).as_deref(), Some(TrapCode::HostResultMismatch.message()));
            unsafe { wasm_func_delete(func) };
        }
    }

    #[test]
    fn a_call_without_room_for_its_results_traps_with_its_own_trap_if_it_has_one() {
        let world = World::new();
        for ty in [ValType::I32, ValType::FuncRef] {
            for (callback, expected) in
                [(do_nothing as CodeWithEnv, "expected room for 1 results, found 0"), (trap_without_store, "")]
            {
                let func = world.func(&[], &[ty], callback);
                assert_eq!(message(unsafe { wasm_func_call(func, null(), null_mut()) }).as_deref(), Some(expected));
                unsafe { wasm_func_delete(func) };
            }
        }
    }

    #[test]
    fn a_finalizer_runs_once_also_if_there_is_no_function() {
        let calls = Cell::new(0);
        let env = (&raw const calls).cast_mut().cast();
        for ty in [ValType::I32, ValType::FuncRef] {
            let world = World::new();
            let func = world.func_with_env(&[], &[ty], do_nothing, env);
            let second = unsafe { wasm_func_copy(func) };
            unsafe {
                wasm_func_delete(func);
                wasm_func_delete(second);
            }
            drop(world);
            assert_eq!(calls.take(), 1);
        }
        assert!(unsafe { wasm_func_new_with_env(null_mut(), null(), Some(do_nothing), env, Some(count)) }.is_null());
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn null_makes_no_function() {
        let world = World::new();
        unsafe {
            assert!(wasm_func_new(world.1, null(), None).is_null());
            assert!(message(wasm_func_call(null(), null(), null_mut())).is_some());
        }
    }
}
