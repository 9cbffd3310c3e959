//! Tables of references.
#![allow(unsafe_code)]

use super::collect::{Entity, Life, Marker};
use super::handle::Handle;
use super::limits::{Growth, Resources};
use super::store::{Store, StoreInner};
use super::value::Val;
use crate::abi::{TableDefinition, TrapCode};
use crate::error::{Error, Result};
use crate::sys::Space;
use crate::types::{ExternKind, Limits, TableType, ValType};
use std::cell::UnsafeCell;
use std::ops::Range;
use std::ptr::NonNull;
use std::rc::Rc;

/// A table ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#table-instances)). Cloning gives another
/// handle to the same table.
#[derive(Clone, PartialEq)]
pub struct Table(Handle<TableEntity>);

/// A table in its store. Its whole range is reserved once, so that the base never moves.
pub(crate) struct TableEntity {
    definition: UnsafeCell<TableDefinition>,
    element: ValType,
    max: Option<u64>,
    space: Space,
    resources: Rc<Resources>,
    life: Life,
}

impl Entity for TableEntity {
    fn life(&self) -> &Life {
        &self.life
    }

    fn trace(&self, marker: &mut Marker) {
        let words = (0..self.length()).filter_map(|index| self.get(index));
        words.for_each(|word| marker.mark_word(self.element, word as u64));
    }
}

impl Drop for TableEntity {
    fn drop(&mut self) {
        self.resources.give_back(ExternKind::Table, self.length());
    }
}

/// The most elements that a table may have.
const MAX_ELEMENTS: u64 = 10_000_000;

/// Bytes of an element.
const ELEMENT: u64 = size_of::<usize>() as u64;

impl TableEntity {
    /// Adds a table of null references to a store.
    pub fn create(store: &StoreInner, ty: &TableType) -> Result<NonNull<TableEntity>> {
        let Limits { min, max } = ty.limits;
        if !ty.element.is_ref() || max.is_some_and(|max| max < min) {
            return Err(Error::Argument(format!("a table {} of {} cannot be", ty.limits, ty.element)));
        }
        if min > MAX_ELEMENTS {
            return Err(Error::Limit(format!("a table of {min} elements was asked for, it may have {MAX_ELEMENTS}")));
        }
        let most = max.unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS);
        let resources = store.resources.clone();
        let make = || Space::new((most * ELEMENT) as usize, (min * ELEMENT) as usize);
        let space = resources.grow(growth(max, 0, min), make)?;
        let definition = UnsafeCell::new(TableDefinition { base: space.start().cast(), length: min });
        let (element, life) = (ty.element, Life::default());
        Ok(store.tables.add(TableEntity { definition, element, max, space, resources, life }))
    }

    /// What generated code sees.
    pub fn definition(&self) -> *mut TableDefinition {
        self.definition.get()
    }

    /// Address of element 0.
    pub fn base(&self) -> *mut usize {
        self.space.start().cast()
    }

    /// Length in elements.
    pub fn length(&self) -> u64 {
        // SAFETY: only `grow` writes to it, on the store's only thread.
        unsafe { (*self.definition.get()).length }
    }

    pub fn ty(&self) -> TableType {
        TableType { element: self.element, limits: Limits { min: self.length(), max: self.max } }
    }

    /// The address of `length` elements from `at` on, if there are as many.
    pub fn range(&self, at: u64, length: u64) -> Result<*mut usize, TrapCode> {
        match at.checked_add(length) {
            Some(end) if end <= self.length() => Ok(self.element(at)),
            _ => Err(TrapCode::TableOutOfBounds),
        }
    }

    pub fn get(&self, index: u64) -> Option<usize> {
        // SAFETY: the index is within the table.
        (index < self.length()).then(|| unsafe { self.element(index).read() })
    }

    /// Sets an element; whether there is one.
    pub fn set(&self, index: u64, word: usize) -> bool {
        let exists = index < self.length();
        if exists {
            // SAFETY: the index is within the table.
            unsafe { self.element(index).write(word) };
        }
        exists
    }

    /// Instantiation has set elements up to `end`, and will set those of the table that takes the place of this one.
    pub fn set_initialized(&self, end: u64) {
        self.space.keep_resident((end * ELEMENT) as usize);
    }

    /// The length with `delta` elements more, if it may have as many.
    fn grown(&self, delta: u64) -> Result<u64> {
        let (old, most) = (self.length(), self.max.unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS));
        old.checked_add(delta).filter(|new| *new <= most).ok_or_else(|| {
            Error::Limit(format!("a table of {old} elements cannot grow by {delta}, it may have {most}"))
        })
    }

    /// Adds `delta` elements, unless it is to stop; the old length.
    pub fn grow(&self, delta: u64, word: usize, is_to_stop: impl Fn() -> bool) -> Result<u64> {
        let (old, new) = (self.length(), self.grown(delta)?);
        self.resources.grow(growth(self.max, old, new), || {
            self.space.extend((new * ELEMENT) as usize)?;
            if word != 0 { self.fill_new(old..new, word, is_to_stop) } else { Ok(()) }
        })?;
        // SAFETY: as in `length`; the new elements are there.
        unsafe { (*self.definition.get()).length = new };
        Ok(old)
    }

    /// Sets elements that are not part of the table yet: all of them, or none if it is to stop.
    fn fill_new(&self, new: Range<u64>, word: usize, is_to_stop: impl Fn() -> bool) -> Result<()> {
        const SLICE: u64 = 1 << 18;
        for index in new.clone() {
            if (index - new.start).is_multiple_of(SLICE) && is_to_stop() {
                // What is not part of a table is null.
                if !self.space.clear((new.start * ELEMENT) as usize) {
                    // SAFETY: as below.
                    (new.start..index).for_each(|index| unsafe { self.element(index).write(0) });
                }
                return Err(Error::Limit("a table stopped growing because the store was interrupted".into()));
            }
            // SAFETY: the element is mapped.
            unsafe { self.element(index).write(word) };
        }
        Ok(())
    }

    fn element(&self, index: u64) -> *mut usize {
        self.space.start().cast::<usize>().wrapping_add(index as usize)
    }
}

