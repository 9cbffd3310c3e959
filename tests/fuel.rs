//! Fuel: what a program costs depends on the way that it takes alone, and when it does not suffice, nothing happens that
//! was not paid.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use support::{fueled_engines, func, instantiate, module, pass_on, trap_code};
use wasmo::{Config, Engine, Error, Extern, Func, FuncType, Global, Instance, Module, Store, TrapCode, Val, ValType};

/// More than any of these programs needs.
const PLENTY: u64 = 1 << 40;

/// Bodies of a function with a parameter, 7, and what they cost.
const COSTS: &[(&str, u64)] = &[
    ("", 0),
    ("nop nop (block (nop)) (block (block)) (loop)", 0),
    ("(drop (i32.const 1))", 1),
    ("(drop (i32.add (local.get 0) (i32.const 1)))", 3),
    ("(local.set 0 (i32.const 1)) return (drop (i32.const 1))", 3),
    // Both arms, what follows, and what is not taken.
    ("(if (local.get 0) (then (call $ten)) (else (drop (i32.const 1))))", 2 + 1 + 10),
    ("(if (i32.eqz (local.get 0)) (then (call $ten)) (else (drop (i32.const 1))))", 3 + 1),
    ("(if (i32.eqz (local.get 0)) (then (call $ten))) (drop (i32.const 1))", 3 + 1),
    ("(if (local.get 0) (then (return))) (call $ten)", 2 + 1),
    // A branch pays for what comes before it; what it leaves out is not paid.
    ("(block (br_if 0 (local.get 0)) (call $ten)) (drop (i32.const 1))", 2 + 1),
    ("(block (br_if 0 (i32.eqz (local.get 0))) (call $ten)) (drop (i32.const 1))", 3 + 1 + 10 + 1),
    ("(block (br 0)) (block (br 0) (call $ten))", 1 + 1),
    ("(block (block (block (br_table 0 1 2 (local.get 0))) (call $ten)) (call $ten)) (drop (i32.const 1))", 2 + 1),
    ("(block (block (block (br_table 0 1 2 (i32.const 1))) (call $ten)) (call $ten)) (drop (i32.const 1))", 2 + 11 + 1),
    // Six rounds of five operators; the nop is free.
    (
        "(local i32) (local.set 1 (i32.const 6))
      (loop nop (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))",
        2 + 6 * 5,
    ),
    // Calls of every kind.
    ("(call $ten)", 1 + 10),
    ("(call $host)", 1),
    ("(call_indirect (i32.const 0))", 2 + 10),
    ("(call_indirect (; of the host ;) (i32.const 1))", 2),
    ("(call $down (i32.const 3))", 2 + 3 * 8 + 2),
    ("(call $far)", 1 + 10),
    // What grows with a length.
    ("(memory.fill (i32.const 0) (i32.const 1) (i32.const 63))", 4),
    ("(memory.fill (i32.const 0) (i32.const 1) (i32.const 64))", 4 + 1),
    ("(memory.copy (i32.const 0) (i32.const 1) (i32.const 6400))", 4 + 100),
    ("(memory.init $data (i32.const 0) (i32.const 0) (i32.const 130))", 4 + 2),
    ("(data.drop $data)", 1),
    ("(table.fill $t (i32.const 0) (ref.null func) (i32.const 80))", 4 + 10),
    ("(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 16))", 4 + 2),
    ("(table.init $t $elements (i32.const 0) (i32.const 0) (i32.const 9))", 4 + 1),
    ("(elem.drop $elements)", 1),
    ("(drop (table.grow $t (ref.null func) (i32.const 17)))", 3 + 2),
    ("(drop (table.grow $t (ref.null func) (i32.const 101)))", 3),
    ("(drop (table.grow $t (ref.null func) (i32.const 99)))", 3 + 12),
    ("(drop (memory.grow (i32.const 2)))", 2 + 2048),
    ("(drop (memory.grow (i32.const 4)))", 2 + 4096),
    ("(drop (memory.grow (i32.const 5)))", 2),
    ("(drop (memory.grow (i32.const -1)))", 2),
];

