//! Tier-up in Lift-Off: functions that are often used get optimised code while they run, and nothing else changes.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use support::{func, instantiate, module, trap};
use wasmo::{Config, Engine, Instance, Mode, Module, OptLevel, Store, TrapCode, Val};

fn lift_off(tier_up: Option<u32>) -> Config {
    Config::new().mode(Mode::LiftOff).tier_up(tier_up)
}

fn engine(config: Config) -> Engine {
    Engine::new(config).expect("an engine")
}

fn instance_of(module: &Module) -> Instance {
    instantiate(&Store::new(module.engine()).expect("a store"), module, &[])
}

fn call(instance: &Instance, name: &str, argument: i32) -> i32 {
    func(instance, name).typed_call::<i32, i32>(argument).expect("no trap")
}

fn improved(module: &Module) -> usize {
    module.wait_for_tier_up().expect("code is made");
    let figures = module.statistics();
    assert_eq!(figures.tier_up_queue, 0);
    figures.tiered_up_functions
}

/// `sum` adds up the numbers below its argument in a loop, `fib` calls itself, `twice` calls `sum` twice.
const NUMBERS: &str = r#"(module
    (func $sum (export "sum") (param $n i32) (result i32) (local $sum i32)
        (loop $next
            (local.set $sum (i32.add (local.get $sum) (local.get $n)))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
    (func $fib (export "fib") (param $n i32) (result i32)
        (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
            (then (local.get $n))
            (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                           (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
    (func $twice (export "twice") (param $n i32) (result i32)
        (i32.add (call $sum (local.get $n)) (call $sum (local.get $n))))
    (func $never (export "never") (param $n i32) (result i32) (local.get $n))
    (global $turn (mut i32) (i32.const 0))
    (func (export "now and then") (param $n i32) (result i32)
        (global.set $turn (i32.add (global.get $turn) (i32.const 1)))
        (if (i32.eqz (i32.and (global.get $turn) (i32.const 7))) (then (drop (call $sum (i32.const 1)))))
        (if (i32.eq (local.get $n) (i32.const -1)) (then (drop (call $never (i32.const 1)))))
        (i32.const 1)))"#;

#[test]
fn calls_and_loops_make_a_function_hot() {
    for handlers in [true, false] {
        let module = module(&engine(lift_off(Some(100)).signal_handlers(handlers)), NUMBERS);
        let instance = instance_of(&module);
        assert_eq!(call(&instance, "sum", 50), 1275);
        assert_eq!(improved(&module), 0, "it ran 51 times");
        assert_eq!(call(&instance, "sum", 50), 1275);
        assert_eq!(improved(&module), 1);
        assert_eq!(call(&instance, "sum", 50), 1275);
        // 177 calls.
        assert_eq!(call(&instance, "fib", 10), 55);
        assert_eq!(improved(&module), 2);
        assert_eq!(call(&instance, "fib", 20), 6765);
        let figures = module.statistics();
        assert!(figures.tiered_up_code_bytes > 0 && figures.tiered_up_code_bytes < figures.code_bytes);
        assert!(figures.tier_up_time > Duration::ZERO);
        assert_eq!(module.objects().count(), 2 + 2, "thunks, a unit, and two that were improved");
        for _ in 0..3 {
            assert_eq!(call(&instance, "never", 7), 7);
        }
        assert_eq!(improved(&module), 2);
    }
}

#[test]
fn a_hot_function_takes_along_what_it_calls() {
    let module = module(&engine(lift_off(Some(1000))), NUMBERS);
    let instance = instance_of(&module);
    // `sum` counts twice for each of the 124 calls of it: it is warm, and not hot.
    for _ in 0..999 {
        assert_eq!(call(&instance, "now and then", 1), 1);
    }
    assert_eq!(call(&instance, "never", 0), 0);
    assert_eq!(improved(&module), 0);
    let objects = module.objects().count();
    assert_eq!(call(&instance, "now and then", 0), 1);
    assert_eq!(improved(&module), 2, "with sum, without what is cold");
    assert_eq!(module.objects().count(), objects + 1);
}

#[test]
fn at_once_means_before_the_first_call_returns() {
    let module = module(&engine(lift_off(Some(0))), NUMBERS);
    let instance = instance_of(&module);
    assert_eq!(call(&instance, "fib", 5), 5);
    assert_eq!(module.statistics().tiered_up_functions, 1);
    assert_eq!(call(&instance, "twice", 3), 12);
    assert_eq!(improved(&module), 3);
}

#[test]
fn never_means_never() {
    for config in [lift_off(None), lift_off(Some(0)).opt_level(OptLevel::None)] {
        let module = module(&engine(config), NUMBERS);
        let instance = instance_of(&module);
        assert_eq!(call(&instance, "fib", 20), 6765);
        assert_eq!(improved(&module), 0);
    }
}

/// Whoever holds a function calls the better code: through exports, tables, imports, references, and from other instances.
#[test]
fn every_way_to_a_function_leads_to_the_better_code() {
    let text = r#"(module
        (type $f (func (param i32) (result i32)))
        (table (export "table") 1 1 funcref) (elem (i32.const 0) $f)
        (func $f (export "f") (type $f) (i32.add (local.get 0) (i32.const 1)))
        (func (export "reference") (result funcref) (ref.func $f))
        (elem declare func $f))"#;
    const F: usize = 0;
    let other = r#"(module
        (type $f (func (param i32) (result i32)))
        (import "" "f" (func $f (type $f))) (import "" "table" (table 1 funcref))
        (func (export "import") (type $f) (call $f (local.get 0)))
        (func (export "indirect") (type $f) (call_indirect (type $f) (local.get 0) (i32.const 0))))"#;
    let engine = engine(lift_off(Some(10)));
    let (module, other) = (module(&engine, text), module(&engine, other));
    let store = Store::new(&engine).expect("a store");
    let instance = instantiate(&store, &module, &[]);
    let export = |name: &str| instance.export(name).expect("it is exported");
    let user = instantiate(&store, &other, &[export("f"), export("table")]);
    let reference = match func(&instance, "reference").call(&[]).expect("no trap").pop() {
        Some(Val::FuncRef(Some(reference))) => reference,
        other => panic!("a reference, and not {other:?}"),
    };
    let ways = [func(&instance, "f"), func(&user, "import"), func(&user, "indirect"), reference];
    for round in 0..3 {
        for way in &ways {
            assert_eq!(way.typed_call::<i32, i32>(round).expect("no trap"), round + 1);
        }
    }
    assert_eq!(improved(&module), 1);
    // The counter stands still now: nobody runs the old code any more.
    let heat = module.heat(F);
    for way in &ways {
        for _ in 0..1000 {
            assert_eq!(way.typed_call::<i32, i32>(5).expect("no trap"), 6);
        }
    }
    let later = instantiate(&store, &module, &[]);
    assert_eq!(call(&later, "f", 6), 7);
    assert_eq!((module.heat(F), improved(&module)), (heat, 1));
}

/// Neither a function that is called once, nor one that calls itself, holds on to the code that it began with.
#[test]
fn code_of_the_same_unit_calls_the_better_code() {
    let module = module(&engine(lift_off(Some(100))), NUMBERS);
    let instance = instance_of(&module);
    const SUM: usize = 0;
    for _ in 0..2 {
        assert_eq!(call(&instance, "sum", 50), 1275);
    }
    assert_eq!(improved(&module), 1);
    let heat = module.heat(SUM);
    for _ in 0..20 {
        assert_eq!(call(&instance, "twice", 50), 2550);
    }
    assert_eq!((module.heat(SUM), improved(&module)), (heat, 1));
}

/// Functions whose code traps, overflows the stack, loops and pays.
const TRAPS: &str = r#"(module (memory 1)
    (func $load (param i32) (result i32) (i32.load offset=65530 (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.add (call $load (local.get 0)) (i32.const 1)))
    (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 6) (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
    (func (export "loop") (param $n i32) (result i32)
        (loop $next (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 9)))"#;

#[test]
fn traps_and_backtraces_are_the_same_in_better_code() {
    for handlers in [true, false] {
        let module = module(&engine(lift_off(Some(40)).signal_handlers(handlers)), TRAPS);
        let instance = instance_of(&module);
        let of = |name: &str, argument: i32| {
            let trap = trap(func(&instance, name).typed_call::<i32, i32>(argument));
            let frame = |frame: &wasmo::Frame| (frame.func_index(), frame.module_offset(), frame.func_offset());
            // Where in a function the stack ends depends on its frames.
            let skipped = usize::from(trap.code() == Some(TrapCode::StackOverflow));
            (trap.code(), trap.frames().iter().skip(skipped).take(8).map(frame).collect::<Vec<_>>())
        };
        let all = || [of("load", 3), of("load", -1), of("divide", 0), of("deep", 0)];
        let expected = all();
        assert_eq!(expected[0].0, Some(TrapCode::MemoryOutOfBounds));
        for _ in 0..100 {
            assert_eq!(all(), expected);
        }
        assert_eq!(improved(&module), 4);
        assert_eq!(all(), expected);
    }
}

#[test]
fn fuel_is_the_same_in_better_code() {
    let module = module(&engine(lift_off(Some(500)).fuel(true)), TRAPS);
    let store = Store::new(module.engine()).expect("a store");
    let instance = instantiate(&store, &module, &[]);
    let spent = || {
        store.set_fuel(1_000_000).expect("code pays");
        assert_eq!(call(&instance, "loop", 400), 9);
        1_000_000 - store.fuel()
    };
    let expected = spent();
    for _ in 0..20 {
        assert_eq!(spent(), expected);
    }
    assert_eq!(improved(&module), 1);
    assert_eq!(spent(), expected);
    store.set_fuel(expected - 1).expect("code pays");
    assert_eq!(trap(func(&instance, "loop").typed_call::<i32, i32>(400)).code(), Some(TrapCode::OutOfFuel));
}

#[test]
fn calls_are_interrupted_in_both_tiers_and_between() {
    for handlers in [true, false] {
        let module = module(&engine(lift_off(Some(1 << 20)).signal_handlers(handlers)), TRAPS);
        let store = Store::new(module.engine()).expect("a store");
        let instance = instantiate(&store, &module, &[]);
        let (handle, done) = (store.interrupt_handle().expect("a handle"), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    handle.interrupt();
                    thread::sleep(Duration::from_micros(300));
                }
            });
            let interrupted = || {
                let trap = trap(func(&instance, "loop").typed_call::<i32, i32>(0));
                assert_eq!(trap.code(), Some(TrapCode::Interrupted));
            };
            // Each round of the loop counts, so a call or two make it hot.
            while module.statistics().tiered_up_functions + module.statistics().tier_up_queue == 0 {
                interrupted();
            }
            (0..50).for_each(|_| interrupted());
            assert_eq!(improved(&module), 1);
            (0..50).for_each(|_| interrupted());
            done.store(true, Ordering::Relaxed);
        });
    }
}

/// What the optimiser is kept away from stays as it is, and nobody waits for it.
#[test]
fn a_function_that_is_too_large_stays_as_it_is() {
    let body = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(20_000);
    let text = format!(r#"(module (func (export "f") (param i32) (result i32) {body} (local.get 0)))"#);
    let module = module(&engine(lift_off(Some(0))), &text);
    let instance = instance_of(&module);
    assert_eq!(call(&instance, "f", 1), 20_001);
    assert_eq!(improved(&module), 0);
}

#[test]
fn the_artifact_does_not_depend_on_what_was_hot() {
    let expected = module(&engine(Config::new()), NUMBERS).dump().expect("an artifact");
    let module = module(&engine(lift_off(Some(0))), NUMBERS);
    assert_eq!(call(&instance_of(&module), "fib", 10), 55);
    assert!(improved(&module) > 0);
    assert!(module.dump().expect("an artifact") == expected);
}
