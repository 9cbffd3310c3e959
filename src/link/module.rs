//! A module whose objects are in memory, linked as far as they were needed.
#![allow(unsafe_code)]

use super::block::{Block, KeptBlocks};
use super::data::DataImage;
use super::plt::Plt;
use super::registry::{CodeRange, Registration, register};
use super::tools::Tools;
use crate::abi::{ContextLayout, PltIndex, Signatures, Thunks, symbols};
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::llvm::{Dylib, Jit};
use crate::types::TypeRegistry;
use crate::wasm::ModuleInfo;
use object::{Object, ObjectSection, ObjectSymbol};
use once_cell::race::OnceBox;
use once_cell::sync::OnceCell;
use std::ffi::c_void;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

/// What a module is linked from.
pub(crate) struct Objects {
    pub info: ModuleInfo,
    pub layout: ContextLayout,
    pub thunks: Thunks,
    /// The object with the context image and the thunks.
    pub module: Bytes,
    pub units: Units,
}

/// The units of a module.
pub(crate) enum Units {
    /// Function indices and object of each.
    Made(Vec<(Range<usize>, Bytes)>),
    /// Function indices of each, and what makes the object of one when it is called for.
    Lazy(Vec<Range<usize>>, MakeObject),
}

/// Makes the object of the unit at a position among those of a module with these declarations. Called by any thread, for
/// each unit by one at a time, and again only if it failed.
pub(crate) type MakeObject = Box<dyn Fn(&ModuleInfo, &ContextLayout, usize) -> Result<Bytes> + Send + Sync>;

/// The addresses of the runtime that a module is linked against.
pub(crate) struct Routines {
    /// Where unresolved calls arrive, see [`Plt::new`].
    pub lazy_tail: *const c_void,
    /// See [`symbols::STACK_PROBE`].
    pub stack_probe: *const c_void,
}

/// A linked module. The code lives as long as it; it is shared by all instances, in all threads.
pub(crate) struct LinkedModule {
    pub info: Arc<ModuleInfo>,
    pub layout: ContextLayout,
    module_object: Bytes,
    units: Vec<Unit>,
    make_object: Option<MakeObject>,
    type_ids: Box<[u32]>,
    /// By type index; 0 where there is none.
    entry_thunks: Box<[usize]>,
    host_thunks: Box<[usize]>,
    identity: u64,
    context_image: *const u8,
    add_resolver: unsafe extern "C" fn(context: *mut c_void, resolver: *const c_void),
    plt: Plt,
    blocks: KeptBlocks,
    has_instances: AtomicBool,
    data_image: OnceBox<Option<DataImage>>,
    tools: Arc<Tools>,
    _registration: Registration,
    // Last: what is above describes its code.
    dylib: Dylib,
}

// SAFETY: the raw pointers lead to code and read-only data that live as long as the module, or into its blocks.
unsafe impl Send for LinkedModule {}
// SAFETY: as above; what changes (units, slots, blocks) locks itself or is atomic.
unsafe impl Sync for LinkedModule {}

/// A compile unit, linked when one of its functions is first called.
struct Unit {
    index: usize,
    funcs: Range<usize>,
    /// There from the start, or once the unit is called.
    object: OnceCell<Bytes>,
    /// Whether the linker has the object.
    added: OnceCell<()>,
    linked: OnceCell<LinkedUnit>,
}

impl Unit {
    fn new(index: usize, funcs: Range<usize>, object: OnceCell<Bytes>) -> Unit {
        Unit { index, funcs, object, added: OnceCell::new(), linked: OnceCell::new() }
    }
}

struct LinkedUnit {
    starts: Vec<usize>,
    _registration: Registration,
}

