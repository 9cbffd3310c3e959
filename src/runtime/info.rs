//! Host info: a pointer of the host's that an object carries for it.
//!
//! It belongs to the object, whichever handle it was given through, and ends when other info takes its place, when the
//! object ends, or when the object's store is closed.
#![allow(unsafe_code)]

use super::foreign::ExternRef;
use super::func::Func;
use super::global::Global;
use super::handle::{Handle, Referent};
use super::instance::Instance;
use super::memory::Memory;
use super::table::Table;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A function of the host that ends what a pointer stands for.
pub(crate) type Finalizer = Option<unsafe extern "C" fn(*mut c_void)>;

/// A pointer of the host's. Its end is a call of the finalizer.
pub(crate) struct HostData {
    pointer: *mut c_void,
    finalizer: Finalizer,
}

// SAFETY: nothing is done with the pointer but to give it back to the host, which knows its threads.
unsafe impl Send for HostData {}

impl HostData {
    pub fn new(pointer: *mut c_void, finalizer: Finalizer) -> HostData {
        HostData { pointer, finalizer }
    }

    pub fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for HostData {
    fn drop(&mut self) {
        if let Some(finalizer) = self.finalizer {
            // SAFETY: the host asked for this call, and it is the only one.
            unsafe { finalizer(self.pointer) };
        }
    }
}

/// What has host info.
pub(crate) trait HostInfo {
    /// The pointer; null if there is none.
    fn host_info(&self) -> *mut c_void;

    /// Replaces the info. What it was ends.
    fn set_host_info(&self, data: HostData);
}

/// The info of an entity and of the functions that are part of it, by their addresses. Hardly any has some, so it is
/// one word until then.
#[derive(Default)]
pub(crate) struct HostInfos(OnceCell<Box<RefCell<BTreeMap<usize, HostData>>>>);

impl HostInfos {
    /// Takes all of it out.
    pub fn take(&self) -> impl Iterator<Item = HostData> {
        self.0.get().map(|infos| infos.take().into_values()).into_iter().flatten()
    }
}

impl<T: Referent> HostInfo for Handle<T> {
    fn host_info(&self) -> *mut c_void {
        let infos = self.life().host_infos.0.get();
        infos.and_then(|infos| infos.borrow().get(&self.address()).map(HostData::pointer)).unwrap_or(null_mut())
    }

    fn set_host_info(&self, data: HostData) {
        let infos = self.life().host_infos.0.get_or_init(Box::default);
        let replaced = infos.borrow_mut().insert(self.address(), data);
        // Only now: its finalizer may ask for the info.
        drop(replaced);
    }
}

macro_rules! through_handles {
    ($($ty:ty),*) => {
        $( impl HostInfo for $ty {
            fn host_info(&self) -> *mut c_void {
                self.handle().host_info()
            }

            fn set_host_info(&self, data: HostData) {
                self.handle().set_host_info(data);
            }
        } )*
    };
}
through_handles!(Func, Global, Table, Memory, Instance, ExternRef);

/// The info of an object that is in no store.
#[derive(Default)]
pub(crate) struct InfoSlot(Mutex<Option<HostData>>);

impl InfoSlot {
    fn lock(&self) -> MutexGuard<'_, Option<HostData>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostInfo for InfoSlot {
    fn host_info(&self) -> *mut c_void {
        self.lock().as_ref().map_or(null_mut(), HostData::pointer)
    }

    fn set_host_info(&self, data: HostData) {
        let replaced = self.lock().replace(data);
        // As above.
        drop(replaced);
    }
}