/// What the host is asked about a table that is to have `wanted` elements.
fn growth(maximum: Option<u64>, current: u64, wanted: u64) -> Growth {
    Growth { kind: ExternKind::Table, current, wanted, maximum }
}

impl Table {
    /// *table_alloc*: a new table, each element `init`.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Table, TableType, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = TableType { element: ValType::ExternRef, limits: Limits { min: 1, max: Some(2) } };
    /// let table = Table::new(&store, ty, Val::ExternRef(None))?;
    /// assert_eq!(table.get(0), Some(Val::ExternRef(None)));
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if there can be no such table or `init` is no element of it, [`Error::Limit`] if it is too
    /// large or memory ran out.
    pub fn new(store: &Store, ty: TableType, init: Val) -> Result<Table> {
        let grown = TableType { limits: Limits { min: 0, ..ty.limits }, ..ty };
        store.inner().with_room(|| {
            let entity = TableEntity::create(store.inner(), &grown)?;
            // SAFETY: just made in this store.
            let table = unsafe { Table::from_entity(store.inner(), entity) };
            table.0.grow(ty.limits.min, table.word(&init)?, || false)?;
            Ok(table)
        })
    }

    /// # Safety
    /// `entity` must belong to `store`.
    pub(super) unsafe fn from_entity(store: &StoreInner, entity: NonNull<TableEntity>) -> Table {
        // SAFETY: by the caller's promise.
        Table(unsafe { Handle::new(store, entity) })
    }

    pub(super) fn handle(&self) -> &Handle<TableEntity> {
        &self.0
    }

    /// The store that it belongs to.
    pub fn store(&self) -> &Store {
        self.0.store()
    }

    /// *table_type*: its type; the minimum is the current size.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Table, TableType, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = TableType { element: ValType::ExternRef, limits: Limits { min: 1, max: Some(2) } };
    /// let table = Table::new(&store, ty, Val::ExternRef(None))?;
    /// assert_eq!(table.ty(), ty);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn ty(&self) -> TableType {
        self.0.ty()
    }

    /// *table_size*: size in elements.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Table, TableType, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = TableType { element: ValType::ExternRef, limits: Limits { min: 1, max: Some(2) } };
    /// let table = Table::new(&store, ty, Val::ExternRef(None))?;
    /// assert_eq!(table.size(), 1);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn size(&self) -> u64 {
        self.0.length()
    }

    /// *table_read*: the element at `index`; none beyond the end.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Table, TableType, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = TableType { element: ValType::ExternRef, limits: Limits { min: 1, max: Some(2) } };
    /// let table = Table::new(&store, ty, Val::ExternRef(None))?;
    /// assert_eq!(table.get(0), Some(Val::ExternRef(None)));
    /// assert_eq!(table.get(1), None);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn get(&self, index: u64) -> Option<Val> {
        let word = self.0.get(index)?;
        // SAFETY: elements of a table are references of its element type, of its store.
        Some(unsafe { Val::from_bits(self.0.store().inner(), self.0.element, word as u64) })
    }

    /// *table_write*: sets the element at `index`.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, ExternRef, Limits, Table, TableType, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = TableType { element: ValType::ExternRef, limits: Limits { min: 1, max: Some(2) } };
    /// let table = Table::new(&store, ty, Val::ExternRef(None))?;
    /// let object = Val::ExternRef(Some(ExternRef::new(&store, "an object")));
    /// table.set(0, object.clone())?;
    /// assert_eq!(table.get(0), Some(object));
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no such element, or `value` cannot be one.
    pub fn set(&self, index: u64, value: Val) -> Result<()> {
        let word = self.word(&value)?;
        if self.0.set(index, word) {
            return Ok(());
        }
        Err(Error::Argument(format!("element {index} of a table of {} was set", self.size())))
    }

    /// *table_grow*: adds `delta` elements, each `init`, and returns the old size.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Table, TableType, Val, ValType};
    /// # let store = Store::new(&Engine::default())?;
    /// let ty = TableType { element: ValType::ExternRef, limits: Limits { min: 1, max: Some(2) } };
    /// let table = Table::new(&store, ty, Val::ExternRef(None))?;
    /// assert_eq!(table.grow(1, Val::ExternRef(None))?, 1);
    /// assert!(table.grow(1, Val::ExternRef(None)).is_err());
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Limit`] if it would be larger than its type or the store allows ([`Store::set_limits`],
    /// [`Store::on_growth`]), or memory ran out; [`Error::Argument`] if `init` is no element.
    pub fn grow(&self, delta: u64, init: Val) -> Result<u64> {
        let word = self.word(&init)?;
        self.0.grown(delta)?;
        self.0.store().inner().with_room(|| self.0.grow(delta, word, || false))
    }

    fn word(&self, value: &Val) -> Result<usize> {
        value.check(self.0.element, self.0.store())?;
        Ok(value.to_bits() as usize)
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Table({:?})", self.ty())
    }
}
