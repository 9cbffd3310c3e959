//! Functions with types of Rust: calls that check nothing, and closures as functions of the host. Neither allocates
//! where there are few values.
#![allow(unsafe_code)]

use super::caller::Caller;
use super::foreign::ExternRef;
use super::func::{Entry, Func, answer};
use super::store::{Store, StoreInner};
use super::trap::Trap;
use super::value::Val;
use crate::abi::{HostContext, Value, ValueKind, ValueVec};
use crate::error::{Error, Result};
use crate::types::{FuncType, ValType};
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// A type of Rust that stands for a type of WebAssembly: `i32` and `u32`, `i64` and `u64`, `f32`, `f64`,
/// `Option<Func>` for funcref and `Option<ExternRef>` for externref.
pub trait WasmTy: sealed::Ty {}

/// Parameters or results: nothing, one [`WasmTy`], or a tuple of up to 16.
pub trait WasmTypes: sealed::Types {}

/// What a closure returns: results, or a `Result` of them that may be a trap.
pub trait WasmReturn: sealed::Return {}

/// A closure that can be a function of the host: one that takes up to 16 [`WasmTy`], perhaps a [`Caller`] before them,
/// and returns a [`WasmReturn`]. `Params` and `R` tell one such closure from another; they are inferred.
pub trait IntoFunc<Params, R>: sealed::Into<Params, R> {}

/// What the traits consist of: nobody else can implement them, and nobody needs to know.
mod sealed {
    use super::*;

