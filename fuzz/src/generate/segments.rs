//! Element and data segments.

use super::shape::{LARGE_MEMORY, Purpose, Shape, heap_type};
use crate::random::Random;
use wasm_encoder::ConstExpr;
use wasmo::ValType;

pub struct Segment<T> {
    pub mode: Mode,
    /// Of elements.
    pub ty: ValType,
    pub items: Vec<T>,
}

pub enum Mode {
    Active { target: usize, offset: ConstExpr },
    Passive,
    Declared,
}

impl Shape {
    pub fn add_elements(&mut self, random: &Random, purpose: Purpose) {
        self.known = self.tables.iter().map(|table| vec![None; table.limits.min as usize]).collect();
        for _ in 0..random.index(6) {
            let is_active = !self.tables.is_empty() && random.below(8) < 5;
            let target = is_active.then(|| random.index(self.tables.len()));
            let (ty, room) = match target {
                Some(target) => (self.tables[target].element, self.tables[target].limits.min as usize),
                None => (*random.pick(&[ValType::FuncRef, ValType::FuncRef, ValType::ExternRef]), 12),
            };
            let funcs: Vec<Option<usize>> = (0..random.index(room + 1))
                .map(|_| Some(random.index(self.funcs.len())).filter(|_| ty == ValType::FuncRef && !random.one_in(6)))
                .collect();
            let mode = match target {
                Some(target) => {
                    let (at, offset) = self.offset(random, purpose, room - funcs.len());
                    if let Some(known) = at.and_then(|at| self.known[target].get_mut(at..at + funcs.len())) {
                        known.clone_from_slice(&funcs);
                    }
                    Mode::Active { target, offset }
                }
                None => match random.one_in(3) {
                    true => Mode::Declared,
                    false => Mode::Passive,
                },
            };
            let items = funcs.into_iter().map(|func| self.element(random, ty, func)).collect();
            self.elements.push(Segment { mode, ty, items });
        }
    }

    /// A reference to a function, or what is as good as null.
    fn element(&self, random: &Random, ty: ValType, func: Option<usize>) -> ConstExpr {
        match (func, self.imported_constant(ty).filter(|_| random.one_in(2))) {
            (Some(func), _) => ConstExpr::ref_func(func as u32),
            (None, Some(global)) => ConstExpr::global_get(global as u32),
            (None, None) => ConstExpr::ref_null(heap_type(ty)),
        }
    }

    pub fn add_data(&mut self, random: &Random, purpose: Purpose) {
        if let Some(memory) = self.memory.filter(|memory| memory.limits.min > 0) {
            let room = (memory.limits.min << 16) as usize;
            // So much that wasmo maps it rather than to copy it.
            if memory.limits.min == LARGE_MEMORY {
                let items = random.bytes((130 << 10) + random.index(170 << 10));
                let mode = Mode::Active { target: 0, offset: self.offset(random, purpose, room - items.len()).1 };
                self.data.push(Segment { mode, ty: ValType::I32, items });
            }
            // All of what programs mostly access, so that there is something to load.
            let offset = ConstExpr::i32_const(random.below(4) as i32);
            let items = random.bytes(600);
            self.data.push(Segment { mode: Mode::Active { target: 0, offset }, ty: ValType::I32, items });
            for _ in 0..random.index(4) {
                let items = random.pick(&[0, 1, 20, 300]).min(&room).to_owned();
                let items = random.bytes(random.index(items + 1));
                let mode = match random.one_in(2) {
                    true => Mode::Active { target: 0, offset: self.offset(random, purpose, room - items.len()).1 },
                    false => Mode::Passive,
                };
                self.data.push(Segment { mode, ty: ValType::I32, items });
            }
        }
    }

    /// Where an active segment goes that fits up to `last`, if that is known, and the expression for it.
    fn offset(&self, random: &Random, purpose: Purpose, last: usize) -> (Option<usize>, ConstExpr) {
        match self.imported_constant(ValType::I32) {
            Some(global) if random.one_in(4) => (None, ConstExpr::global_get(global as u32)),
            _ => {
                let is_wrong = purpose == Purpose::Linking && random.one_in(6);
                let at = match random.below(4) {
                    _ if is_wrong => *random.pick(&[last + 1, last + 2, u32::MAX as usize, 1 << 31]),
                    0 => last,
                    1 => 0,
                    _ => random.index(last + 1),
                };
                (Some(at), ConstExpr::i32_const(at as u32 as i32))
            }
        }
    }
}
