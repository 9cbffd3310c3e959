//! Linear memories.
#![allow(unsafe_code)]

use super::collect::{Entity, Life, Marker};
use super::handle::Handle;
use super::limits::{Growth, Resources};
use super::store::{Store, StoreInner};
use crate::abi::{MemoryDefinition, TrapCode};
use crate::error::{Error, Result};
use crate::link::DataImage;
use crate::sys::Space;
use crate::types::{ExternKind, Limits, MAX_PAGES, MemoryType, PAGE_SIZE};
use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::rc::Rc;

/// A linear memory ([spec](https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances)). Cloning gives
/// another handle to the same memory.
#[derive(Clone, PartialEq)]
pub struct Memory(Handle<MemoryEntity>);

/// A memory in its store. Its whole range is reserved once, so that the base never moves.
pub(crate) struct MemoryEntity {
    definition: UnsafeCell<MemoryDefinition>,
    max: Option<u64>,
    /// The most pages that it can have: by its type, and in its reservation.
    most: u64,
    space: Space,
    resources: Rc<Resources>,
    life: Life,
}

impl Entity for MemoryEntity {
    fn life(&self) -> &Life {
        &self.life
    }

    fn trace(&self, _: &mut Marker) {}
}

impl Drop for MemoryEntity {
    fn drop(&mut self) {
        self.resources.give_back(ExternKind::Memory, self.length());
    }
}

impl MemoryEntity {
    /// Adds a memory to a store. It starts with the image, if there is one and it can be mapped, see
    /// [`Self::has_image`].
    pub fn create(store: &StoreInner, ty: &MemoryType, image: Option<&DataImage>) -> Result<NonNull<MemoryEntity>> {
        let Limits { min, max } = ty.limits;
        if min > MAX_PAGES || max.is_some_and(|max| max < min) {
            return Err(Error::Argument(format!("a memory of {} pages cannot be", ty.limits)));
        }
        let most = max.unwrap_or(MAX_PAGES).min(MAX_PAGES);
        let length = min * PAGE_SIZE;
        let reserved = store.settings.tuning.memory_space(length, most * PAGE_SIZE);
        let resources = store.resources.clone();
        let (reserved_bytes, bytes) = (reserved as usize, length as usize);
        let space = resources.grow(growth(max, 0, min), || match image {
            None => Space::new(reserved_bytes, bytes),
            Some(DataImage { at, pages, .. }) => Space::with_image(reserved_bytes, bytes, *at, pages),
        })?;
        let definition = UnsafeCell::new(MemoryDefinition { base: space.start(), length });
        let most = most.min(reserved / PAGE_SIZE);
        Ok(store.memories.add(MemoryEntity { definition, max, most, space, resources, life: Life::default() }))
    }

    /// What generated code sees.
    pub fn definition(&self) -> *mut MemoryDefinition {
        self.definition.get()
    }

    /// Whether `address` lies in the reserved range: an access there by generated code is one of this memory.
    pub fn reserves(&self, address: usize) -> bool {
        self.space.addresses().contains(&address)
    }

    /// Whether it started with an image.
    pub fn has_image(&self) -> bool {
        self.space.has_image()
    }

    /// Instantiation has set bytes up to `end`, and will set those of the memory that takes the place of this one.
    pub fn set_initialized(&self, end: u64) {
        self.space.keep_resident(end as usize);
    }

    pub fn base(&self) -> *mut u8 {
        self.space.start()
    }

    /// Length in bytes.
    pub fn length(&self) -> u64 {
        // SAFETY: only `grow` writes to it, on the store's only thread.
        unsafe { (*self.definition.get()).length }
    }

    /// The address of `length` bytes at `at`, if they lie within the memory.
    pub fn range(&self, at: u64, length: u64) -> Result<*mut u8, TrapCode> {
        match at.checked_add(length) {
            Some(end) if end <= self.length() => Ok(self.base().wrapping_add(at as usize)),
            _ => Err(TrapCode::MemoryOutOfBounds),
        }
    }

    pub fn pages(&self) -> u64 {
        self.length() / PAGE_SIZE
    }

    pub fn ty(&self) -> MemoryType {
        MemoryType { limits: Limits { min: self.pages(), max: self.max } }
    }

    /// The number of pages with `delta` more, if it may have as many.
    fn grown(&self, delta: u64) -> Result<u64> {
        let (old, most) = (self.pages(), self.most);
        old.checked_add(delta)
            .filter(|new| *new <= most)
            .ok_or_else(|| Error::Limit(format!("a memory of {old} pages cannot grow by {delta}, it may have {most}")))
    }

    /// Adds `delta` pages; the old number of pages.
    pub fn grow(&self, delta: u64) -> Result<u64> {
        let (old, new) = (self.pages(), self.grown(delta)?);
        let length = new * PAGE_SIZE;
        self.resources.grow(growth(self.max, old, new), || self.space.extend(length as usize))?;
        // SAFETY: as in `length`.
        unsafe { (*self.definition.get()).length = length };
        Ok(old)
    }
}

/// What the host is asked about a memory that is to have `new` pages.
fn growth(max: Option<u64>, old: u64, new: u64) -> Growth {
    let [current, wanted] = [old, new].map(|pages| pages * PAGE_SIZE);
    let maximum = max.map(|pages| pages.saturating_mul(PAGE_SIZE));
    Growth { kind: ExternKind::Memory, current, wanted, maximum }
}