    /// The store that values are of.
    #[derive(Clone, Copy)]
    pub struct Home<'call>(pub(super) &'call StoreInner);

    pub trait Ty: Sized {
        const TYPE: ValType;
        /// The word of generated code, or the reason why the value does not belong in this store.
        fn to_word(&self, store: Home<'_>) -> Result<u64>;
        /// # Safety
        /// The word must be of this type, from `store`.
        unsafe fn from_word(store: Home<'_>, word: u64) -> Self;
    }

    pub trait Types: Sized {
        fn types() -> Vec<ValType>;
        /// Hands each word to `put`, with its position.
        fn put(&self, store: Home<'_>, put: impl FnMut(usize, ValType, u64)) -> Result<()>;
        /// # Safety
        /// `get` must return a word of the type at each position, from `store`.
        unsafe fn get(store: Home<'_>, get: impl FnMut(usize) -> u64) -> Self;
    }

    pub trait Return {
        type Results: Types;
        fn into_results(self) -> Result<Self::Results, Trap>;
    }

    pub trait Into<Params, R>: Sized + 'static {
        type Params: Types;
        type Results: Types;
        fn call(&self, caller: Caller<'_>, params: Self::Params) -> Result<Self::Results, Trap>;
    }
}
use sealed::{Home, Types as _};

impl<T: sealed::Ty> WasmTy for T {}
impl<T: sealed::Types> WasmTypes for T {}
impl<T: sealed::Return> WasmReturn for T {}
impl<T: sealed::Into<Params, R>, Params, R> IntoFunc<Params, R> for T {}

/// Numbers: how one becomes a word, and a word one.
macro_rules! numbers {
    ($($ty:ty => $wasm:ident, |$value:ident| $to:expr, |$word:ident| $from:expr;)*) => {
        $( impl sealed::Ty for $ty {
            const TYPE: ValType = ValType::$wasm;
            #[inline]
            fn to_word(&self, _: Home<'_>) -> Result<u64> {
                let $value = *self;
                Ok($to)
            }
            #[inline]
            unsafe fn from_word(_: Home<'_>, $word: u64) -> $ty {
                $from
            }
        } )*
    };
}
numbers! {
    i32 => I32, |value| u64::from(value as u32), |word| word as i32;
    u32 => I32, |value| u64::from(value), |word| word as u32;
    i64 => I64, |value| value as u64, |word| word as i64;
    u64 => I64, |value| value, |word| word;
    f32 => F32, |value| u64::from(value.to_bits()), |word| f32::from_bits(word as u32);
    f64 => F64, |value| value.to_bits(), |word| f64::from_bits(word);
}

/// References, which must be of the store where they are used.
macro_rules! references {
    ($($ty:ty => $wasm:ident),*) => {
        $( impl sealed::Ty for Option<$ty> {
            const TYPE: ValType = ValType::$wasm;
            fn to_word(&self, store: Home<'_>) -> Result<u64> {
                let val = Val::$wasm(self.clone());
                val.check(ValType::$wasm, &store.0.handle())?;
                Ok(val.to_bits())
            }
            unsafe fn from_word(store: Home<'_>, word: u64) -> Option<$ty> {
                // SAFETY: by the caller's promise.
                unsafe { <$ty>::from_word(store.0, word) }
            }
        } )*
    };
}
references!(Func => FuncRef, ExternRef => ExternRef);

impl<T: WasmTy> sealed::Types for T {
    fn types() -> Vec<ValType> {
        vec![T::TYPE]
    }

    #[inline]
    fn put(&self, store: Home<'_>, mut put: impl FnMut(usize, ValType, u64)) -> Result<()> {
        put(0, T::TYPE, self.to_word(store)?);
        Ok(())
    }

    #[inline]
    unsafe fn get(store: Home<'_>, mut get: impl FnMut(usize) -> u64) -> T {
        // SAFETY: by the caller's promise.
        unsafe { T::from_word(store, get(0)) }
    }
}

impl<T: WasmTypes> sealed::Return for T {
    type Results = T;
    #[inline]
    fn into_results(self) -> Result<T, Trap> {
        Ok(self)
    }
}

impl<T: WasmTypes> sealed::Return for Result<T, Trap> {
    type Results = T;
    #[inline]
    fn into_results(self) -> Result<T, Trap> {
        self
    }
}

/// Tuples, and closures with as many parameters.
macro_rules! tuples {
    ($($name:ident)*) => {
        #[allow(non_snake_case, reason = "a variable is called as its type")]
        #[allow(unused_assignments, unused_mut, unused_variables, clippy::unused_unit, reason = "for no element")]
        impl<$($name: WasmTy),*> sealed::Types for ($($name,)*) {
            fn types() -> Vec<ValType> {
                vec![$($name::TYPE),*]
            }

            #[inline]
            fn put(&self, store: Home<'_>, mut put: impl FnMut(usize, ValType, u64)) -> Result<()> {
                let ($($name,)*) = self;
                let mut position = 0;
                $( put(position, $name::TYPE, sealed::Ty::to_word($name, store)?); position += 1; )*
                Ok(())
            }

            #[inline]
            unsafe fn get(store: Home<'_>, mut get: impl FnMut(usize) -> u64) -> Self {
                let mut position = 0;
                // SAFETY: by the caller's promise.
                $( let $name = unsafe { $name::from_word(store, get(position)) }; position += 1; )*
                ($($name,)*)
            }
        }

        #[allow(non_snake_case, reason = "a parameter is called as its type")]
        impl<T: Fn($($name),*) -> R + 'static, R: WasmReturn, $($name: WasmTy),*> sealed::Into<($($name,)*), R> for T {
            type Params = ($($name,)*);
            type Results = R::Results;
            #[inline]
            fn call(&self, _: Caller<'_>, ($($name,)*): Self::Params) -> Result<R::Results, Trap> {
                self($($name),*).into_results()
            }
        }

        #[allow(non_snake_case, reason = "as above")]
        impl<T, R, $($name),*> sealed::Into<(Caller<'_>, $($name,)*), R> for T
        where
            T: Fn(Caller<'_>, $($name),*) -> R + 'static,
            R: WasmReturn,
            $($name: WasmTy,)*
        {
            type Params = ($($name,)*);
            type Results = R::Results;
            #[inline]
            fn call(&self, caller: Caller<'_>, ($($name,)*): Self::Params) -> Result<R::Results, Trap> {
                self(caller, $($name),*).into_results()
            }
        }
    };
}
tuples!();
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
tuples!(A B C D E F G H I J K L M);
tuples!(A B C D E F G H I J K L M N);
tuples!(A B C D E F G H I J K L M N O);
tuples!(A B C D E F G H I J K L M N O P);

/// The most elements of a tuple.
const MOST: usize = 16;

/// A function whose type was checked against types of Rust, once: see [`Func::typed`].
pub struct TypedFunc<P, R> {
    func: Func,
    entry: Entry,
    _types: PhantomData<fn(P) -> R>,
}

impl<P: WasmTypes, R: WasmTypes> TypedFunc<P, R> {
    /// Calls the function.
    ///
    /// # Errors
    /// [`Error::Trap`] if it trapped, [`Error::Argument`] if a reference is one of another store.
    #[inline]
    pub fn call(&self, params: P) -> Result<R> {
        let store = self.func.store().inner();
        let mut values = [const { MaybeUninit::<Value>::uninit() }; MOST];
        params.put(Home(store), |position, ty, bits| {
            values[position].write(Value { kind: ValueKind::of(ty), bits });
        })?;
        let array = values.as_mut_ptr().cast();
        // SAFETY: the types were checked, the function is alive, and there are as many values.
        unsafe { self.entry.call(store, array, array)? };
        // SAFETY: the results were written, are of these types, and from this store.
        Ok(unsafe { R::get(Home(store), |position| values[position].assume_init().bits) })
    }

    /// The function.
    pub fn func(&self) -> &Func {
        &self.func
    }
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> TypedFunc<P, R> {
        TypedFunc { func: self.func.clone(), entry: self.entry, _types: PhantomData }
    }
}

impl<P, R> std::fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TypedFunc({})", self.func.ty())
    }
}

impl Func {
    /// A function of the host, of a closure whose parameters and results are types of Rust; its type follows from
    /// theirs. A closure that returns a `Result` may trap; one that takes a [`Caller`] first learns who calls it.
    ///
    /// ```
    /// use wasmo::{Caller, Engine, Func, Store, Trap};
    /// let store = Store::new(&Engine::default())?;
    /// let add = Func::wrap(&store, |a: i32, b: i32| a + b);
    /// let divide = Func::wrap(&store, |a: f64, b: f64| if b == 0.0 { Err(Trap::new("by zero")) } else { Ok((a / b, a % b)) });
    /// let size = Func::wrap(&store, |caller: Caller<'_>| caller.memory().map_or(0, |memory| memory.size()));
    /// assert_eq!(divide.ty().to_string(), "(f64, f64) -> (f64, f64)");
    /// assert_eq!(add.typed_call::<_, i32>((20, 22))?, 42);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn wrap<Params, R>(store: &Store, closure: impl IntoFunc<Params, R>) -> Func {
        wrap(store, closure)
    }

    /// The function as one of these types, to be called without any further check.
    ///
    /// ```
    /// # use wasmo::{Config, Imports, Instance, Module};
    /// let text = r#"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;
    /// let instance = Instance::new(&Module::new(text, Config::new())?, &Imports::default())?;
    /// let add = instance.func("add").expect("it is exported").typed::<(i32, i32), i32>()?;
    /// assert_eq!(add.call((2, 40))?, 42);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if its type is another.
    pub fn typed<P: WasmTypes, R: WasmTypes>(&self) -> Result<TypedFunc<P, R>> {
        let (expected, found) = (FuncType::new(P::types(), R::types()), self.ty());
        if expected != found {
            return Err(Error::Argument(format!("expected a function of type {expected}, found one of type {found}")));
        }
        Ok(TypedFunc { func: self.clone(), entry: self.entry(), _types: PhantomData })
    }

    /// Calls the function with types of Rust, once. [`Self::typed`] is for more calls of one function.
    ///
    /// # Errors
    /// As [`Self::typed`] and [`TypedFunc::call`].
    pub fn typed_call<P: WasmTypes, R: WasmTypes>(&self, params: P) -> Result<R> {
        self.typed()?.call(params)
    }
}

fn wrap<T: sealed::Into<Params, R>, Params, R>(store: &Store, closure: T) -> Func {
    let ty = FuncType::new(T::Params::types(), T::Results::types());
    Func::of_host(store, ty, call_wrapped::<T, Params, R>, Box::new(closure))
}

/// Calls the closure at `env`.
unsafe extern "C" fn call_wrapped<T: sealed::Into<Params, R>, Params, R>(
    env: *mut c_void,
    args: *const ValueVec,
    results: *mut ValueVec,
    context: *const HostContext,
) -> *mut c_void {
    // SAFETY: `env` is the closure that the function owns, the arrays are as its type says, the context is one of the
    // function, whose store runs.
    let (closure, args, values, caller) =
        unsafe { (&*env.cast::<T>(), (*args).data, (*results).data, Caller::new(context)) };
    answer(|| {
        let store = Home(caller.inner());
        // SAFETY: as above.
        let params = unsafe { T::Params::get(store, |position| (*args.add(position)).bits) };
        let made = closure.call(caller, params)?;
        made.put(store, |position, ty, bits| {
            // SAFETY: as above.
            unsafe { values.add(position).write(Value { kind: ValueKind::of(ty), bits }) };
        })
        .map_err(|error| Trap::new(error.to_string()))
    })
}
