//! Modules of shapes on which compilers are known to stall or to run out of stack or memory: each compiles and runs, at
//! every level, in time and memory that grow with its size.

mod support;

use support::process::{alone, cost};
use support::{engines, fueled_engines, func, instantiate};
use wasmo::{Engine, Error, Module, Store, Val};

/// Seconds of CPU and bytes that a module may take, for a megabyte of it or if it is smaller.
const SECONDS: f64 = 10.0;
const BYTES: usize = 2 << 30;

/// What twice the input may take, and what does not count.
const TWICE: f64 = 2.4;
const NOISE: f64 = 0.3;

/// Compiles a module at each level and calls its export `f` with 1. The same with half of it must not take less than it
/// should.
fn check(text: impl Fn(usize) -> String, size: usize) -> i32 {
    check_with(&engines(), text, size)
}

/// The same with these engines.
fn check_with(engines: &[Engine], text: impl Fn(usize) -> String, size: usize) -> i32 {
    let _alone = alone();
    let [half, whole] = [size / 2, size].map(|size| wat::parse_str(text(size)).expect("a module"));
    let megabytes = (whole.len() as f64 / 1e6).max(1.0);
    let results = engines.iter().map(|engine| {
        let ratio_holds = || {
            let (_, half_seconds, _) = compile(engine, &half);
            let (module, seconds, bytes) = compile(engine, &whole);
            println!("{} bytes: {seconds:.2} s, {} MB; half of it {half_seconds:.2} s", whole.len(), bytes >> 20);
            assert!(seconds < SECONDS * megabytes, "{seconds} s");
            assert!(bytes as f64 <= BYTES as f64 * megabytes, "{bytes} bytes");
            (seconds < TWICE * half_seconds + NOISE).then_some(module)
        };
        // Other programs of the machine may disturb a measurement, but not all of them.
        let module = (0..3).find_map(|_| ratio_holds()).expect("time grows with the size");
        result(&module)
    });
    results.reduce(|first, other| if first == other { first } else { panic!("the levels disagree") }).expect("engines")
}

fn compile(engine: &Engine, bytes: &[u8]) -> (Module, f64, usize) {
    cost(|| Module::new(bytes, engine).expect("a module"))
}

fn result(module: &Module) -> i32 {
    let store = Store::new(module.engine()).expect("a store");
    // Where code pays with it.
    let _ = store.set_fuel(u64::MAX);
    let instance = instantiate(&store, module, &[]);
    match func(&instance, "f").call(&[Val::I32(1)]).expect("no trap").as_slice() {
        [Val::I32(result)] => *result,
        other => panic!("expected one i32, found {other:?}"),
    }
}

/// A module with a function `f` of an `i32`, and a `$g` that returns its own.
fn program(locals: &str, body: &str) -> String {
    format!(
        r#"(module (memory 1)
            (func (export "f") (param i32) (result i32) {locals} {body})
            (func $g (param i32) (result i32) (local.get 0)))"#
    )
}

fn ints(count: usize) -> String {
    format!("(local {})", "i32 ".repeat(count))
}

/// `count` pieces of text, each made of its number.
fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

#[test]
fn one_block_of_65_thousand_operators() {
    let steps = 13_000;
    let step = |i| format!("(local.set 1 (i32.add (i32.xor (local.get 1) (local.get 0)) (i32.const {i})))");
    let expected = (0..steps as i32).fold(0i32, |sum, i| (sum ^ 1).wrapping_add(i));
    assert_eq!(check(|steps| program(&ints(1), &(many(steps, step) + "local.get 1")), steps), expected);
}

#[test]
fn code_that_pays_in_ten_thousand_places() {
    let [none, optimized, ..] = fueled_engines();
    let engines = [none, optimized];
    let ifs = |count| many(count, |i| format!("(if (local.get 0) (then (local.set 1 (i32.const {i}))))"));
    let fills = |count| "(memory.fill (local.get 1) (local.get 1) (local.get 1))".repeat(count);
    let grows = |count| format!("(local.get 1) {} (local.set 1)", "(memory.grow)".repeat(count));
    let after = |body: String| program(&ints(1), &(body + "local.get 1"));
    assert_eq!(check_with(&engines, |count| after(ifs(count)), 10_000), 9_999);
    assert_eq!(check_with(&engines, |count| after(fills(count)), 10_000), 0);
    check_with(&engines, |count| after(grows(count)), 10_000);
}