impl Memory {
    /// *mem_alloc*: a new memory, zeroed.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Memory, MemoryType};
    /// # let store = Store::new(&Engine::default())?;
    /// let memory = Memory::new(&store, MemoryType { limits: Limits { min: 1, max: Some(2) } })?;
    /// assert_eq!(memory.size(), 1);
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if there can be no such memory, [`Error::Limit`] if address space or memory ran out.
    pub fn new(store: &Store, ty: MemoryType) -> Result<Memory> {
        let entity = store.inner().with_room(|| MemoryEntity::create(store.inner(), &ty, None))?;
        // SAFETY: just made in this store.
        Ok(unsafe { Memory::from_entity(store.inner(), entity) })
    }

    /// # Safety
    /// `entity` must belong to `store`.
    pub(super) unsafe fn from_entity(store: &StoreInner, entity: NonNull<MemoryEntity>) -> Memory {
        // SAFETY: by the caller's promise.
        Memory(unsafe { Handle::new(store, entity) })
    }

    pub(super) fn handle(&self) -> &Handle<MemoryEntity> {
        &self.0
    }

    /// *mem_type*: its type; the minimum is the current size.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Memory, MemoryType};
    /// # let store = Store::new(&Engine::default())?;
    /// let memory = Memory::new(&store, MemoryType { limits: Limits { min: 1, max: Some(2) } })?;
    /// memory.grow(1)?;
    /// assert_eq!(memory.ty().limits, Limits { min: 2, max: Some(2) });
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn ty(&self) -> MemoryType {
        self.0.ty()
    }

    /// *mem_size*: size in pages of 64 KiB.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Memory, MemoryType};
    /// # let store = Store::new(&Engine::default())?;
    /// let memory = Memory::new(&store, MemoryType { limits: Limits { min: 1, max: Some(2) } })?;
    /// assert_eq!((memory.size(), memory.data_size()), (1, 65536));
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    pub fn size(&self) -> u64 {
        self.0.pages()
    }

    /// *mem_grow*: adds `delta` pages of zeros and returns the old size in pages.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Memory, MemoryType};
    /// # let store = Store::new(&Engine::default())?;
    /// let memory = Memory::new(&store, MemoryType { limits: Limits { min: 1, max: Some(2) } })?;
    /// assert_eq!(memory.grow(1)?, 1);
    /// assert!(memory.grow(1).is_err(), "it may have two");
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Limit`] if it would be larger than its type or the store allows ([`Store::set_limits`],
    /// [`Store::on_growth`]), or memory ran out.
    pub fn grow(&self, delta: u64) -> Result<u64> {
        self.0.grown(delta)?;
        self.0.store().inner().with_room(|| self.0.grow(delta))
    }

    /// The first byte. The address stays the same as long as the memory exists, also when it grows.
    pub fn data_ptr(&self) -> *mut u8 {
        self.0.base()
    }

    /// Length in bytes.
    pub fn data_size(&self) -> usize {
        self.0.length() as usize
    }

    /// *mem_read*: copies bytes at `offset` out of the memory.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Memory, MemoryType};
    /// # let store = Store::new(&Engine::default())?;
    /// let memory = Memory::new(&store, MemoryType { limits: Limits { min: 1, max: Some(2) } })?;
    /// let mut bytes = [1; 4];
    /// memory.read(65532, &mut bytes)?;
    /// assert_eq!(bytes, [0; 4]);
    /// assert!(memory.read(65533, &mut bytes).is_err());
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if they do not lie within the memory.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result<()> {
        let from = self.bytes(offset, to.len())?;
        // SAFETY: `bytes` checked the range; nobody writes meanwhile, the store has one thread.
        unsafe { from.copy_to_nonoverlapping(to.as_mut_ptr(), to.len()) };
        Ok(())
    }

    /// *mem_write*: copies bytes into the memory at `offset`.
    ///
    /// ```
    /// # use wasmo::{Engine, Store, Limits, Memory, MemoryType};
    /// # let store = Store::new(&Engine::default())?;
    /// let memory = Memory::new(&store, MemoryType { limits: Limits { min: 1, max: Some(2) } })?;
    /// memory.write(8, b"wasm")?;
    /// let mut bytes = [0; 4];
    /// memory.read(8, &mut bytes)?;
    /// assert_eq!(&bytes, b"wasm");
    /// # Ok::<(), wasmo::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if they do not lie within the memory.
    pub fn write(&self, offset: usize, from: &[u8]) -> Result<()> {
        let to = self.bytes(offset, from.len())?;
        // SAFETY: as in `read`.
        unsafe { to.copy_from_nonoverlapping(from.as_ptr(), from.len()) };
        Ok(())
    }

    fn bytes(&self, offset: usize, length: usize) -> Result<*mut u8> {
        match offset.checked_add(length) {
            Some(end) if end <= self.data_size() => Ok(self.data_ptr().wrapping_add(offset)),
            _ => Err(Error::Argument(format!(
                "{length} bytes at {offset} do not lie within a memory of {} bytes",
                self.data_size()
            ))),
        }
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({:?})", self.ty().limits)
    }
}
