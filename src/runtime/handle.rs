//! Handles: what the embedder holds of a store's entities. A handle keeps its store alive.
#![allow(unsafe_code)]

use super::store::{Store, StoreInner};
use std::ops::Deref;
use std::ptr::NonNull;

/// A reference to an entity of a store.
pub(super) struct Handle<T> {
    store: Store,
    entity: NonNull<T>,
}

impl<T> Handle<T> {
    /// # Safety
    /// `entity` must belong to `store`, whose entities live as long as it.
    pub unsafe fn new(store: &StoreInner, entity: NonNull<T>) -> Handle<T> {
        Handle { store: store.handle(), entity }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn entity(&self) -> NonNull<T> {
        self.entity
    }
}

impl<T> Deref for Handle<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the entity lives as long as the store, which this handle keeps alive; entities are only ever shared.
        unsafe { self.entity.as_ref() }
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Handle<T> {
        Handle { store: self.store.clone(), entity: self.entity }
    }
}

impl<T> PartialEq for Handle<T> {
    /// Whether both refer to the same entity.
    fn eq(&self, other: &Handle<T>) -> bool {
        self.entity == other.entity
    }
}
