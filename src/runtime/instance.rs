//! Instances, and what modules import and export.
#![allow(unsafe_code)]

use super::collect::{Entity, Life, Marker, Reference};
use super::dropped::Dropped;
use super::func::{self, Func};
use super::global::{Global, GlobalEntity};
use super::handle::Handle;
use super::memory::{Memory, MemoryEntity};
use super::store::{Store, StoreInner};
use super::table::{Table, TableEntity};
use crate::abi::{FuncObject, HostContext, PltIndex};
use crate::error::Result;
use crate::link::{Block, LinkedModule};
use crate::types::{ExternKind, ExternType, FuncType};
use crate::wasm::{ConstExpr, ExternIndex};
use std::cell::OnceCell;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;

/// An instance of a module ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#module-instances)).
/// Cloning gives another handle to the same instance.
#[derive(Clone, PartialEq)]
pub struct Instance(Handle<InstanceEntity>);

/// An instance in its store.
pub(crate) struct InstanceEntity {
    pub(super) module: Arc<LinkedModule>,
    /// The context, and the function objects of the module's own functions.
    pub(super) block: ManuallyDrop<Block>,
    pub(super) store: *const StoreInner,
    /// The function objects of imported functions.
    pub(super) imported_funcs: Vec<NonNull<FuncObject>>,
    /// The contexts under which imported functions of the host are called, set when the instance is made.
    pub(super) host_contexts: OnceCell<Box<[HostContext]>>,
    pub(super) tables: Vec<NonNull<TableEntity>>,
    pub(super) memories: Vec<NonNull<MemoryEntity>>,
    pub(super) globals: Vec<NonNull<GlobalEntity>>,
    pub(super) dropped_elements: Dropped,
    pub(super) dropped_data: Dropped,
    pub(super) life: Life,
}

impl Entity for InstanceEntity {
    fn life(&self) -> &Life {
        &self.life
    }

    fn trace(&self, marker: &mut Marker) {
        self.imported_funcs.iter().for_each(|func| marker.mark_func(func.as_ptr()));
        self.tables.iter().for_each(|table| marker.mark(Reference::Table(*table)));
        self.memories.iter().for_each(|memory| marker.mark(Reference::Memory(*memory)));
        self.globals.iter().for_each(|global| marker.mark(Reference::Global(*global)));
    }
}

impl Drop for InstanceEntity {
    fn drop(&mut self) {
        // SAFETY: nothing refers to the instance any more, and the block is not used again.
        self.module.take_back(unsafe { ManuallyDrop::take(&mut self.block) });
    }
}

impl InstanceEntity {
    pub fn store(&self) -> &StoreInner {
        // SAFETY: an instance is dropped with its store.
        unsafe { &*self.store }
    }

    /// The block whose address wasm functions receive.
    pub fn context(&self) -> *mut c_void {
        self.block.context()
    }

    pub fn memory(&self, index: usize) -> &MemoryEntity {
        // SAFETY: entities live as long as the store.
        unsafe { self.memories[index].as_ref() }
    }

    pub fn table(&self, index: usize) -> &TableEntity {
        // SAFETY: as above.
        unsafe { self.tables[index].as_ref() }
    }

    pub fn global(&self, index: usize) -> &GlobalEntity {
        // SAFETY: as above.
        unsafe { self.globals[index].as_ref() }
    }

    /// The items of an element segment.
    pub fn elements(&self, segment: u32) -> &[ConstExpr] {
        let found = &self.module.info.elements[segment as usize];
        if self.dropped_elements.has(segment, &found.mode) { &[] } else { &found.items }
    }

    /// The bytes of a data segment.
    pub fn data(&self, segment: u32) -> &[u8] {
        let found = &self.module.info.data[segment as usize];
        if self.dropped_data.has(segment, &found.mode) { &[] } else { self.module.info.segment_bytes(segment as usize) }
    }

    /// The value of a constant expression, as one word.
    pub fn evaluate(&self, expr: &ConstExpr) -> u64 {
        match *expr {
            ConstExpr::Bits(bits) => bits,
            ConstExpr::Global(index) => self.global(index as usize).bits(),
            ConstExpr::Func(index) => self.func(index as usize).as_ptr() as u64,
            ConstExpr::Null => 0,
        }
    }

    /// The function with this function index.
    pub fn func(&self, index: usize) -> NonNull<FuncObject> {
        if let Some(imported) = self.imported_funcs.get(index) {
            return *imported;
        }
        NonNull::from(&self.block.funcs()[index - self.imported_funcs.len()]).cast()
    }

    /// The function index of one of the own functions.
    fn own_index(&self, object: NonNull<FuncObject>) -> usize {
        let distance = object.as_ptr() as usize - self.block.funcs().as_ptr() as usize;
        self.imported_funcs.len() + distance / size_of::<FuncObject>()
    }

    /// The type of one of the own functions.
    pub fn type_of(&self, object: NonNull<FuncObject>) -> &FuncType {
        self.module.info.func_type(self.own_index(object))
    }

    /// The thunk through which the host calls one of the own functions.
    pub fn entry_thunk(&self, object: NonNull<FuncObject>) -> usize {
        let type_index = self.module.info.funcs[self.own_index(object)];
        self.module.entry_thunk(type_index as usize)
    }

    /// The code of a defined function.
    pub fn resolve(&self, index: PltIndex) -> Result<usize> {
        let code = self.module.resolve(index)?;
        self.module.direct(index, &self.block);
        Ok(code)
    }

