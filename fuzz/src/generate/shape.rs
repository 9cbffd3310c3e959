//! What a random module declares: all but the bodies of its functions.

use super::chain::Chain;
use super::segments::Segment;
use crate::random::Random;
use crate::value::Value;
use wasm_encoder::ConstExpr;
use wasmo::{ExternType, FuncType, GlobalType, Limits, MemoryType, Mutability, TableType, ValType};

/// What a module is to show.
#[derive(Clone, Copy, PartialEq)]
pub enum Purpose {
    /// Numeric instructions: many functions of few.
    Operators,
    /// Everything together.
    Programs,
    /// Imports, segments and start functions, right and wrong.
    Linking,
}

#[derive(Default)]
pub struct Shape {
    pub types: Vec<FuncType>,
    /// What is imported, in order.
    pub imports: Vec<ExternType>,
    /// Type indices of all functions, imported ones first. So are globals and tables.
    pub funcs: Vec<usize>,
    pub imported_funcs: usize,
    /// For each defined function the numeric instructions that it consists of; none for a whole program.
    pub chains: Vec<Option<Chain>>,
    pub globals: Vec<GlobalType>,
    pub imported_globals: usize,
    pub tables: Vec<TableType>,
    pub imported_tables: usize,
    pub memory: Option<MemoryType>,
    pub memory_is_imported: bool,
    pub elements: Vec<Segment<ConstExpr>>,
    /// What the active segments make of each table: the functions that are certainly there at the start.
    pub known: Vec<Vec<Option<usize>>>,
    pub data: Vec<Segment<u8>>,
    pub start: Option<usize>,
}

pub const VALUE_TYPES: [ValType; 6] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::FuncRef, ValType::ExternRef];

/// The type of the global that counts what is left until a program is stopped. It is the last of the globals; in modules of
/// wasm-smith as well.
pub const FUEL: GlobalType = GlobalType { content: ValType::I32, mutability: Mutability::Var };

/// Pages of a memory that starts with a large segment.
pub const LARGE_MEMORY: u64 = 5;

impl Shape {
    pub fn new(random: &Random, purpose: Purpose) -> Shape {
        let mut shape =
            Shape { types: (0..2 + random.index(6)).map(|_| func_type(random)).collect(), ..Shape::default() };
        // Block types, and what a start function has.
        shape.types.push(FuncType::new([], []));
        shape.add_imports(random, if purpose == Purpose::Linking { 6 } else { 3 });
        shape.add_funcs(random, purpose);
        shape.add_tables_and_memory(random);
        shape.add_globals(random);
        shape.add_elements(random, purpose);
        shape.add_data(random, purpose);
        let nullary = |(_, ty): &(usize, &usize)| shape.types[**ty] == FuncType::new([], []);
        let starts: Vec<usize> = shape.funcs.iter().enumerate().filter(nullary).map(|(func, _)| func).collect();
        if !starts.is_empty() && random.one_in(if purpose == Purpose::Linking { 2 } else { 8 }) {
            shape.start = Some(*random.pick(&starts));
        }
        shape
    }

    pub fn func_type(&self, func: usize) -> &FuncType {
        &self.types[self.funcs[func]]
    }

    fn add_imports(&mut self, random: &Random, most: usize) {
        for _ in 0..random.index(most + 1) {
            let import = match random.below(8) {
                0..=3 => {
                    self.funcs.push(random.index(self.types.len()));
                    self.imported_funcs += 1;
                    ExternType::Func(self.types[self.funcs[self.imported_funcs - 1]].clone())
                }
                4 | 5 => {
                    self.globals.push(global_type(random));
                    self.imported_globals += 1;
                    ExternType::Global(self.globals[self.imported_globals - 1])
                }
                6 => {
                    self.tables.push(table_type(random));
                    self.imported_tables += 1;
                    ExternType::Table(self.tables[self.imported_tables - 1])
                }
                _ if self.memory.is_none() => {
                    let memory = memory_type(random);
                    self.memory = Some(memory);
                    self.memory_is_imported = true;
                    ExternType::Memory(memory)
                }
                _ => continue,
            };
            self.imports.push(import);
        }
    }

