//! How a module is compiled: on as many threads as it may be, always to the same code, with a host that is told how far
//! it is and may have enough of it.

mod support;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::{fs, thread};
use support::process::{assert_flat, cost, in_a_process, in_a_process_with};
use support::{engines_of_levels, func, instantiate};
use wasmo::{Config, Engine, Error, Module, OptLevel, Progress, Store};

const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Optimized];

/// A module of many units, for functions that are within the optimiser's budget and such that are not share none: every
/// second one has too many values on its stack.
fn many_units(pairs: usize) -> Vec<u8> {
    let pair = |i: usize| {
        let arithmetic: String = (0..20 + i % 7 * 30)
            .map(|j| {
                format!("(local.set 0 (i32.mul (i32.add (local.get 0) (i32.const {})) (i32.const {})))", i + j, j + 3)
            })
            .collect();
        let high = 501 + i % 5 * 100;
        let values: String = (0..high).map(|j| format!("(i32.const {}) ", i * j)).collect();
        let adds = "i32.add ".repeat(high - 1);
        format!(
            "(func (export \"f{i}\") (param i32) (result i32) {arithmetic} (i32.add (call $high{i}) (local.get 0)))
            (func $high{i} (result i32) {values} {adds})"
        )
    };
    let text = format!("(module {})", (0..pairs).map(pair).collect::<String>());
    wasmo::parse(text.as_bytes()).expect("a valid text")
}

fn engine(level: OptLevel, threads: usize) -> Engine {
    Engine::new(Config::new().opt_level(level).compile_threads(threads)).expect("an engine")
}

const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

#[test]
fn code_is_the_same_on_any_number_of_threads_and_in_any_process() {
    const NAME: &str = "code_is_the_same_on_any_number_of_threads_and_in_any_process";
    const PAIRS: usize = 12;
    let file = |level: OptLevel| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("artifact-{level:?}"));
    let bytes = many_units(PAIRS);
    let write = || {
        for level in LEVELS {
            let artifact = Module::new(&bytes, engine(level, 0)).and_then(|module| module.dump()).expect("an artifact");
            fs::write(file(level), artifact).expect("it is written");
        }
    };
    if in_a_process_with(&[], NAME, write).is_none() {
        return;
    }
    for level in LEVELS {
        let elsewhere = fs::read(file(level)).expect("what the other process wrote");
        for threads in [1, 2, 3, 8] {
            for _ in 0..2 {
                let module = Module::new(&bytes, engine(level, threads)).expect("a module");
                assert_eq!(module.statistics().units, 2 * PAIRS);
                assert!(module.dump().expect("an artifact") == elsewhere, "{level:?}, {threads} threads");
            }
        }
        // Whoever has other threads can load it, and what is compiled for elsewhere is the same.
        let engine = engine(level, 1);
        assert!(engine.precompile(&bytes).expect("an artifact") == elsewhere);
        // SAFETY: made by wasmo.
        let module = unsafe { Module::load(&elsewhere, &engine) }.expect("a module");
        let instance = instantiate(&Store::new(&engine).expect("a store"), &module, &[]);
        func(&instance, "f1").typed_call::<i32, i32>(1).expect("no trap");
    }
}

/// The names of all threads of this process. One that has just begun has that of the thread that began it.
fn threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").expect("the threads");
    // One that has ended meanwhile has none.
    tasks.filter_map(|task| fs::read_to_string(task.expect("a thread").path().join("comm")).ok()).collect()
}

/// Threads of this process that compile.
fn compiling_threads() -> usize {
    threads().iter().filter(|name| name.trim() == "wasmo-compile").count()
}

#[test]
fn there_are_as_many_threads_as_are_asked_for() {
    in_a_process("there_are_as_many_threads_as_are_asked_for", || {
        // So many that no thread is done with all of them before it is seen.
        let bytes = many_units(40);
        let others = threads().len();
        for wanted in [1, 3] {
            let (mut most, mut named) = (0, 0);
            let module = Module::with_progress(&bytes, engine(OptLevel::None, wanted), |_| {
                most = most.max(threads().len() - others);
                named = named.max(compiling_threads());
                GO_ON
            });
            module.expect("a module");
            assert_eq!(most, wanted);
            assert!((1..=wanted).contains(&named), "{named} of {wanted} threads have the name");
            assert_eq!(compiling_threads(), 0);
        }
    });
}

