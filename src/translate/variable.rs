//! Variable instructions
//! ([spec](https://webassembly.github.io/spec/core/exec/instructions.html#variable-instructions)).

use super::access::GlobalPlace;
use super::func::FuncTranslator;
use crate::abi::CELL_SIZE;
use crate::error::{Error, Result};
use crate::types::{Mutability, ValType};
use crate::wasm::ConstExpr;
use inkwell::values::BasicValueEnum;

impl<'c> FuncTranslator<'_, '_, 'c> {
    pub(super) fn visit_local_get(&mut self, local_index: u32) -> Result<()> {
        let local = self.locals[local_index as usize];
        let value = self.b.build_load(local.ty, local.address, "")?;
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_local_set(&mut self, local_index: u32) -> Result<()> {
        let value = self.pop();
        self.b.build_store(self.locals[local_index as usize].address, value)?;
        Ok(())
    }

    pub(super) fn visit_local_tee(&mut self, local_index: u32) -> Result<()> {
        let value = self.top(1)[0];
        self.b.build_store(self.locals[local_index as usize].address, value)?;
        Ok(())
    }

    pub(super) fn visit_global_get(&mut self, global_index: u32) -> Result<()> {
        let index = global_index as usize;
        let global = self.unit.translation.info.globals[index];
        let ty = self.b.unit.value_type(global.content);
        let value = match (self.global_place(index)?, global.mutability) {
            (GlobalPlace::Constant(value), _) => self.constant(global.content, value)?,
            (GlobalPlace::Cell(cell), Mutability::Const) => self.b.load_invariant_of(ty, cell, 0)?,
            (GlobalPlace::Cell(cell), Mutability::Var) => self.b.load_volatile(ty, cell, CELL_SIZE as u32)?,
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_global_set(&mut self, global_index: u32) -> Result<()> {
        let value = self.pop();
        match self.global_place(global_index as usize)? {
            GlobalPlace::Cell(cell) => self.b.store_volatile(value, cell, CELL_SIZE as u32),
            GlobalPlace::Constant(_) => Err(Error::Bug("a constant global is set".into())),
        }
    }

    fn constant(&self, ty: ValType, value: ConstExpr) -> Result<BasicValueEnum<'c>> {
        match (ty, value) {
            (ValType::I32, ConstExpr::Bits(bits)) => Ok(self.b.const_i32(bits as u32).into()),
            (ValType::I64, ConstExpr::Bits(bits)) => Ok(self.b.const_i64(bits).into()),
            (ValType::F32, ConstExpr::Bits(bits)) => self.const_f32(bits as u32),
            (ValType::F64, ConstExpr::Bits(bits)) => self.const_f64(bits),
            (ValType::FuncRef | ValType::ExternRef, ConstExpr::Null) => Ok(self.b.const_i64(0).into()),
            _ => Err(Error::Bug(format!("{value:?} is no constant of type {ty}"))),
        }
    }
}
