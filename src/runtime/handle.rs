//! Handles: what the embedder holds of a store's entities. A handle keeps its store alive, and its entity in the store.
#![allow(unsafe_code)]

use super::collect::{Entity, Life};
use super::store::{Store, StoreInner};
use std::ops::Deref;
use std::ptr::NonNull;

/// What a handle can refer to: an entity, or a function of one. Its life is the entity's.
pub(super) trait Referent {
    fn life(&self) -> &Life;
}

impl<T: Entity> Referent for T {
    fn life(&self) -> &Life {
        Entity::life(self)
    }
}

/// A reference to an entity of a store. As long as it exists, the entity is not collected.
pub(super) struct Handle<T: Referent> {
    store: Store,
    entity: NonNull<T>,
}

impl<T: Referent> Handle<T> {
    /// # Safety
    /// `entity` must belong to `store`, and be alive.
    pub unsafe fn new(store: &StoreInner, entity: NonNull<T>) -> Handle<T> {
        let handle = Handle { store: store.handle(), entity };
        handle.count(1);
        handle
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn entity(&self) -> NonNull<T> {
        self.entity
    }

    /// What tells the referent from all others of its store.
    pub fn address(&self) -> usize {
        self.entity.as_ptr() as usize
    }

    fn count(&self, change: isize) {
        let roots = &self.life().roots;
        roots.set(roots.get().wrapping_add_signed(change));
    }
}

impl<T: Referent> Deref for Handle<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the entity is a root as long as this handle exists, which also keeps the store; entities are only
        // ever shared.
        unsafe { self.entity.as_ref() }
    }
}

impl<T: Referent> Clone for Handle<T> {
    fn clone(&self) -> Handle<T> {
        self.count(1);
        Handle { store: self.store.clone(), entity: self.entity }
    }
}

impl<T: Referent> Drop for Handle<T> {
    fn drop(&mut self) {
        self.count(-1);
        if self.life().roots.get() == 0 {
            self.store.inner().dropped();
        }
    }
}

impl<T: Referent> PartialEq for Handle<T> {
    /// Whether both refer to the same entity.
    fn eq(&self, other: &Handle<T>) -> bool {
        self.entity == other.entity
    }
}
