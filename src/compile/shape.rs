//! What LLVM's time depends on, beside the number of bytes: measured in one pass over a body, before any is translated.

use crate::error::Result;
use crate::wasm::{Body, invalid};
use wasmparser::{FuncValidatorAllocations, ModuleArity, Operator};

/// Measures of the body of a function.
#[derive(Default, Debug)]
pub(super) struct Shape {
    /// Length in bytes.
    pub bytes: usize,
    /// With the parameters.
    pub locals: u64,
    /// Most values on the stack.
    pub height: u32,
    /// Operators in the longest run of those that neither branch nor are branched to.
    pub run: usize,
    /// How often it would pay with fuel: once for each such run, and for each operator whose price is not known before.
    pub payments: usize,
    pub loops: usize,
    /// Most loops within each other.
    pub loop_depth: usize,
    /// Values beyond what code of its size has. A call or a branch of two bytes may move thousands, each at the cost of
    /// an operator; a declaration of five bytes may make thousands of locals; a call looks through all values on the
    /// stack, for they must outlive it.
    pub surplus: u64,
}

/// Values that an operator may take and leave and count for no more than any other.
const FEW: u64 = 8;

/// Values below a call that cost as much as one that it moves.
const BELOW: u64 = 1000;

impl Shape {
    /// Measures a body, and validates it on the way.
    pub fn of(body: &Body<'_>, allocations: &mut FuncValidatorAllocations) -> Result<Shape> {
        let mut shape = Shape { bytes: body.len(), ..Shape::default() };
        shape.measure(body, allocations).map_err(invalid)?;
        Ok(shape)
    }

    fn measure(&mut self, body: &Body<'_>, allocations: &mut FuncValidatorAllocations) -> wasmparser::Result<()> {
        let mut validator = body.validator(std::mem::take(allocations));
        let mut reader = body.code.get_binary_reader();
        validator.read_locals(&mut reader)?;
        self.locals = validator.len_locals().into();
        self.surplus = self.locals.saturating_sub(self.bytes as u64);
        if let Some((params, results)) =
            validator.sub_type_at(body.validation.ty).and_then(|ty| validator.sub_type_arity(ty))
        {
            self.count(1, params + results);
        }
        let mut run = 0;
        // Of the blocks that are open, whether each is a loop; and how many are.
        let (mut blocks, mut depth) = (Vec::new(), 0);
        let mut operators = wasmparser::OperatorsReader::new(reader);
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read()?;
            if validator.get_control_frame(0).is_some_and(|frame| !frame.unreachable) {
                let (taken, left) = operator.operator_arity(&validator).unwrap_or_default();
                let times = if let Operator::BrTable { targets } = &operator { targets.len() + 1 } else { 1 };
                self.count(times, taken + left);
                if is_call(&operator) {
                    self.surplus += u64::from(validator.operand_stack_height()) / BELOW;
                }
            }
            validator.op(offset, &operator)?;
            self.payments += usize::from(has_length(&operator));
            self.height = self.height.max(validator.operand_stack_height());
            run += 1;
            self.run = self.run.max(run);
            match operator {
                Operator::Block { .. } | Operator::If { .. } => blocks.push(false),
                Operator::Loop { .. } => {
                    blocks.push(true);
                    depth += 1;
                    self.loop_depth = self.loop_depth.max(depth);
                    self.loops += 1;
                }
                Operator::End => depth -= usize::from(blocks.pop() == Some(true)),
                Operator::Else | Operator::Br { .. } | Operator::BrIf { .. } | Operator::BrTable { .. } => {}
                _ => continue,
            }
            run = 0;
            self.payments += 1;
        }
        operators.finish()?;
        *allocations = validator.into_allocations();
        Ok(())
    }

    fn count(&mut self, times: u32, values: u32) {
        self.surplus += u64::from(times) * u64::from(values).saturating_sub(FEW);
    }
}

