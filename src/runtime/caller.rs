//! Who calls a function of the host.
#![allow(unsafe_code)]

use super::backtrace;
use super::host::BY_HOST;
use super::instance::{Extern, Instance, InstanceEntity};
use super::memory::Memory;
use super::store::{Store, StoreInner};
use crate::abi::HostContext;
use std::ptr::NonNull;

/// The code that calls a function of the host, for the time of the call. A closure reaches its store and the caller's
/// memory through it, instead of handles of its own, which would keep the store as long as the store keeps the closure.
#[derive(Clone, Copy)]
pub struct Caller<'call> {
    context: &'call HostContext,
}

impl<'call> Caller<'call> {
    /// # Safety
    /// `context` must be a context of a host function, in a store that runs as long as the result exists.
    pub(crate) unsafe fn new(context: *const HostContext) -> Caller<'call> {
        // SAFETY: by the caller's promise.
        Caller { context: unsafe { &*context } }
    }

    /// What the function is called under.
    pub(crate) fn context(&self) -> &'call HostContext {
        self.context
    }

    pub(super) fn inner(&self) -> &'call StoreInner {
        // SAFETY: the store runs.
        unsafe { StoreInner::of(self.context.store) }
    }

    /// The store that runs.
    pub fn store(&self) -> Store {
        self.inner().handle()
    }

    /// The instance whose code calls. None if the host itself does. Where the function was not imported but called
    /// through a reference, the caller is only known if it is the only instance of its module in the store.
    pub fn instance(&self) -> Option<Instance> {
        if self.context.caller == BY_HOST {
            return None;
        }
        match NonNull::new(self.context.caller.cast_mut().cast::<InstanceEntity>()) {
            // SAFETY: it belongs to this store, and its code is active.
            Some(entity) => Some(unsafe { Instance::from_entity(self.inner(), entity) }),
            None => Instance::of_frame(&self.store(), backtrace::from_exit(self.inner()).first()?),
        }
    }

    /// The first memory of the calling instance, exported or not.
    pub fn memory(&self) -> Option<Memory> {
        self.instance()?.first_memory()
    }

    /// What the calling instance exports under this name.
    pub fn export(&self, name: &str) -> Option<Extern> {
        self.instance()?.export(name)
    }
}

impl std::fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caller({:?})", self.instance())
    }
}
