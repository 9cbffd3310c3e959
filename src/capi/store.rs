//! Stores.
#![allow(unsafe_code)]

use super::boundary::{Object, borrow, boundary, take};
use super::engine::wasm_engine_t;
use super::error::{give_made, given};
use crate::engine::Engine;
use crate::error::Result;
use crate::runtime::{InterruptHandle, Store};
use once_cell::sync::OnceCell;
use std::ptr::null_mut;

/// Where instances and all that they consist of live. What was made with one store does not fit another one.
pub struct wasm_store_t {
    engine: Engine,
    store: Store,
    /// Made when it is first needed.
    interrupt: OnceCell<InterruptHandle>,
}

impl wasm_store_t {
    fn new(engine: &Engine) -> Result<wasm_store_t> {
        Ok(wasm_store_t { engine: engine.clone(), store: Store::new(engine)?, interrupt: OnceCell::new() })
    }

    /// The engine that it was made with.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Stops what runs in it. For all threads: it reads what never changes, and what is for all threads.
    pub(super) fn interrupt(&self) -> Result<()> {
        self.interrupt.get_or_try_init(|| self.store.interrupt_handle())?.interrupt();
        Ok(())
    }

    /// The store that it stands for.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }
}

// SAFETY: made by `give`
unsafe impl Object for wasm_store_t {
    type Target = wasm_store_t;
}

/// A new store. NULL if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_store_new(engine: *mut wasm_engine_t) -> *mut wasm_store_t {
    boundary!(null_mut(), { give_made(given(borrow(engine), "the engine").and_then(wasm_store_t::new)) })
}

/// Frees this handle. Handles to what lives in the store stay valid: it ends with the last of them. From now on what
/// loses its last handle is freed at once, finalizers included. Host info ends now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_store_delete(store: *mut wasm_store_t) {
    boundary!((), {
        if let Some(store) = take(store) {
            store.store().close();
        }
    })
}
