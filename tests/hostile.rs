//! Modules of shapes on which compilers are known to stall or to run out of stack: each compiles and runs, at every
//! level.

use std::time::{Duration, Instant};
use wasmo::{Config, Engine, Error, Instance, Module, OptLevel, Store, Val};

/// Far more than any of them takes, far less than a pass that is quadratic in them would.
const PATIENCE: Duration = Duration::from_secs(60);

fn compile(text: &str) -> Vec<Module> {
    let levels = [OptLevel::None, OptLevel::Optimized];
    let compile = |level| {
        let engine = Engine::new(Config::new().opt_level(level)).expect("an engine");
        let start = Instant::now();
        let module = Module::new(&engine, text.as_bytes()).expect("a module");
        assert!(start.elapsed() < PATIENCE, "{level:?}: {:?}", start.elapsed());
        module
    };
    levels.map(compile).into()
}

/// Compiles a module at each level and calls its export `f` with 1.
fn result(text: &str) -> i32 {
    let results: Vec<i32> = compile(text)
        .iter()
        .map(|module| {
            let store = Store::new(module.engine()).expect("a store");
            let instance = Instance::new(&store, module, &[]).expect("an instance");
            let f = instance.export("f").and_then(|export| export.func().cloned()).expect("an export");
            match f.call(&[Val::I32(1)]).expect("no trap").as_slice() {
                [Val::I32(result)] => *result,
                other => panic!("expected one i32, found {other:?}"),
            }
        })
        .collect();
    assert_eq!(results[0], results[1], "the levels agree");
    results[0]
}

fn func(locals: usize, body: &str) -> String {
    let locals = "i32 ".repeat(locals);
    format!(r#"(module (memory 1) (func (export "f") (param i32) (result i32) (local {locals}) {body}))"#)
}

#[test]
fn one_block_of_65_thousand_operators() {
    let steps = 13_000;
    let step = |i: usize| format!("(local.set 1 (i32.add (i32.xor (local.get 1) (local.get 0)) (i32.const {i})))");
    let body: String = (0..steps).map(step).collect();
    let expected = (0..steps as i32).fold(0i32, |sum, i| (sum ^ 1).wrapping_add(i));
    assert_eq!(result(&func(1, &format!("{body} local.get 1"))), expected);
}

#[test]
fn a_br_table_of_65_thousand_cases_in_a_loop() {
    let cases: String = (0..65_000).map(|i| if i % 2 == 0 { "$even " } else { "$odd " }).collect();
    let body = format!(
        "(block $even (block $odd (loop $again (br_table {cases} $again (local.get 0)))) (return (i32.const 5))) i32.const 6"
    );
    assert_eq!(result(&func(0, &body)), 5);
}

#[test]
fn two_thousand_locals_live_through_a_loop_of_a_thousand_targets() {
    let (targets, locals) = (1000, 2000);
    let open: String = (0..targets).map(|i| format!("(block $b{i} ")).collect();
    let table: String = (0..targets).map(|i| format!("$b{i} ")).collect();
    let close: String = (0..targets)
        .map(|i| {
            let (to, from) = (1 + i * 2 % locals, 1 + (i * 3 + 1) % locals);
            format!(")(local.set {to} (i32.add (local.get {from}) (i32.const 1)))")
        })
        .collect();
    let body =
        format!("(loop $l {open} (br_table {table} $l (local.get 0)) {close} (br_if $l (i32.const 0))) local.get 1999");
    result(&func(locals, &body));
}

#[test]
fn fifty_thousand_locals() {
    // With the parameter as many as there may be.
    let body: String = (0..49_999).step_by(50).map(|i| format!("(local.set {} (i32.const {i}))", i + 1)).collect();
    assert_eq!(result(&func(49_999, &format!("{body} local.get 49951"))), 49_950);
}

#[test]
fn ten_thousand_nested_blocks() {
    let depth = 10_000;
    let body = format!("{} (br_if 5 (local.get 0)) {} i32.const 7", "(block ".repeat(depth), ")".repeat(depth));
    assert_eq!(result(&func(0, &body)), 7);
}

#[test]
fn ten_thousand_nested_values() {
    // The text format's parser recurses: this one is flat.
    let depth = 10_000;
    let body = format!("{} {}", "local.get 0 ".repeat(depth), "i32.add ".repeat(depth - 1));
    assert_eq!(result(&func(0, &body)), depth as i32);
}

#[test]
fn twenty_thousand_tiny_functions() {
    let tiny = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))".repeat(20_000);
    let text =
        format!(r#"(module {tiny} (func (export "f") (param i32) (result i32) (call 19999 (call 0 (local.get 0)))))"#);
    assert_eq!(result(&text), 3);
}

#[test]
fn a_frame_of_a_megabyte_that_recurses_is_a_trap() {
    // Results of calls that are all alive at once need a slot each.
    let count = 3_000;
    let calls = "(call $g (local.get 0)) ".repeat(count);
    let drops = "i32.add ".repeat(count - 1);
    let text = format!(
        r#"(module (func $g (param i32) (result i32) (call $f (local.get 0)))
            (func $f (export "f") (param i32) (result i32) {calls} {drops}))"#
    );
    for module in compile(&text) {
        let store = Store::new(module.engine()).expect("a store");
        let instance = Instance::new(&store, &module, &[]).expect("an instance");
        let f = instance.export("f").and_then(|export| export.func().cloned()).expect("an export");
        for _ in 0..3 {
            assert!(matches!(f.call(&[Val::I32(1)]), Err(Error::Trap(_))));
        }
    }
}

#[test]
fn every_prefix_and_every_flipped_byte_is_a_module_or_an_error() {
    let text = r#"(module (import "a" "b" (func (param i32))) (memory 1) (table 2 funcref) (elem (i32.const 0) 1)
        (global (mut i32) (i32.const 1)) (data (i32.const 0) "x")
        (func (export "f") (param i32) (result i32)
            (block (loop (br_if 1 (local.get 0)) (call 0 (i32.const 1))))
            (i32.load (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))))"#;
    let bytes = wat::parse_str(text).expect("a module");
    let engine = Engine::new(Config::new().opt_level(OptLevel::None)).expect("an engine");
    let judge = |bytes: &[u8]| match Module::new(&engine, bytes) {
        Ok(_) | Err(Error::Invalid(_) | Error::Unsupported(_) | Error::Limit(_)) => {}
        Err(other) => panic!("expected a verdict on the module, found {other}"),
    };
    for end in 0..bytes.len() {
        judge(&bytes[..end]);
    }
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            judge(&damaged);
        }
    }
}
