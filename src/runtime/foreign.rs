//! Objects of the host that wasm code refers to, and what else the host has made external references of.
#![allow(unsafe_code)]

use super::collect::{Entity, Life, Marker};
use super::func::Func;
use super::global::{Global, GlobalEntity};
use super::handle::Handle;
use super::instance::{Extern, Instance, InstanceEntity};
use super::memory::{Memory, MemoryEntity};
use super::store::{Store, StoreInner};
use super::table::{Table, TableEntity};
use crate::abi::FuncObject;
use std::any::Any;
use std::ptr::NonNull;

/// An object of the host as wasm code sees it: something to hand around, and to hand back
/// ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#values)). Cloning gives another reference to the
/// same object.
#[derive(Clone, PartialEq)]
pub struct ExternRef(Handle<ForeignEntity>);

/// What external references refer to, in its store.
pub(crate) struct ForeignEntity {
    object: Object,
    life: Life,
}

enum Object {
    Host(Box<dyn Any>),
    // What belongs to the store itself is kept as its entities keep each other: a handle would be a root, and a cycle
    // through it would never be collected.
    Func(NonNull<FuncObject>),
    Global(NonNull<GlobalEntity>),
    Table(NonNull<TableEntity>),
    Memory(NonNull<MemoryEntity>),
    Instance(NonNull<InstanceEntity>),
}

/// Something of a store that an external reference can refer to.
pub(crate) enum Referred {
    Extern(Extern),
    Instance(Instance),
}

impl Entity for ForeignEntity {
    fn life(&self) -> &Life {
        &self.life
    }

    fn trace(&self, marker: &mut Marker) {
        match self.object {
            Object::Host(_) => {}
            Object::Func(object) => marker.mark_func(object.as_ptr()),
            Object::Global(entity) => marker.mark(entity.into()),
            Object::Table(entity) => marker.mark(entity.into()),
            Object::Memory(entity) => marker.mark(entity.into()),
            Object::Instance(entity) => marker.mark(entity.into()),
        }
    }
}

impl ExternRef {
    /// Makes an object of the host known to a store. It is dropped when nothing refers to it any more.
    pub fn new(store: &Store, data: impl Any) -> ExternRef {
        ExternRef::create(store, Object::Host(Box::new(data)))
    }

    /// A reference to something in a store, of that store.
    pub(crate) fn referring(referred: &Referred) -> ExternRef {
        match referred {
            Referred::Extern(Extern::Func(func)) => ExternRef::create(func.store(), Object::Func(func.object())),
            Referred::Extern(Extern::Global(global)) => ExternRef::of(global.handle(), Object::Global),
            Referred::Extern(Extern::Table(table)) => ExternRef::of(table.handle(), Object::Table),
            Referred::Extern(Extern::Memory(memory)) => ExternRef::of(memory.handle(), Object::Memory),
            Referred::Instance(instance) => ExternRef::of(instance.handle(), Object::Instance),
        }
    }

    fn of<T: Entity>(handle: &Handle<T>, object: impl FnOnce(NonNull<T>) -> Object) -> ExternRef {
        ExternRef::create(handle.store(), object(handle.entity()))
    }

    fn create(store: &Store, object: Object) -> ExternRef {
        let inner = store.inner();
        inner.collect_if_due();
        let entity = inner.foreigns.add(ForeignEntity { object, life: Life::default() });
        // SAFETY: just made in this store.
        ExternRef(unsafe { Handle::new(inner, entity) })
    }

    /// The object; the unit if it is none of the host.
    pub fn data(&self) -> &dyn Any {
        if let Object::Host(data) = &self.0.object { &**data } else { &() }
    }

    /// What it refers to, if that is no object of the host.
    pub(crate) fn referred(&self) -> Option<Referred> {
        let store = self.store().inner();
        // SAFETY: it belongs to this store, and the reference keeps it.
        unsafe {
            Some(match self.0.object {
                Object::Host(_) => return None,
                Object::Func(object) => Referred::Extern(Extern::Func(Func::from_object(store, object))),
                Object::Global(entity) => Referred::Extern(Extern::Global(Global::from_entity(store, entity))),
                Object::Table(entity) => Referred::Extern(Extern::Table(Table::from_entity(store, entity))),
                Object::Memory(entity) => Referred::Extern(Extern::Memory(Memory::from_entity(store, entity))),
                Object::Instance(entity) => Referred::Instance(Instance::from_entity(store, entity)),
            })
        }
    }

    pub(super) fn handle(&self) -> &Handle<ForeignEntity> {
        &self.0
    }

    /// The reference that a word of generated code stands for; none for null.
    ///
    /// # Safety
    /// `word` must be a reference to an object of the host in `store`.
    pub(crate) unsafe fn from_word(store: &StoreInner, word: u64) -> Option<ExternRef> {
        let entity = NonNull::new(word as *mut ForeignEntity)?;
        // SAFETY: by the caller's promise.
        Some(ExternRef(unsafe { Handle::new(store, entity) }))
    }

    /// The reference as a word of generated code.
    pub(crate) fn to_word(&self) -> u64 {
        self.0.entity().as_ptr() as u64
    }

    /// The store that it belongs to.
    pub fn store(&self) -> &Store {
        self.0.store()
    }
}

impl std::fmt::Debug for ExternRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExternRef({:?})", self.0.entity())
    }
}
