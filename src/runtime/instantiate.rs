//! Instantiation ([spec](https://webassembly.github.io/spec/core/exec/modules.html#instantiation)): the import vector
//! is to a module what the dynamic linker's search is to a shared library.
#![allow(unsafe_code)]

use super::call::resolve;
use super::collect::Life;
use super::dropped::Dropped;
use super::func::entry_of;
use super::global::GlobalEntity;
use super::host::HostFunc;
use super::instance::{Extern, Instance, InstanceEntity};
use super::memory::MemoryEntity;
use super::store::{Store, StoreInner};
use super::table::TableEntity;
use crate::abi::{ContextHead, FuncObject, GotFunction, GotMemory, GotTable, OwnGlobal, TrapCode};
use crate::error::{Error, Result};
use crate::link::{DataImage, LinkedModule};
use crate::wasm::{ConstExpr, SegmentMode};
use std::cell::OnceCell;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::{NonNull, null, null_mut};
use std::sync::Arc;

/// Makes an instance of `module` in `store`: checks the imports, fills the context, copies the segments, runs the start
/// function. If one of the last two traps, the instance is lost to the caller, but what it put into tables and memories
/// stays.
pub(crate) fn instantiate(store: &Store, module: &Arc<LinkedModule>, imports: &[Extern]) -> Result<Instance> {
    check_imports(store, module, imports)?;
    let inner = store.inner();
    let entity = inner.with_room(|| build(inner, module, imports))?;
    // SAFETY: just made in this store.
    let handle = unsafe { Instance::from_entity(inner, entity) };
    // SAFETY: the handle keeps it: a start function of the host may well cause a collection.
    let instance = unsafe { entity.as_ref() };
    copy_segments(instance)?;
    if let Some(start) = module.info.start {
        // SAFETY: a start function takes and returns nothing.
        unsafe { entry_of(instance.func(start as usize)).call(inner, null(), null_mut())? };
    }
    Ok(handle)
}

/// Whether the imports are as many as the module wants, of the right types, and of this store.
fn check_imports(store: &Store, module: &LinkedModule, imports: &[Extern]) -> Result<()> {
    let wanted = &module.info.imports;
    if wanted.len() != imports.len() {
        let missing = wanted.get(imports.len()).map_or(String::new(), |import| {
            format!("; the first that is missing is \"{}\" \"{}\"", import.module, import.name)
        });
        return Err(Error::Link(format!("expected {} imports, found {}{missing}", wanted.len(), imports.len())));
    }
    for (import, given) in wanted.iter().zip(imports) {
        let (module, name) = (&import.module, &import.name);
        let found = given.ty();
        if !found.matches(&import.ty) {
            return Err(Error::Link(format!(
                "incompatible import type for \"{module}\" \"{name}\": expected {}, found {found}",
                import.ty
            )));
        }
        if !given.store().is(store) {
            return Err(Error::Link(format!("the import \"{module}\" \"{name}\" belongs to another store")));
        }
    }
    Ok(())
}

/// Imported entities by kind, in order.
#[derive(Default)]
struct Imported {
    funcs: Vec<NonNull<FuncObject>>,
    tables: Vec<NonNull<TableEntity>>,
    memories: Vec<NonNull<MemoryEntity>>,
    globals: Vec<NonNull<GlobalEntity>>,
}

impl Imported {
    fn new(imports: &[Extern]) -> Imported {
        let mut imported = Imported::default();
        for import in imports {
            match import {
                Extern::Func(func) => imported.funcs.push(func.object()),
                Extern::Table(table) => imported.tables.push(table.handle().entity()),
                Extern::Memory(memory) => imported.memories.push(memory.handle().entity()),
                Extern::Global(global) => imported.globals.push(global.handle().entity()),
            }
        }
        imported
    }
}

/// Makes the instance and its entities, and fills the context.
fn build(store: &StoreInner, module: &Arc<LinkedModule>, imports: &[Extern]) -> Result<NonNull<InstanceEntity>> {
    store.resources.another_instance(store.instances.len())?;
    let info = &module.info;
    let imported = Imported::new(imports);
    let block = module.block();
    let Imported { funcs: imported_funcs, mut tables, mut memories, mut globals } = imported;
    for ty in &info.tables[info.imported_tables..] {
        tables.push(TableEntity::create(store, ty)?);
    }
    for (index, ty) in info.memories.iter().enumerate().skip(info.imported_memories) {
        let image = (index == 0).then(|| module.data_image()).flatten();
        memories.push(MemoryEntity::create(store, ty, image)?);
    }
    let base: *mut u8 = block.context().cast();
    for (index, ty) in info.globals.iter().enumerate().skip(info.imported_globals) {
        let cell = base.wrapping_add(module.layout.own_global_cell(index));
        globals.push(GlobalEntity::in_context(store, *ty, cell.cast()));
    }
    // The host that was asked about all of this may have made instances, too.
    store.resources.another_instance(store.instances.len())?;
    let entity = store.instances.add(InstanceEntity {
        module: module.clone(),
        block: ManuallyDrop::new(block),
        store,
        imported_funcs,
        host_contexts: OnceCell::new(),
        tables,
        memories,
        globals,
        dropped_elements: Dropped::default(),
        dropped_data: Dropped::default(),
        life: Life::default(),
    });
    // SAFETY: just made.
    let instance = unsafe { entity.as_ref() };
    for index in info.imported_globals..info.globals.len() {
        instance.global(index).set_home(entity);
    }
    fill_context(store, instance);
    Ok(entity)
}

