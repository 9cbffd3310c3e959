//! Interruption: whatever runs stops, soon and exactly, and the store goes on afterwards.

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::{checked_engines, configured_engines, engines, func, instantiate, module, pass_on, trap_code};
use wasmo::{
    Config, Engine, Extern, ExternRef, ExternType, Func, FuncType, Instance, InterruptHandle, Store, TrapCode, Val,
};

/// Ways to run for ever.
const PROGRAMS: &str = r#"(module
    (import "host" "back" (func $back (param i32) (result i32)))
    (import "host" "many" (func $many (param i32 i32 i32 i32 i32 i32 i32 f64 externref) (result externref i64 f32 i32)))
    (memory (export "memory") 1 400)
    (table $t 16 funcref)
    (table $e 16 externref)
    (elem (table $t) (i32.const 0) func $nothing $deep $many)
    (global $count (export "count") (mut i64) (i64.const 0))
    (func $nothing (param i32) (result i32) (local.get 0))
    (func $deep (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0))))
    ;; Counts in memory and in a global, one after the other.
    (func (export "loop")
        (loop $l
            (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.const 1)))
            (global.set $count (i64.add (global.get $count) (i64.const 1)))
            (br $l)))
    (func (export "tight") (loop $l (br $l)))
    (func (export "calls") (loop $l (drop (call $nothing (i32.const 3))) (br $l)))
    (func (export "recursion") (loop $l (drop (call $deep (i32.const 500))) (br $l)))
    (func (export "indirect")
        (loop $l (drop (call_indirect $t (param i32) (result i32) (i32.const 30) (i32.const 1))) (br $l)))
    (func (export "callbacks") (loop $l (drop (call $back (i32.const 1))) (br $l)))
    (func (export "many") (local $r externref)
        (loop $l
            (call $many (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
                (f64.const 8) (local.get $r))
            drop drop drop
            (local.set $r)
            (br $l)))
    (func (export "many_indirect") (local $r externref)
        (loop $l
            (call_indirect $t (param i32 i32 i32 i32 i32 i32 i32 f64 externref) (result externref i64 f32 i32)
                (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
                (f64.const 8) (local.get $r) (i32.const 2))
            drop drop drop
            (local.set $r)
            (br $l)))
    (func (export "frames") (loop $l (drop (call $large (i32.const 1))) (br $l)))
    (func (export "growth")
        (loop $l (drop (memory.grow (i32.const 0))) (drop (table.grow $t (ref.null func) (i32.const 0))) (br $l)))
    (func (export "bulk")
        (loop $l
            (memory.fill (i32.const 100) (i32.const 7) (i32.const 5000))
            (memory.copy (i32.const 200) (i32.const 100) (i32.const 3000))
            (table.fill $e (i32.const 0) (ref.null extern) (i32.const 16))
            (br $l)))
    (func (export "answer") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 40))))"#;

const NAMES: [&str; 11] = [
    "loop",
    "tight",
    "calls",
    "recursion",
    "indirect",
    "callbacks",
    "many",
    "many_indirect",
    "frames",
    "growth",
    "bulk",
];

/// A function whose frame is some pages large at every level: it keeps more values than there are registers below a call.
fn large_frame() -> String {
    const VALUES: usize = 1500;
    let values: String = (0..VALUES).map(|i| format!("(i64.load (i32.const {}))", 1000 + 8 * i)).collect();
    let sum = "i64.add ".repeat(VALUES - 1);
    let body = format!("{values} (drop (call $nothing (local.get 0))) {sum} i32.wrap_i64");
    format!("(func $large (param i32) (result i32) {body})")
}

/// Engines of every kind: with a limit of the stack, code asks a probe before it makes a large frame.
fn all_engines() -> Vec<Engine> {
    let limited = configured_engines(|config| config.max_wasm_stack(512 << 10));
    engines().into_iter().chain(checked_engines()).chain(limited).collect()
}

