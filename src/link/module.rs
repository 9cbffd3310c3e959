//! A module whose objects are in memory, linked as far as they were needed.
#![allow(unsafe_code)]

use super::better::{BetterCode, BetterUnit, FuncHeat};
use super::block::{Block, KeptBlocks};
use super::data::DataImage;
use super::plt::Plt;
use super::registry::{CodeRange, FuncStart, Registration, register};
use super::source::CodeSource;
use super::tools::Tools;
use crate::abi::{ContextLayout, PltIndex, PltSlot, Signatures, Thunks, symbols};
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::llvm::{Dylib, Jit, STACK};
use crate::sys::{NoFork, hold_exit, no_fork};
use crate::types::TypeRegistry;
use crate::wasm::ModuleInfo;
use object::{Object, ObjectSection, ObjectSymbol};
use once_cell::race::OnceBox;
use once_cell::sync::OnceCell;
use std::ffi::c_void;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

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
    /// Function indices of each, and where the object of one comes from when it is called for.
    Lazy(Vec<Range<usize>>, Box<dyn CodeSource>),
}

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
    source: Option<Box<dyn CodeSource>>,
    /// There if code counts until better code is made.
    better: Option<BetterCode>,
    type_ids: Box<[u32]>,
    /// By type index; 0 where there is none.
    entry_thunks: Box<[usize]>,
    host_thunks: Box<[usize]>,
    identity: u64,
    context_image: *const u8,
    add_resolver: unsafe extern "C" fn(context: *mut c_void, resolver: *const c_void),
    plt: Arc<Plt>,
    blocks: KeptBlocks,
    has_instances: AtomicBool,
    data_image: OnceBox<Option<DataImage>>,
    tools: Arc<Tools>,
    _registration: Registration,
    // What is above describes its code.
    dylib: Dylib,
    /// There while all of this is dropped.
    no_fork: Option<NoFork>,
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

    fn is_linked(&self) -> bool {
        self.linked.get().is_some()
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
        let (_held, _no_fork) = (hold_exit(), no_fork());
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
        let range = CodeRange::new(range, info.clone(), identity, Vec::new(), module_object.clone());
        let by_type = |table: usize, signatures: &Signatures| -> Box<[usize]> {
            // SAFETY: the symbols of a module object are what `abi::symbols` says.
            let thunks = unsafe { read_table(table, signatures.iter().count()) };
            info.types.iter().map(|ty| signatures.position(ty).map_or(0, |position| thunks[position])).collect()
        };
        let (units, source): (Vec<Unit>, _) = match units {
            Units::Made(units) => {
                let unit = |(index, (funcs, object))| Unit::new(index, funcs, OnceCell::with_value(object));
                (units.into_iter().enumerate().map(unit).collect(), None)
            }
            Units::Lazy(units, source) => {
                let unit = |(index, funcs)| Unit::new(index, funcs, OnceCell::new());
                (units.into_iter().enumerate().map(unit).collect(), Some(source))
            }
        };
        let threshold = source.as_ref().and_then(|source| source.threshold());
        let plt = Arc::new(Plt::new(info.defined_funcs(), routines.lazy_tail, threshold)?);
        tools.announce_stubs(&info, &plt);
        Ok(LinkedModule {
            units,
            source,
            better: threshold.map(|_| BetterCode::new(info.imported_funcs, info.defined_funcs())),
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
            no_fork: None,
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
            self.units.iter().for_each(|unit| self.direct_unit(unit, &block));
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
    pub fn plt(&self) -> *const PltSlot {
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

    /// Objects of better code.
    pub fn better_objects(&self) -> impl Iterator<Item = &[u8]> {
        self.better_units().map(|unit| &*unit.object)
    }

    /// How many functions have better code.
    pub fn better_funcs(&self) -> usize {
        self.better_units().map(|unit| unit.funcs.len()).sum()
    }

    fn better_units(&self) -> impl Iterator<Item = &BetterUnit> {
        self.better.iter().flat_map(BetterCode::units)
    }

    /// How many units were linked so far: those of which a function was called.
    pub fn linked_units(&self) -> usize {
        self.units.iter().filter(|unit| unit.is_linked()).count()
    }

    /// How many functions these have.
    pub fn linked_funcs(&self) -> usize {
        self.units.iter().filter(|unit| unit.is_linked()).map(|unit| unit.funcs.len()).sum()
    }

    /// The code of a defined function, which is called. Makes and links the unit that it is in if need be, and directs all
    /// its slots there. Whoever asks for the same unit meanwhile waits for it. It has a thread of its own do that, for it may
    /// take more stack than the caller has.
    pub fn resolve(self: &Arc<LinkedModule>, index: PltIndex) -> Result<usize> {
        let unit = self.unit_of(index)?;
        if unit.is_linked() {
            return Ok(self.plt.slot(index).code() as usize);
        }
        let mut builder = thread::Builder::new().name("wasmo-link".into());
        if self.source.is_some() {
            builder = builder.stack_size(STACK);
        }
        thread::scope(|scope| {
            let linker = builder.spawn_scoped(scope, || {
                let _held = hold_exit().ok_or_else(|| Error::Limit("the process ends".into()))?;
                let _no_fork = no_fork();
                self.linked(unit).map(drop)
            });
            let linker = linker.map_err(|e| Error::Limit(format!("no thread to make code on: {e}")))?;
            linker.join().unwrap_or_else(|_| Err(Error::Bug("the linker panicked".into())))
        })?;
        if let Some(source) = &self.source {
            source.tell_linked(self, index);
        }
        Ok(self.plt.slot(index).code() as usize)
    }

    /// Makes and links the unit of a defined function as if it were called, on this thread.
    pub fn link_ahead(&self, index: PltIndex) -> Result<()> {
        let _no_fork = no_fork();
        self.linked(self.unit_of(index)?).map(drop)
    }

    /// Function indices of the unit of a defined function.
    pub fn unit_funcs(&self, index: PltIndex) -> Result<Range<usize>> {
        self.unit_of(index).map(|unit| unit.funcs.clone())
    }

    /// Whether the unit of a defined function was linked.
    pub fn is_linked(&self, index: PltIndex) -> bool {
        self.unit_of(index).is_ok_and(Unit::is_linked)
    }

    /// Has the functions of the unit of this function called where their code is, through their objects in `block` too,
    /// if the unit is linked and its code is never replaced.
    pub fn direct(&self, index: PltIndex, block: &Block) {
        if let Ok(unit) = self.unit_of(index) {
            self.direct_unit(unit, block);
        }
    }

    fn direct_unit(&self, unit: &Unit, block: &Block) {
        if let (Some(linked), None) = (unit.linked.get(), &self.better) {
            block.direct(self.plt_index(unit.funcs.start), &linked.starts);
        }
    }

    /// To be called when the counter of a function is at zero.
    pub fn tell_heat(self: &Arc<LinkedModule>, index: PltIndex) {
        if let Some(source) = &self.source {
            source.tell_heat(self, index);
        }
    }

    /// How often code of this function ran that counts.
    pub fn heat(&self, index: PltIndex) -> FuncHeat {
        FuncHeat { plt: self.plt.clone(), index }
    }

    /// Leaves a function to the caller, who is to make better code of it, for [`Self::improve`]. False if another has it
    /// already.
    pub fn take(&self, index: PltIndex) -> bool {
        self.better.as_ref().is_some_and(|better| better.take(index))
    }

    /// Has better code for some functions made by `make`, as a unit with the number that it is given, and links it. From
    /// then on calls of them arrive there, in all instances and threads; what runs in the old code ends there. The caller
    /// must have taken the functions, whose function indices are in order; if this fails they are given back. Nothing is made
    /// where there is much better code already.
    pub fn improve(&self, funcs: &[usize], make: impl FnOnce(usize) -> Result<Bytes>) -> Result<()> {
        let better = self.better.as_ref().ok_or_else(|| Error::Bug("code that does not count is improved".into()))?;
        let Some(number) = better.next_unit() else { return Ok(()) };
        let unit = self.units.len() + number;
        let place = || -> Result<BetterUnit> {
            let object = make(unit)?;
            let _no_fork = no_fork();
            self.dylib.add_object(object.clone())?;
            let (funcs, registration) = self.place(unit, funcs.iter().copied(), &object)?;
            Ok(BetterUnit::new(funcs, object, registration))
        };
        let made = place().inspect_err(|_| funcs.iter().for_each(|func| better.give_back(self.plt_index(*func))))?;
        for &FuncStart { index, address } in &made.funcs {
            self.plt.slot(self.plt_index(index)).improve(address as *mut c_void);
        }
        better.add(number, made);
        Ok(())
    }

    /// Has calls of functions that have better code arrive at that, or at the code that they had first.
    pub fn exchange(&self, better: bool) {
        for unit in self.better_units() {
            for &FuncStart { index, address } in &unit.funcs {
                let index = self.plt_index(index);
                let first = self.unit_of(index).ok().and_then(|unit| {
                    let first = self.plt_index(unit.funcs.start);
                    Some(unit.linked.get()?.starts[(index - first) as usize])
                });
                self.plt.slot(index).improve(if better { address } else { first.unwrap_or(address) } as *mut c_void);
            }
        }
    }

    fn unit_of(&self, index: PltIndex) -> Result<&Unit> {
        let func = self.info.imported_funcs + index as usize;
        let position = self.units.partition_point(|unit| unit.funcs.end <= func);
        self.units.get(position).ok_or_else(|| Error::Bug(format!("no unit holds function {func}")))
    }

    /// The PLT index of a defined function, by its function index.
    pub fn plt_index(&self, func: usize) -> PltIndex {
        (func - self.info.imported_funcs) as PltIndex
    }

    fn linked<'unit>(&self, unit: &'unit Unit) -> Result<&'unit LinkedUnit> {
        unit.linked.get_or_try_init(|| self.link(unit))
    }

    fn link(&self, unit: &Unit) -> Result<LinkedUnit> {
        let object = unit.object.get_or_try_init(|| match &self.source {
            Some(source) => source.object(&self.info, &self.layout, unit.index),
            None => Err(Error::Bug(format!("there is no object for unit {}", unit.index))),
        })?;
        unit.added.get_or_try_init(|| self.dylib.add_object(object.clone()))?;
        let (funcs, registration) = self.place(unit.index, unit.funcs.clone(), object)?;
        for &FuncStart { index, address } in &funcs {
            self.plt.slot(self.plt_index(index)).link(address as *mut c_void);
        }
        Ok(LinkedUnit { starts: funcs.iter().map(|func| func.address).collect(), _registration: registration })
    }

    /// Has the linker place a unit, of which it has the object, and makes its code known, for it can run from then on.
    /// Returns where its functions start.
    fn place(
        &self,
        unit: usize,
        funcs: impl ExactSizeIterator<Item = usize>,
        object: &Bytes,
    ) -> Result<(Vec<FuncStart>, Registration)> {
        let table = self.dylib.lookup(&[&symbols::unit(unit)])?[0];
        // SAFETY: the symbol is the unit's table of functions.
        let starts = unsafe { read_table(table, funcs.len()) };
        let funcs: Vec<_> = funcs.zip(starts).map(|(index, address)| FuncStart { index, address }).collect();
        let range = code_range(object, &symbols::func(funcs[0].index), funcs[0].address)?;
        let range = CodeRange::new(range, self.info.clone(), self.identity(), funcs.clone(), object.clone());
        Ok((funcs, register(range, &self.tools)))
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

impl Drop for LinkedModule {
    fn drop(&mut self) {
        // Locks of the linker and the registry are taken on the way.
        self.no_fork = Some(no_fork());
    }
}

/// Bytes of an object's code.
pub(crate) fn code_size(object: &[u8]) -> usize {
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