/// What the functions of the tests can call and use; one of them is of another unit of compilation.
fn program(functions: &str) -> String {
    let far = "(br_table 0 (i32.const 0)) ".repeat(30_000);
    format!(
        r#"(module
            (import "host" "f" (func $host))
            (type $nothing (func))
            (memory (export "memory") 1 4) (table $t 100 100 funcref) (global $g (export "g") (mut i32) (i32.const 0))
            (elem (i32.const 0) $ten $host) (elem $elements func {})
            (data $data "{}")
            (func $ten (export "ten") {})
            (func $down (param i32)
                (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))) (global.set $g (i32.const 1)))))
            {functions}
            (func unreachable {}) (func $far {}))"#,
        "$ten ".repeat(10),
        "x".repeat(130),
        "(drop (i32.const 1))".repeat(10),
        far.repeat(if functions.contains("$far") { 3 } else { 0 }),
        "(drop (i32.const 1))".repeat(10),
    )
}

/// A program in a store of its own.
struct Run {
    store: Store,
    instance: Instance,
    /// What the host saw of `g` whenever it was called.
    log: Rc<RefCell<Vec<Val>>>,
    /// Where the host finds `g`.
    global: Rc<RefCell<Option<Global>>>,
}

impl Drop for Run {
    /// The store owns the function that sees the global, whose handle keeps the store.
    fn drop(&mut self) {
        self.global.take();
    }
}

impl Run {
    fn new(module: &Module) -> Run {
        let store = Store::new(module.engine()).expect("a store");
        let log: Rc<RefCell<Vec<Val>>> = Rc::default();
        let global: Rc<RefCell<Option<Global>>> = Rc::default();
        let (entries, seen) = (log.clone(), global.clone());
        let host = Func::new(&store, FuncType::new([], []), move |_, _| {
            entries.borrow_mut().extend(seen.borrow().as_ref().map(Global::get));
            Ok(())
        });
        let instance = instantiate(&store, module, &[Extern::Func(host)]);
        global.replace(instance.export("g").and_then(|export| export.global().cloned()));
        Run { store, instance, log, global }
    }

    /// Calls a function with so much fuel: how that ended, and what is left.
    fn call(&self, name: &str, fuel: u64) -> (Result<Vec<Val>, TrapCode>, u64) {
        self.store.set_fuel(fuel).expect("the engine is configured for it");
        let func = func(&self.instance, name);
        let args: Vec<Val> = func.ty().params().iter().map(|_| Val::I32(7)).collect();
        let result = func.call(&args).map_err(|error| trap_code(Err::<(), _>(error)));
        (result, self.store.fuel())
    }

    /// What can be seen of it: the memory, the global, what the host saw.
    fn state(&self) -> (u64, Vec<u8>, Val, Vec<Val>) {
        let memory = self.instance.export("memory").and_then(|export| export.memory().cloned()).expect("a memory");
        let mut bytes = vec![0; 256];
        memory.read(0, &mut bytes).expect("the first bytes");
        let global = self.global.borrow().as_ref().map(Global::get).expect("a global");
        (memory.size(), bytes, global, self.log.borrow().clone())
    }
}

#[test]
fn operators_cost_what_the_documentation_says() {
    let function = |(i, (body, _)): (usize, &(&str, u64))| format!("(func (export \"{i}\") (param i32) {body})\n");
    let functions: String = COSTS.iter().enumerate().map(function).collect();
    for engine in fueled_engines() {
        let module = module(&engine, &program(&functions));
        for (i, (body, cost)) in COSTS.iter().enumerate() {
            let name = i.to_string();
            assert_eq!(Run::new(&module).call(&name, PLENTY), (Ok(vec![]), PLENTY - cost), "{body}");
            assert_eq!(Run::new(&module).call(&name, *cost), (Ok(vec![]), 0), "{body}");
            if *cost > 0 {
                let (result, left) = Run::new(&module).call(&name, cost - 1);
                assert_eq!(result, Err(TrapCode::OutOfFuel), "{body}");
                assert!(left < *cost, "{body}");
            }
        }
    }
}

