//! Table instructions ([spec](https://webassembly.github.io/spec/core/exec/instructions.html#table-instructions)).
//!
//! An element is one word, read and written at once and volatile: like memory, a table is as the code left it when a
//! trap comes.

use super::fuel;
use super::func::FuncTranslator;
use crate::abi::{BUILTINS, TrapCode};
use crate::error::Result;

/// Alignment of an element in bytes.
const ELEMENT_ALIGN: u32 = align_of::<usize>() as u32;

impl FuncTranslator<'_, '_, '_> {
    pub(super) fn visit_table_get(&mut self, table: u32) -> Result<()> {
        let index = self.pop_int();
        let address = self.table_address(table, index, TrapCode::TableOutOfBounds)?;
        let value = self.b.load_volatile(self.b.unit.i64.into(), address, ELEMENT_ALIGN)?;
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_table_set(&mut self, table: u32) -> Result<()> {
        let value = self.pop();
        let index = self.pop_int();
        let address = self.table_address(table, index, TrapCode::TableOutOfBounds)?;
        self.b.store_volatile(value, address, ELEMENT_ALIGN)
    }

    pub(super) fn visit_table_size(&mut self, table: u32) -> Result<()> {
        let length = self.table_length(table)?;
        let value = self.b.build_int_truncate(length, self.b.unit.i32, "")?;
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_table_grow(&mut self, table: u32) -> Result<()> {
        let [delta] = self.pop_widened()?;
        let reference = self.pop();
        let most = self.unit.translation.info.tables[table as usize].limits.max.unwrap_or(u64::MAX);
        self.pay_for_growth(delta, most, 1, fuel::ELEMENTS)?;
        let args = [self.b.const_i32(table).into(), reference, delta];
        let old = self.b.call_builtin(self.context, BUILTINS.table_grow, &args)?.expect("it has a result");
        let value = self.b.build_int_truncate(old.into_int_value(), self.b.unit.i32, "")?;
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_table_fill(&mut self, table: u32) -> Result<()> {
        let [length] = self.pop_widened()?;
        let reference = self.pop();
        let [at] = self.pop_widened()?;
        self.pay_for_length(length, fuel::ELEMENTS)?;
        self.call_trapping(BUILTINS.table_fill, &[self.b.const_i32(table).into(), at, reference, length])
    }

    pub(super) fn visit_table_copy(&mut self, dst_table: u32, src_table: u32) -> Result<()> {
        let [to, from, length] = self.pop_widened()?;
        self.pay_for_length(length, fuel::ELEMENTS)?;
        let tables = [self.b.const_i32(dst_table).into(), self.b.const_i32(src_table).into()];
        self.call_trapping(BUILTINS.table_copy, &[tables[0], tables[1], to, from, length])
    }

    pub(super) fn visit_table_init(&mut self, elem_index: u32, table: u32) -> Result<()> {
        let [to, from, length] = self.pop_widened()?;
        self.pay_for_length(length, fuel::ELEMENTS)?;
        let indices = [self.b.const_i32(table).into(), self.b.const_i32(elem_index).into()];
        self.call_trapping(BUILTINS.table_init, &[indices[0], indices[1], to, from, length])
    }

    pub(super) fn visit_elem_drop(&mut self, elem_index: u32) -> Result<()> {
        self.call_trapping(BUILTINS.elem_drop, &[self.b.const_i32(elem_index).into()])
    }
}
