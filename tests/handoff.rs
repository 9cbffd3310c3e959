//! Hand-off in Lift-Off under stress: code is replaced while many threads run it, and while what it belongs to goes away.

mod support;

use std::cell::Cell;
use std::process::{Command, exit};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::process::{alone, assert_flat, await_child, end_child, in_a_process};
use support::{func, instantiate, module};
use wasmo::{Caller, Config, Engine, Error, Extern, Func, Instance, Mode, Module, Store, Trap, TrapCode, TypedFunc};

fn engine(tier_up: u32) -> Engine {
    Engine::new(Config::new().mode(Mode::LiftOff).tier_up(Some(tier_up))).expect("an engine")
}

/// `run` does a bit of everything with its argument: recursion, calls through a table, which it changes, calls of the host
/// and from there back, loops, memory, and a trap at the end if the argument is odd.
const EVERYTHING: &str = r#"(module
    (import "" "host" (func $host (param i32) (result i32)))
    (type $f (func (param i32) (result i32)))
    (memory 1) (table $t 8 funcref) (elem (i32.const 0) $fib $mix $count $host)
    (global $turn (mut i32) (i32.const 0))
    (elem declare func $mix $fib)
    (func $fib (type $f)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func $mix (type $f)
        (i32.mul (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 7))) (i32.const 0x9e3779b1)))
    (func $count (type $f) (local $i i32) (local $sum i32)
        (loop $next
            (i32.store (i32.shl (local.get $i) (i32.const 2))
                (i32.add (local.get 0) (i32.load (i32.shl (local.get $i) (i32.const 2)))))
            (local.set $sum (i32.add (call $mix (local.get $sum)) (i32.load (i32.shl (local.get $i) (i32.const 2)))))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))
        (local.get $sum))
    (func (export "inner") (type $f) (i32.add (call $mix (local.get 0)) (call $fib (i32.const 5))))
    (func $check (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (unreachable))))
    (func (export "run") (type $f) (local $sum i32)
        (global.set $turn (i32.add (global.get $turn) (i32.const 1)))
        ;; Elements 4 and 5 take turns.
        (table.set $t (i32.add (i32.const 4) (i32.and (global.get $turn) (i32.const 1))) (ref.func $mix))
        (table.set $t (i32.sub (i32.const 5) (i32.and (global.get $turn) (i32.const 1))) (ref.func $fib))
        (local.set $sum (call_indirect $t (type $f) (i32.const 8) (i32.const 0)))
        (local.set $sum (i32.add (local.get $sum) (call_indirect $t (type $f) (local.get 0) (i32.const 1))))
        (local.set $sum (i32.add (local.get $sum) (call_indirect $t (type $f) (local.get 0) (i32.const 2))))
        (local.set $sum (i32.add (local.get $sum) (call_indirect $t (type $f) (local.get 0) (i32.const 3))))
        (local.set $sum (i32.add (local.get $sum) (call_indirect $t (type $f) (i32.const 7)
            (i32.add (i32.const 4) (i32.and (local.get 0) (i32.const 1))))))
        (local.set $sum (i32.add (local.get $sum) (call $host (local.get $sum))))
        (call $check (local.get 0))
        (local.get $sum)))"#;

/// An instance whose host calls back into it.
fn instance_of(module: &Module) -> Instance {
    let store = Store::new(module.engine()).expect("a store");
    let host = Func::wrap(&store, |caller: Caller<'_>, value: i32| -> Result<i32, Trap> {
        let caller = caller.instance().expect("an instance calls");
        func(&caller, "inner").typed_call::<i32, i32>(value).map_err(|error| match error {
            Error::Trap(trap) => trap,
            other => Trap::new(other.to_string()),
        })
    });
    instantiate(&store, module, &[Extern::Func(host)])
}

/// What a call gives: a number, or the trap.
fn run(run: &TypedFunc<i32, i32>, argument: i32) -> Result<i32, TrapCode> {
    run.call(argument).map_err(|error| match error {
        Error::Trap(trap) => trap.code().expect("a trap of wasm"),
        other => panic!("{other}"),
    })
}

/// What `run` gives an instance for one argument after the other: in code that nobody replaces.
fn expected(count: i32) -> Vec<Result<i32, TrapCode>> {
    let module = module(&Engine::new(Config::new()).expect("an engine"), EVERYTHING);
    let instance = instance_of(&module);
    let function = func(&instance, "run").typed().expect("its type");
    (0..count).map(|argument| run(&function, argument)).collect()
}