#[test]
fn a_br_table_of_65_thousand_cases_in_a_loop() {
    let text = |cases| {
        let cases = many(cases, |i| if i % 2 == 0 { "$even ".into() } else { "$odd ".into() });
        let table = format!("(loop $again (br_table {cases} $again (local.get 0)))");
        program("", &format!("(block $even (block $odd {table}) (return (i32.const 5))) i32.const 6"))
    };
    assert_eq!(check(text, 65_000), 5);
}

#[test]
fn two_thousand_locals_live_through_a_loop_of_a_thousand_targets() {
    let text = |targets: usize| {
        let locals = 2 * targets;
        let open = many(targets, |i| format!("(block $b{i} "));
        let table = many(targets, |i| format!("$b{i} "));
        let close = many(targets, |i| {
            let (to, from) = (1 + i * 2 % locals, 1 + (i * 3 + 1) % locals);
            format!(")(local.set {to} (i32.add (local.get {from}) (i32.const 1)))")
        });
        let body = format!("(loop $l {open} (br_table {table} $l (local.get 0)) {close} (br_if $l (i32.const 0)))");
        program(&ints(locals), &format!("{body} (local.get {})", locals - 1))
    };
    check(text, 1000);
}

#[test]
fn fifty_thousand_locals() {
    // With the parameter as many as there may be.
    let text = |locals| {
        let set = |i| format!("(local.set {} (i32.const {}))", i * 50 + 1, i * 50);
        program(&ints(locals), &(many(locals.div_ceil(50), set) + &format!("local.get {}", locals / 50 * 50 + 1)))
    };
    assert_eq!(check(text, 49_999), 49_950);
}

#[test]
fn a_function_of_seven_megabytes() {
    // The constant alone has ten bytes.
    let step = |i| format!("(local.set 1 (i64.xor (local.get 1) (i64.const {})))", i64::MIN + i as i64);
    let text = |steps| program("(local i64)", &(many(steps, step) + "(i32.wrap_i64 (local.get 1))"));
    let steps = 7_000_000 / 16;
    assert_eq!(check(text, steps), (0..steps as i32).fold(0, |sum, i| sum ^ i));
}

#[test]
fn ten_thousand_nested_blocks() {
    let nest = |depth| format!("{} (br_if 5 (local.get 0)) {} i32.const 7", "(block ".repeat(depth), ")".repeat(depth));
    assert_eq!(check(|depth| program("", &nest(depth)), 10_000), 7);
}

#[test]
fn ten_thousand_nested_values() {
    // The text format's parser recurses: this one is flat.
    let nest = |depth| format!("{} {}", "local.get 0 ".repeat(depth), "i32.add ".repeat(depth - 1));
    assert_eq!(check(|depth| program("", &nest(depth)), 10_000), 10_000);
}

#[test]
fn ten_thousand_values_live_across_calls() {
    let nest = |depth| format!("{} {}", "local.get 0 call $g ".repeat(depth), "i32.add ".repeat(depth - 1));
    assert_eq!(check(|depth| program("", &nest(depth)), 10_000), 10_000);
}

#[test]
fn two_thousand_nested_loops() {
    let text = |depth| {
        let open = |i| format!("loop local.get {0} i32.const 1 i32.add local.set {0} ", i % 20);
        let close = |i| format!("local.get {} i32.const 1 i32.eq br_if 0 end ", 1 + i % 7);
        program(&ints(20), &format!("{} {} i32.const 7", many(depth, open), many(depth, close)))
    };
    check(text, 2_000);
}

#[test]
fn five_thousand_loops() {
    let text = |loops| {
        let step = |i| {
            let (to, from) = (1 + i % 20, 1 + i * 3 % 20);
            format!(
                "(loop (local.set {to} (i32.add (local.get {from}) (i32.const 1))) (br_if 0 (i32.load (local.get 1))))"
            )
        };
        program(&ints(20), &(many(loops, step) + "i32.const 7"))
    };
    assert_eq!(check(text, 5_000), 7);
}

/// Each loop goes on where the last one has ended.
fn loops_after_each_other(loops: usize, times: &str) -> String {
    let step = |_| {
        format!(
            "(local.set 1 {times}) (loop (i32.store (local.get 0) (local.get 2))
                (local.set 0 (i32.add (local.get 0) (i32.const 4)))
                (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))"
        )
    };
    program(&ints(3), &(many(loops, step) + "i32.const 7"))
}

