//! Values at the boundary.

use super::foreign::ExternRef;
use super::func::Func;
use super::store::{Store, StoreInner};
use crate::abi::{Value, ValueKind};
use crate::error::{Error, Result};
use crate::types::ValType;

/// A value of WebAssembly ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#values)). Floats are given
/// as their bits, so that every NaN survives.
#[derive(Clone, PartialEq, Debug)]
pub enum Val {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a single-precision float.
    F32(u32),
    /// The bits of a double-precision float.
    F64(u64),
    /// A function or null.
    FuncRef(Option<Func>),
    /// An object of the host or null.
    ExternRef(Option<ExternRef>),
}

impl Val {
    /// *ref_type*, for all values: the type of the value.
    ///
    /// ```
    /// # use wasmo::{Engine, Func, Store, Val, ValType};
    /// let f = Func::wrap(&Store::new(&Engine::default())?, || ());
    /// assert_eq!(Val::FuncRef(Some(f)).ty(), ValType::FuncRef);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::FuncRef(_) => ValType::FuncRef,
            Val::ExternRef(_) => ValType::ExternRef,
        }
    }

    /// *val_default*: zero or null ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#default-value)).
    ///
    /// ```
    /// # use wasmo::{Val, ValType};
    /// assert_eq!(Val::default_for(ValType::I64), Val::I64(0));
    /// assert_eq!(Val::default_for(ValType::ExternRef), Val::ExternRef(None));
    /// ```
    pub fn default_for(ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0),
            ValType::F64 => Val::F64(0),
            ValType::FuncRef => Val::FuncRef(None),
            ValType::ExternRef => Val::ExternRef(None),
        }
    }

    /// The value as one word, as generated code has it.
    pub(crate) fn to_bits(&self) -> u64 {
        match self {
            Val::I32(value) => u64::from(*value as u32),
            Val::I64(value) => *value as u64,
            Val::F32(bits) => u64::from(*bits),
            Val::F64(bits) => *bits,
            Val::FuncRef(func) => func.as_ref().map_or(0, |func| func.object().as_ptr() as u64),
            Val::ExternRef(object) => object.as_ref().map_or(0, ExternRef::to_word),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        Value { kind: ValueKind::of(self.ty()), bits: self.to_bits() }
    }

    /// The value of a word of generated code.
    ///
    /// # Safety
    /// `bits` must be of type `ty` and come from `store`.
    #[allow(unsafe_code)]
    pub(crate) unsafe fn from_bits(store: &StoreInner, ty: ValType, bits: u64) -> Val {
        match ty {
            ValType::I32 => Val::I32(bits as i32),
            ValType::I64 => Val::I64(bits as i64),
            ValType::F32 => Val::F32(bits as u32),
            ValType::F64 => Val::F64(bits),
            // SAFETY: a funcref is null or the address of a function object of its store.
            ValType::FuncRef => Val::FuncRef(unsafe { Func::from_word(store, bits) }),
            // SAFETY: likewise of a foreign entity.
            ValType::ExternRef => Val::ExternRef(unsafe { ExternRef::from_word(store, bits) }),
        }
    }
}

impl Val {
    /// Whether the value may be put where a `ty` of `store` is expected.
    pub(crate) fn check(&self, ty: ValType, store: &Store) -> Result<()> {
        if self.ty() != ty {
            return Err(Error::Argument(format!("expected a value of type {ty}, found one of type {}", self.ty())));
        }
        match self {
            Val::FuncRef(Some(func)) if !func.store().is(store) => {
                Err(Error::Argument("the function belongs to another store".into()))
            }
            Val::ExternRef(Some(object)) if !object.store().is(store) => {
                Err(Error::Argument("the object belongs to another store".into()))
            }
            _ => Ok(()),
        }
    }
}