/// Programs that do much with little, and how they end with fuel enough.
const PROGRAMS: &[(&str, Option<TrapCode>)] = &[
    // The greatest common divisor, with a call of the host in each round.
    (
        "(local $a i32) (local $b i32) (local $c i32)
         (local.set $a (i32.const 1071)) (local.set $b (i32.const 462))
         (block $done (loop $next
            (br_if $done (i32.eqz (local.get $b)))
            (global.set $g (local.get $b)) (call $host)
            (local.set $c (i32.rem_u (local.get $a) (local.get $b)))
            (local.set $a (local.get $b)) (local.set $b (local.get $c))
            (br $next)))
         (i32.store (i32.const 8) (local.get $a))",
        None,
    ),
    // Stores in nested loops; the inner one is left in the middle.
    (
        "(local $i i32) (local $j i32)
         (loop $outer
            (local.set $j (i32.const 0))
            (block $out (loop $inner
                (i32.store8 (i32.add (i32.mul (local.get $i) (i32.const 16)) (local.get $j)) (i32.const 7))
                (br_if $out (i32.gt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $i)))
                (br $inner)))
            (global.set $g (i32.add (global.get $g) (local.get $j))) (call $host)
            (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))",
        None,
    ),
    // Every target of a table, by way of an interpreter.
    (
        "(local $pc i32)
         (loop $next
            (block $three (block $two (block $one (block $zero
                (br_table $zero $one $two $three (i32.and (local.get $pc) (i32.const 3))))
                (i32.store offset=16 (local.get $pc) (i32.const 1)) (br $three))
                (call_indirect (i32.const 0)) (global.set $g (local.get $pc)))
                (call_indirect (i32.const 1)))
            (br_if $next (i32.lt_u (local.tee $pc (i32.add (local.get $pc) (i32.const 1))) (i32.const 11))))",
        None,
    ),
    // Recursion, and work behind it.
    (
        "(call $down (i32.const 9)) (global.set $g (i32.const 3)) (call $host) (call $down (i32.const 4))
         (memory.fill (i32.const 32) (i32.const 5) (i32.const 100)) (call $host)",
        None,
    ),
    // Parameters and results of blocks.
    (
        "(i32.const 3) (loop $l (param i32) (result i32)
            (if (param i32) (result i32) (i32.rem_u (global.get $g) (i32.const 2))
                (then (i32.const 1) i32.sub) (else (i32.const 1) i32.add (call $host)))
            (global.set $g (i32.add (global.get $g) (i32.const 3)))
            (br_if $l (i32.lt_u (global.get $g) (i32.const 30))))
         (global.set $g)",
        None,
    ),
    // Traps of every kind, each behind some effects.
    ("(global.set $g (i32.const 1)) (call $host) unreachable", Some(TrapCode::Unreachable)),
    (
        "(global.set $g (i32.const 1)) (drop (i32.load (i32.const -1))) (call $host) (call $ten)",
        Some(TrapCode::MemoryOutOfBounds),
    ),
    (
        "(local $i i32) (local.set $i (i32.const 4))
         (loop $l
            (i32.store8 offset=8 (local.get $i) (i32.div_u (i32.const 100) (local.get $i)))
            (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br $l))",
        Some(TrapCode::IntegerDivideByZero),
    ),
    (
        "(if (global.get $g) (then) (else (call $ten) (call_indirect (param i32) (i32.const 1) (i32.const 0)) (call $ten)))",
        Some(TrapCode::IndirectCallTypeMismatch),
    ),
    (
        "(call $host) (memory.copy (i32.const 65000) (i32.const 0) (i32.const 1000)) (call $ten)",
        Some(TrapCode::MemoryOutOfBounds),
    ),
    ("(call $ten) (drop (i32.trunc_f32_s (f32.const nan))) (call $ten)", Some(TrapCode::InvalidConversionToInteger)),
];

