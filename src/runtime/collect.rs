//! Lifetimes: what nothing refers to any more is freed.
//!
//! The roots are the live handles. An instance keeps what it imports and defines, a table and a global what they refer
//! to, a function its instance. Cycles are normal (an instance's own table holds its own functions), so the store marks
//! from its roots and sweeps, only when no wasm runs in it, and only when more was made since the last time than
//! survived it.
#![allow(unsafe_code)]

use super::foreign::ForeignEntity;
use super::global::GlobalEntity;
use super::host::HostFunc;
use super::info::{HostData, HostInfos};
use super::instance::InstanceEntity;
use super::memory::MemoryEntity;
use super::store::StoreInner;
use super::table::TableEntity;
use crate::abi::FuncObject;
use crate::error::{Error, Result};
use crate::types::ValType;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

/// What decides whether an entity stays.
#[derive(Default)]
pub(crate) struct Life {
    /// Handles to it.
    pub roots: Cell<usize>,
    marked: Cell<bool>,
    pub host_infos: HostInfos,
}

/// An entity of a store.
pub(crate) trait Entity {
    fn life(&self) -> &Life;
    /// Marks what this keeps.
    fn trace(&self, marker: &mut Marker);
}

/// Entities of one kind, each at a fixed address until it is collected.
pub(crate) struct Arena<T: Entity> {
    entities: RefCell<Vec<NonNull<T>>>,
}

impl<T: Entity> Default for Arena<T> {
    fn default() -> Arena<T> {
        Arena { entities: RefCell::default() }
    }
}

impl<T: Entity> Arena<T> {
    pub fn add(&self, entity: T) -> NonNull<T> {
        let address = NonNull::from(Box::leak(Box::new(entity)));
        self.entities.borrow_mut().push(address);
        address
    }

    pub fn len(&self) -> usize {
        self.entities.borrow().len()
    }

    /// The address of the only entity that satisfies `condition`, if exactly one does.
    pub fn only(&self, condition: impl Fn(&T) -> bool) -> Option<NonNull<T>> {
        let entities = self.entities.try_borrow().ok()?;
        // SAFETY: an entity lives until it is collected, and is only ever shared.
        let mut found = entities.iter().filter(|entity| condition(unsafe { entity.as_ref() }));
        let first = *found.next()?;
        found.next().is_none().then_some(first)
    }

    fn mark_roots(&self, marker: &mut Marker)
    where
        NonNull<T>: Into<Reference>,
    {
        for entity in self.entities.borrow().iter() {
            // SAFETY: as above.
            if unsafe { entity.as_ref() }.life().roots.get() > 0 {
                marker.mark((*entity).into());
            }
        }
    }

    /// Takes the host info of all of them out.
    fn take_host_infos(&self) -> Vec<HostData> {
        // SAFETY: as above.
        self.entities.borrow().iter().flat_map(|entity| unsafe { entity.as_ref() }.life().host_infos.take()).collect()
    }

    /// Takes those without mark out, and removes all marks.
    fn sweep(&self) -> Vec<Box<T>> {
        let mut dead = Vec::new();
        self.entities.borrow_mut().retain(|entity| {
            // SAFETY: as above.
            let stays = unsafe { entity.as_ref() }.life().marked.replace(false);
            if !stays {
                // SAFETY: it came from a box, in `add`, and nothing refers to it any more.
                dead.push(unsafe { Box::from_raw(entity.as_ptr()) });
            }
            stays
        });
        dead
    }
}

impl<T: Entity> Drop for Arena<T> {
    fn drop(&mut self) {
        drop(self.sweep());
    }
}

/// A reference to an entity of any kind.
#[derive(Clone, Copy)]
pub(crate) enum Reference {
    Instance(NonNull<InstanceEntity>),
    Func(NonNull<HostFunc>),
    Table(NonNull<TableEntity>),
    Memory(NonNull<MemoryEntity>),
    Global(NonNull<GlobalEntity>),
    Foreign(NonNull<ForeignEntity>),
}

impl Reference {
    fn entity(&self) -> &dyn Entity {
        // SAFETY: what a live entity or a handle refers to is alive.
        unsafe {
            match self {
                Reference::Instance(entity) => entity.as_ref(),
                Reference::Func(entity) => entity.as_ref(),
                Reference::Table(entity) => entity.as_ref(),
                Reference::Memory(entity) => entity.as_ref(),
                Reference::Global(entity) => entity.as_ref(),
                Reference::Foreign(entity) => entity.as_ref(),
            }
        }
    }
}

macro_rules! references {
    ($($entity:ty => $variant:ident),*) => {
        $( impl From<NonNull<$entity>> for Reference {
            fn from(entity: NonNull<$entity>) -> Reference {
                Reference::$variant(entity)
            }
        } )*
    };
}
references! {
    InstanceEntity => Instance, HostFunc => Func, TableEntity => Table, MemoryEntity => Memory, GlobalEntity => Global,
    ForeignEntity => Foreign
}

/// Marks entities, each once; a list instead of recursion, for chains may be long.
#[derive(Default)]
pub(crate) struct Marker {
    unseen: Vec<Reference>,
}

impl Marker {
    pub fn mark(&mut self, reference: Reference) {
        if !reference.entity().life().marked.replace(true) {
            self.unseen.push(reference);
        }
    }

    /// Marks what a word of this type refers to; a number and null refer to nothing.
    pub fn mark_word(&mut self, ty: ValType, word: u64) {
        match ty {
            ValType::FuncRef => self.mark_func(word as *mut FuncObject),
            ValType::ExternRef => {
                NonNull::new(word as *mut ForeignEntity).into_iter().for_each(|entity| self.mark(entity.into()));
            }
            _ => {}
        }
    }

