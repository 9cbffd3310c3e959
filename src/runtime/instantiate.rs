//! Instantiation ([spec](https://webassembly.github.io/spec/core/exec/modules.html#instantiation)): the import vector
//! is to a module what the dynamic linker's search is to a shared library.
#![allow(unsafe_code)]

use super::call::resolve;
use super::collect::Life;
use super::func::entry_of;
use super::global::GlobalEntity;
use super::host::HostFunc;
use super::instance::{Extern, Instance, InstanceEntity};
use super::memory::MemoryEntity;
use super::store::{Store, StoreInner};
use super::table::TableEntity;
use crate::abi::{CELL_SIZE, ContextHead, FuncObject, GotFunction, GotMemory, GotTable, OwnGlobal, TrapCode};
use crate::error::{Error, Result};
use crate::link::LinkedModule;
use crate::wasm::{ConstExpr, SegmentMode};
use std::cell::{Cell, OnceCell, UnsafeCell};
use std::ffi::c_void;
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
    let context: Box<[UnsafeCell<u128>]> =
        (0..module.layout.size().div_ceil(CELL_SIZE)).map(|_| UnsafeCell::new(0)).collect();
    let unfilled = || UnsafeCell::new(FuncObject { code: null(), context: null_mut(), type_id: 0, is_host: 0 });
    let own_funcs = (info.imported_funcs..info.funcs.len()).map(|_| unfilled()).collect();
    let Imported { funcs: imported_funcs, mut tables, mut memories, mut globals } = imported;
    for ty in &info.tables[info.imported_tables..] {
        tables.push(TableEntity::create(store, ty)?);
    }
    for ty in &info.memories[info.imported_memories..] {
        memories.push(MemoryEntity::create(store, ty)?);
    }
    let base: *mut u8 = context.as_ptr().cast_mut().cast();
    for (index, ty) in info.globals.iter().enumerate().skip(info.imported_globals) {
        let cell = base.wrapping_add(module.layout.own_global_cell(index));
        globals.push(GlobalEntity::in_context(store, *ty, cell.cast()));
    }
    // The host that was asked about all of this may have made instances, too.
    store.resources.another_instance(store.instances.len())?;
    let entity = store.instances.add(InstanceEntity {
        module: module.clone(),
        context,
        store,
        imported_funcs,
        host_contexts: OnceCell::new(),
        own_funcs,
        tables,
        memories,
        globals,
        dropped_elements: info.elements.iter().map(|_| Cell::new(false)).collect(),
        dropped_data: info.data.iter().map(|_| Cell::new(false)).collect(),
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
    let info = &instance.module.info;
    let start = |offset: &ConstExpr| u64::from(instance.evaluate(offset) as u32);
    for (index, segment) in (0..).zip(&info.elements) {
        if let SegmentMode::Active { target, offset } = &segment.mode {
            instance.table_init(*target, index, start(offset), 0, segment.items.len() as u64)?;
        }
        if segment.mode != SegmentMode::Passive {
            instance.elem_drop(index)?;
        }
    }
    for (index, segment) in (0..).zip(&info.data) {
        if let SegmentMode::Active { target, offset } = &segment.mode {
            let length = info.segment_bytes(index as usize).len() as u64;
            instance.memory_init(*target, index, start(offset), 0, length)?;
            instance.data_drop(index)?;
        }
    }
    Ok(())
}