#[test]
fn nine_hundred_loops_after_each_other() {
    // So often each: known to be once, known, and not known.
    assert_eq!(check(|loops| loops_after_each_other(loops, "(i32.const 1)"), 900), 7);
    assert_eq!(check(|loops| loops_after_each_other(loops, "(i32.const 3)"), 900), 7);
    assert_eq!(
        check(|loops| loops_after_each_other(loops, "(i32.add (i32.load (i32.const 60000)) (i32.const 2))"), 900),
        7
    );
}

#[test]
fn a_hundred_thousand_tiny_functions() {
    let text = |count: usize| {
        let tiny = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))".repeat(count);
        format!(
            r#"(module {tiny} (func (export "f") (param i32) (result i32) (call {} (call 0 (local.get 0)))))"#,
            count - 1
        )
    };
    assert_eq!(check(text, 100_000), 3);
}

#[test]
fn five_thousand_types_of_functions() {
    // Each needs code between it and the host.
    let text = |count| {
        let params = |i: usize| many(13, |bit| if i >> bit & 1 == 1 { "i32 ".into() } else { "i64 ".into() });
        let func = |i| format!(r#"(func (export "{i}") (param {}))"#, params(i));
        format!(r#"(module (func (export "f") (param i32) (result i32) (local.get 0)) {})"#, many(count, func))
    };
    assert_eq!(check(text, 5_000), 1);
}

/// Code of which a few bytes move or make a thousand values, which lie on the stack before and after it.
const WIDE: &[&str] = &[
    "call $pass",
    "(block (call $make) (br 0))",
    "(block (type $wide))",
    "(loop (type $wide))",
    "(if (type $wide) (i32.const 1) (then))",
    "(br_if 0 (i32.const 0))",
    "(block (type $wide) (br_table 0 1 (i32.const 0)))",
];

/// Functions with `count` times the piece each, `times` of it in all.
fn wide(piece: &str, count: usize, times: usize) -> String {
    let values = "i32 ".repeat(1000);
    let code = format!("(func (type $make) (call $make) {})", format!("{piece} ").repeat(count)).repeat(times / count);
    format!(
        r#"(module (type $wide (func (param {values}) (result {values}))) (type $make (func (result {values})))
            (func (export "f") (param i32) (result i32) (local.get 0))
            (func $make (type $make) unreachable) (func $pass (type $wide) unreachable) {code})"#
    )
}

#[test]
fn a_few_bytes_that_move_many_values_are_bounded() {
    let _alone = alone();
    for engine in engines() {
        for piece in WIDE {
            for count in [1, 1000] {
                let bytes = wat::parse_str(wide(piece, count, 1000)).expect("a module");
                let (refused, seconds, _) = cost(|| Module::new(&bytes, &engine));
                assert!(matches!(refused, Err(Error::Limit(_))), "{piece}: {refused:?}");
                assert!(seconds < 1.0, "{piece}: {seconds} s");
            }
            let bytes = wat::parse_str(wide(piece, 25, 25)).expect("a module");
            let (module, seconds, peak) = compile(&engine, &bytes);
            assert!(seconds < SECONDS && peak < BYTES, "{piece}: {seconds} s, {peak} bytes");
            assert_eq!(result(&module), 1, "{piece}");
        }
    }
}

#[test]
fn locals_that_nothing_uses_are_bounded() {
    let _alone = alone();
    let text = |count| {
        let func = format!("(func {})", ints(49_000)).repeat(count);
        format!(r#"(module (func (export "f") (param i32) (result i32) (local.get 0)) {func})"#)
    };
    for engine in engines() {
        let bytes = wat::parse_str(text(100)).expect("a module");
        let (refused, seconds, _) = cost(|| Module::new(&bytes, &engine));
        assert!(matches!(refused, Err(Error::Limit(_))), "{refused:?}");
        assert!(seconds < 1.0, "{seconds} s");
        let (module, seconds, peak) = compile(&engine, &wat::parse_str(text(4)).expect("a module"));
        assert!(seconds < SECONDS && peak < BYTES, "{seconds} s, {peak} bytes");
        assert_eq!(result(&module), 1);
    }
}
