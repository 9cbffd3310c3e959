//! Statements: code that leaves nothing on the stack, but something elsewhere.

use super::body::Body;
use super::operators::STORES;
use wasm_encoder::{BlockType, Instruction};
use wasmo::ValType;

impl Body<'_> {
    /// Some statement. `depth` bounds how far blocks and expressions are nested.
    pub fn statement(&mut self, depth: usize) {
        match self.random.below(32) {
            0..=7 => self.put(depth),
            8..=11 => self.store(depth),
            12..=14 => self.call_some(depth),
            15 | 16 => self.call_indirect(depth),
            17 | 18 => self.bulk_memory(depth),
            19..=21 => self.bulk_table(depth),
            22 => self.set_element(depth),
            23 => self.drop_segment(),
            24 | 25 if depth > 1 => self.if_statement(depth - 1),
            26 if depth > 1 => self.typed_block(depth - 1),
            27 if depth > 1 => self.switch_statement(depth - 1),
            28 if depth > 1 => self.loop_statement(depth - 1),
            29 if depth > 1 => self.dead_code(depth - 1),
            30 => self.branch(depth),
            _ => self.put(depth),
        }
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..self.random.index(4) {
            if self.has_room() {
                self.statement(depth);
            }
        }
    }

    /// Computes something and keeps it.
    pub fn put(&mut self, depth: usize) {
        let ty = super::shape::value_type(self.random);
        let exact = self.value(ty, depth);
        self.store_top(ty, exact);
    }

    fn store(&mut self, depth: usize) {
        let store = self.random.pick(STORES);
        if self.shape.memory.is_none() {
            return self.put(depth);
        }
        let memarg = self.address(store.log2, depth - 1);
        self.exact(store.ty, depth);
        self.emit((store.instruction)(memarg));
    }

    /// Calls a function; its results stay on the stack.
    pub fn call(&mut self, func: usize, depth: usize) {
        for ty in self.shape.func_type(func).params() {
            self.exact(*ty, depth);
        }
        self.emit(Instruction::Call(func as u32));
    }

    fn call_some(&mut self, depth: usize) {
        let func = self.random.index(self.shape.funcs.len());
        // Recursions end, but seldom come to anything.
        if func <= self.func && func >= self.shape.imported_funcs && !self.random.one_in(8) {
            return self.put(depth);
        }
        self.call(func, depth - 1);
        self.store_all(self.shape.func_type(func).results(), false);
    }

    fn call_indirect(&mut self, depth: usize) {
        let is_of_funcs = |table: &usize| self.shape.tables[*table].element == ValType::FuncRef;
        let tables: Vec<usize> = (0..self.shape.tables.len()).filter(is_of_funcs).collect();
        if tables.is_empty() {
            return self.put(depth);
        }
        let table = *self.random.pick(&tables);
        let known: Vec<(usize, usize)> = self.shape.known[table]
            .iter()
            .enumerate()
            .filter_map(|(index, func)| Some((index, self.shape.funcs[(*func)?])))
            .collect();
        let (index, ty) = match known.is_empty() {
            false if !self.is_risky || !self.random.one_in(4) => {
                let (index, ty) = *self.random.pick(&known);
                (Some(index), ty)
            }
            _ if !self.is_risky => return self.put(depth),
            _ => (None, self.random.index(self.shape.types.len())),
        };
        for param in self.shape.types[ty].params() {
            self.exact(*param, depth - 1);
        }
        match index {
            Some(index) => self.emit(Instruction::I32Const(index as i32)),
            None => self.table_index(table, depth - 1),
        }
        self.emit(Instruction::CallIndirect { type_index: ty as u32, table_index: table as u32 });
        self.store_all(self.shape.types[ty].results(), false);
    }

    fn if_statement(&mut self, depth: usize) {
        self.exact(ValType::I32, depth);
        self.emit(Instruction::If(BlockType::Empty));
        self.labels.push(Some(vec![]));
        self.statements(depth);
        if self.random.one_in(2) {
            self.emit(Instruction::Else);
            self.statements(depth);
        }
        self.end();
    }

    /// A block with the parameters and results of some function type.
    fn typed_block(&mut self, depth: usize) {
        let ty = self.random.index(self.shape.types.len());
        let (params, results) = (self.shape.types[ty].params(), self.shape.types[ty].results());
        params.iter().for_each(|ty| self.exact(*ty, depth));
        self.emit(Instruction::Block(BlockType::FunctionType(ty as u32)));
        self.labels.push(Some(results.to_vec()));
        self.store_all(params, true);
        self.statements(depth);
        self.values(results, depth);
        self.end();
        self.store_all(results, false);
    }

    /// Nested blocks; a table says which is left, and behind each stands something else.
    fn switch_statement(&mut self, depth: usize) {
        let blocks = 2 + self.random.index(3);
        for _ in 0..blocks {
            self.emit(Instruction::Block(BlockType::Empty));
            self.labels.push(Some(vec![]));
        }
        self.br_table(blocks, depth);
        for _ in 0..blocks {
            self.end();
            self.put(1);
        }
    }

    /// A loop of a few rounds. Its parameters are what the last round left.
    fn loop_statement(&mut self, depth: usize) {
        let ty = self.random.index(self.shape.types.len());
        let (params, results) = (self.shape.types[ty].params(), self.shape.types[ty].results());
        let counter = self.new_local(ValType::I32);
        let rounds = 1 + self.random.below(5) as i32;
        self.emit(Instruction::I32Const(rounds));
        self.emit(Instruction::LocalSet(counter));
        params.iter().for_each(|ty| self.exact(*ty, depth));
        self.emit(Instruction::Loop(BlockType::FunctionType(ty as u32)));
        self.labels.push(None);
        self.store_all(params, false);
        self.statements(depth);
        self.values(params, depth);
        self.emit(Instruction::LocalGet(counter));
        self.emit(Instruction::I32Const(1));
        self.emit(Instruction::I32Sub);
        self.emit(Instruction::LocalTee(counter));
        self.emit(Instruction::BrIf(0));
        self.store_all(params, false);
        self.values(results, depth);
        self.end();
        self.store_all(results, false);
    }

    /// Something behind which nothing is reached. It stands in a block that is seldom entered.
    fn dead_code(&mut self, depth: usize) {
        self.exact(ValType::I32, depth);
        self.emit(Instruction::If(BlockType::Empty));
        self.labels.push(Some(vec![]));
        match self.random.below(3) {
            0 if self.is_risky => self.emit(Instruction::Unreachable),
            1 => {
                let results = self.shape.func_type(self.func).results();
                self.values(results, depth);
                self.emit(Instruction::Return);
            }
            _ => self.emit(Instruction::Br(0)),
        }
        self.statements(depth);
        self.end();
    }

    /// Leaves some block, or the function, or does not.
    fn branch(&mut self, depth: usize) {
        let label = self.random.index(self.labels.len());
        let Some(types) = self.labels[self.labels.len() - 1 - label].clone() else { return self.put(depth) };
        self.values(&types, depth - 1);
        self.exact(ValType::I32, depth - 1);
        self.emit(Instruction::BrIf(label as u32));
        self.store_all(&types, false);
    }
}
