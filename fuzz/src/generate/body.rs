//! The body of a function: what its parts share.

use super::encode::value_type;
use super::shape::Shape;
use crate::random::Random;
use crate::value::Value;
use wasm_encoder::{BlockType, Function, Ieee32, Ieee64, Instruction};
use wasmo::ValType;

/// A body in the making.
pub struct Body<'a> {
    pub shape: &'a Shape,
    pub random: &'a Random,
    /// The index of the function.
    pub func: usize,
    /// Parameters and other locals.
    pub locals: Vec<ValType>,
    /// Those that code may assign. The others count loops or hold a value for some instructions.
    pub assignable: Vec<u32>,
    pub instructions: Vec<Instruction<'static>>,
    /// What a branch to each label that is open carries; none where it may not go: to a loop, which would not end.
    pub labels: Vec<Option<Vec<ValType>>>,
    /// Whether instructions that trap on some operands get any operands.
    pub is_risky: bool,
    /// How many instructions there should be.
    pub room: usize,
    /// A local that holds a float until its NaN is made canonical, for each float type. Nothing else may look at it.
    pub scratch: [Option<u32>; 2],
}

/// A body of more bytes than this is a compile unit of its own: calls to it and around it go through the PLT.
const UNIT_OF_ITS_OWN: usize = 100_000;

impl<'a> Body<'a> {
    pub fn new(shape: &'a Shape, random: &'a Random, func: usize) -> Body<'a> {
        let locals = shape.func_type(func).params().to_vec();
        let assignable = (0..locals.len() as u32).collect();
        let (is_risky, room) = (random.one_in(3), 20 << random.below(5));
        let (instructions, labels) = (Vec::new(), vec![Some(shape.func_type(func).results().to_vec())]);
        Body { shape, random, func, locals, assignable, instructions, labels, is_risky, room, scratch: [None; 2] }
    }

    pub fn generate(mut self) -> Function {
        match &self.shape.chains[self.func - self.shape.imported_funcs] {
            Some(chain) => self.chain(chain),
            None => self.program(),
        }
        self.emit(Instruction::End);
        let params = self.shape.func_type(self.func).params().len();
        let mut function = Function::new_with_locals_types(self.locals[params..].iter().copied().map(value_type));
        for instruction in &self.instructions {
            function.instruction(instruction);
        }
        function
    }

    fn program(&mut self) {
        let fuel = self.shape.globals.len() as u32 - 1;
        self.emit(Instruction::GlobalGet(fuel));
        self.emit(Instruction::I32Eqz);
        self.emit(Instruction::If(BlockType::Empty));
        self.emit(Instruction::Unreachable);
        self.emit(Instruction::End);
        self.emit(Instruction::GlobalGet(fuel));
        self.emit(Instruction::I32Const(1));
        self.emit(Instruction::I32Sub);
        self.emit(Instruction::GlobalSet(fuel));
        if self.random.one_in(150) {
            self.instructions.extend(std::iter::repeat_n(Instruction::Nop, UNIT_OF_ITS_OWN));
            self.room += UNIT_OF_ITS_OWN;
        }
        while self.has_room() {
            self.statement(3);
        }
        self.values(self.shape.func_type(self.func).results(), 3);
    }

    pub fn emit(&mut self, instruction: Instruction<'static>) {
        self.instructions.push(instruction);
    }

    pub fn has_room(&self) -> bool {
        self.instructions.len() < self.room
    }

    pub fn new_local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.locals.len() as u32 - 1
    }

    /// A local of this type that may be assigned.
    pub fn assignable_local(&mut self, ty: ValType) -> u32 {
        let fits = |local: &&u32| self.locals[**local as usize] == ty;
        let locals: Vec<u32> = self.assignable.iter().filter(fits).copied().collect();
        if locals.is_empty() || locals.len() < 4 && self.random.one_in(4) {
            let local = self.new_local(ty);
            self.assignable.push(local);
            return local;
        }
        *self.random.pick(&locals)
    }

    pub fn constant(&mut self, ty: ValType) {
        let instruction = match self.random.number(ty) {
            Value::I32(number) => Instruction::I32Const(number),
            Value::I64(number) => Instruction::I64Const(number),
            Value::F32(bits) => Instruction::F32Const(Ieee32::new(bits)),
            Value::F64(bits) => Instruction::F64Const(Ieee64::new(bits)),
            Value::Func(_) | Value::Extern(_) => Instruction::RefNull(super::shape::heap_type(ty)),
        };
        self.emit(instruction);
    }

    /// Replaces a NaN on top of the stack by the canonical one.
    pub fn make_canonical(&mut self, ty: ValType) {
        let slot = match ty {
            ValType::F32 => 0,
            ValType::F64 => 1,
            _ => return,
        };
        let local = match self.scratch[slot] {
            Some(local) => local,
            None => self.new_local(ty),
        };
        self.scratch[slot] = Some(local);
        self.instructions.extend(canonical(ty, local));
    }
}

/// Replaces a NaN on top of the stack by the canonical one of its float type; `local`, of the same type, is assigned.
pub fn canonical(ty: ValType, local: u32) -> [Instruction<'static>; 6] {
    let (nan, eq) = match ty {
        ValType::F32 => (Instruction::F32Const(Ieee32::new(0x7fc0_0000)), Instruction::F32Eq),
        _ => (Instruction::F64Const(Ieee64::new(0x7ff8 << 48)), Instruction::F64Eq),
    };
    let get = Instruction::LocalGet(local);
    [Instruction::LocalTee(local), nan, get.clone(), get, eq, Instruction::Select]
}
