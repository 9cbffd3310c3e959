//! Expressions: code that leaves one value.

use super::body::Body;
use super::encode::value_type;
use super::operators::{OPERATORS, Operator, Traps};
use wasm_encoder::{BlockType, Instruction};
use wasmo::ValType;

impl Body<'_> {
    /// Leaves a value whose bits are determined.
    pub fn exact(&mut self, ty: ValType, depth: usize) {
        if !self.value(ty, depth) {
            self.make_canonical(ty);
        }
    }

    /// Leaves a value. Whether its bits are determined: those of a NaN may not be.
    pub fn value(&mut self, ty: ValType, depth: usize) -> bool {
        if depth == 0 || self.random.one_in(6) {
            self.leaf(ty);
            return true;
        }
        match self.random.below(32) {
            0 => self.select(ty, depth),
            1 => self.if_else(ty, depth),
            2 => self.block(ty, depth),
            3 => self.switch(ty, depth),
            4 => {
                self.exact(ty, depth - 1);
                let local = self.assignable_local(ty);
                self.emit(Instruction::LocalTee(local));
                true
            }
            5 => self.call_for(ty, depth),
            6..=9 if !ty.is_ref() => self.load(ty, depth),
            6..=12 if ty.is_ref() => self.element(ty, depth),
            10 if ty == ValType::I32 => self.size(depth),
            _ if ty.is_ref() => {
                self.leaf(ty);
                true
            }
            _ => {
                let fits = |operator: &&Operator| operator.result == ty;
                let operators: Vec<&Operator> = OPERATORS.iter().filter(fits).collect();
                let operator = *self.random.pick(&operators);
                self.apply(operator, depth)
            }
        }
    }

    /// Leaves values.
    pub fn values(&mut self, types: &[ValType], depth: usize) {
        for ty in types {
            self.value(*ty, depth);
        }
    }

    /// Applies a numeric instruction to expressions.
    fn apply(&mut self, operator: &Operator, depth: usize) -> bool {
        if operator.traps == Traps::Truncate && !self.is_risky {
            self.leaf(operator.result);
            return true;
        }
        let mut exact = true;
        for (index, param) in operator.params.iter().enumerate() {
            if operator.needs_bits(index) {
                self.exact(*param, depth - 1);
            } else {
                exact &= self.value(*param, depth - 1);
            }
        }
        if operator.traps == Traps::Divide && !self.is_risky {
            let is_single = operator.result == ValType::I32;
            self.emit(if is_single { Instruction::I32Const(1) } else { Instruction::I64Const(1) });
            self.emit(if is_single { Instruction::I32Or } else { Instruction::I64Or });
        }
        self.emit(operator.instruction.clone());
        operator.is_exact(exact)
    }

    pub fn leaf(&mut self, ty: ValType) {
        let fits = |local: &u32| self.locals[*local as usize] == ty && !self.scratch.contains(&Some(*local));
        let locals: Vec<u32> = (0..self.locals.len() as u32).filter(fits).collect();
        let globals: Vec<u32> =
            (0..self.shape.globals.len() as u32).filter(|&i| self.shape.globals[i as usize].content == ty).collect();
        match self.random.below(8) {
            0..=3 if !locals.is_empty() => self.emit(Instruction::LocalGet(*self.random.pick(&locals))),
            4 if !globals.is_empty() => self.emit(Instruction::GlobalGet(*self.random.pick(&globals))),
            _ if ty == ValType::FuncRef => {
                let func = self.random.index(self.shape.funcs.len()) as u32;
                self.emit(Instruction::RefFunc(func));
            }
            _ => self.constant(ty),
        }
    }

    fn select(&mut self, ty: ValType, depth: usize) -> bool {
        let exact = self.value(ty, depth - 1) & self.value(ty, depth - 1);
        self.exact(ValType::I32, depth - 1);
        let is_typed = ty.is_ref() || self.random.one_in(2);
        self.emit(if is_typed { Instruction::TypedSelect(value_type(ty)) } else { Instruction::Select });
        exact
    }

    fn if_else(&mut self, ty: ValType, depth: usize) -> bool {
        self.exact(ValType::I32, depth - 1);
        self.emit(Instruction::If(BlockType::Result(value_type(ty))));
        self.labels.push(Some(vec![ty]));
        self.value(ty, depth - 1);
        self.emit(Instruction::Else);
        self.value(ty, depth - 1);
        self.end();
        false
    }

    /// A block that is left in the middle or at its end.
    fn block(&mut self, ty: ValType, depth: usize) -> bool {
        self.emit(Instruction::Block(BlockType::Result(value_type(ty))));
        self.labels.push(Some(vec![ty]));
        self.value(ty, depth - 1);
        self.exact(ValType::I32, depth - 1);
        self.emit(Instruction::BrIf(0));
        self.emit(Instruction::Drop);
        self.value(ty, depth - 1);
        self.end();
        false
    }

    /// Nested blocks; a table says which is left. Each but the outermost is followed by something else.
    fn switch(&mut self, ty: ValType, depth: usize) -> bool {
        let blocks = 2 + self.random.index(3);
        for _ in 0..blocks {
            self.emit(Instruction::Block(BlockType::Result(value_type(ty))));
            self.labels.push(Some(vec![ty]));
        }
        self.value(ty, depth - 1);
        self.br_table(blocks, depth);
        for block in 0..blocks {
            self.end();
            if block + 1 < blocks {
                self.emit(Instruction::Drop);
                self.value(ty, depth - 1);
            }
        }
        false
    }

    /// Branches to one of the innermost labels.
    pub fn br_table(&mut self, labels: usize, depth: usize) {
        let cases = self.random.index(6);
        self.exact(ValType::I32, depth.saturating_sub(1));
        if !self.random.one_in(4) {
            self.emit(Instruction::I32Const(7));
            self.emit(Instruction::I32And);
        }
        let targets: Vec<u32> = (0..cases).map(|_| self.random.index(labels) as u32).collect();
        let default = self.random.index(labels) as u32;
        self.emit(Instruction::BrTable(targets.into(), default));
    }

    pub fn end(&mut self) {
        self.emit(Instruction::End);
        self.labels.pop();
    }

    /// The first result of some function.
    fn call_for(&mut self, ty: ValType, depth: usize) -> bool {
        let returns = |func: &usize| self.shape.func_type(*func).results().first() == Some(&ty);
        let funcs: Vec<usize> = (0..self.shape.funcs.len()).filter(returns).collect();
        // Recursions end, but seldom come to anything.
        match funcs.iter().copied().find(|&func| func < self.shape.imported_funcs || func > self.func) {
            Some(func) if self.has_room() => {
                self.call(func, depth - 1);
                let results = self.shape.func_type(func).results();
                self.store_all(&results[1..], false);
                false
            }
            _ => {
                self.leaf(ty);
                true
            }
        }
    }
}