/// Whether an operator does more, and with fuel pays more, the more it is given.
fn has_length(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        MemoryCopy { .. }
            | MemoryFill { .. }
            | MemoryInit { .. }
            | MemoryGrow { .. }
            | TableCopy { .. }
            | TableFill { .. }
            | TableInit { .. }
            | TableGrow { .. }
    )
}

/// Whether the code of an operator calls something, be it a builtin.
fn is_call(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        Call { .. }
            | CallIndirect { .. }
            | MemoryGrow { .. }
            | MemoryCopy { .. }
            | MemoryFill { .. }
            | MemoryInit { .. }
            | DataDrop { .. }
            | TableGrow { .. }
            | TableCopy { .. }
            | TableFill { .. }
            | TableInit { .. }
            | ElemDrop { .. }
            | RefFunc { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::wasm;

    fn shape(body: &str) -> Shape {
        let wide = "i32 ".repeat(100);
        let text = format!(
            "(module (memory 1) (type $wide (func (param {wide}) (result {wide}))) (func $wide (type $wide) unreachable)
                (func (param i32) (result i32) {body}))"
        );
        let bytes = wat::parse_str(text).unwrap();
        let decoded = wasm::decode(&bytes, Config::supported()).unwrap();
        Shape::of(&decoded.bodies[1], &mut Default::default()).unwrap()
    }

    #[test]
    fn blocks_and_branches_end_a_run() {
        assert_eq!(shape("(i32.add (local.get 0) (i32.const 1))").run, 4, "with the end");
        assert_eq!(shape("(block (br_if 0 (local.get 0))) (i32.add (local.get 0) (i32.const 1))").run, 4);
        assert_eq!(shape("(drop (i32.const 1)) (drop (i32.const 1)) (loop) (i32.const 1)").run, 5);
        assert_eq!(
            shape("(drop (i32.const 1)) (drop (i32.const 1)) (loop) (i32.const 1)").payments,
            3,
            "with the ends"
        );
    }

    #[test]
    fn loops_are_counted_and_how_deep_they_lie() {
        let shape = shape("(loop (block (loop (if (local.get 0) (then (loop)))) (loop))) (loop) (i32.const 1)");
        assert_eq!((shape.loops, shape.loop_depth), (5, 3));
    }

    #[test]
    fn what_moves_many_values_counts_for_more_than_its_bytes() {
        let values = "(i32.const 1) ".repeat(100);
        let drops = "drop ".repeat(99);
        assert_eq!(shape("(i32.add (local.get 0) (i32.const 1))").surplus, 0);
        assert_eq!(shape(&format!("{values} {drops}")).surplus, 0);
        assert_eq!(shape(&format!("{values} call $wide {drops}")).surplus, 192);
        assert_eq!(shape(&format!("{values} loop (type $wide) end {drops}")).surplus, 384);
        assert_eq!(shape(&format!("unreachable {values} call $wide call $wide {drops}")).surplus, 0);
        assert_eq!(shape("(block (br_table 0 0 0 0 (local.get 0))) (i32.const 1)").surplus, 0);
        assert_eq!(
            shape(&format!("(local {}) (i32.const 1)", "i32 ".repeat(1000))).surplus,
            994,
            "with the parameter, of 7 bytes"
        );
    }

    #[test]
    fn the_stack_is_as_high_as_its_most_values() {
        let (values, adds) = ("(i32.const 1) ".repeat(100), "i32.add ".repeat(99));
        assert_eq!(shape(&format!("{values} {adds}")).height, 100);
    }

    #[test]
    fn values_below_a_call_count_a_little() {
        let (values, adds) = ("(i32.const 1) ".repeat(3000), "i32.add ".repeat(2999));
        assert_eq!(shape(&format!("{values} {adds}")).surplus, 0);
        assert_eq!(shape(&format!("{values} memory.grow memory.grow {adds}")).surplus, 6);
    }
}