/// Calls `run` as often as there are results that must come of it.
fn check(module: &Module, expected: &[Result<i32, TrapCode>]) {
    let instance = instance_of(module);
    let function = func(&instance, "run").typed().expect("its type");
    for (argument, result) in (0..).zip(expected) {
        assert_eq!(run(&function, argument), *result, "of {argument}");
    }
}

#[test]
fn threads_that_share_a_module_see_nothing_of_its_tier_up() {
    let _alone = alone();
    const THREADS: usize = 4;
    let expected = expected(200);
    for tier_up in [1, 30, 500] {
        let engine = engine(tier_up);
        for _ in 0..10 {
            let module = module(&engine, EVERYTHING);
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| check(&module, &expected));
                }
            });
            module.wait_for_tier_up().expect("code is made");
            assert!(module.statistics().tiered_up_functions >= 3, "{:?}", module.statistics());
        }
    }
}

#[test]
fn code_is_exchanged_thousands_of_times() {
    let _alone = alone();
    const THREADS: usize = 3;
    let expected = expected(300);
    let module = module(&engine(0), EVERYTHING);
    check(&module, &expected);
    let exchanges = AtomicUsize::new(0);
    let goes_on = || exchanges.load(Ordering::Relaxed) < 20_000;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while goes_on() {
                    check(&module, &expected);
                }
            });
        }
        while goes_on() {
            module.exchange_code(exchanges.fetch_add(1, Ordering::Relaxed).is_multiple_of(2));
            thread::sleep(Duration::from_micros(20));
        }
    });
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("the threads").count()
}

/// Module, store and engine go, in any order, while functions are compiled or wait for it.
#[test]
fn everything_may_go_while_code_is_made() {
    let _alone = alone();
    let expected = expected(12);
    let shared = engine(1);
    let before = threads();
    assert_flat(4, || {
        for round in 0..24 {
            let own = if round % 3 == 0 { Some(engine(1)) } else { None };
            let module = module(own.as_ref().unwrap_or(&shared), EVERYTHING);
            let instance = instance_of(&module);
            let function = func(&instance, "run").typed().expect("its type");
            for (argument, result) in (0..round % 12).zip(&expected) {
                assert_eq!(run(&function, argument), *result);
            }
            if round % 2 == 0 {
                drop((own, module));
                drop((function, instance));
            } else {
                drop((function, instance));
                drop((module, own));
            }
        }
        // What is being compiled has its engine still. Threads leave when they have had nothing to do for a while.
        while threads() > before {
            thread::sleep(Duration::from_millis(10));
        }
    });
    let module = module(&shared, EVERYTHING);
    check(&module, &expected);
    module.wait_for_tier_up().expect("code is made");
}

#[test]
fn a_function_has_two_codes_at_most() {
    let _alone = alone();
    let expected = expected(100);
    let module = module(&engine(1), EVERYTHING);
    let settled = || {
        check(&module, &expected);
        module.wait_for_tier_up().expect("code is made");
        (module.objects().count(), module.statistics().code_bytes, module.statistics().tiered_up_code_bytes)
    };
    let first = settled();
    for _ in 0..20 {
        assert_eq!(settled(), first);
    }
    module.exchange_code(false);
    assert_eq!(settled(), first, "what counts and tells again has better code already");
}

/// The environment variable that tells a child when to end.
const EXIT: &str = "WASMO_TEST_EXIT";

#[test]
fn a_process_may_end_while_code_is_made() {
    const NAME: &str = "a_process_may_end_while_code_is_made";
    if let Some(microseconds) = std::env::var(EXIT).ok().and_then(|text| text.parse().ok()) {
        // Another thread goes on meanwhile: it compiles, links and calls.
        thread::spawn(|| {
            loop {
                let module = module(&engine(1), EVERYTHING);
                let _ = func(&instance_of(&module), "run").typed_call::<i32, i32>(2);
            }
        });
        // Enough to do for the background.
        let copies: Vec<_> = (0..8).map(|_| module(&engine(1), EVERYTHING)).collect();
        let deadline = Instant::now() + Duration::from_micros(microseconds);
        for module in copies.iter().cycle().take_while(|_| Instant::now() < deadline) {
            let instance = instance_of(module);
            let _ = func(&instance, "run").typed_call::<i32, i32>(4);
        }
        exit(0);
    }
    for step in 0..30 {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", NAME, "--nocapture"]).env(EXIT, (step * 1700).to_string());
        let output = command.output().expect("a child");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "after step {step}: {}: {text}", output.status);
    }
}