/// Parts of programs that are put together at random: recursion, calls in all directions, growth, bulk operations, nested
/// loops, values below calls.
const PARTS: [&str; 12] = [
    "(drop (call $deep (i32.const 40)))",
    "(drop (call $nothing (i32.const 3)))",
    "(drop (call_indirect $t (param i32) (result i32) (i32.const 30) (i32.const 1)))",
    "(drop (call $back (i32.const 1)))",
    "(drop (memory.grow (i32.const 0)))",
    "(drop (memory.grow (i32.const 1)))",
    "(drop (table.grow $e (ref.null extern) (i32.const 1)))",
    "(memory.fill (i32.const 100) (i32.const 7) (i32.const 40000))",
    "(memory.copy (i32.const 200) (i32.const 100) (i32.const 30000))",
    "(table.copy $e $e (i32.const 1) (i32.const 0) (i32.const 15))",
    "(local.set $i (i32.const 0))
     (loop $inner (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $inner (i32.lt_u (local.get $i) (i32.const 99))))",
    "(local.set $i (i32.add (call $back (i32.const 2)) (i32.mul (call $deep (i32.const 3)) (call $nothing (i32.const 5)))))",
];
const RANDOM_PROGRAMS: usize = 8;

/// [`PROGRAMS`], and as many more of random parts, each of which counts once a round.
fn programs() -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % most as u64) as usize
    };
    let mut text = PROGRAMS.strip_suffix(')').expect("a module").to_owned() + &large_frame();
    for index in 0..RANDOM_PROGRAMS {
        let parts: String = (0..1 + below(8)).map(|_| PARTS[below(PARTS.len())]).collect();
        text += &format!(
            r#"(func (export "random{index}") (local $i i32)
                (loop $l
                    (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.const 1)))
                    (global.set $count (i64.add (global.get $count) (i64.const 1)))
                    {parts}
                    (br $l)))"#
        );
    }
    text + ")"
}

/// The names of all programs.
fn names() -> impl Iterator<Item = String> {
    NAMES.map(str::to_owned).into_iter().chain((0..RANDOM_PROGRAMS).map(|index| format!("random{index}")))
}

fn program(engine: &Engine) -> (Store, Instance) {
    let store = Store::new(engine).expect("a store");
    let module = module(engine, &programs());
    let host = |import: wasmo::ImportType| {
        let ExternType::Func(ty) = import.ty else { panic!("a function is imported") };
        Extern::Func(Func::new(&store, ty, |args, results| {
            match results {
                [one] => *one = args[0].clone(),
                [reference, ..] => *reference = args[8].clone(),
                [] => {}
            }
            Ok(())
        }))
    };
    let imports: Vec<Extern> = module.imports().map(host).collect();
    let instance = instantiate(&store, &module, &imports);
    (store, instance)
}

fn check_state(instance: &Instance) {
    let global = instance.export("count").and_then(|export| export.global().cloned()).expect("a global");
    let memory = instance.export("memory").and_then(|export| export.memory().cloned()).expect("a memory");
    let mut bytes = [0; 8];
    memory.read(8, &mut bytes).expect("in bounds");
    let (Val::I64(counted), stored) = (global.get(), i64::from_le_bytes(bytes)) else { panic!("an i64") };
    // The store comes first.
    assert!(stored == counted || stored == counted + 1, "{stored} in memory, {counted} in the global");
    memory.write(8, &counted.to_le_bytes()).expect("in bounds");
    assert_eq!(func(instance, "answer").call(&[Val::I32(2)]).expect("it returns"), [Val::I32(42)]);
}