#[test]
fn a_module_is_done_bit_by_bit() {
    let here = thread::current().id();
    for engine in engines_of_levels() {
        for (bytes, units) in [(many_units(3), 6), (wasmo::parse(b"(module (memory 1))").expect("a text"), 0)] {
            let mut told: Vec<Progress> = Vec::new();
            let module = Module::with_progress(&bytes, &engine, |progress| {
                assert_eq!(thread::current().id(), here);
                told.push(progress);
                GO_ON
            });
            let module = module.expect("a module");
            // Before the first, after each unit, and after the part that belongs to none.
            assert_eq!(told.len(), 2 + units, "{told:?}");
            let functions = module.statistics().functions;
            assert!(told.iter().all(|progress| (progress.functions, progress.bytes) == (functions, bytes.len())));
            let done: Vec<_> = told.iter().map(|progress| (progress.functions_done, progress.bytes_done)).collect();
            assert_eq!((done[0], done[done.len() - 1]), ((0, 0), (functions, bytes.len())));
            assert!(done.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 < pair[1].1), "{done:?}");
        }
    }
}

#[test]
fn a_compilation_is_cancelled_at_any_call() {
    in_a_process("a_compilation_is_cancelled_at_any_call", || {
        let bytes = many_units(4);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cancelled");
        let _ = fs::remove_dir_all(&cache);
        for engine in LEVELS.map(|level| Engine::new(Config::new().opt_level(level).cache(&cache)).expect("an engine"))
        {
            let cancelled_at = |last: usize| {
                let mut calls = 0;
                let module = Module::with_progress(&bytes, &engine, |_| {
                    calls += 1;
                    if calls == last { ControlFlow::Break(()) } else { GO_ON }
                });
                assert!(matches!(module, Err(Error::Cancelled)));
                assert_eq!(calls, last);
                assert_eq!(compiling_threads(), 0);
                assert!(fs::read_dir(&cache).expect("a directory").next().is_none(), "something is in the cache");
            };
            let all = 8 + 2;
            for last in [1, 2, all / 2, all] {
                cancelled_at(last);
            }
            // Each time as if nothing had been.
            assert_flat(40, || cancelled_at(3));
        }
        // Then it works, and the next time it is there at once.
        let engine = Engine::new(Config::new().opt_level(OptLevel::None).cache(&cache)).expect("an engine");
        Module::new(&bytes, &engine).expect("a module");
        let told = |answer| {
            let mut told = Vec::new();
            let module = Module::with_progress(&bytes, &engine, |progress| {
                told.push(progress);
                answer
            });
            assert_eq!(told.len(), 1);
            assert_eq!((told[0].functions_done, told[0].bytes_done), (told[0].functions, told[0].bytes));
            assert_eq!((told[0].functions, told[0].bytes), (8, bytes.len()));
            module
        };
        assert!(told(GO_ON).expect("a module").statistics().compile_time.is_zero());
        assert!(matches!(told(ControlFlow::Break(())), Err(Error::Cancelled)));
        fs::remove_dir_all(&cache).expect("it is ours");
    });
}

#[test]
fn a_compilation_ends_soon_after_it_is_cancelled() {
    in_a_process("a_compilation_ends_soon_after_it_is_cancelled", || {
        // Some 100 units of 10 ms each: without an end it would take long. What else runs plays no role for the seconds of
        // this process.
        let bytes = many_units(60);
        let engine = engine(OptLevel::Optimized, 2);
        let (module, whole, _) = cost(|| Module::new(&bytes, &engine));
        module.expect("a module");
        let (module, part, _) = cost(|| {
            Module::with_progress(&bytes, &engine, |progress| match progress.bytes_done {
                0 => GO_ON,
                _ => ControlFlow::Break(()),
            })
        });
        assert!(matches!(module, Err(Error::Cancelled)));
        assert!(part < whole / 4.0, "{part} s of {whole} s");
    });
}

#[test]
fn a_panic_of_the_host_leaves_no_thread_behind() {
    in_a_process("a_panic_of_the_host_leaves_no_thread_behind", || {
        let bytes = many_units(4);
        for engine in engines_of_levels() {
            for last in [1, 3, 10] {
                let mut calls = 0;
                let panicking = || {
                    Module::with_progress(&bytes, &engine, |_| {
                        calls += 1;
                        assert!(calls < last, "expected by the test");
                        GO_ON
                    })
                };
                catch_unwind(AssertUnwindSafe(panicking)).expect_err("the panic arrives");
                assert_eq!((calls, compiling_threads()), (last, 0));
            }
            Module::new(&bytes, &engine).expect("the engine is as it was");
        }
    });
}

#[test]
fn the_host_may_compile_while_it_is_told() {
    for engine in engines_of_levels() {
        let mut inner = 0;
        let module = Module::with_progress(many_units(2), &engine, |_| {
            inner += Module::new("(module (func))", &engine).expect("a module").statistics().functions;
            GO_ON
        });
        module.expect("a module");
        assert_eq!(inner, 6);
    }
}
