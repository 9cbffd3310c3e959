//! The host module `spectest`, which scripts import
//! ([spec](https://github.com/WebAssembly/spec/tree/main/interpreter#spectest-host-module)).

use std::collections::HashMap;
use wasmo::types::{FuncType, GlobalType, Limits, MemoryType, Mutability, TableType, ValType};
use wasmo::{Error, Extern, Func, Global, Memory, Store, Table, Val};

/// Its exports, made in `store`. What is printed is dropped: no script looks at it.
pub fn exports(store: &Store) -> Result<HashMap<&'static str, Extern>, Error> {
    use ValType::{F32, F64, FuncRef, I32, I64};
    let print = |params: &[ValType]| {
        let ty = FuncType::new(params.iter().copied(), []);
        Extern::Func(Func::new(store, ty, |_, _| Ok(())))
    };
    let global = |content, value| {
        let ty = GlobalType { content, mutability: Mutability::Const };
        Global::new(store, ty, value).map(Extern::Global)
    };
    let table = TableType { element: FuncRef, limits: Limits { min: 10, max: Some(20) } };
    let memory = MemoryType { limits: Limits { min: 1, max: Some(2) } };
    Ok(HashMap::from([
        ("print", print(&[])),
        ("print_i32", print(&[I32])),
        ("print_i64", print(&[I64])),
        ("print_f32", print(&[F32])),
        ("print_f64", print(&[F64])),
        ("print_i32_f32", print(&[I32, F32])),
        ("print_f64_f64", print(&[F64, F64])),
        ("global_i32", global(I32, Val::I32(666))?),
        ("global_i64", global(I64, Val::I64(666))?),
        ("global_f32", global(F32, Val::F32(666.6_f32.to_bits()))?),
        ("global_f64", global(F64, Val::F64(666.6_f64.to_bits()))?),
        ("table", Extern::Table(Table::new(store, table, Val::FuncRef(None))?)),
        ("memory", Extern::Memory(Memory::new(store, memory)?)),
    ]))
}