    fn external(&self, index: ExternIndex) -> Extern {
        let (store, at) = (self.store(), index.index as usize);
        // SAFETY: all of it belongs to this instance's store.
        unsafe {
            match index.kind {
                ExternKind::Func => Extern::Func(Func::from_object(store, self.func(at))),
                ExternKind::Global => Extern::Global(Global::from_entity(store, self.globals[at])),
                ExternKind::Table => Extern::Table(Table::from_entity(store, self.tables[at])),
                ExternKind::Memory => Extern::Memory(Memory::from_entity(store, self.memories[at])),
                ExternKind::Tag => unreachable!("the decoder accepts no tags"),
            }
        }
    }
}

impl Instance {
    /// # Safety
    /// `entity` must belong to `store`.
    pub(crate) unsafe fn from_entity(store: &StoreInner, entity: NonNull<InstanceEntity>) -> Instance {
        // SAFETY: by the caller's promise.
        Instance(unsafe { Handle::new(store, entity) })
    }

    pub(super) fn handle(&self) -> &Handle<InstanceEntity> {
        &self.0
    }

    /// The instance of a frame, if it is one of `store` and known: code does not say which instance of its module it
    /// runs for, so there must be only one.
    pub(crate) fn of_frame(store: &Store, frame: &super::trap::Frame) -> Option<Instance> {
        let inner = store.inner();
        let only = || inner.instances.only(|instance| instance.module.identity() == frame.module);
        let entity = only().or_else(|| {
            // Others may be there that nobody uses any more.
            inner.collect();
            only()
        })?;
        // SAFETY: found in this store.
        Some(unsafe { Instance::from_entity(inner, entity) })
    }

    /// The store that it lives in.
    pub fn store(&self) -> &Store {
        self.0.store()
    }

    /// What the module exports, in the order of its exports.
    pub fn exports(&self) -> Vec<Extern> {
        self.0.module.info.exports.iter().map(|export| self.0.external(export.index)).collect()
    }

    /// What the module exports, with its names.
    pub(crate) fn named_exports(&self) -> impl Iterator<Item = (&str, Extern)> {
        self.0.module.info.exports.iter().map(|export| (export.name.as_str(), self.0.external(export.index)))
    }

    /// *instance_export*: the export of this name.
    ///
    /// ```
    /// # use wasmo::{Config, ExternKind, Imports, Instance, Module};
    /// let module = Module::new(r#"(module (table (export "t") 1 funcref))"#, Config::new())?;
    /// let instance = Instance::new(&module, &Imports::default())?;
    /// assert_eq!(instance.export("t").map(|export| export.ty().kind()), Some(ExternKind::Table));
    /// assert!(instance.export("u").is_none() && instance.func("t").is_none());
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn export(&self, name: &str) -> Option<Extern> {
        let export = self.0.module.info.exports.iter().find(|export| export.name == name)?;
        Some(self.0.external(export.index))
    }

    /// The function that is exported under this name.
    pub fn func(&self, name: &str) -> Option<Func> {
        self.export(name)?.func().cloned()
    }

    /// The global that is exported under this name.
    pub fn global(&self, name: &str) -> Option<Global> {
        self.export(name)?.global().cloned()
    }

    /// The table that is exported under this name.
    pub fn table(&self, name: &str) -> Option<Table> {
        self.export(name)?.table().cloned()
    }

    /// The memory that is exported under this name.
    pub fn memory(&self, name: &str) -> Option<Memory> {
        self.export(name)?.memory().cloned()
    }

    /// Its first memory, exported or not.
    pub(crate) fn first_memory(&self) -> Option<Memory> {
        // SAFETY: it belongs to this instance's store.
        self.0.memories.first().map(|memory| unsafe { Memory::from_entity(self.store().inner(), *memory) })
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Instance({:?})", self.0.context())
    }
}

/// What can be imported and exported
/// ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#external-instances)).
#[derive(Clone, PartialEq, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A global variable.
    Global(Global),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
}

macro_rules! externs {
    ($($kind:ident),*) => {
        $( impl From<$kind> for Extern {
            fn from(external: $kind) -> Extern {
                Extern::$kind(external)
            }
        } )*
    };
}
externs!(Func, Global, Table, Memory);

impl Extern {
    /// Its type; the minimum of a memory or table is its current size.
    pub fn ty(&self) -> ExternType {
        match self {
            // SAFETY: the handle keeps the function alive.
            Extern::Func(func) => unsafe { func::extern_type(func.object()) },
            Extern::Global(global) => ExternType::Global(global.ty()),
            Extern::Table(table) => ExternType::Table(table.ty()),
            Extern::Memory(memory) => ExternType::Memory(memory.ty()),
        }
    }

    /// The function, if it is one.
    pub fn func(&self) -> Option<&Func> {
        if let Extern::Func(func) = self { Some(func) } else { None }
    }

    /// The global, if it is one.
    pub fn global(&self) -> Option<&Global> {
        if let Extern::Global(global) = self { Some(global) } else { None }
    }

    /// The table, if it is one.
    pub fn table(&self) -> Option<&Table> {
        if let Extern::Table(table) = self { Some(table) } else { None }
    }

    /// The memory, if it is one.
    pub fn memory(&self) -> Option<&Memory> {
        if let Extern::Memory(memory) = self { Some(memory) } else { None }
    }

    /// The store that it belongs to.
    pub fn store(&self) -> &Store {
        match self {
            Extern::Func(func) => func.store(),
            Extern::Global(global) => global.store(),
            Extern::Table(table) => table.store(),
            Extern::Memory(memory) => memory.handle().store(),
        }
    }
}
