//! Reference instructions
//! ([spec](https://webassembly.github.io/spec/core/exec/instructions.html#reference-instructions)).

use super::func::FuncTranslator;
use crate::abi::BUILTINS;
use crate::error::Result;
use inkwell::IntPredicate;
use wasmparser::HeapType;

impl FuncTranslator<'_, '_, '_> {
    pub(super) fn visit_ref_null(&mut self, _: HeapType) -> Result<()> {
        self.push(self.b.const_i64(0));
        Ok(())
    }

    pub(super) fn visit_ref_is_null(&mut self) -> Result<()> {
        let reference = self.pop_int();
        let null = reference.get_type().const_zero();
        let bit = self.b.build_int_compare(IntPredicate::EQ, reference, null, "")?;
        let value = self.b.build_int_z_extend(bit, self.b.unit.i32, "")?;
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_ref_func(&mut self, function_index: u32) -> Result<()> {
        let args = [self.b.const_i32(function_index).into()];
        let reference = self.b.call_builtin(self.context, BUILTINS.ref_func, &args)?.expect("it has a result");
        self.push(reference);
        Ok(())
    }
}
