//! The store: the owner of everything that exists at run time.
#![allow(unsafe_code)]

use super::builtins::BUILTIN_TABLE;
use super::collect::{Arena, Schedule};
use super::foreign::ForeignEntity;
use super::global::GlobalEntity;
use super::host::HostFunc;
use super::instance::InstanceEntity;
use super::interrupt::Shared;
use super::limits::Resources;
use super::memory::MemoryEntity;
use super::table::TableEntity;
use super::trap::Trap;
use crate::abi::{BuiltinTable, NO_EXIT, SPILL_SLOTS, StoreContext};
use crate::config::Tuning;
use crate::error::Result;
use crate::sys::Space;
use crate::types::TypeRegistry;
use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::sync::Arc;

/// The state of a program: instances, functions, tables, memories, globals
/// ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#store)). It belongs to one thread; cloning gives
/// another handle to the same store, which lives until the last handle to it or to one of its entities is gone.
#[derive(Clone)]
pub struct Store {
    inner: Rc<StoreInner>,
}

/// What a store takes from its engine.
#[derive(Clone)]
pub(crate) struct StoreSettings {
    pub types: Arc<TypeRegistry>,
    pub tuning: Tuning,
}

/// The store behind its handles.
pub(crate) struct StoreInner {
    pub shared: Arc<Shared>,
    this: Weak<StoreInner>,
    pub settings: StoreSettings,
    /// The trap that ends the current activation, from where it is recorded to where the activation returns.
    pub pending: Cell<Option<Trap>>,
    /// Why the code of a function could not be compiled or linked, until the trap for it is recorded.
    pub link_error: Cell<Option<String>>,
    pub resources: Rc<Resources>,
    /// How much of the stack wasm may use below its outermost entry, in bytes.
    pub max_stack: Cell<usize>,
    /// Where wasm was entered first on the stack that it runs on; 0 when none runs.
    pub entered: Cell<usize>,
    _spill: Box<UnsafeCell<[u128; SPILL_SLOTS]>>,
    _trap_stack: Space,
    pub schedule: Schedule,
    pub instances: Arena<InstanceEntity>,
    pub funcs: Arena<HostFunc>,
    pub tables: Arena<TableEntity>,
    pub memories: Arena<MemoryEntity>,
    pub globals: Arena<GlobalEntity>,
    pub foreigns: Arena<ForeignEntity>,
}

/// Traps are recorded on a stack of their own, for that of wasm may be used up.
const TRAP_STACK: usize = 256 << 10;

impl Store {
    pub(crate) fn with_settings(settings: StoreSettings) -> Result<Store> {
        let trap_stack = Space::stack(TRAP_STACK)?;
        let spill = Box::new(UnsafeCell::new([0; SPILL_SLOTS]));
        let context = StoreContext {
            stack_limit: 0,
            exit_fp: NO_EXIT,
            interrupt: 0,
            activation: null_mut(),
            trap_stack: trap_stack.addresses().end,
            owner: std::ptr::null(),
            spill: spill.get().cast(),
            fuel: 0,
        };
        let inner = Rc::new_cyclic(|this| StoreInner {
            shared: Arc::new(Shared::new(context)),
            this: this.clone(),
            max_stack: Cell::new(settings.tuning.max_wasm_stack),
            settings,
            pending: Cell::default(),
            link_error: Cell::default(),
            resources: Rc::default(),
            entered: Cell::default(),
            _spill: spill,
            _trap_stack: trap_stack,
            schedule: Schedule::default(),
            instances: Arena::default(),
            funcs: Arena::default(),
            tables: Arena::default(),
            memories: Arena::default(),
            globals: Arena::default(),
            foreigns: Arena::default(),
        });
        // SAFETY: the context is ours, and no code runs yet.
        unsafe { (*inner.context()).owner = Rc::as_ptr(&inner).cast() };
        Ok(Store { inner })
    }

    pub(crate) fn types(&self) -> &Arc<TypeRegistry> {
        &self.inner.settings.types
    }

    pub(crate) fn inner(&self) -> &StoreInner {
        &self.inner
    }

    /// Whether both are the same store.
    pub(crate) fn is(&self, other: &Store) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }

    /// The embedder is done with the store, see [`StoreInner::close`].
    pub(crate) fn close(&self) {
        self.inner.close();
    }

    /// A trap with this message and the wasm functions that are active now.
    pub(crate) fn trap_here(&self, message: String) -> Trap {
        Trap::with_frames(None, message, super::backtrace::from_exit(&self.inner))
    }
}

impl StoreInner {
    /// What generated code sees of this store.
    pub fn context(&self) -> *mut StoreContext {
        self.shared.context()
    }

    /// The builtins that generated code calls.
    pub fn builtins(&self) -> *const BuiltinTable {
        &raw const BUILTIN_TABLE
    }

    /// Another handle to this store.
    pub fn handle(&self) -> Store {
        Store { inner: self.this.upgrade().expect("the store is in use") }
    }

    /// The store that owns a context.
    ///
    /// # Safety
    /// `context` must be that of a live store.
    pub unsafe fn of<'a>(context: *mut StoreContext) -> &'a StoreInner {
        // SAFETY: by the caller's promise; `owner` was set when the store was made.
        unsafe { &*(*context).owner.cast::<StoreInner>() }
    }
}