    fn add_funcs(&mut self, random: &Random, purpose: Purpose) {
        if purpose == Purpose::Operators {
            for _ in 0..24 {
                let chain = Chain::new(random);
                let ty = chain.ty();
                let index = self.types.iter().position(|other| *other == ty).unwrap_or(self.types.len());
                if index == self.types.len() {
                    self.types.push(ty);
                }
                self.funcs.push(index);
                self.chains.push(Some(chain));
            }
        } else {
            for _ in 0..1 + random.index(6) {
                self.funcs.push(random.index(self.types.len()));
                self.chains.push(None);
            }
            if purpose == Purpose::Linking {
                self.funcs.push(self.types.len() - 1);
                self.chains.push(None);
            }
        }
    }

    fn add_tables_and_memory(&mut self, random: &Random) {
        for _ in 0..random.index(4) {
            self.tables.push(table_type(random));
        }
        if self.memory.is_none() && !random.one_in(8) {
            self.memory = Some(memory_type(random));
        }
    }

    fn add_globals(&mut self, random: &Random) {
        for _ in 0..random.index(8) {
            self.globals.push(global_type(random));
        }
        self.globals.push(FUEL);
    }

    /// An imported global that constant expressions may read.
    pub fn imported_constant(&self, ty: ValType) -> Option<usize> {
        let wanted = GlobalType { content: ty, mutability: Mutability::Const };
        self.globals[..self.imported_globals].iter().position(|global| *global == wanted)
    }

    /// What a global of this module starts with.
    pub fn initial(&self, random: &Random, ty: ValType) -> ConstExpr {
        if let Some(global) = self.imported_constant(ty).filter(|_| random.one_in(2)) {
            return ConstExpr::global_get(global as u32);
        }
        match random.number(ty) {
            Value::I32(number) => ConstExpr::i32_const(number),
            Value::I64(number) => ConstExpr::i64_const(number),
            Value::F32(bits) => ConstExpr::f32_const(wasm_encoder::Ieee32::new(bits)),
            Value::F64(bits) => ConstExpr::f64_const(wasm_encoder::Ieee64::new(bits)),
            Value::Func(_) if random.one_in(2) => ConstExpr::ref_func(random.index(self.funcs.len()) as u32),
            Value::Func(_) | Value::Extern(_) => ConstExpr::ref_null(heap_type(ty)),
        }
    }
}

/// The heap type of a reference type.
pub fn heap_type(ty: ValType) -> wasm_encoder::HeapType {
    if ty == ValType::FuncRef { wasm_encoder::HeapType::FUNC } else { wasm_encoder::HeapType::EXTERN }
}

/// A value type: mostly a number.
pub fn value_type(random: &Random) -> ValType {
    if random.one_in(8) { *random.pick(&VALUE_TYPES[4..]) } else { *random.pick(&VALUE_TYPES[..4]) }
}

fn func_type(random: &Random) -> FuncType {
    // Now and then more than fits registers.
    let most = if random.one_in(4) { 14 } else { 5 };
    let (params, results) = (random.index(most), random.index(most / 2 + 1));
    let types: Vec<ValType> = (0..params + results).map(|_| value_type(random)).collect();
    FuncType::new(types[..params].iter().copied(), types[params..].iter().copied())
}

fn global_type(random: &Random) -> GlobalType {
    let mutability = if random.one_in(4) { Mutability::Const } else { Mutability::Var };
    GlobalType { content: value_type(random), mutability }
}

/// Engines differ in how far a table without a bound can grow.
fn table_type(random: &Random) -> TableType {
    let min = random.below(13);
    let element = *random.pick(&[ValType::FuncRef, ValType::FuncRef, ValType::ExternRef]);
    TableType { element, limits: Limits { min, max: Some(min + random.below(8)) } }
}

fn memory_type(random: &Random) -> MemoryType {
    let min = match random.below(8) {
        0 => 0,
        1 => LARGE_MEMORY,
        _ => 1,
    };
    MemoryType { limits: Limits { min, max: Some(min + random.below(3)) } }
}
