//! Global variables.
#![allow(unsafe_code)]

use super::handle::Handle;
use super::store::{Store, StoreInner};
use super::value::Val;
use crate::error::{Error, Result};
use crate::types::{GlobalType, Mutability};
use std::cell::UnsafeCell;
use std::ptr::NonNull;

/// A global variable ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#global-instances)). Cloning gives another handle to the same
/// variable.
#[derive(Clone, PartialEq)]
pub struct Global(Handle<GlobalEntity>);

/// A global in its store.
pub(crate) struct GlobalEntity {
    ty: GlobalType,
    /// Where its value is: in the context of the instance that defines it, or in `own`.
    cell: *mut u64,
    _own: Option<Box<UnsafeCell<u128>>>,
}

impl GlobalEntity {
    /// Adds a global whose value is in an instance context.
    pub fn in_context(store: &StoreInner, ty: GlobalType, cell: *mut u64) -> NonNull<GlobalEntity> {
        store.globals.add(GlobalEntity { ty, cell, _own: None })
    }

    /// Adds a global with a cell of its own.
    fn create(store: &StoreInner, ty: GlobalType, bits: u64) -> NonNull<GlobalEntity> {
        let own = Box::new(UnsafeCell::new(u128::from(bits)));
        store.globals.add(GlobalEntity { ty, cell: own.get().cast(), _own: Some(own) })
    }

    pub fn ty(&self) -> GlobalType {
        self.ty
    }

    /// Where generated code finds the value.
    pub fn cell(&self) -> *mut u64 {
        self.cell
    }

    pub fn bits(&self) -> u64 {
        // SAFETY: the cell lives as long as the store; the store has one thread.
        unsafe { self.cell.read() }
    }

    pub fn set_bits(&self, bits: u64) {
        // SAFETY: as in `bits`.
        unsafe { self.cell.write(bits) }
    }
}

impl Global {
    /// A new global variable.
    pub fn new(store: &Store, ty: GlobalType, value: Val) -> Result<Global> {
        value.check(ty.content, store)?;
        let entity = GlobalEntity::create(store.inner(), ty, value.to_bits());
        // SAFETY: just made in this store.
        Ok(unsafe { Global::from_entity(store.inner(), entity) })
    }

    /// # Safety
    /// `entity` must belong to `store`.
    pub(super) unsafe fn from_entity(store: &StoreInner, entity: NonNull<GlobalEntity>) -> Global {
        // SAFETY: by the caller's promise.
        Global(unsafe { Handle::new(store, entity) })
    }

    pub(super) fn handle(&self) -> &Handle<GlobalEntity> {
        &self.0
    }

    /// Its type.
    pub fn ty(&self) -> GlobalType {
        self.0.ty()
    }

    /// Its value.
    pub fn get(&self) -> Val {
        // SAFETY: the cell holds a value of the global's type, of its store.
        unsafe { Val::from_bits(self.0.store().inner(), self.ty().content, self.0.bits()) }
    }

    /// Assigns a value of its type; the global must be mutable.
    pub fn set(&self, value: Val) -> Result<()> {
        if self.ty().mutability == Mutability::Const {
            return Err(Error::Argument("an immutable global cannot be set".into()));
        }
        value.check(self.ty().content, self.0.store())?;
        self.0.set_bits(value.to_bits());
        Ok(())
    }
}

impl std::fmt::Debug for Global {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Global({:?})", self.ty())
    }
}
