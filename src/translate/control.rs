//! Control instructions ([spec](https://webassembly.github.io/spec/core/exec/instructions.html#control-instructions)).

use super::func::FuncTranslator;
use super::signature::Callee;
use super::stack::{Frame, FrameKind, add_incoming};
use crate::abi::{FuncObject, TrapCode};
use crate::error::Result;
use crate::types::ValType;
use crate::wasm::val_type;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use wasmparser::{BlockType, BrTable};

impl<'c> FuncTranslator<'_, '_, 'c> {
    pub(super) fn visit_unreachable(&mut self) -> Result<()> {
        self.b.trap(self.context, TrapCode::Unreachable)?;
        self.end_reach();
        Ok(())
    }

    pub(super) fn visit_nop(&mut self) -> Result<()> {
        Ok(())
    }

    pub(super) fn visit_block(&mut self, blockty: BlockType) -> Result<()> {
        let (params, results) = self.block_type(blockty);
        if self.reachable {
            self.push_frame(FrameKind::Block, params.len(), results);
        } else {
            // Where nothing is reachable, there are no values either.
            self.push_frame(FrameKind::Dead, 0, results);
        }
        Ok(())
    }

    pub(super) fn visit_loop(&mut self, blockty: BlockType) -> Result<()> {
        let (params, results) = self.block_type(blockty);
        if !self.reachable {
            self.push_frame(FrameKind::Dead, 0, results);
            return Ok(());
        }
        let header = self.new_join(&params)?;
        let args = self.pop_many(params.len());
        add_incoming(&header, self.b.current_block(), &args);
        self.b.build_unconditional_branch(header.block)?;
        self.b.position_at_end(header.block);
        self.end_segment();
        self.stack.extend(header.values());
        self.push_frame(FrameKind::Loop { header }, params.len(), results);
        self.check_in_loop()
    }

    pub(super) fn visit_if(&mut self, blockty: BlockType) -> Result<()> {
        let (params, results) = self.block_type(blockty);
        if !self.reachable {
            self.push_frame(FrameKind::Dead, 0, results);
            return Ok(());
        }
        let condition = self.pop_int();
        let condition = self.is_nonzero(condition)?;
        let (then, otherwise) = (self.b.block(), self.b.block());
        self.b.build_conditional_branch(condition, then, otherwise)?;
        self.b.position_at_end(then);
        self.end_segment();
        let args = self.top(params.len()).to_vec();
        self.push_frame(FrameKind::If { otherwise: Some((otherwise, args)) }, params.len(), results);
        Ok(())
    }

    pub(super) fn visit_else(&mut self) -> Result<()> {
        if matches!(self.innermost().kind, FrameKind::Dead) {
            return Ok(());
        }
        self.leave_to_end()?;
        self.enter_else();
        Ok(())
    }

    pub(super) fn visit_end(&mut self) -> Result<()> {
        if self.frames.len() == 1 {
            return self.end_function();
        }
        if matches!(self.innermost().kind, FrameKind::Dead) {
            self.frames.pop();
            return Ok(());
        }
        if self.reachable && self.ends_unnoticed() {
            self.frames.pop();
            return Ok(());
        }
        self.leave_to_end()?;
        // An `if` without `else` passes its parameters on.
        if self.enter_else() {
            self.leave_to_end()?;
        }
        let Some(frame) = self.frames.pop() else { unreachable!("the validator saw a frame") };
        self.stack.truncate(frame.height);
        if let Some(end) = frame.end {
            self.b.position_at_end(end.block);
            self.stack.extend(end.values());
            self.reachable = true;
        }
        Ok(())
    }

    pub(super) fn visit_br(&mut self, relative_depth: u32) -> Result<()> {
        let target = self.branch_to(relative_depth)?;
        self.b.build_unconditional_branch(target)?;
        self.end_reach();
        Ok(())
    }

    pub(super) fn visit_br_if(&mut self, relative_depth: u32) -> Result<()> {
        let condition = self.pop_int();
        let condition = self.is_nonzero(condition)?;
        let target = self.branch_to(relative_depth)?;
        let going_on = self.b.block();
        self.b.build_conditional_branch(condition, target, going_on)?;
        self.b.position_at_end(going_on);
        self.end_segment();
        Ok(())
    }

