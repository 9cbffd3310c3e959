//! Lift-Off: modules start when they are validated, and are compiled as they are called, whoever calls.

mod support;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;
use support::process::{in_a_process, in_a_process_with, limit_address_space};
use support::{func, instantiate, module, trap, trap_code};
use wasmo::{Config, Engine, Error, Extern, Func, Instance, Mode, Module, OptLevel, Store, TrapCode};

const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Optimized];

/// Nothing is compiled ahead, so that it is known what is compiled.
fn lift_off() -> Config {
    Config::new().mode(Mode::LiftOff).compile_threads(1)
}

fn engine(config: Config) -> Engine {
    Engine::new(config).expect("an engine")
}

/// More code than there is in a batch, which nobody ever reaches.
fn padding() -> String {
    "(drop (i64.const -9223372036854775808)) ".repeat(1000)
}

/// Functions `f0`, `f1` and so on, each a batch of its own: each adds its number to what the one before it gives. `f0`
/// calls the host.
fn chain(length: usize) -> String {
    let padding = padding();
    let link = |i: usize| {
        let before = i.checked_sub(1).map_or("(call $host)".into(), |before| format!("(call $f{before})"));
        format!(
            r#"(func $f{i} (export "f{i}") (result i32)
                (i32.add {before} (i32.const {i})) (return) {padding} (i32.const 0))"#
        )
    };
    let links: String = (0..length).map(link).collect();
    format!(r#"(module (import "" "host" (func $host (result i32))) {links})"#)
}

fn instance_of(module: &Module, host: impl Fn() -> i32 + 'static) -> Instance {
    let store = Store::new(module.engine()).expect("a store");
    instantiate(&store, module, &[Extern::Func(Func::wrap(&store, host))])
}

fn call(instance: &Instance, name: &str) -> Result<i32, Error> {
    func(instance, name).typed_call::<(), i32>(())
}

#[test]
fn nothing_is_compiled_but_what_is_called() {
    let module = module(&engine(lift_off()), &chain(6));
    let figures = || module.statistics();
    let start = figures();
    assert_eq!((start.functions, start.units, start.linked_units), (6, 6, 0));
    assert_eq!(module.objects().count(), 1, "that of the thunks");
    let instance = instance_of(&module, || 100);
    assert_eq!(figures().linked_units, 0);
    assert_eq!(call(&instance, "f0").expect("no trap"), 100);
    let first = figures();
    assert_eq!((first.linked_units, module.objects().count()), (1, 2));
    assert!(first.code_bytes > start.code_bytes && first.compile_time > start.compile_time);
    assert_eq!(call(&instance, "f3").expect("no trap"), 106);
    assert_eq!((figures().linked_units, module.objects().count()), (4, 5));
    let before = figures();
    assert_eq!(call(&instance, "f3").expect("no trap"), 106);
    assert_eq!((figures().compile_time, figures().code_bytes), (before.compile_time, before.code_bytes));
}

#[test]
fn what_may_be_called_next_is_compiled_ahead() {
    let padding = padding();
    let text = format!(
        r#"(module
            (func $far (result i32) (i32.const 3) (return) {padding})
            (func $next (result i32) (call $far) (return) {padding})
            (func $never (result i32) (i32.const 2) (return) {padding})
            (func (export "f") (param i32) (result i32)
                (if (local.get 0) (then (return (call $next)))) (i32.const 1)))"#
    );
    let module = module(&engine(lift_off().compile_threads(2)), &text);
    assert_eq!(module.statistics().linked_units, 0);
    let instance = instantiate(&Store::new(module.engine()).expect("a store"), &module, &[]);
    let f = func(&instance, "f").typed::<i32, i32>().expect("its type");
    assert_eq!(f.call(0).expect("no trap"), 1);
    while module.statistics().linked_units < 2 {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(f.call(1).expect("no trap"), 3);
    assert_eq!(module.statistics().linked_units, 3, "neither more nor less");
}

