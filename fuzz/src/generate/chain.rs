//! Functions of one to three numeric instructions, each with the result of the last among its operands. They show what
//! compilers make of an instruction, and of two that meet.

use super::body::Body;
use super::operators::{OPERATORS, Operator};
use crate::random::Random;
use wasm_encoder::Instruction;
use wasmo::{FuncType, ValType};

pub struct Chain(Vec<Link>);

struct Link {
    operator: &'static Operator,
    /// The operand that is the result of the link before.
    operand: usize,
}

impl Chain {
    pub fn new(random: &Random) -> Chain {
        let mut links = vec![Link { operator: random.pick(OPERATORS), operand: 0 }];
        for _ in 0..random.index(3) {
            let result = links[links.len() - 1].operator.result;
            let takes = |operator: &&Operator| operator.params.contains(&result);
            let operators: Vec<&'static Operator> = OPERATORS.iter().filter(takes).collect();
            let operator = *random.pick(&operators);
            // Both operands of an instruction are of one type.
            links.push(Link { operator, operand: random.index(operator.params.len()) });
        }
        Chain(links)
    }

    /// The type of the function: it takes all operands that are no results, in the order in which they are evaluated.
    pub fn ty(&self) -> FuncType {
        let mut params: Vec<ValType> = Vec::new();
        for (index, Link { operator, operand }) in self.0.iter().enumerate() {
            if index == 0 {
                params.extend(operator.params);
            } else {
                params.splice(0..0, operator.params[..*operand].iter().copied());
                params.extend(&operator.params[operand + 1..]);
            }
        }
        FuncType::new(params, [self.0[self.0.len() - 1].operator.result])
    }
}

impl Body<'_> {
    pub fn chain(&mut self, chain: &Chain) {
        self.links(&chain.0, &mut 0);
    }

    /// Leaves the result of the last link; whether its bits are determined. `next` is the next parameter to take.
    fn links(&mut self, links: &[Link], next: &mut u32) -> bool {
        let Some((Link { operator, operand }, before)) = links.split_last() else { return true };
        let mut exact = true;
        for (index, ty) in operator.params.iter().enumerate() {
            if index == *operand && !before.is_empty() {
                let is_exact = self.links(before, next);
                if operator.needs_bits(index) && !is_exact {
                    self.make_canonical(*ty);
                } else {
                    exact &= is_exact;
                }
            } else {
                // Compilers treat constants in their own way.
                match self.random.one_in(4) {
                    true => self.constant(*ty),
                    false => self.emit(Instruction::LocalGet(*next)),
                }
                *next += 1;
            }
        }
        self.emit(operator.instruction.clone());
        operator.is_exact(exact)
    }
}
