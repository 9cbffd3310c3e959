//! Runaway recursion is a trap, time and again, wherever the stack ends: in wasm code, on the way into a builtin, into
//! the host, into code that is not linked yet.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use support::recursion::overflow_in_every_way;
use support::{checked_engines, engines, func, instantiate, module, trap_code};
use wasmo::{Extern, ExternType, Func, FuncType, Module, Store, TrapCode, Val};

/// Runs a closure on a thread with a stack of this many KiB.
fn on_a_stack_of<T: Send>(kib: usize, run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(kib << 10).spawn_scoped(scope, run).expect("a thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[test]
fn a_stack_of_two_megabytes_overflows_in_every_way_a_thousand_times() {
    for engine in engines().into_iter().chain(checked_engines()) {
        on_a_stack_of(2 << 10, || overflow_in_every_way(&engine, 1000));
    }
}

#[test]
fn a_small_stack_overflows_in_every_way_a_thousand_times() {
    for engine in engines().into_iter().chain(checked_engines()) {
        on_a_stack_of(128, || overflow_in_every_way(&engine, 1000));
    }
}

/// What is done at the end of a stack, and the trap that it ends with if there is stack enough.
const LEAVES: &[(&str, Option<TrapCode>)] = &[
    ("(drop (memory.grow (i32.const 0)))", None),
    ("(memory.copy (i32.const 0) (i32.const 8) (i32.const 4))", None),
    ("(drop (table.grow (ref.null func) (i32.const 0)))", None),
    ("(call $host)", None),
    ("(call_indirect (; of the host ;) (i32.const 0))", None),
    ("(call $wide_host WIDE)", None),
    ("(drop (i32.load (i32.const -1)))", Some(TrapCode::MemoryOutOfBounds)),
    ("(drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))", Some(TrapCode::IntegerDivideByZero)),
    ("unreachable", Some(TrapCode::Unreachable)),
];

/// A function `f` that calls itself as often as its argument says and then does `leaf`, with `functions` beside it.
fn descent(leaf: &str, functions: &str) -> String {
    const MANY: usize = 200;
    let wide = leaf.replace("WIDE", &"(i64.const 1) ".repeat(MANY));
    let params = "i64 ".repeat(MANY);
    format!(
        r#"(module
            (import "host" "f" (func $host))
            (import "host" "g" (func $wide_host (param {params})))
            (memory 1) (table 1 funcref) (elem (i32.const 0) $host)
            (func $f (export "f") (param i32)
                (if (local.get 0)
                    (then (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.store (i32.const 8) (local.get 0)))
                    (else {wide})))
            {functions})"#
    )
}

/// Calls `f` of a `descent` with how often it is to call itself.
struct Descent {
    f: Func,
    calls_of_host: Rc<Cell<usize>>,
}

impl Descent {
    fn new(module: &Module) -> Descent {
        let store = Store::new(module.engine()).expect("a store");
        let calls_of_host = Rc::new(Cell::new(0));
        let host = |import: wasmo::ImportType| {
            let ExternType::Func(ty) = import.ty else { panic!("a function is imported") };
            let calls = calls_of_host.clone();
            Extern::Func(Func::new(&store, ty, move |_, _| {
                calls.set(calls.get() + 1);
                Ok(())
            }))
        };
        let imports: Vec<Extern> = module.imports().map(host).collect();
        let f = func(&instantiate(&store, module, &imports), "f");
        Descent { f, calls_of_host }
    }

    /// Why it trapped, if it did.
    fn to(&self, depth: i32) -> Option<TrapCode> {
        match self.f.call(&[Val::I32(depth)]) {
            Ok(_) => None,
            trapped => Some(trap_code(trapped)),
        }
    }

    /// The least depth that is too much.
    fn end(&self) -> i32 {
        let (mut fits, mut overflows) = (0, 1 << 20);
        while fits + 1 < overflows {
            let middle = (fits + overflows) / 2;
            if self.to(middle) == Some(TrapCode::StackOverflow) { overflows = middle } else { fits = middle }
        }
        overflows
    }
}

/// Engines whose functions have one code, so that their frames stay as they are, and that compile all of a module at once.
fn with_one_code() -> impl Iterator<Item = wasmo::Engine> {
    let [none, optimized, _lift_off] = engines();
    let [none_checked, optimized_checked, _lift_off_checked] = checked_engines();
    [none, optimized, none_checked, optimized_checked].into_iter()
}

#[test]
fn at_any_distance_from_the_end_of_the_stack_it_is_done_or_the_stack_overflows() {
    for engine in with_one_code() {
        on_a_stack_of(192, || {
            let end = Descent::new(&module(&engine, &descent("nop", ""))).end();
            for (leaf, trap) in LEAVES {
                let descent = Descent::new(&module(&engine, &descent(leaf, "")));
                let first = descent.end();
                assert!(first > 1000 && first <= end, "{leaf} overflows from {first} on, {end} is the end");
                // The way here may take a little more or less of the stack than the way to where `end` was found.
                let mut overflows = false;
                for depth in first - 40..end + 40 {
                    let before = descent.calls_of_host.get();
                    let result = descent.to(depth);
                    overflows |= result == Some(TrapCode::StackOverflow);
                    let expected = if overflows { Some(TrapCode::StackOverflow) } else { *trap };
                    assert_eq!(result, expected, "{leaf} at {depth} of {end}");
                    let calls = usize::from(leaf.contains("host") && !overflows);
                    assert_eq!(descent.calls_of_host.get() - before, calls, "{leaf} at {depth} of {end}");
                }
                assert!(overflows, "{leaf}");
            }
        });
    }
}

#[test]
fn code_is_linked_at_any_distance_from_the_end_of_the_stack_or_the_stack_overflows() {
    // What lies between is too much for one unit of compilation, and quickly compiled.
    let long = format!("(br_table {} (i32.const 0))", "0 ".repeat(65_000)).repeat(5);
    let far = format!("(func unreachable {long}) (func $far (i32.store (i32.const 16) (i32.const 1)))");
    let bytes = wat::parse_str(descent("(call $far)", &far)).expect("a module");
    for engine in with_one_code() {
        let objects = Module::new(&bytes, &engine).expect("a module").objects().count();
        assert!(objects >= 4, "that of the module and of three units");
        on_a_stack_of(192, || {
            let end = Descent::new(&module(&engine, &descent("nop", ""))).end();
            let first = Descent::new(&module(&engine, &descent("(call $host)", ""))).end();
            let mut overflows = 0;
            const STEPS: i32 = 24;
            for depth in (0..STEPS).map(|step| first - 20 + (end - first + 30) * step / STEPS) {
                let descent = Descent::new(&Module::new(&bytes, &engine).expect("a module"));
                match descent.to(depth) {
                    None => {}
                    Some(TrapCode::StackOverflow) => overflows += 1,
                    other => panic!("{other:?} at {depth} of {end}"),
                }
                assert_eq!(descent.to(10), None, "after {depth} of {end}");
                assert_eq!(descent.to(end + 100), Some(TrapCode::StackOverflow), "after {depth} of {end}");
            }
            assert!(overflows > 0 && overflows < STEPS, "{overflows} of {STEPS} overflowed");
        });
    }
}

#[test]
fn a_start_function_that_overflows_the_stack_fails_the_instance_and_nothing_else() {
    for engine in engines().into_iter().chain(checked_engines()) {
        let runaway = module(
            &engine,
            "(module (memory 1) (func $f (call $f) (i32.store (i32.const 0) (i32.const 1))) (start $f))",
        );
        let fine = module(&engine, r#"(module (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))"#);
        let store = Store::new(&engine).expect("a store");
        for i in 0..1000 {
            assert_eq!(trap_code(runaway.instantiate(&store, &[])), TrapCode::StackOverflow, "time {i}");
            let f = func(&instantiate(&store, &fine, &[]), "f");
            assert_eq!(f.call(&[]).expect("no trap"), [Val::I32(0)], "time {i}");
        }
    }
}

/// A function that tells the host where its frame is, calls itself as often as its argument says, and then sums up
/// `live` values that are all alive at once: each needs a slot of its frame.
fn megabyte(live: usize) -> String {
    format!(
        r#"(module (import "host" "mark" (func $mark))
            (memory 1) (data (i32.const 0) "\01")
            (func $f (export "f") (param i32) (result i64)
                (call $mark)
                (if (local.get 0) (then (drop (call $f (i32.sub (local.get 0) (i32.const 1))))))
                {} {}))"#,
        "(i64.load (i32.const 0)) ".repeat(live),
        "i64.add ".repeat(live - 1)
    )
}

#[test]
fn frames_of_a_megabyte_overflow_a_thousand_times() {
    const MEGABYTE: usize = 1 << 20;
    let live = MEGABYTE / size_of::<u64>() + 100;
    let bytes = wat::parse_str(megabyte(live)).expect("a module");
    for engine in engines().into_iter().chain(checked_engines()) {
        let module = Module::new(&bytes, &engine).expect("a module");
        on_a_stack_of(8 << 10, || {
            let marks = Rc::new(RefCell::new(Vec::new()));
            let f = marking(&module, marks.clone());
            assert_eq!(f.call(&[Val::I32(1)]).expect("no trap"), [Val::I64(live as i64)]);
            let marks = marks.take();
            assert!(marks[0] - marks[1] >= MEGABYTE, "frames at {marks:x?}");
            for i in 0..1000 {
                assert_eq!(trap_code(f.call(&[Val::I32(100)])), TrapCode::StackOverflow, "time {i}");
            }
            assert_eq!(f.call(&[Val::I32(2)]).expect("no trap"), [Val::I64(live as i64)]);
        });
        on_a_stack_of(128, || {
            let f = marking(&module, Rc::default());
            for i in 0..1000 {
                assert_eq!(trap_code(f.call(&[Val::I32(0)])), TrapCode::StackOverflow, "time {i}");
            }
        });
    }
}

/// The function of a `megabyte` module; the host notes where its own frame is whenever it is called.
fn marking(module: &Module, marks: Rc<RefCell<Vec<usize>>>) -> Func {
    let store = Store::new(module.engine()).expect("a store");
    let mark = Func::new(&store, FuncType::new([], []), move |_, _| {
        let here = 0u8;
        marks.borrow_mut().push(&raw const here as usize);
        Ok(())
    });
    func(&instantiate(&store, module, &[Extern::Func(mark)]), "f")
}