#[test]
fn neighbours_are_compiled_together() {
    let functions: String = (0..100)
        .map(|i| format!(r#"(func (export "f{i}") (result i32) (i32.add (i32.const {i}) (i32.const 0)))"#))
        .collect();
    let module = module(&engine(lift_off()), &format!("(module {functions})"));
    let instance = instantiate(&Store::new(module.engine()).expect("a store"), &module, &[]);
    for i in [50, 0, 99] {
        assert_eq!(call(&instance, &format!("f{i}")).expect("no trap"), i);
    }
    assert_eq!((module.statistics().units, module.statistics().linked_units), (1, 1));
}

#[test]
fn many_threads_call_many_functions_first_at_once() {
    const THREADS: usize = 8;
    const LENGTH: usize = 24;
    let expected = |i: usize| (0..=i).sum::<usize>() as i32;
    for (handlers, fuel) in [(true, false), (false, false), (true, true)] {
        let engine = engine(lift_off().signal_handlers(handlers).fuel(fuel));
        let text = chain(LENGTH);
        for _ in 0..3 {
            let module = module(&engine, &text);
            let together = Barrier::new(THREADS);
            thread::scope(|scope| {
                for thread in 0..THREADS {
                    let (module, together) = (&module, &together);
                    scope.spawn(move || {
                        let instance = instance_of(module, || 0);
                        if fuel {
                            instance.store().set_fuel(1_000_000).expect("code pays");
                        }
                        together.wait();
                        // Half of them from the end: their callers are resolved from within each other.
                        for step in 0..LENGTH {
                            let i = if thread % 2 == 0 { step } else { LENGTH - 1 - step };
                            assert_eq!(call(&instance, &format!("f{i}")).expect("no trap"), expected(i));
                        }
                    });
                }
            });
            assert_eq!(module.statistics().linked_units, LENGTH);
            assert_eq!(module.objects().count(), 1 + LENGTH, "each was compiled once");
        }
    }
}

#[test]
fn traps_and_backtraces_are_those_of_code_that_was_compiled_before() {
    let padding = padding();
    let text = format!(
        r#"(module (memory 1)
            (func $load (param i32) (result i32) (i32.load offset=65530 (local.get 0)) (return) {padding} (i32.const 0))
            (func $outer (export "load") (param i32) (result i32) (i32.add (call $load (local.get 0)) (i32.const 1)))
            (func (export "deep") (param i32) (result i32) {padding} (call $deep (local.get 0)))
            (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1))))"#
    );
    for handlers in [true, false] {
        let described = |config: Config| {
            let engine = engine(config.signal_handlers(handlers));
            let instance = instantiate(&Store::new(&engine).expect("a store"), &module(&engine, &text), &[]);
            let of = |name: &str, argument: i32| {
                let trap = trap(func(&instance, name).typed_call::<i32, i32>(argument));
                let frame = |frame: &wasmo::Frame| (frame.func_index(), frame.module_offset(), frame.func_offset());
                // Where in a function the stack ends depends on where it starts.
                let skipped = usize::from(trap.code() == Some(TrapCode::StackOverflow));
                (trap.code(), trap.frames().iter().skip(skipped).take(8).map(frame).collect::<Vec<_>>())
            };
            assert_eq!(func(&instance, "load").typed_call::<i32, i32>(0).expect("no trap"), 1);
            [of("load", 3), of("deep", 0), of("load", -1)]
        };
        let expected = described(Config::new().opt_level(OptLevel::None));
        assert_eq!(expected[0].0, Some(TrapCode::MemoryOutOfBounds));
        assert_eq!(described(lift_off()), expected);
    }
}

#[test]
fn a_function_that_cannot_be_compiled_now_is_compiled_later() {
    in_a_process("a_function_that_cannot_be_compiled_now_is_compiled_later", || {
        let module = module(&engine(lift_off()), &chain(3));
        let instance = instance_of(&module, || 1);
        assert_eq!(call(&instance, "f0").expect("no trap"), 1);
        // Less than the stack of a thread that compiles.
        limit_address_space(64 << 20);
        for _ in 0..3 {
            let trap = trap(call(&instance, "f2"));
            assert_eq!(trap.code(), Some(TrapCode::CodeUnavailable));
            assert!(trap.message().contains("out of resources: no thread to make code on: "), "{}", trap.message());
            assert_eq!(call(&instance, "f0").expect("what is compiled goes on"), 1);
        }
        assert_eq!(module.statistics().linked_units, 1);
        limit_address_space(4 << 30);
        assert_eq!(call(&instance, "f2").expect("no trap"), 4);
    });
}

#[test]
fn what_the_other_mode_refuses_is_refused_at_the_start() {
    let padding = padding();
    let late = format!("(module (func {padding}) (func {padding}) (func (result i32) (i64.const 1)))");
    // Each call moves a thousand values.
    let wide = "i32 ".repeat(1000);
    let calls = "call $wide ".repeat(300);
    let values = "(i32.const 1) ".repeat(1000);
    let drops = "drop ".repeat(1000);
    let surplus = format!(
        "(module (type $wide (func (param {wide}) (result {wide}))) (func $wide (type $wide) unreachable)
            (func {values} {calls} {drops}))"
    );
    for text in [&*late, &surplus, "(module (func (param v128)))"] {
        let bytes = wat::parse_str(text).expect("a text");
        let reasons = [Mode::HighlyOptimised, Mode::LiftOff].map(|mode| {
            let error = Module::new(&bytes, engine(Config::new().opt_level(OptLevel::None).mode(mode)));
            let error = error.expect_err("it is refused");
            assert!(matches!(error, Error::Invalid(_) | Error::Unsupported(_) | Error::Limit(_)), "{error}");
            error.to_string()
        });
        assert_eq!(reasons[0], reasons[1]);
    }
}