/// A thread that interrupts when it is asked to, after a time that differs.
struct Interrupter {
    requests: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Interrupter {
    fn new(handle: InterruptHandle) -> Interrupter {
        let (requests, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let work = {
            let (requests, done) = (requests.clone(), done.clone());
            move || {
                let (mut served, mut random) = (0, 88_172_645_463_325_252_u64);
                while !done.load(Ordering::Relaxed) {
                    if requests.load(Ordering::Acquire) == served {
                        thread::yield_now();
                        continue;
                    }
                    served += 1;
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    (0..random % 4000).for_each(|_| std::hint::spin_loop());
                    handle.interrupt();
                }
            }
        };
        Interrupter { requests, done, thread: Some(thread::spawn(work)) }
    }

    fn ask(&self) {
        self.requests.fetch_add(1, Ordering::Release);
    }
}

impl Drop for Interrupter {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        self.thread.take().map(thread::JoinHandle::join);
    }
}

/// How often each program is interrupted in each configuration; `make soak` asks for 700, which are 106,400 together.
fn rounds() -> usize {
    std::env::var("WASMO_INTERRUPTIONS").map_or(250, |text| text.parse().expect("a number"))
}

#[test]
fn whatever_runs_stops_again_and_again() {
    for engine in all_engines() {
        let (store, instance) = program(&engine);
        let interrupter = Interrupter::new(store.interrupt_handle().expect("a handle"));
        for name in names() {
            let func = func(&instance, &name);
            for _ in 0..rounds() {
                interrupter.ask();
                assert_eq!(trap_code(func.call(&[])), TrapCode::Interrupted, "{name}");
                check_state(&instance);
            }
        }
    }
}

#[test]
fn short_calls_end_or_are_interrupted() {
    for engine in all_engines() {
        let (store, instance) = program(&engine);
        let interrupter = Interrupter::new(store.interrupt_handle().expect("a handle"));
        let answer = func(&instance, "answer");
        let (mut ended, mut interrupted) = (0, 0);
        // On a busy machine, the interrupter may get no turn for some time.
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut round = 0;
        while round < rounds() * 10 || (interrupted == 0 && Instant::now() < deadline) {
            round += 1;
            interrupter.ask();
            for _ in 0..20 {
                match answer.call(&[Val::I32(30)]) {
                    Ok(results) => {
                        assert_eq!(results, [Val::I32(70)]);
                        ended += 1;
                    }
                    trapped => {
                        assert_eq!(trap_code(trapped), TrapCode::Interrupted);
                        interrupted += 1;
                    }
                }
            }
        }
        assert!(ended > 0 && interrupted > 0, "{ended} ended, {interrupted} were interrupted");
    }
}

#[test]
fn a_request_is_for_the_call_under_way_or_else_the_next() {
    for engine in all_engines() {
        let (store, instance) = program(&engine);
        let handle = store.interrupt_handle().expect("a handle");
        let answer = func(&instance, "answer");
        handle.interrupt();
        assert_eq!(trap_code(answer.call(&[Val::I32(2)])), TrapCode::Interrupted);
        check_state(&instance);
        handle.interrupt();
        handle.cancel();
        check_state(&instance);
        drop((store, instance, answer));
        // The store is gone.
        handle.interrupt();
    }
}

#[test]
fn a_host_function_goes_on_and_what_called_it_stops() {
    let text = r#"(module (import "" "host" (func $host)) (func (export "f") (call $host) (loop $l (br $l)))
        (func (export "g") (loop $l (br $l))))"#;
    for engine in all_engines() {
        let store = Store::new(&engine).expect("a store");
        let handle = store.interrupt_handle().expect("a handle");
        let (inner, g) = (Rc::new(RefCell::new(None)), Rc::new(RefCell::new(None::<Func>)));
        let host = {
            let (inner, g) = (inner.clone(), g.clone());
            Func::new(&store, FuncType::new([], []), move |_, _| {
                handle.interrupt();
                // Every call from here on ends at once, and what the host makes of that is its own business.
                let g = g.borrow().clone().expect("it is there");
                *inner.borrow_mut() = pass_on(g.call(&[])).expect_err("it is interrupted").code();
                Ok(())
            })
        };
        let instance = instantiate(&store, &module(&engine, text), &[Extern::Func(host)]);
        *g.borrow_mut() = Some(func(&instance, "g"));
        assert_eq!(trap_code(func(&instance, "f").call(&[])), TrapCode::Interrupted);
        assert_eq!(inner.take(), Some(TrapCode::Interrupted));
        // Else it would keep its own store.
        g.take();
    }
}