impl LinkedModule {
    /// Links the module object; units follow when they are called.
    pub fn new(
        jit: &Arc<Jit>,
        types: &TypeRegistry,
        tools: &Arc<Tools>,
        objects: Objects,
        routines: Routines,
    ) -> Result<LinkedModule> {
        let Objects { info, layout, thunks, module: module_object, units } = objects;
        let info = Arc::new(info);
        let dylib = jit.dylib();
        dylib.define(symbols::STACK_PROBE, routines.stack_probe as usize)?;
        dylib.add_object(module_object.clone())?;
        let names = [
            symbols::CONTEXT_IMAGE,
            symbols::ADD_IMPORTED_FUNCTION_RESOLVER,
            symbols::ENTRY_THUNKS,
            symbols::HOST_THUNKS,
        ];
        let &[context_image, add_resolver, entry_thunks, host_thunks] = dylib.lookup(&names)?.as_slice() else {
            return Err(Error::Bug("the linker returned too few addresses".into()));
        };
        static IDENTITIES: AtomicU64 = AtomicU64::new(0);
        let identity = IDENTITIES.fetch_add(1, Ordering::Relaxed);
        let range = code_range(&module_object, symbols::ADD_IMPORTED_FUNCTION_RESOLVER, add_resolver)?;
        let range = CodeRange::new(range, info.clone(), identity, 0, Vec::new(), module_object.clone());
        let by_type = |table: usize, signatures: &Signatures| -> Box<[usize]> {
            // SAFETY: the symbols of a module object are what `abi::symbols` says.
            let thunks = unsafe { read_table(table, signatures.iter().count()) };
            info.types.iter().map(|ty| signatures.position(ty).map_or(0, |position| thunks[position])).collect()
        };
        let plt = Plt::new(info.funcs.len() - info.imported_funcs, routines.lazy_tail)?;
        tools.announce_stubs(&info, &plt);
        let (units, make_object): (Vec<Unit>, _) = match units {
            Units::Made(units) => {
                let unit = |(index, (funcs, object))| Unit::new(index, funcs, OnceCell::with_value(object));
                (units.into_iter().enumerate().map(unit).collect(), None)
            }
            Units::Lazy(units, make) => {
                let unit = |(index, funcs)| Unit::new(index, funcs, OnceCell::new());
                (units.into_iter().enumerate().map(unit).collect(), Some(make))
            }
        };
        Ok(LinkedModule {
            units,
            make_object,
            type_ids: info.types.iter().map(|ty| types.intern(ty).0).collect(),
            entry_thunks: by_type(entry_thunks, &thunks.entry),
            host_thunks: by_type(host_thunks, &thunks.host),
            identity,
            context_image: context_image as *const u8,
            // SAFETY: as above.
            add_resolver: unsafe {
                std::mem::transmute::<usize, unsafe extern "C" fn(*mut c_void, *const c_void)>(add_resolver)
            },
            plt,
            blocks: KeptBlocks::default(),
            has_instances: AtomicBool::new(false),
            data_image: OnceBox::new(),
            tools: tools.clone(),
            _registration: register(range, tools),
            info: info.clone(),
            layout,
            module_object,
            dylib,
        })
    }

    /// Identity of the module among all that are linked.
    pub fn identity(&self) -> u64 {
        self.identity
    }

    /// A block for an instance. Its context is not to be relied on: it may be that of an instance that is gone.
    pub fn block(&self) -> Block {
        self.blocks.take().unwrap_or_else(|| {
            let type_indices = self.info.funcs[self.info.imported_funcs..].iter();
            let object = |(index, ty): (PltIndex, &u32)| (self.func_address(index), self.type_ids[*ty as usize]);
            let block = Block::new(self.layout.size(), (0..).zip(type_indices).map(object));
            for unit in &self.units {
                if let Some(linked) = unit.linked.get() {
                    block.direct(self.plt_index(unit.funcs.start), &linked.starts);
                }
            }
            block
        })
    }

    /// Takes a block back, which nobody uses any more.
    pub fn take_back(&self, block: Block) {
        self.blocks.keep(block);
    }

    /// What the module's own memory is to hold at first, if that pays. None for the first instance: most modules never
    /// have another, and making the image takes longer than copying its bytes.
    pub fn data_image(&self) -> Option<&DataImage> {
        if !self.has_instances.load(Ordering::Relaxed) {
            self.has_instances.store(true, Ordering::Relaxed);
            return None;
        }
        self.data_image.get_or_init(|| Box::new(DataImage::new(&self.info))).as_ref()
    }

    /// Initial bytes of an instance context.
    pub fn context_image(&self) -> &[u8] {
        // SAFETY: the image is as long as the layout says, and lives in the dylib.
        unsafe { std::slice::from_raw_parts(self.context_image, self.layout.size()) }
    }

    /// Puts the resolver into a context.
    ///
    /// # Safety
    /// `context` must be a copy of [`Self::context_image`], writable.
    pub unsafe fn add_imported_function_resolver(&self, context: *mut c_void, resolver: *const c_void) {
        // SAFETY: the generated function writes to the context's head.
        unsafe { (self.add_resolver)(context, resolver) }
    }

    /// Canonical id of each type of the module.
    pub fn type_ids(&self) -> &[u32] {
        &self.type_ids
    }

    /// The first slot of the PLT.
    pub fn plt(&self) -> *const AtomicPtr<c_void> {
        self.plt.slots()
    }

    /// The address of a defined function, for references and calls from elsewhere.
    pub fn func_address(&self, index: PltIndex) -> *const c_void {
        self.plt.jump(index)
    }

    /// The thunk through which the host calls functions of the type with this index. Functions of which the host cannot
    /// get hold have none.
    pub fn entry_thunk(&self, type_index: usize) -> usize {
        self.entry_thunks[type_index]
    }