    pub(super) fn visit_br_table(&mut self, targets: BrTable<'_>) -> Result<()> {
        let index = self.pop_int();
        let origin = self.b.current_block();
        // A phi wants an entry per edge: one block per distinct target, however often the table names it, keeps them
        // few.
        let mut blocks: std::collections::HashMap<u32, BasicBlock<'c>> = Default::default();
        let mut block_for = |this: &mut Self, depth: u32| -> Result<BasicBlock<'c>> {
            if let Some(block) = blocks.get(&depth) {
                return Ok(*block);
            }
            let block = this.b.block();
            this.b.position_at_end(block);
            let target = this.branch_to(depth)?;
            this.b.build_unconditional_branch(target)?;
            this.b.position_at_end(origin);
            blocks.insert(depth, block);
            Ok(block)
        };
        let mut cases = Vec::with_capacity(targets.len() as usize);
        for (case, depth) in targets.targets().enumerate() {
            let depth = depth.map_err(crate::wasm::invalid)?;
            cases.push((self.b.const_i32(case as u32), block_for(self, depth)?));
        }
        let otherwise = block_for(self, targets.default())?;
        self.b.build_switch(index, otherwise, &cases)?;
        self.end_reach();
        Ok(())
    }

    pub(super) fn visit_return(&mut self) -> Result<()> {
        self.visit_br(self.frames.len() as u32 - 1)
    }

    pub(super) fn visit_call(&mut self, function_index: u32) -> Result<()> {
        let index = function_index as usize;
        let info = self.unit.translation.info;
        let ty = info.func_type(index);
        let args = self.pop_many(ty.params().len());
        let (callee, context) = if index < info.imported_funcs {
            let (code, context) = self.imported_func(index)?;
            (Callee::Address(code), context)
        } else if let Some(function) = self.unit.function(index).filter(|_| !self.unit.translation.counts_heat) {
            (Callee::Direct(function), self.context)
        } else {
            (Callee::Address(self.plt_code(index - info.imported_funcs)?), self.context)
        };
        let results = self.b.call_wasm(ty, callee, context, &args)?;
        self.stack.extend(results);
        Ok(())
    }

    pub(super) fn visit_call_indirect(&mut self, type_index: u32, table_index: u32) -> Result<()> {
        let ty = &self.unit.translation.info.types[type_index as usize];
        let index = self.pop_int();
        let args = self.pop_many(ty.params().len());
        let element = self.table_address(table_index, index, TrapCode::UndefinedElement)?;
        let object = self.b.load_volatile(self.b.unit.ptr.into(), element, align_of::<usize>() as u32)?;
        let object = object.into_pointer_value();
        let is_null = self.b.build_is_null(object, "")?;
        self.trap_if(is_null, TrapCode::UninitializedElement)?;
        let given = self.b.load_fixed(object, FuncObject::type_id)?.into_int_value();
        let id = self.unit.translation.layout.type_id(type_index as usize);
        let expected = self.b.load_invariant_of(self.b.unit.i32.into(), self.context, id)?.into_int_value();
        let differs = self.b.build_int_compare(IntPredicate::NE, given, expected, "")?;
        self.trap_if(differs, TrapCode::IndirectCallTypeMismatch)?;
        let code = self.b.load_fixed(object, FuncObject::code)?.into_pointer_value();
        let context = self.b.load_fixed(object, FuncObject::context)?.into_pointer_value();
        let results = self.b.call_wasm(ty, Callee::Address(code), context, &args)?;
        self.stack.extend(results);
        Ok(())
    }

    fn innermost(&mut self) -> &mut Frame<'c> {
        self.frames.last_mut().expect("the body's frame is left last")
    }

    /// Whether the end of the innermost frame is reached from the instruction before it alone.
    fn ends_unnoticed(&mut self) -> bool {
        let frame = self.innermost();
        frame.end.is_none() && matches!(frame.kind, FrameKind::Block | FrameKind::Loop { .. })
    }

    fn push_frame(&mut self, kind: FrameKind<'c>, params: usize, results: Vec<ValType>) {
        let height = self.stack.len() - params;
        self.frames.push(Frame { kind, results, height, end: None });
    }

    fn block_type(&self, ty: BlockType) -> (Vec<ValType>, Vec<ValType>) {
        match ty {
            BlockType::Empty => (vec![], vec![]),
            BlockType::Type(ty) => (vec![], vec![val_type(&ty)]),
            BlockType::FuncType(index) => {
                let ty = &self.unit.translation.info.types[index as usize];
                (ty.params().to_vec(), ty.results().to_vec())
            }
        }
    }

    /// Hands the values that a branch to `depth` carries over to its target. They stay on the stack: a conditional
    /// branch may not be taken.
    fn branch_to(&mut self, depth: u32) -> Result<BasicBlock<'c>> {
        let from = self.b.current_block();
        let target = self.branch_target(depth)?;
        let (block, count) = (target.block, target.phis.len());
        let args = self.top(count).to_vec();
        add_incoming(self.branch_target(depth)?, from, &args);
        Ok(block)
    }

    /// Goes to the end of the innermost frame with its results, if that can be reached from here.
    fn leave_to_end(&mut self) -> Result<()> {
        if !self.reachable {
            return Ok(());
        }
        let from = self.b.current_block();
        let results = self.pop_many(self.frames.last().map_or(0, |frame| frame.results.len()));
        let end = self.frame_end()?;
        add_incoming(end, from, &results);
        let block = end.block;
        self.b.build_unconditional_branch(block)?;
        self.end_reach();
        Ok(())
    }

    /// Goes on where the condition of the innermost frame does not hold, if that is an `if` and nothing was said of
    /// that yet.
    fn enter_else(&mut self) -> bool {
        let frame = self.innermost();
        let FrameKind::If { otherwise } = &mut frame.kind else { return false };
        let (Some((block, args)), height) = (otherwise.take(), frame.height) else { return false };
        self.b.position_at_end(block);
        self.stack.truncate(height);
        self.stack.extend(args);
        self.reachable = true;
        true
    }

    fn end_reach(&mut self) {
        self.end_segment();
        self.reachable = false;
    }

    /// The end of the body: it returns what the body left, or what branches to it brought.
    fn end_function(&mut self) -> Result<()> {
        self.end_segment();
        let Some(frame) = self.frames.pop() else { unreachable!("the validator saw a frame") };
        let results = match frame.end {
            None if self.reachable => self.pop_many(frame.results.len()),
            None => return Ok(()),
            Some(end) => {
                if self.reachable {
                    let results = self.pop_many(frame.results.len());
                    add_incoming(&end, self.b.current_block(), &results);
                    self.b.build_unconditional_branch(end.block)?;
                }
                self.b.position_at_end(end.block);
                end.values()
            }
        };
        self.b.return_results(self.ty, &results)
    }
}
