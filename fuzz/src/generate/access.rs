//! Expressions that look at memories, tables and globals, and where values are put.

use super::body::Body;
use super::operators::LOADS;
use wasm_encoder::{Instruction, MemArg, MemArgTarget};
use wasmo::{Mutability, ValType};

const PAGE: u64 = 1 << 16;

fn memarg(offset: u64, align: u32) -> MemArg {
    MemArg { offset, align, target: MemArgTarget::Memory(0), ordering: None }
}

impl Body<'_> {
    pub fn load(&mut self, ty: ValType, depth: usize) -> bool {
        let loads: Vec<_> = LOADS.iter().filter(|load| load.ty == ty).collect();
        let load = *self.random.pick(&loads);
        if self.shape.memory.is_none() {
            self.leaf(ty);
            return true;
        }
        let memarg = self.address(load.log2, depth - 1);
        self.emit((load.instruction)(memarg));
        true
    }

    /// Leaves an address for an access of so many bytes.
    pub fn address(&mut self, log2: u32, depth: usize) -> MemArg {
        let align = self.random.below(u64::from(log2) + 1) as u32;
        let size = 1 << log2;
        let end = self.shape.memory.map_or(0, |memory| memory.limits.min * PAGE);
        let offset = match self.random.below(16) {
            0 if self.is_risky => {
                *self.random.pick(&[PAGE - 1, PAGE, (32 << 20) - size, 32 << 20, 1 << 31, (1 << 32) - 1 - size])
            }
            1 => end.saturating_sub(0xff + size),
            _ => self.random.below(256),
        };
        match self.random.below(8) {
            // What ends with the memory, or just behind it.
            0 => {
                let beyond = if self.is_risky { self.random.below(3) } else { 0 };
                let at = (end + beyond).wrapping_sub(size + offset);
                self.emit(Instruction::I32Const(at as i32));
            }
            1 if self.is_risky => self.exact(ValType::I32, depth),
            _ => {
                self.exact(ValType::I32, depth);
                self.emit(Instruction::I32Const(0xff));
                self.emit(Instruction::I32And);
            }
        }
        memarg(offset, align)
    }

    pub fn element(&mut self, ty: ValType, depth: usize) -> bool {
        let tables: Vec<usize> =
            (0..self.shape.tables.len()).filter(|&table| self.shape.tables[table].element == ty).collect();
        if tables.is_empty() {
            self.leaf(ty);
        } else {
            let table = *self.random.pick(&tables);
            self.table_index(table, depth - 1);
            self.emit(Instruction::TableGet(table as u32));
        }
        true
    }

    /// Leaves an index into a table.
    pub fn table_index(&mut self, table: usize, depth: usize) {
        let length = self.shape.tables[table].limits.min;
        match self.random.below(8) {
            0 if self.is_risky => self.exact(ValType::I32, depth),
            1 if self.is_risky => self.emit(Instruction::I32Const(length as i32)),
            2..=4 if length > 0 => {
                self.exact(ValType::I32, depth);
                self.emit(Instruction::I32Const(length as i32));
                self.emit(Instruction::I32RemU);
            }
            _ => {
                let index = self.random.below(length.max(1)) as i32;
                self.emit(Instruction::I32Const(index));
            }
        }
    }

    /// The size of something, what it was before it grew, or whether a reference is null.
    pub fn size(&mut self, depth: usize) -> bool {
        let table = self.random.index(self.shape.tables.len().max(1));
        let has_table = !self.shape.tables.is_empty();
        match self.random.below(6) {
            0 if self.shape.memory.is_some() => self.emit(Instruction::MemorySize(0)),
            1 if self.shape.memory.is_some() => {
                self.growth(depth);
                self.emit(Instruction::MemoryGrow(0));
            }
            2 if has_table => self.emit(Instruction::TableSize(table as u32)),
            3 | 4 if has_table => {
                self.exact(self.shape.tables[table].element, depth - 1);
                self.growth(depth);
                self.emit(Instruction::TableGrow(table as u32));
            }
            _ => {
                let ty = *self.random.pick(&[ValType::FuncRef, ValType::ExternRef]);
                self.exact(ty, depth - 1);
                self.emit(Instruction::RefIsNull);
            }
        }
        true
    }

    fn growth(&mut self, depth: usize) {
        if self.random.one_in(4) {
            self.exact(ValType::I32, depth - 1);
        } else {
            let delta = self.random.below(3) as i32;
            self.emit(Instruction::I32Const(delta));
        }
    }

    /// Takes values off the stack and puts them where they can be seen.
    pub fn store_all(&mut self, types: &[ValType], exact: bool) {
        types.iter().rev().for_each(|ty| self.store_top(*ty, exact));
    }

    /// Takes a value off the stack and puts it where it can be seen.
    pub fn store_top(&mut self, ty: ValType, exact: bool) {
        if !exact {
            self.make_canonical(ty);
        }
        let fuel = self.shape.globals.len() - 1;
        let fits = |index: &usize| {
            let global = &self.shape.globals[*index];
            global.content == ty && global.mutability == Mutability::Var
        };
        let globals: Vec<usize> = (0..fuel).filter(fits).collect();
        match self.random.below(4) {
            0 | 1 if !globals.is_empty() => {
                let global = *self.random.pick(&globals) as u32;
                self.emit(Instruction::GlobalSet(global));
            }
            0..=2 if !ty.is_ref() && self.shape.memory.is_some_and(|memory| memory.limits.min > 0) => {
                let value = self.new_local(ty);
                let at = self.random.below(1024) as i32;
                self.emit(Instruction::LocalSet(value));
                self.emit(Instruction::I32Const(at));
                self.emit(Instruction::LocalGet(value));
                self.emit(match ty {
                    ValType::I32 => Instruction::I32Store(memarg(0, 0)),
                    ValType::I64 => Instruction::I64Store(memarg(0, 0)),
                    ValType::F32 => Instruction::F32Store(memarg(0, 0)),
                    _ => Instruction::F64Store(memarg(0, 0)),
                });
            }
            _ => {
                let local = self.assignable_local(ty);
                self.emit(Instruction::LocalSet(local));
            }
        }
    }
}