    /// The code of imported host functions of the type with this index.
    pub fn host_thunk(&self, type_index: usize) -> usize {
        self.host_thunks[type_index]
    }

    /// The object with the context image and the thunks.
    pub fn module_object(&self) -> &[u8] {
        &self.module_object
    }

    /// How many units there are.
    pub fn unit_count(&self) -> usize {
        self.units.len()
    }

    /// Function indices and object of each unit that has its object.
    pub fn made_units(&self) -> impl Iterator<Item = (Range<usize>, &[u8])> {
        self.units.iter().filter_map(|unit| Some((unit.funcs.clone(), &**unit.object.get()?)))
    }

    /// Bytes of machine code in all objects that there are, linked or not.
    pub fn code_bytes(&self) -> usize {
        let units = self.made_units().map(|(_, object)| object);
        std::iter::once(self.module_object()).chain(units).map(code_size).sum()
    }

    /// How many units were linked so far: those of which a function was called.
    pub fn linked_units(&self) -> usize {
        self.units.iter().filter(|unit| unit.linked.get().is_some()).count()
    }

    /// The code of a defined function. Makes and links the unit that it is in if need be, and directs all its slots there.
    /// Whoever asks for the same unit meanwhile waits for it.
    pub fn resolve(&self, index: PltIndex) -> Result<usize> {
        let unit = self.unit_of(index)?;
        let linked = unit.linked.get_or_try_init(|| self.link(unit))?;
        Ok(linked.starts[index as usize - self.plt_index(unit.funcs.start) as usize])
    }

    /// Has the functions of the unit of this function called where their code is, through their objects in `block` too,
    /// if the unit is linked.
    pub fn direct(&self, index: PltIndex, block: &Block) {
        if let Ok(unit) = self.unit_of(index)
            && let Some(linked) = unit.linked.get()
        {
            block.direct(self.plt_index(unit.funcs.start), &linked.starts);
        }
    }

    fn unit_of(&self, index: PltIndex) -> Result<&Unit> {
        let func = self.info.imported_funcs + index as usize;
        let position = self.units.partition_point(|unit| unit.funcs.end <= func);
        self.units.get(position).ok_or_else(|| Error::Bug(format!("no unit holds function {func}")))
    }

    fn plt_index(&self, func: usize) -> PltIndex {
        (func - self.info.imported_funcs) as PltIndex
    }

    fn link(&self, unit: &Unit) -> Result<LinkedUnit> {
        let object = unit.object.get_or_try_init(|| match &self.make_object {
            Some(make) => make(&self.info, &self.layout, unit.index),
            None => Err(Error::Bug(format!("there is no object for unit {}", unit.index))),
        })?;
        unit.added.get_or_try_init(|| self.dylib.add_object(object.clone()))?;
        let table = self.dylib.lookup(&[&symbols::unit(unit.index)])?[0];
        // SAFETY: the symbol is the unit's table of functions.
        let starts = unsafe { read_table(table, unit.funcs.len()) };
        let range = code_range(object, &symbols::func(unit.funcs.start), starts[0])?;
        let range =
            CodeRange::new(range, self.info.clone(), self.identity(), unit.funcs.start, starts.clone(), object.clone());
        // Known before it can run.
        let registration = register(range, &self.tools);
        for (func, start) in unit.funcs.clone().zip(&starts) {
            self.plt.set(func - self.info.imported_funcs, *start);
        }
        Ok(LinkedUnit { starts, _registration: registration })
    }
}

/// Addresses from a table of distances.
///
/// # Safety
/// `table` must be the address of `count` distances.
unsafe fn read_table(table: usize, count: usize) -> Vec<usize> {
    // SAFETY: by the caller's promise.
    let distances = unsafe { std::slice::from_raw_parts(table as *const i32, count) };
    distances.iter().map(|distance| table.wrapping_add_signed(*distance as isize)).collect()
}

/// Bytes of an object's code.
fn code_size(object: &[u8]) -> usize {
    let Ok(file) = object::File::parse(object) else { return 0 };
    let code = file.sections().filter(|section| section.kind() == object::SectionKind::Text);
    code.map(|section| section.size() as usize).sum()
}

/// The addresses of an object's code, of which the function `name` lies at `address`.
fn code_range(object: &[u8], name: &str, address: usize) -> Result<Range<usize>> {
    let range = || {
        let file = object::File::parse(object).ok()?;
        let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name))?;
        let text = file.section_by_index(symbol.section_index()?).ok()?;
        let start = address - symbol.address() as usize;
        Some(start..start + text.size() as usize)
    };
    range().ok_or_else(|| Error::Bug(format!("the object has no function {name}")))
}
