//! The stack of values and the stack of control frames of a function under translation.

use super::func::FuncTranslator;
use crate::error::Result;
use crate::types::ValType;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{BasicValueEnum, FloatValue, IntValue, PhiValue};

/// A block that is reached from several places, with a phi for each value that they bring along.
pub(super) struct Join<'c> {
    pub block: BasicBlock<'c>,
    pub phis: Vec<PhiValue<'c>>,
}

impl<'c> Join<'c> {
    /// The values, in the block itself.
    pub fn values(&self) -> Vec<BasicValueEnum<'c>> {
        self.phis.iter().map(|phi| phi.as_basic_value()).collect()
    }
}

/// What a control frame was opened by.
pub(super) enum FrameKind<'c> {
    /// `block`, or the body of the function.
    Block,
    /// `loop`: branches go to its start.
    Loop { header: Join<'c> },
    /// `if`: where to go on if the condition does not hold, and the parameters there; none once `else` was seen.
    If { otherwise: Option<(BasicBlock<'c>, Vec<BasicValueEnum<'c>>)> },
    /// Opened where nothing is reachable: nothing in it is emitted.
    Dead,
}

/// One entry of the control stack.
pub(super) struct Frame<'c> {
    pub kind: FrameKind<'c>,
    pub results: Vec<ValType>,
    /// Length of the value stack below the frame's parameters.
    pub height: usize,
    /// Where the frame ends, once something goes there.
    pub end: Option<Join<'c>>,
}

impl<'c> FuncTranslator<'_, '_, 'c> {
    pub(super) fn push(&mut self, value: impl Into<BasicValueEnum<'c>>) {
        self.stack.push(value.into());
    }

    pub(super) fn pop(&mut self) -> BasicValueEnum<'c> {
        self.stack.pop().expect("the validator saw an operand")
    }

    pub(super) fn pop_int(&mut self) -> IntValue<'c> {
        self.pop().into_int_value()
    }

    pub(super) fn pop_float(&mut self) -> FloatValue<'c> {
        self.pop().into_float_value()
    }

    /// The topmost `count` values, which stay.
    pub(super) fn top(&self, count: usize) -> &[BasicValueEnum<'c>] {
        &self.stack[self.stack.len() - count..]
    }

    /// Takes the topmost `count` values off, in order.
    pub(super) fn pop_many(&mut self, count: usize) -> Vec<BasicValueEnum<'c>> {
        self.stack.split_off(self.stack.len() - count)
    }

    /// A new block with a phi for each of `types`.
    pub(super) fn new_join(&self, types: &[ValType]) -> Result<Join<'c>> {
        let here = self.b.current_block();
        let block = self.b.block();
        self.b.position_at_end(block);
        let phi = |ty: &ValType| Ok(self.b.build_phi(self.b.unit.value_type(*ty), "")?);
        let phis = types.iter().map(phi).collect::<Result<_>>()?;
        self.b.position_at_end(here);
        Ok(Join { block, phis })
    }

    /// Where a branch to the frame `depth` levels out goes. Made when the first branch asks for it, so that no block is
    /// left over.
    pub(super) fn branch_target(&mut self, depth: u32) -> Result<&Join<'c>> {
        let index = self.frames.len() - 1 - depth as usize;
        if self.frames[index].end.is_none() && !matches!(self.frames[index].kind, FrameKind::Loop { .. }) {
            self.make_end(index)?;
        }
        let frame = &self.frames[index];
        Ok(match &frame.kind {
            FrameKind::Loop { header } => header,
            _ => frame.end.as_ref().expect("made above"),
        })
    }

    /// Where the innermost frame ends.
    pub(super) fn frame_end(&mut self) -> Result<&Join<'c>> {
        let index = self.frames.len() - 1;
        if self.frames[index].end.is_none() {
            self.make_end(index)?;
        }
        Ok(self.frames[index].end.as_ref().expect("made above"))
    }

    fn make_end(&mut self, index: usize) -> Result<()> {
        let end = self.new_join(&self.frames[index].results)?;
        self.frames[index].end = Some(end);
        Ok(())
    }
}

/// Says that `values` come into `join` from `from`.
pub(super) fn add_incoming<'c>(join: &Join<'c>, from: BasicBlock<'c>, values: &[BasicValueEnum<'c>]) {
    for (phi, value) in join.phis.iter().zip(values) {
        phi.add_incoming(&[(value, from)]);
    }
}