    /// Marks what keeps a function: its instance, or the host function itself. Null is nothing.
    pub fn mark_func(&mut self, object: *mut FuncObject) {
        if let Some(object) = NonNull::new(object) {
            // SAFETY: a function that something refers to is alive.
            self.mark(unsafe { owner(object) });
        }
    }

    fn run(&mut self) {
        while let Some(reference) = self.unseen.pop() {
            reference.entity().trace(self);
        }
    }
}

/// What a function is part of.
///
/// # Safety
/// `object` must be alive.
pub(super) unsafe fn owner(object: NonNull<FuncObject>) -> Reference {
    // SAFETY: the object says itself what its context is.
    unsafe {
        let &FuncObject { context, is_host, .. } = object.as_ref();
        if is_host != 0 {
            Reference::Func(NonNull::from(HostFunc::of(context)))
        } else {
            Reference::Instance(NonNull::from(super::builtins::instance(context)))
        }
    }
}

/// When to collect.
#[derive(Default)]
pub(crate) struct Schedule {
    /// Entities that survived the last collection.
    survived: Cell<usize>,
    running: Cell<bool>,
    /// Host functions that the host itself called, for between them and it references are words without a handle; and
    /// entities that are being made.
    busy: Cell<usize>,
    /// Whether the embedder is done with the store: from then on what loses its last handle is freed at once.
    closed: Cell<bool>,
    /// Whether a handle was dropped since the current collection began.
    again: Cell<bool>,
}

impl Schedule {
    /// As long as the result exists, nothing is collected.
    pub fn busy(&self) -> Busy<'_> {
        self.busy.set(self.busy.get() + 1);
        Busy(&self.busy)
    }
}

/// See [`Schedule::busy`].
pub(crate) struct Busy<'a>(&'a Cell<usize>);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Fewer entities than this are never worth a collection.
const LEAST: usize = 256;
/// What a memory counts, for the address space that it holds.
const MEMORY: usize = 8;
/// Bytes of memories that count as much as an entity.
const BYTES_PER_ENTITY: u64 = 1 << 20;

impl StoreInner {
    /// Collects if it is time. To be called where new entities are about to be made, and nothing refers to old ones but
    /// handles and each other.
    pub fn collect_if_due(&self) {
        if self.weight() > 2 * self.schedule.survived.get() + LEAST {
            self.collect();
        }
    }

    /// Makes entities or lets them grow: after a collection, if one is due, and once more after another, if a resource
    /// ran out that what nobody uses any more may hold. A no of the host is not asked about twice.
    pub fn with_room<T>(&self, make: impl Fn() -> Result<T>) -> Result<T> {
        self.collect_if_due();
        // What is made has no handle yet, and the host may be asked for more of it.
        let attempt = || {
            self.resources.forget_refusal();
            let _busy = self.schedule.busy();
            make()
        };
        let made = attempt().or_else(|error| match error {
            Error::Limit(_) if !self.resources.was_refused() => {
                self.collect();
                attempt()
            }
            other => Err(other),
        });
        if made.is_err() {
            // What was made before something failed is not to count.
            self.collect();
        }
        made
    }

    /// Frees what no handle leads to, unless wasm runs: its frames may refer to anything.
    pub fn collect(&self) {
        // SAFETY: the context belongs to the store.
        let wasm_runs = unsafe { !(*self.context()).activation.is_null() };
        if wasm_runs || self.schedule.busy.get() > 0 || self.schedule.running.replace(true) {
            return;
        }
        loop {
            self.schedule.again.set(false);
            self.mark_and_sweep();
            // What was freed may have held the last handle to something else.
            if !self.schedule.again.get() {
                break;
            }
        }
        self.schedule.running.set(false);
    }

    /// The embedder is done with the store: what it keeps only for itself goes. A host function's environment may own
    /// handles to the very store that owns the function; once the function has no handle, both are freed. Host info
    /// may own a handle to the very entity that it belongs to, so all of it ends here, also that of entities that stay.
    pub fn close(&self) {
        self.schedule.closed.set(true);
        self.collect();
        // As in a sweep, all of it is taken out before any is dropped.
        let infos = [
            self.instances.take_host_infos(),
            self.funcs.take_host_infos(),
            self.tables.take_host_infos(),
            self.memories.take_host_infos(),
            self.globals.take_host_infos(),
            self.foreigns.take_host_infos(),
        ];
        drop(infos);
    }

    /// An entity has lost its last handle.
    pub fn dropped(&self) {
        self.schedule.again.set(true);
        if self.schedule.closed.get() {
            self.collect();
        }
    }

    fn mark_and_sweep(&self) {
        let mut marker = Marker::default();
        self.instances.mark_roots(&mut marker);
        self.funcs.mark_roots(&mut marker);
        self.tables.mark_roots(&mut marker);
        self.memories.mark_roots(&mut marker);
        self.globals.mark_roots(&mut marker);
        self.foreigns.mark_roots(&mut marker);
        marker.run();
        // All of it is taken out before any is dropped: what the host is told of that may use the store.
        let dead = (
            self.instances.sweep(),
            self.funcs.sweep(),
            self.tables.sweep(),
            self.memories.sweep(),
            self.globals.sweep(),
            self.foreigns.sweep(),
        );
        drop(dead);
        // The bytes of memories count until they are gone.
        self.schedule.survived.set(self.weight());
    }

    fn weight(&self) -> usize {
        self.instances.len()
            + self.funcs.len()
            + self.tables.len()
            + self.memories.len() * MEMORY
            + (self.resources.memory() / BYTES_PER_ENTITY) as usize
            + self.globals.len()
            + self.foreigns.len()
    }
}
