//! Global variables.
#![allow(unsafe_code)]

use super::collect::{Entity, Life, Marker, Reference};
use super::handle::Handle;
use super::instance::InstanceEntity;
use super::store::{Store, StoreInner};
use super::value::Val;
use crate::error::{Error, Result};
use crate::types::{GlobalType, Mutability};
use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;

/// A global variable ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#global-instances)). Cloning
/// gives another handle to the same variable.
#[derive(Clone, PartialEq)]
pub struct Global(Handle<GlobalEntity>);

/// A global in its store.
pub(crate) struct GlobalEntity {
    ty: GlobalType,
    /// Where its value is.
    cell: *mut u64,
    home: Home,
    life: Life,
}

/// Whose memory a global's cell is.
enum Home {
    /// The context of the instance that defines the global.
    Instance(Cell<Option<NonNull<InstanceEntity>>>),
    /// The global's own.
    Own { _cell: Box<UnsafeCell<u128>> },
}

impl Entity for GlobalEntity {
    fn life(&self) -> &Life {
        &self.life
    }

    fn trace(&self, marker: &mut Marker) {
        if let Home::Instance(instance) = &self.home
            && let Some(instance) = instance.get()
        {
            marker.mark(Reference::Instance(instance));
        }
        marker.mark_word(self.ty.content, self.bits());
    }
}

impl GlobalEntity {
    /// Adds a global whose value is in the context of an instance that is about to be made.
    pub fn in_context(store: &StoreInner, ty: GlobalType, cell: *mut u64) -> NonNull<GlobalEntity> {
        store.globals.add(GlobalEntity { ty, cell, home: Home::Instance(Cell::default()), life: Life::default() })
    }

    /// Adds a global with a cell of its own.
    fn create(store: &StoreInner, ty: GlobalType, bits: u64) -> NonNull<GlobalEntity> {
        let own = Box::new(UnsafeCell::new(u128::from(bits)));
        let cell = own.get().cast();
        store.globals.add(GlobalEntity { ty, cell, home: Home::Own { _cell: own }, life: Life::default() })
    }

    /// Says which instance the global's cell is part of.
    pub fn set_home(&self, home: NonNull<InstanceEntity>) {
        if let Home::Instance(instance) = &self.home {
            instance.set(Some(home));
        }
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
    /// *global_alloc*: a new global variable.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Global, GlobalType, Mutability, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = GlobalType { content: ValType::I64, mutability: Mutability::Var };
    /// let global = Global::new(&store, ty, Val::I64(1))?;
    /// assert!(Global::new(&store, ty, Val::I32(1)).is_err());
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if the value is of another type, or a reference of another store.
    pub fn new(store: &Store, ty: GlobalType, value: Val) -> Result<Global> {
        value.check(ty.content, store)?;
        store.inner().collect_if_due();
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

    /// The store that it belongs to.
    pub fn store(&self) -> &Store {
        self.0.store()
    }

    /// *global_type*: its type.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Global, GlobalType, Mutability, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = GlobalType { content: ValType::I64, mutability: Mutability::Var };
    /// let global = Global::new(&store, ty, Val::I64(1))?;
    /// assert_eq!(global.ty(), ty);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn ty(&self) -> GlobalType {
        self.0.ty()
    }

    /// *global_read*: its value.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Global, GlobalType, Mutability, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = GlobalType { content: ValType::I64, mutability: Mutability::Var };
    /// let global = Global::new(&store, ty, Val::I64(1))?;
    /// assert_eq!(global.get(), Val::I64(1));
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn get(&self) -> Val {
        // SAFETY: the cell holds a value of the global's type, of its store.
        unsafe { Val::from_bits(self.0.store().inner(), self.ty().content, self.0.bits()) }
    }

    /// *global_write*: assigns a value.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Global, GlobalType, Mutability, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = GlobalType { content: ValType::I64, mutability: Mutability::Var };
    /// let global = Global::new(&store, ty, Val::I64(1))?;
    /// global.set(Val::I64(2))?;
    /// assert_eq!(global.get(), Val::I64(2));
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if the global is immutable, or the value of another type, or a reference of another store.
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