#[test]
fn the_artifact_is_that_of_the_other_mode() {
    let text = chain(5);
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("liftoff-cache");
    let _ = fs::remove_dir_all(&cache);
    for level in LEVELS {
        let expected = module(&engine(Config::new().opt_level(level)), &text).dump().expect("an artifact");
        let config = lift_off().opt_level(level).cache(&cache);
        let engine = engine(config.clone());
        let cached = || fs::read_dir(&cache).expect("a directory").count();
        let before = cached();
        let lazy = module(&engine, &text);
        let instance = instance_of(&lazy, || 1);
        assert_eq!(call(&instance, "f1").expect("no trap"), 2);
        assert_eq!(cached(), before, "only the whole module is kept there");
        let figures = lazy.statistics();
        for _ in 0..2 {
            assert!(lazy.dump().expect("an artifact") == expected);
        }
        assert!(lazy.clone().dump().expect("an artifact") == expected);
        assert!(engine.precompile(&text).expect("an artifact") == expected);
        assert_eq!(lazy.statistics().linked_units, figures.linked_units);
        assert_eq!(call(&instance, "f4").expect("no trap"), 11);
        // From now on it is loaded.
        assert_eq!(cached(), before + 1);
        let loaded = module(&Engine::new(config).expect("an engine"), &text);
        assert!(loaded.statistics().compile_time.is_zero());
        assert!(loaded.dump().expect("an artifact") == expected);
        assert_eq!(call(&instance_of(&loaded, || 1), "f4").expect("no trap"), 11);
    }
    fs::remove_dir_all(&cache).expect("it is ours");
}

#[test]
fn progress_is_that_of_the_validation() {
    let bytes = wasmo::parse(chain(40).as_bytes()).expect("a text");
    for threads in [1, 3] {
        let engine = engine(lift_off().compile_threads(threads));
        let mut told = Vec::new();
        let module = Module::with_progress(&bytes, &engine, |progress| {
            told.push((progress.functions_done, progress.bytes_done));
            assert_eq!((progress.functions, progress.bytes), (40, bytes.len()));
            ControlFlow::Continue(())
        });
        assert_eq!(module.expect("a module").statistics().linked_units, 0);
        assert_eq!((told[0], told[told.len() - 1]), ((0, 0), (40, bytes.len())));
        assert!(told.len() > 4 && told.windows(2).all(|pair| pair[0].1 < pair[1].1), "{told:?}");
        for last in 1..=told.len() {
            let mut calls = 0;
            let cancelled = Module::with_progress(&bytes, &engine, |_| {
                calls += 1;
                if calls == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert!(matches!(cancelled, Err(Error::Cancelled)));
            assert_eq!(calls, last);
        }
    }
}

#[test]
fn a_first_call_is_interrupted() {
    let padding = padding();
    let text =
        format!(r#"(module (func (export "loop") (result i32) (loop $again (br $again)) {padding} (i32.const 0)))"#);
    for handlers in [true, false] {
        let engine = engine(lift_off().signal_handlers(handlers));
        let module = module(&engine, &text);
        let store = Store::new(&engine).expect("a store");
        let instance = instantiate(&store, &module, &[]);
        let handle = store.interrupt_handle().expect("a handle");
        let called = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                called.wait();
                handle.interrupt();
            });
            called.wait();
            assert_eq!(trap_code(call(&instance, "loop")), TrapCode::Interrupted);
        });
    }
}

#[test]
fn a_process_that_forks_while_wasm_runs_compiles_on_both_sides() {
    in_a_process("a_process_that_forks_while_wasm_runs_compiles_on_both_sides", || {
        let module = module(&engine(lift_off()), &chain(4));
        // SAFETY: no other thread of this process is at work.
        let instance = instance_of(&module, || i32::from(unsafe { libc::fork() } == 0));
        let in_child = call(&instance, "f1").expect("no trap") == 2;
        let inner = instance_of(&module, || 0);
        assert_eq!(call(&inner, "f3").expect("no trap"), 6);
        if in_child {
            // SAFETY: ends the process.
            unsafe { libc::_exit(0) };
        }
        let mut status = -1;
        // SAFETY: writes the status.
        unsafe { libc::wait(&mut status) };
        assert_eq!(status, 0);
    });
}

#[test]
fn a_function_is_dumped_when_it_is_compiled() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("liftoff-dump");
    let _ = fs::remove_dir_all(&dir);
    let variables = [("WASMO_DUMP", "f0,f1"), ("WASMO_DUMP_DIR", dir.to_str().expect("UTF-8"))];
    in_a_process_with(&variables, "a_function_is_dumped_when_it_is_compiled", || {
        let written = || {
            let mut names: Vec<_> = fs::read_dir(&dir)
                .expect("a directory")
                .map(|entry| entry.expect("a file").file_name().into_string().expect("UTF-8"))
                .collect();
            names.sort();
            names
        };
        let module = module(&engine(lift_off()), &chain(2));
        let texts = ["module0.func1.wat", "module0.func2.wat"];
        assert_eq!(written(), texts);
        assert_eq!(call(&instance_of(&module, || 1), "f0").expect("no trap"), 1);
        assert_eq!(written(), ["module0.func1.ll", "module0.func1.s", texts[0], texts[1]]);
    });
}