#[test]
fn large_copies_and_fills_stop_soon() {
    let text = r#"(module (memory 16384) (table $t 10000000 externref)
        (func (export "table.fill") (param externref)
            (loop $l (table.fill $t (i32.const 0) (local.get 0) (i32.const 10000000)) (br $l)))
        (func (export "table.copy")
            (loop $l (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 9999999)) (br $l)))
        (func (export "fill") (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x3fffffff)) (br $l)))
        (func (export "copy") (loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3ffffff0)) (br $l))))"#;
    let [_, engine, ..] = engines();
    let store = Store::new(&engine).expect("a store");
    let instance = instantiate(&store, &module(&engine, text), &[]);
    // Growing takes long once; what was begun is undone.
    let growing = r#"(module (table $t 1 externref)
        (func (export "grow") (param externref) (result i32) (table.grow $t (local.get 0) (i32.const 9999998)))
        (func (export "more") (result i32) (table.grow $t (ref.null extern) (i32.const 100000)))
        (func (export "size") (result i32) (table.size $t))
        (func (export "null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0)))))"#;
    let growing = module(&engine, growing);
    let mut undone = 0;
    for pause in 0..40 {
        let grown = instantiate(&store, &growing, &[]);
        let handle = store.interrupt_handle().expect("a handle");
        let object = ExternRef::new(&store, ());
        let interrupter = thread::spawn(move || {
            thread::sleep(Duration::from_micros(500 * pause));
            handle.interrupt();
        });
        let ended = func(&grown, "grow").typed_call::<_, i32>(Some(object));
        interrupter.join().expect("it asked");
        store.interrupt_handle().expect("a handle").cancel();
        let size = func(&grown, "size").typed_call::<(), i32>(()).expect("no trap");
        if ended.is_err() && size == 1 {
            assert_eq!(trap_code(ended), TrapCode::Interrupted);
            assert_eq!(func(&grown, "more").typed_call::<(), i32>(()).expect("no trap"), 1);
            let null = func(&grown, "null").typed::<i32, i32>().expect("its type");
            assert!((0..=100_000).step_by(10).all(|index| null.call(index).expect("no trap") == 1));
            undone += 1;
        } else {
            assert_eq!(size, 9_999_999);
        }
    }
    assert!(undone > 0, "none of them was interrupted");

    let object = Val::ExternRef(Some(ExternRef::new(&store, ())));
    let cases = [("fill", vec![]), ("copy", vec![]), ("table.fill", vec![object]), ("table.copy", vec![])];
    for (name, args) in cases {
        let latency = || {
            let handle = store.interrupt_handle().expect("a handle");
            let interrupter = thread::spawn(move || {
                thread::sleep(Duration::from_millis(5));
                let asked = Instant::now();
                handle.interrupt();
                asked
            });
            assert_eq!(trap_code(func(&instance, name).call(&args)), TrapCode::Interrupted);
            let ended = Instant::now();
            ended - interrupter.join().expect("it asked")
        };
        // On a busy machine, most of it is the scheduler's: of some times, one must be short.
        let latencies: Vec<Duration> = (0..40).map(|_| latency()).collect();
        let short = latencies.iter().filter(|latency| **latency < Duration::from_millis(10)).count();
        assert!(short >= 4, "{name} stopped after {latencies:?}");
    }
}

#[test]
fn threads_that_end_meanwhile_are_safe() {
    let [_, engine, ..] = engines();
    for _ in 0..200 {
        let (sender, receiver) = std::sync::mpsc::channel();
        let engine = engine.clone();
        let runner = thread::spawn(move || {
            let store = Store::new(&engine).expect("a store");
            let text = r#"(module (func (export "f") (param i32) (result i32) (local.get 0)))"#;
            let instance = instantiate(&store, &module(&engine, text), &[]);
            sender.send(store.interrupt_handle().expect("a handle")).expect("somebody listens");
            // Ends by itself, or is interrupted.
            let _ = func(&instance, "f").call(&[Val::I32(1)]);
        });
        let handle = receiver.recv().expect("it starts");
        for _ in 0..50 {
            handle.interrupt();
            thread::yield_now();
        }
        runner.join().expect("it ended in peace");
        handle.interrupt();
    }
}

#[test]
fn the_signal_can_be_chosen_and_a_wrong_one_is_refused() {
    let store = |signal| Store::new(&Engine::new(Config::new().interrupt_signal(signal)).expect("an engine"));
    for signal in [libc::SIGKILL, libc::SIGSEGV, 0, 65, -1] {
        let error = store(signal).expect("a store").interrupt_handle().expect_err("refused").to_string();
        assert!(error.contains("not the number of a signal"), "{error}");
    }
    let (store, instance) = program(&Engine::new(Config::new().interrupt_signal(libc::SIGUSR2)).expect("an engine"));
    let interrupter = Interrupter::new(store.interrupt_handle().expect("a handle"));
    interrupter.ask();
    assert_eq!(trap_code(func(&instance, "tight").call(&[])), TrapCode::Interrupted);
}
