//! Objects of the host that wasm code refers to.
#![allow(unsafe_code)]

use super::collect::{Entity, Life, Marker};
use super::handle::Handle;
use super::store::{Store, StoreInner};
use std::any::Any;
use std::ptr::NonNull;

/// An object of the host as wasm code sees it: something to hand around, and to hand back
/// ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#values)). Cloning gives another reference to the
/// same object.
#[derive(Clone, PartialEq)]
pub struct ExternRef(Handle<ForeignEntity>);

/// An object of the host in a store.
pub(crate) struct ForeignEntity {
    data: Box<dyn Any>,
    life: Life,
}

impl Entity for ForeignEntity {
    fn life(&self) -> &Life {
        &self.life
    }

    fn trace(&self, _: &mut Marker) {}
}

impl ExternRef {
    /// Makes an object of the host known to a store. It is dropped when nothing refers to it any more.
    pub fn new(store: &Store, data: impl Any) -> ExternRef {
        let inner = store.inner();
        inner.collect_if_due();
        let entity = inner.foreigns.add(ForeignEntity { data: Box::new(data), life: Life::default() });
        // SAFETY: just made in this store.
        ExternRef(unsafe { Handle::new(inner, entity) })
    }

    /// The object.
    pub fn data(&self) -> &dyn Any {
        &*self.0.data
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
