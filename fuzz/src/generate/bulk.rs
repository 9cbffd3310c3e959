//! Statements that change much of a memory or a table at once, and those that drop segments.

use super::body::Body;
use super::segments::Mode;
use wasm_encoder::Instruction;
use wasmo::ValType;

/// A number that a bulk instruction takes.
#[derive(Clone, Copy)]
enum Operand {
    Constant(u64),
    Any,
}

impl Body<'_> {
    /// Where spans of one length start in things of these lengths, and that length. All fit, but for risks.
    fn spans<const N: usize>(&mut self, lengths: [u64; N]) -> ([Operand; N], Operand) {
        let most = if self.random.one_in(8) { u64::MAX } else { 40 };
        let longest = lengths.into_iter().fold(most, u64::min);
        let length = self.random.below(longest + 1);
        let mut starts = lengths.map(|whole| match self.random.below(4) {
            0 => whole - length,
            // Spans of the same thing often overlap.
            1 | 2 => self.random.below((whole - length).min(4) + 1),
            _ => self.random.below(whole - length + 1),
        });
        let mut length = Operand::Constant(length);
        if self.is_risky && self.random.one_in(4) {
            let start = self.random.pick(&[0, 1, 1, 2]);
            let at = self.random.index(N);
            starts[at] += start;
            if self.random.one_in(4) {
                length = Operand::Any;
            }
        }
        (starts.map(Operand::Constant), length)
    }

    fn operand(&mut self, operand: Operand) {
        match operand {
            Operand::Constant(number) => self.emit(Instruction::I32Const(number as i32)),
            Operand::Any => self.exact(ValType::I32, 1),
        }
    }

    fn operands(&mut self, operands: [Operand; 3]) {
        operands.into_iter().for_each(|operand| self.operand(operand));
    }

    pub fn bulk_memory(&mut self, depth: usize) {
        let Some(memory) = self.shape.memory else { return self.put(depth) };
        let end = memory.limits.min << 16;
        match self.random.below(4) {
            0 | 1 if !self.shape.data.is_empty() => {
                let segment = self.random.index(self.shape.data.len());
                let segment_end = self.shape.data[segment].items.len() as u64;
                let is_there = matches!(self.shape.data[segment].mode, Mode::Passive);
                if !is_there && !self.is_risky {
                    return self.put(depth);
                }
                let ([to, from], length) = self.spans([end, segment_end]);
                self.operands([to, from, length]);
                self.emit(Instruction::MemoryInit { mem: 0, data_index: segment as u32 });
            }
            2 => {
                let ([to, from], length) = self.spans([end, end]);
                self.operands([to, from, length]);
                self.emit(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 });
            }
            _ => {
                let ([at], length) = self.spans([end]);
                self.operand(at);
                self.exact(ValType::I32, depth);
                self.operand(length);
                self.emit(Instruction::MemoryFill(0));
            }
        }
    }

    pub fn bulk_table(&mut self, depth: usize) {
        let tables = self.shape.tables.len();
        if tables == 0 {
            return self.put(depth);
        }
        let table = self.random.index(tables);
        let (ty, length) = (self.shape.tables[table].element, self.shape.tables[table].limits.min);
        match self.random.below(4) {
            0 => {
                let ([at], length) = self.spans([length]);
                self.operand(at);
                self.exact(ty, depth);
                self.operand(length);
                self.emit(Instruction::TableFill(table as u32));
            }
            1 => {
                let fits = |segment: &usize| {
                    let segment = &self.shape.elements[*segment];
                    segment.ty == ty && (self.is_risky || matches!(segment.mode, Mode::Passive))
                };
                let segments: Vec<usize> = (0..self.shape.elements.len()).filter(fits).collect();
                if segments.is_empty() {
                    return self.put(depth);
                }
                let segment = *self.random.pick(&segments);
                let ([to, from], length) = self.spans([length, self.shape.elements[segment].items.len() as u64]);
                self.operands([to, from, length]);
                self.emit(Instruction::TableInit { elem_index: segment as u32, table: table as u32 });
            }
            _ => {
                let same_type = |other: &usize| self.shape.tables[*other].element == ty;
                let others: Vec<usize> = (0..tables).filter(same_type).collect();
                let source = if self.random.one_in(2) { table } else { *self.random.pick(&others) };
                let ([to, from], length) = self.spans([length, self.shape.tables[source].limits.min]);
                self.operands([to, from, length]);
                self.emit(Instruction::TableCopy { src_table: source as u32, dst_table: table as u32 });
            }
        }
    }

    pub fn set_element(&mut self, depth: usize) {
        if self.shape.tables.is_empty() {
            return self.put(depth);
        }
        let table = self.random.index(self.shape.tables.len());
        if self.shape.tables[table].limits.min == 0 && !self.is_risky {
            return self.put(depth);
        }
        self.table_index(table, depth - 1);
        self.exact(self.shape.tables[table].element, depth);
        self.emit(Instruction::TableSet(table as u32));
    }

    pub fn drop_segment(&mut self) {
        let (data, elements) = (self.shape.data.len(), self.shape.elements.len());
        match self.random.index(data + elements + 1) {
            segment if segment < data => self.emit(Instruction::DataDrop(segment as u32)),
            segment if segment < data + elements => self.emit(Instruction::ElemDrop((segment - data) as u32)),
            _ => self.emit(Instruction::Nop),
        }
    }
}