#[test]
fn a_child_of_a_fork_goes_on_with_threads_of_its_own() {
    in_a_process("a_child_of_a_fork_goes_on_with_threads_of_its_own", || {
        let expected = expected(60);
        let of_two = {
            let module = module(&Engine::new(Config::new()).expect("an engine"), EVERYTHING);
            let host = |value: i32| value;
            let store = Store::new(module.engine()).expect("a store");
            let instance = instantiate(&store, &module, &[Extern::Func(Func::wrap(&store, host))]);
            func(&instance, "run").typed_call::<i32, i32>(2).expect("no trap")
        };
        for tier_up in [0, 1, 20] {
            let engine = engine(tier_up);
            for _ in 0..10 {
                let module = module(&engine, EVERYTHING);
                let store = Store::new(&engine).expect("a store");
                let (is_first, at_fork) = (Cell::new(true), Rc::new(Cell::new((0, 0))));
                let (forked, watched) = (at_fork.clone(), module.clone());
                // It is called twice.
                let fork = Func::wrap(&store, move |value: i32| {
                    if is_first.take() {
                        let tiered_up = watched.statistics().tiered_up_functions;
                        // SAFETY: all other threads of this process are wasmo's.
                        forked.set((unsafe { libc::fork() }, tiered_up));
                    }
                    value
                });
                let instance = instantiate(&store, &module, &[Extern::Func(fork)]);
                // The calls are in the middle of something, and so is the background.
                let result = func(&instance, "run").typed_call::<i32, i32>(2).expect("no trap");
                let (child, before) = at_fork.get();
                let goes_on = || {
                    check(&module, &expected);
                    module.wait_for_tier_up().expect("code is made");
                    // What was taken by a thread that is not there stays as it is; all else goes on.
                    result == of_two && module.statistics().tiered_up_functions > before
                };
                end_child(child, goes_on);
                assert!(goes_on());
                await_child(child);
            }
        }
    });
}

/// A module with as many functions, which were just called, and each of which called itself often enough to be hot.
fn many_hot_functions() -> Module {
    let function = |i: usize| {
        format!(
            r#"(func $f{i} (export "f{i}") (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (i32.const {i}) (call $f{i} (i32.sub (local.get 0) (i32.const 1)))))
                    (else (i32.const 0))))"#
        )
    };
    let text = format!("(module {})", (0..MANY).map(function).collect::<String>());
    let module = module(&engine(50), &text);
    let instance = instantiate(&Store::new(module.engine()).expect("a store"), &module, &[]);
    for i in 0..MANY {
        let f = func(&instance, &format!("f{i}"));
        assert_eq!(f.typed_call::<i32, i32>(60).expect("no trap"), 60 * i as i32);
    }
    module
}

const MANY: usize = 40;

#[test]
fn what_waits_in_the_parent_is_done_in_its_child_too() {
    in_a_process("what_waits_in_the_parent_is_done_in_its_child_too", || {
        let module = many_hot_functions();
        // SAFETY: all other threads of this process are wasmo's.
        let child = unsafe { libc::fork() };
        let all_are_done = || {
            module.wait_for_tier_up().expect("code is made");
            module.statistics().tiered_up_functions == MANY
        };
        end_child(child, all_are_done);
        assert!(all_are_done());
        // Hot functions are compiled together: each unit takes two of the process's mappings.
        assert!(module.objects().count() < MANY, "{}", module.objects().count());
        await_child(child);
    });
}

/// The host's signals arrive at its own threads only: a thread of the background would run its handlers else.
#[test]
fn the_background_gets_no_signals() {
    in_a_process("the_background_gets_no_signals", || {
        let _module = many_hot_functions();
        let blocked = |task: std::fs::DirEntry| {
            let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
            let status = std::fs::read_to_string(task.path().join("status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:"))?;
            (name.trim() == "wasmo-compile").then(|| u64::from_str_radix(line.trim(), 16).expect("a set of signals"))
        };
        let masks = || -> Vec<u64> {
            let tasks = std::fs::read_dir("/proc/self/task").expect("the threads");
            tasks.filter_map(|task| blocked(task.expect("a thread"))).collect()
        };
        // A thread has its name when it has begun.
        let masks = std::iter::repeat_with(masks).find(|masks| !masks.is_empty()).expect("there are some");
        let user = 1u64 << (libc::SIGUSR1 - 1);
        assert!(masks.iter().all(|mask| mask & user != 0));
    });
}
