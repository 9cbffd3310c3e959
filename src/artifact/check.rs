//! Whether the declarations of a module that was read agree with each other, as the decoder's do: what runs relies on
//! it.

use super::format::Contents;
use crate::bytes::Bytes;
use crate::types::{ExternKind, ExternType, FuncType, GlobalType, Limits, ValType};
use crate::wasm::{ConstExpr, ModuleInfo, SegmentMode};

/// What is wrong, in words.
type Found<T = ()> = Result<T, &'static str>;

fn ensure(condition: bool, otherwise: &'static str) -> Found {
    if condition { Ok(()) } else { Err(otherwise) }
}

/// Whether the contents of an artifact are those of a module.
pub(super) fn check(contents: &Contents<ModuleInfo, Bytes>) -> Found {
    let info = &contents.info;
    index_spaces(info)?;
    imports(info)?;
    let own = info.imported_globals..info.globals.len();
    ensure(own.len() == info.global_inits.len(), "initial values for other globals than its own")?;
    for (index, init) in own.zip(&info.global_inits) {
        const_expr(info, init, info.globals[index].content, index)?;
    }
    for export in &info.exports {
        let space = match export.index.kind {
            ExternKind::Func => info.funcs.len(),
            ExternKind::Global => info.globals.len(),
            ExternKind::Table => info.tables.len(),
            ExternKind::Memory => info.memories.len(),
            ExternKind::Tag => 0,
        };
        ensure((export.index.index as usize) < space, "an export of what is not there")?;
    }
    if let Some(start) = info.start {
        ensure((start as usize) < info.funcs.len(), "a start function that is not there")?;
        ensure(
            *info.func_type(start as usize) == FuncType::new([], []),
            "a start function with parameters or results",
        )?;
    }
    segments(info)?;
    let mut next = info.imported_funcs;
    for (funcs, _) in &contents.units {
        ensure(funcs.start == next && funcs.start <= funcs.end, "units that do not follow each other")?;
        next = funcs.end;
    }
    ensure(next == info.funcs.len(), "units of other functions than its own")
}

fn index_spaces(info: &ModuleInfo) -> Found {
    ensure(info.funcs.iter().all(|ty| (*ty as usize) < info.types.len()), "a function of a type that is not there")?;
    ensure(
        info.tables.iter().all(|ty| ty.element.is_ref() && within(ty.limits, u32::MAX.into())),
        "a table that cannot be",
    )?;
    ensure(info.memories.iter().all(|ty| within(ty.limits, 1 << 16)), "a memory that cannot be")?;
    ensure(info.imported_funcs.checked_add(info.bodies.len()) == Some(info.funcs.len()), "bodies of other functions")
}

fn within(limits: Limits, most: u64) -> bool {
    limits.min <= most && limits.max.is_none_or(|max| limits.min <= max && max <= most)
}

/// The imports are the first of each index space, in order.
fn imports(info: &ModuleInfo) -> Found {
    let (mut funcs, mut tables, mut memories, mut globals) = (0, 0, 0, 0);
    for import in &info.imports {
        let agrees = match &import.ty {
            ExternType::Func(ty) => {
                funcs += 1;
                info.funcs.get(funcs - 1).is_some_and(|index| info.types[*index as usize] == *ty)
            }
            ExternType::Table(ty) => {
                tables += 1;
                info.tables.get(tables - 1) == Some(ty)
            }
            ExternType::Memory(ty) => {
                memories += 1;
                info.memories.get(memories - 1) == Some(ty)
            }
            ExternType::Global(ty) => {
                globals += 1;
                info.globals.get(globals - 1) == Some(ty)
            }
            ExternType::Tag(_) => false,
        };
        ensure(agrees, "an import that is not in its index space")?;
    }
    let counted = (funcs, tables, memories, globals);
    let stated = (info.imported_funcs, info.imported_tables, info.imported_memories, info.imported_globals);
    ensure(counted == stated, "another number of imports than it states")
}

/// An initial value of this type, which may refer to globals before `globals`.
fn const_expr(info: &ModuleInfo, expr: &ConstExpr, ty: ValType, globals: usize) -> Found {
    let fits = match *expr {
        ConstExpr::Bits(_) => !ty.is_ref(),
        ConstExpr::Null => ty.is_ref(),
        ConstExpr::Func(index) => ty == ValType::FuncRef && (index as usize) < info.funcs.len(),
        ConstExpr::Global(index) => {
            let global = info.globals[..globals].get(index as usize);
            global.is_some_and(|GlobalType { content, .. }| *content == ty)
        }
    };
    ensure(fits, "an initial value of another type")
}

fn segments(info: &ModuleInfo) -> Found {
    let globals = info.globals.len();
    for segment in &info.elements {
        let ty = match segment.mode {
            SegmentMode::Active { target, offset } => {
                const_expr(info, &offset, ValType::I32, globals)?;
                info.tables.get(target as usize).ok_or("elements for a table that is not there")?.element
            }
            // Of either type; the first item tells.
            _ if segment.items.iter().any(|item| matches!(item, ConstExpr::Func(_))) => ValType::FuncRef,
            _ => match segment.items.iter().find_map(|item| global_type(info, item)) {
                Some(ty) if ty.is_ref() => ty,
                _ => ValType::ExternRef,
            },
        };
        segment.items.iter().try_for_each(|item| const_expr(info, item, ty, globals))?;
    }
    let mut start = 0;
    for segment in &info.data {
        ensure(start <= segment.end, "data that ends before it starts")?;
        start = segment.end;
        if let SegmentMode::Active { target, offset } = segment.mode {
            const_expr(info, &offset, ValType::I32, globals)?;
            ensure((target as usize) < info.memories.len(), "data for a memory that is not there")?;
        }
    }
    ensure(start as usize == info.data_bytes.len(), "other data than its segments have")
}

fn global_type(info: &ModuleInfo, item: &ConstExpr) -> Option<ValType> {
    match item {
        ConstExpr::Global(index) => info.globals.get(*index as usize).map(|global| global.content),
        _ => None,
    }
}