#[test]
fn at_any_amount_of_fuel_every_configuration_does_the_same_and_only_what_was_paid() {
    let function = |(i, (body, _)): (usize, &(&str, _))| format!("(func (export \"{i}\") {body})\n");
    let functions: String = PROGRAMS.iter().enumerate().map(function).collect();
    let modules = fueled_engines().map(|engine| module(&engine, &program(&functions)));
    for (i, (body, trap)) in PROGRAMS.iter().enumerate() {
        let name = i.to_string();
        let run = |module: &Module, fuel: u64| {
            let run = Run::new(module);
            (run.call(&name, fuel), run.state())
        };
        let ((result, left), complete) = run(&modules[0], PLENTY);
        assert_eq!(result, trap.map_or(Ok(vec![]), Err), "{body}");
        let cost = PLENTY - left;
        assert!(cost > 3 && cost < 2000, "{cost}: {body}");
        let mut before = 0;
        for fuel in 0..=cost {
            let expected = run(&modules[0], fuel);
            for module in &modules[1..] {
                assert_eq!(run(module, fuel), expected, "{fuel} of {cost}: {body}");
            }
            let ((result, left), (.., log)) = expected;
            if fuel < cost {
                assert_eq!(result, Err(TrapCode::OutOfFuel), "{fuel} of {cost}: {body}");
            } else {
                assert_eq!((result, left), (trap.map_or(Ok(vec![]), Err), 0), "{fuel} of {cost}: {body}");
            }
            // What was paid grows with what there is, by whole segments.
            assert!(fuel - left == before || fuel - left == fuel && left == 0, "{fuel} of {cost}: {body}");
            before = fuel - left;
            assert!(complete.3.starts_with(&log), "{fuel} of {cost}: {body}");
        }
        for module in &modules {
            assert_eq!(
                run(module, PLENTY),
                ((trap.map_or(Ok(vec![]), Err), PLENTY - cost), complete.clone()),
                "{body}"
            );
        }
    }
}

#[test]
fn what_never_ends_stops_and_another_call_goes_on_with_new_fuel() {
    let endless = [
        "(loop $l (br $l))",
        "(loop $l (br_if $l (i32.const 1)))",
        "(loop $l (block (br_table $l 0 (i32.const 0))))",
        "(call $f)",
        "(call_indirect (i32.const 0))",
        "(loop $l (call $empty) (br $l))",
    ];
    for engine in fueled_engines() {
        for body in endless {
            let text = format!(
                r#"(module (table 1 funcref) (elem (i32.const 0) $f) (global $g (export "g") (mut i32) (i32.const 0))
                    (func $empty)
                    (func $f (export "f") (global.set $g (i32.add (global.get $g) (i32.const 1))) {body}))"#
            );
            let store = Store::new(&engine).expect("a store");
            let instance = instantiate(&store, &module(&engine, &text), &[]);
            let f = func(&instance, "f");
            for _ in 0..3 {
                store.set_fuel(1000).expect("fuel");
                assert_eq!(trap_code(f.call(&[])), TrapCode::OutOfFuel, "{body}");
                assert!(store.fuel() < 10, "{body} left {}", store.fuel());
            }
            let global = instance.export("g").and_then(|export| export.global().map(Global::get));
            assert!(matches!(global, Some(Val::I32(times)) if times >= 3), "{body}: {global:?}");
        }
    }
}

#[test]
fn a_trap_for_want_of_fuel_says_where() {
    for engine in fueled_engines() {
        let text = "(module (func $inner (loop $l (br $l))) (func $outer (export \"f\") (call $inner)))";
        let store = Store::new(&engine).expect("a store");
        store.set_fuel(100).expect("fuel");
        let trap = support::trap(func(&instantiate(&store, &module(&engine, text), &[]), "f").call(&[]));
        assert_eq!(trap.message(), "all fuel consumed");
        let names: Vec<_> = trap.frames().iter().map(|frame| frame.func_name().expect("a name").to_owned()).collect();
        assert_eq!(names, ["inner", "outer"]);
    }
}

