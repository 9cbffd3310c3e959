//! Copies and fills of memory: in place, at once and in slices, beside the same on a vector of bytes.

mod support;

use std::fmt::Write;
use std::ops::Range;
use support::{configured_engines, func, instantiate, module, trap_code};
use wasmo::{Engine, Instance, Memory, Store, TrapCode};

/// Bytes of the memory.
const SIZE: usize = 16 << 16;

/// Lengths around each at which code does something else: what is in place, what is at once.
fn lengths() -> impl Iterator<Item = usize> {
    (0..=70).chain([255, 4096, (1 << 18) - 1, 1 << 18, (1 << 18) + 1])
}

/// For each length a function that knows it, and one function for all.
fn text() -> String {
    let mut text = format!("(module (memory (export \"memory\") {})\n", SIZE >> 16);
    let all = lengths().map(|length| (length.to_string(), format!("(i32.const {length})")));
    for (name, length) in all.chain([("any".into(), "(local.get 2)".into())]) {
        let operands = format!("(local.get 0) (local.get 1) {length}");
        writeln!(text, "(func (export \"copy {name}\") (param i32 i32 i32) (memory.copy {operands}))").unwrap();
        writeln!(text, "(func (export \"fill {name}\") (param i32 i32 i32) (memory.fill {operands}))").unwrap();
    }
    text + ")"
}

struct Guest {
    instance: Instance,
    memory: Memory,
    model: Vec<u8>,
}

impl Guest {
    fn new(engine: &Engine) -> Guest {
        let instance = instantiate(&Store::new(engine).expect("a store"), &module(engine, &text()), &[]);
        let memory = instance.memory("memory").expect("it is exported");
        let model: Vec<u8> = (0..SIZE).map(|at| (at * 7 + at / 251) as u8).collect();
        memory.write(0, &model).expect("it is as large");
        Guest { instance, memory, model }
    }

    /// Calls a function that knows the length and one that does not; each does the same to memory and model.
    fn both(&mut self, what: &str, operands: [usize; 3], change: impl Fn(&mut [u8])) {
        for name in [operands[2].to_string(), "any".into()] {
            let call = func(&self.instance, &format!("{what} {name}"));
            let [x, y, z] = operands.map(|operand| operand as u32);
            let result = call.typed_call::<(u32, u32, u32), ()>((x, y, z));
            let ends = if what == "copy" { [x, y] } else { [x, x] };
            if ends.iter().all(|start| *start as usize + operands[2] <= SIZE) {
                result.unwrap_or_else(|error| panic!("{what} {name} {operands:?}: {error}"));
                change(&mut self.model);
            } else {
                assert_eq!(trap_code(result), TrapCode::MemoryOutOfBounds, "{what} {name} {operands:?}");
            }
            self.check(&format!("{what} {name} {operands:?}"));
        }
    }

    fn check(&self, what: &str) {
        let mut found = vec![0; SIZE];
        self.memory.read(0, &mut found).expect("it is as large");
        let differs = found.iter().zip(&self.model).position(|(found, expected)| found != expected);
        assert_eq!(differs, None, "{what}");
    }

    fn copy(&mut self, to: usize, from: usize, length: usize) {
        self.both("copy", [to, from, length], |model| model.copy_within(from..from + length, to));
    }

    fn fill(&mut self, at: usize, byte: usize, length: usize) {
        self.both("fill", [at, byte, length], |model| model[at..at + length].fill(byte as u8));
    }
}

#[test]
fn copies_and_fills_do_what_they_do_to_any_bytes() {
    for engine in configured_engines(|config| config) {
        let mut guest = Guest::new(&engine);
        for length in lengths() {
            for distance in [1, length / 2 + 1, length + 3] {
                guest.copy(1000 + distance, 1000, length);
                guest.copy(1000, 1000 + distance, length);
            }
            // Of the operand, the lowest byte counts.
            guest.fill(77, 0xfe07 + length, length);
        }
    }
}

#[test]
fn what_reaches_beyond_the_end_changes_nothing() {
    let beyond: Range<usize> = 0..2;
    for engine in configured_engines(|config| config) {
        let mut guest = Guest::new(&engine);
        for length in lengths() {
            for excess in beyond.clone() {
                let at = SIZE - length + excess;
                guest.copy(at, 5, length);
                guest.copy(5, at, length);
                guest.fill(at, 9, length);
            }
            // The end has 33 bits.
            guest.copy(u32::MAX as usize, 0, length.clamp(2, 70));
            guest.fill(u32::MAX as usize, 0, length.clamp(2, 70));
        }
    }
}