/// Copies the initial image, completes the head, and fills each slot of the GOT.
fn fill_context(store: &StoreInner, instance: &InstanceEntity) {
    let (module, layout) = (&instance.module, &instance.module.layout);
    let context: *mut u8 = instance.context().cast();
    let image = module.context_image();
    // SAFETY: the context is as long as the image; head and slots lie in it where the layout says, and nothing runs in
    // it yet.
    unsafe {
        context.copy_from_nonoverlapping(image.as_ptr(), image.len());
        module.add_imported_function_resolver(context.cast(), resolve as *const c_void);
        let head = &mut *context.cast::<ContextHead>();
        head.builtins = store.builtins();
        head.store = store.context();
        head.plt = module.plt();
        head.instance = std::ptr::from_ref(instance).cast();

        let objects = || instance.imported_funcs.iter().map(|object| object.as_ref());
        let of_host = objects().filter(|object| object.is_host != 0);
        let contexts = of_host.map(|object| HostFunc::of(object.context).context_for(head.instance)).collect();
        let mut contexts = instance.host_contexts.get_or_init(|| contexts).iter();
        for (index, object) in objects().enumerate() {
            let mut entry = GotFunction { code: object.code, context: object.context };
            if object.is_host != 0
                && let Some(context) = contexts.next()
            {
                entry.code = module.host_thunk(module.info.funcs[index] as usize) as *const c_void;
                entry.context = std::ptr::from_ref(context).cast_mut().cast();
            }
            context.add(layout.imported_func(index)).cast::<GotFunction>().write(entry);
        }
        for index in 0..module.info.imported_globals {
            context.add(layout.imported_global(index)).cast::<*mut u64>().write(instance.global(index).cell());
        }
        for (index, memory) in instance.memories.iter().enumerate() {
            let memory = memory.as_ref();
            let slot = context.add(layout.memory(index)).cast::<GotMemory>();
            slot.write(GotMemory { base: memory.base(), definition: memory.definition() });
        }
        for index in 0..instance.tables.len() {
            let table = instance.table(index);
            let slot = context.add(layout.table(index)).cast::<GotTable>();
            slot.write(GotTable { base: table.base(), definition: table.definition() });
        }
        let ids = module.type_ids();
        context.add(layout.type_id(0)).cast::<u32>().copy_from_nonoverlapping(ids.as_ptr(), ids.len());
    }
    // Those that are constants are in the image.
    for (i, init) in module.info.global_inits.iter().enumerate() {
        let index = module.info.imported_globals + i;
        if matches!(layout.own_global(index), OwnGlobal::Cell(_)) && !init.is_constant() {
            instance.global(index).set_bits(instance.evaluate(init));
        }
    }
}

/// Copies the active segments in order, elements first, each as `table.init` or `memory.init` would. The first that
/// does not fit is a trap; what was copied before stays.
fn copy_segments(instance: &InstanceEntity) -> Result<(), TrapCode> {
    copy_elements(instance).inspect_err(|_| discard_image(instance))?;
    if let Some(image) = image(instance) {
        instance.dropped_data.set_done(image.segments);
    }
    copy_data(instance)
}

fn copy_elements(instance: &InstanceEntity) -> Result<(), TrapCode> {
    for (index, segment) in instance.module.info.elements.iter().enumerate() {
        if let SegmentMode::Active { target, offset } = &segment.mode {
            let (start, length) = (start(instance, offset), segment.items.len() as u64);
            instance.table_init(*target, index as u32, start, 0, length)?;
            instance.table(*target as usize).set_initialized(start + length);
        }
        instance.dropped_elements.set_done(index + 1);
    }
    Ok(())
}

/// Copies the data segments that are not in the image.
fn copy_data(instance: &InstanceEntity) -> Result<(), TrapCode> {
    let info = &instance.module.info;
    for (index, segment) in info.data.iter().enumerate().skip(instance.dropped_data.done()) {
        if let SegmentMode::Active { target, offset } = &segment.mode {
            let (start, length) = (start(instance, offset), info.segment_bytes(index).len() as u64);
            instance.memory_init(*target, index as u32, start, 0, length)?;
            instance.memory(*target as usize).set_initialized(start + length);
        }
        instance.dropped_data.set_done(index + 1);
    }
    Ok(())
}

/// Where an active segment is to be.
fn start(instance: &InstanceEntity, offset: &ConstExpr) -> u64 {
    u64::from(instance.evaluate(offset) as u32)
}

/// The image that the instance's memory started with.
fn image(instance: &InstanceEntity) -> Option<&DataImage> {
    let memory = instance.module.info.memories.first().map(|_| instance.memory(0))?;
    memory.has_image().then(|| instance.module.data_image()).flatten()
}

/// Makes the memory zero that started with an image, for the data segments will not be copied.
fn discard_image(instance: &InstanceEntity) {
    if let Some(image) = image(instance) {
        // SAFETY: the image lies within the memory.
        unsafe { instance.memory(0).base().add(image.at).write_bytes(0, image.pages.len()) };
    }
}