/// Wasm calls the host, which looks at the fuel, changes it, and calls wasm.
#[test]
fn calls_within_calls_share_the_fuel() {
    for engine in fueled_engines() {
        let store = Store::new(&engine).expect("a store");
        let text = r#"(module (import "host" "f" (func $host))
            (func (export "ten") DROPS) (func (export "f") (call $host) DROPS (call $host)))"#;
        let module = module(&engine, &text.replace("DROPS", &"(drop (i32.const 1))".repeat(10)));
        let (seen, inner) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(None::<Func>)));
        let refill = Rc::new(Cell::new(None));
        let host = {
            let (store, seen, inner, refill) = (store.clone(), seen.clone(), inner.clone(), refill.clone());
            Func::new(&store.clone(), FuncType::new([], []), move |_, _| {
                seen.borrow_mut().push(store.fuel());
                if let Some(fuel) = refill.get() {
                    store.set_fuel(fuel).expect("fuel");
                }
                let inner = inner.borrow().clone().expect("a function");
                pass_on(inner.call(&[])).map(|_| ())
            })
        };
        let instance = instantiate(&store, &module, &[Extern::Func(host)]);
        inner.replace(Some(func(&instance, "ten")));
        let f = func(&instance, "f");

        store.set_fuel(100).expect("fuel");
        f.call(&[]).expect("no trap");
        assert_eq!((seen.take(), store.fuel()), (vec![88, 78], 68));
        // The inner call is the one that has too little.
        store.set_fuel(25).expect("fuel");
        assert_eq!(trap_code(f.call(&[])), TrapCode::OutOfFuel);
        assert_eq!((seen.take(), store.fuel()), (vec![13, 3], 3));
        refill.set(Some(50));
        store.set_fuel(12).expect("fuel");
        f.call(&[]).expect("no trap");
        assert_eq!((seen.take(), store.fuel()), (vec![0, 40], 40));
        // The closure has a handle to its own store.
        inner.take();
    }
}

#[test]
fn a_start_function_pays_and_the_rest_of_instantiation_does_not() {
    for engine in fueled_engines() {
        let store = Store::new(&engine).expect("a store");
        assert_eq!(store.fuel(), 0);
        let parts =
            r#"(memory 2) (data (i32.const 0) "some bytes") (table 9 funcref) (elem (i32.const 0) $f) (func $f)"#;
        instantiate(&store, &module(&engine, &format!("(module {parts})")), &[]);
        let start = module(&engine, &format!("(module {parts} (func $start (call $f)) (start $start))"));
        assert_eq!(trap_code(start.instantiate(&store, &[])), TrapCode::OutOfFuel);
        store.set_fuel(3).expect("fuel");
        instantiate(&store, &start, &[]);
        assert_eq!(store.fuel(), 2);
    }
}

#[test]
fn code_that_does_not_pay_is_told_from_code_that_does() {
    let [engine, ..] = fueled_engines();
    let plain = Engine::new(Config::new().opt_level(wasmo::OptLevel::None)).expect("an engine");
    let store = Store::new(&plain).expect("a store");
    assert!(matches!(store.set_fuel(1), Err(Error::Argument(reason)) if reason.contains("not configured for fuel")));
    assert_eq!(store.fuel(), 0);
    let text = r#"(module (func (export "f") (result i32) (i32.const 1)))"#;
    let f = func(&instantiate(&store, &module(&plain, text), &[]), "f");
    assert_eq!(f.call(&[]).expect("no trap"), [Val::I32(1)]);
    for (from, to) in [(&plain, &engine), (&engine, &plain)] {
        let artifact = module(from, text).dump().expect("an artifact");
        // SAFETY: this is what `dump` has made.
        let loaded = unsafe { Module::load(&artifact, to) };
        assert!(matches!(loaded, Err(Error::Artifact(reason)) if reason.contains("fuel")));
    }
}

/// What the host calls in the other direction is free, whatever its type is.
#[test]
fn functions_of_the_host_are_free() {
    for engine in fueled_engines() {
        let store = Store::new(&engine).expect("a store");
        let ty = FuncType::new([ValType::I64; 20], [ValType::I32; 20]);
        let host = Func::new(&store, ty.clone(), |_, _| Ok(()));
        assert!(host.call(&[const { Val::I64(1) }; 20]).is_ok());
        let [params, results] = ["i64 ", "i32 "].map(|ty| ty.repeat(20));
        let text = format!(
            r#"(module (import "host" "f" (func $host (param {params}) (result {results}))) (func (export "f")
                {} call $host {}))"#,
            "(i64.const 1)".repeat(20),
            "drop ".repeat(20)
        );
        let f = func(&instantiate(&store, &module(&engine, &text), &[Extern::Func(host)]), "f");
        store.set_fuel(21).expect("fuel");
        f.call(&[]).expect("no trap");
        assert_eq!(store.fuel(), 0);
    }
}
