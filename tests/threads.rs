//! Threads, each with a store of its own, share engines and modules: they compile, link, instantiate, call and trap at
//! once.

mod support;

use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use support::{engines, func, instantiate, module, trap, trap_code};
use wasmo::{Error, Instance, Module, Store, TrapCode, Val};

const THREADS: usize = 6;

/// How long the threads of a test run at each level.
const WHILE: Duration = Duration::from_secs(2);

/// A program that knows its number.
fn program(number: i32) -> String {
    format!(
        r#"(module
            (memory (export "memory") 1) (data (i32.const 100) "\2a")
            (table 2 funcref) (elem (i32.const 0) $number)
            (global $calls (mut i32) (i32.const 0))
            (func $number (result i32) (i32.const {number}))
            (func (export "number") (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (call_indirect (result i32) (i32.const 0)))
            (func (export "calls") (result i32) (global.get $calls))
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 84) (local.get 0)))
            (func $sum (export "sum") (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (local.get 0) (call $sum (i32.sub (local.get 0) (i32.const 1)))))
                    (else (i32.const 0)))))"#
    )
}

/// Calls everything that a `program` has, so that it returns and so that it traps.
fn exercise(instance: &Instance, number: i32) {
    let call = |name: &str, args: &[i32]| {
        let args: Vec<Val> = args.iter().map(|arg| Val::I32(*arg)).collect();
        func(instance, name).call(&args).map(|results| match results.as_slice() {
            [Val::I32(result)] => *result,
            other => panic!("expected an i32, found {other:?}"),
        })
    };
    let result = |result: Result<i32, Error>| result.expect("no trap");
    for times in 1..=3 {
        assert_eq!(result(call("number", &[])), number);
        assert_eq!(result(call("calls", &[])), times);
        assert_eq!(result(call("load", &[100])), 42);
        assert_eq!(trap_code(call("load", &[-1])), TrapCode::MemoryOutOfBounds);
        assert_eq!(result(call("sum", &[1000])), 500_500);
        assert_eq!(trap_code(call("sum", &[-1])), TrapCode::StackOverflow);
        assert_eq!(result(call("divide", &[2])), 42);
        assert_eq!(trap_code(call("divide", &[0])), TrapCode::IntegerDivideByZero);
    }
}

/// Runs `work` with the numbers of `THREADS` threads.
fn on_threads(work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                scope.spawn({
                    let work = &work;
                    move || work(number)
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
    });
}

#[test]
fn threads_compile_instantiate_call_and_trap_at_once() {
    for engine in engines() {
        // The last module that a thread compiled, for the others: its last user, whichever that is, drops it.
        let last = Mutex::new((0, module(&engine, &program(0))));
        let end = Instant::now() + WHILE;
        on_threads(|thread| {
            let mut round = 0;
            while Instant::now() < end || round < 3 {
                round += 1;
                let number = (THREADS * round + thread) as i32;
                let own = module(&engine, &program(number));
                let (other, others) = {
                    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                    std::mem::replace(&mut *last, (number, own.clone()))
                };
                let store = Store::new(&engine).expect("a store");
                for (number, module) in [(number, &own), (other, &others), (number, &own)] {
                    exercise(&instantiate(&store, module, &[]), number);
                }
            }
        });
    }
}

#[test]
fn the_first_calls_of_all_threads_at_once_find_the_code() {
    const ROUNDS: i32 = 100;
    for engine in engines() {
        let modules: Vec<Module> = (0..ROUNDS).map(|number| module(&engine, &program(number))).collect();
        let together = Barrier::new(THREADS);
        on_threads(|_| {
            let store = Store::new(&engine).expect("a store");
            for (number, module) in (0..).zip(&modules) {
                let instance = instantiate(&store, module, &[]);
                together.wait();
                assert_eq!(func(&instance, "number").call(&[]).expect("no trap"), [Val::I32(number)]);
            }
        });
    }
}

#[test]
fn every_thread_traps_in_its_own_way_at_once() {
    let ways = [
        ("load", -1, TrapCode::MemoryOutOfBounds),
        ("sum", -1, TrapCode::StackOverflow),
        ("divide", 0, TrapCode::IntegerDivideByZero),
    ];
    for engine in engines() {
        let program = module(&engine, &program(1));
        let end = Instant::now() + WHILE;
        on_threads(|thread| {
            let instance = instantiate(&Store::new(&engine).expect("a store"), &program, &[]);
            let (name, argument, code) = ways[thread % ways.len()];
            let f = func(&instance, name);
            let mut times = 0;
            while Instant::now() < end || times < 1000 {
                let trap = trap(f.call(&[Val::I32(argument)]));
                assert_eq!(trap.code(), Some(code));
                assert_eq!(trap.frames()[0].func_name(), (name == "sum").then_some("sum"));
                times += 1;
            }
        });
    }
}

#[test]
fn every_thread_has_engines_of_its_own() {
    let end = Instant::now() + WHILE;
    on_threads(|thread| {
        while {
            for engine in engines() {
                let store = Store::new(&engine).expect("a store");
                exercise(&instantiate(&store, &module(&engine, &program(thread as i32)), &[]), thread as i32);
            }
            Instant::now() < end
        } {}
    });
}
