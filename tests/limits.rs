//! Limits of stores, and the host's say before anything grows.

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use support::{checked_engines, configured_engines, engines, func, instantiate, module, pass_on, trap_code};
use wasmo::{
    Config, Engine, Error, Extern, ExternKind, Func, FuncType, Growth, Instance, Limits, Memory, MemoryType, Module,
    Store, StoreLimits, Table, TableType, TrapCode, Val, ValType,
};

const PAGE: u64 = 1 << 16;

/// A memory of a page and a table of ten, which grow.
const GROWS: &str = r#"(module
    (memory (export "memory") 1) (table (export "table") 10 1000 funcref)
    (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table.grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;

fn all_engines() -> impl Iterator<Item = Engine> {
    engines().into_iter().chain(checked_engines())
}

fn limited(engine: &Engine, limits: StoreLimits) -> Store {
    let store = Store::new(engine).expect("a store");
    store.set_limits(limits).expect("limits");
    assert_eq!(store.limits(), limits);
    store
}

/// What a call of `memory.grow` or `table.grow` gives.
fn grow(instance: &Instance, what: &str, by: i32) -> i32 {
    match func(instance, what).call(&[Val::I32(by)]).expect("no trap")[..] {
        [Val::I32(old)] => old,
        ref other => panic!("{other:?}"),
    }
}

fn memory(instance: &Instance) -> Memory {
    instance.export("memory").and_then(|export| export.memory().cloned()).expect("a memory")
}

fn table(instance: &Instance) -> Table {
    instance.export("table").and_then(|export| export.table().cloned()).expect("a table")
}

/// The reason of what failed for want of a resource.
fn reason<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Limit(reason)) => reason,
        other => panic!("expected a limit, found {other:?}"),
    }
}

fn memory_of(pages: u64) -> MemoryType {
    MemoryType { limits: Limits { min: pages, max: None } }
}

fn table_of(elements: u64) -> TableType {
    TableType { element: ValType::FuncRef, limits: Limits { min: elements, max: None } }
}

#[test]
fn memories_together_have_no_more_than_the_limit() {
    for engine in all_engines() {
        let (store, module) = (limited(&engine, StoreLimits::new().memory(5 * PAGE)), module(&engine, GROWS));
        let [first, second] = [(); 2].map(|()| instantiate(&store, &module, &[]));
        assert_eq!(grow(&first, "memory.grow", 2), 1);
        assert_eq!(grow(&second, "memory.grow", 2), -1);
        assert_eq!(grow(&second, "memory.grow", 1), 1);
        assert_eq!([grow(&first, "memory.grow", 0), grow(&second, "memory.grow", 0)], [3, 2]);
        assert_eq!(
            reason(memory(&second).grow(7)),
            "the store may have 327680 bytes of memory, of which there are 327680; 458752 more were asked for"
        );
        assert_eq!(memory(&second).size(), 2);
        assert!(reason(Memory::new(&store, memory_of(1))).contains("65536 more"));
        assert!(reason(module.instantiate(&store, &[])).contains("bytes of memory, of which there are 327680"));
        // What there is stays, and what is gone makes room.
        store.set_limits(StoreLimits::new().memory(PAGE)).expect("limits");
        assert_eq!(grow(&first, "memory.grow", 1), -1);
        assert_eq!(memory(&first).size(), 3);
        store.set_limits(StoreLimits::new().memory(5 * PAGE)).expect("limits");
        drop(first);
        let free = Memory::new(&store, memory_of(3)).expect("room");
        assert!(reason(free.grow(1)).contains("327680"));
        drop(second);
        free.grow(2).expect("room");
        store.set_limits(StoreLimits::new()).expect("limits");
        free.grow(1).expect("room");
    }
}

#[test]
fn tables_together_have_no_more_than_the_limit() {
    for engine in all_engines() {
        let (store, module) = (limited(&engine, StoreLimits::new().tables(25)), module(&engine, GROWS));
        let [first, second] = [(); 2].map(|()| instantiate(&store, &module, &[]));
        assert_eq!(grow(&first, "table.grow", 6), -1);
        assert_eq!(grow(&first, "table.grow", 5), 10);
        assert_eq!([grow(&first, "table.grow", 0), grow(&second, "table.grow", 0)], [15, 10]);
        assert_eq!(
            reason(table(&first).grow(3, Val::FuncRef(None))),
            "the store may have 25 table elements, of which there are 25; 3 more were asked for"
        );
        assert!(reason(Table::new(&store, table_of(1), Val::FuncRef(None))).contains("table elements"));
        assert!(reason(module.instantiate(&store, &[])).contains("table elements"));
        assert!(Table::new(&store, table_of(0), Val::FuncRef(None)).is_ok());
        drop(second);
        assert_eq!(Table::new(&store, table_of(10), Val::FuncRef(None)).expect("room").size(), 10);
    }
}

#[test]
fn instances_are_no_more_than_the_limit() {
    for engine in all_engines() {
        let (store, module) = (limited(&engine, StoreLimits::new().instances(2)), module(&engine, GROWS));
        let [first, second] = [(); 2].map(|()| instantiate(&store, &module, &[]));
        assert_eq!(
            reason(module.instantiate(&store, &[])),
            "the store may have 2 instances, of which there are 2; 1 more were asked for"
        );
        drop(first);
        let third = instantiate(&store, &module, &[]);
        assert!(reason(module.instantiate(&store, &[])).contains("instances"));
        // A function keeps its instance.
        let kept = func(&second, "memory.grow");
        drop(second);
        assert!(reason(module.instantiate(&store, &[])).contains("instances"));
        drop((kept, third));
        // The host makes another one when it is asked about what the second needs.
        let first = instantiate(&store, &module, &[]);
        let (inner, empty) = (store.clone(), support::module(&engine, "(module)"));
        let made = Rc::new(RefCell::new(None));
        let keep = made.clone();
        store.on_growth(move |growth| {
            if growth.kind == ExternKind::Memory {
                keep.replace(empty.instantiate(&inner, &[]).ok());
            }
            true
        });
        assert!(reason(module.instantiate(&store, &[])).contains("2 instances, of which there are 2"));
        assert!(made.take().is_some());
        store.on_growth(|_| true);
        drop(first);
        let [..] = [(); 2].map(|()| instantiate(&store, &module, &[]));
    }
}

#[test]
fn what_comes_and_goes_counts_exactly() {
    for engine in all_engines() {
        let limits = StoreLimits::new().memory(6 * PAGE).tables(30).instances(2);
        let (store, grows) = (limited(&engine, limits), module(&engine, GROWS));
        let too_much = module(&engine, "(module (table 20 funcref) (memory 6))");
        let traps = module(&engine, r#"(module (table 20 funcref) (memory 3) (data (i32.const -1) "x"))"#);
        for _ in 0..500 {
            let instance = instantiate(&store, &grows, &[]);
            assert_eq!([grow(&instance, "memory.grow", 2), grow(&instance, "table.grow", 0)], [1, 10]);
            // Their tables count for as long as it takes to notice that the rest is not to be.
            assert!(reason(too_much.instantiate(&store, &[])).contains("memory"));
            assert_eq!(grow(&instance, "table.grow", 20), 10);
            drop(instance);
            assert_eq!(trap_code(traps.instantiate(&store, &[])), TrapCode::MemoryOutOfBounds);
        }
    }
}

/// Notes what is asked, and answers as `allow` says.
fn ask(store: &Store, allow: impl Fn(&Growth) -> bool + 'static) -> Rc<RefCell<Vec<Asked>>> {
    let asked: Rc<RefCell<Vec<Asked>>> = Rc::default();
    let notes = asked.clone();
    store.on_growth(move |growth| {
        notes.borrow_mut().push((growth.kind, growth.current, growth.wanted, growth.maximum));
        allow(growth)
    });
    asked
}

type Asked = (ExternKind, u64, u64, Option<u64>);

#[test]
fn the_host_is_asked_before_anything_grows() {
    use ExternKind::{Memory as M, Table as T};
    for engine in all_engines() {
        let store = limited(&engine, StoreLimits::new().memory(9 * PAGE));
        let asked = ask(&store, |_| true);
        let instance = instantiate(&store, &module(&engine, GROWS), &[]);
        assert_eq!(asked.take(), [(T, 0, 10, Some(1000)), (M, 0, PAGE, None)]);
        assert_eq!([grow(&instance, "memory.grow", 2), grow(&instance, "table.grow", 5)], [1, 10]);
        assert_eq!(asked.take(), [(M, PAGE, 3 * PAGE, None), (T, 10, 15, Some(1000))]);
        memory(&instance).grow(1).expect("growth");
        table(&instance).grow(2, Val::FuncRef(None)).expect("growth");
        assert_eq!(asked.take(), [(M, 3 * PAGE, 4 * PAGE, None), (T, 15, 17, Some(1000))]);
        Memory::new(&store, MemoryType { limits: Limits { min: 1, max: Some(2) } }).expect("a memory");
        Table::new(&store, table_of(3), Val::FuncRef(None)).expect("a table");
        assert_eq!(asked.take(), [(M, 0, PAGE, Some(2 * PAGE)), (T, 0, 3, None)]);
        // What does not grow, what the type excludes, and what a limit excludes.
        assert_eq!([grow(&instance, "memory.grow", 0), grow(&instance, "table.grow", 0)], [4, 17]);
        assert_eq!([grow(&instance, "memory.grow", -1), grow(&instance, "table.grow", 984)], [-1, -1]);
        assert_eq!(grow(&instance, "memory.grow", 6), -1);
        Memory::new(&store, memory_of(0)).expect("a memory");
        assert_eq!(asked.take(), []);
    }
}

#[test]
fn what_the_host_does_not_allow_does_not_grow() {
    for engine in all_engines() {
        let store = Store::new(&engine).expect("a store");
        let asked = ask(&store, |growth| growth.current == 0);
        let module = module(&engine, GROWS);
        let instance = instantiate(&store, &module, &[]);
        assert_eq!([grow(&instance, "memory.grow", 1), grow(&instance, "table.grow", 1)], [-1, -1]);
        assert_eq!(
            reason(memory(&instance).grow(1)),
            "the growth callback does not allow 65536 bytes of a memory to become 131072"
        );
        let refused = reason(table(&instance).grow(1, Val::FuncRef(None)));
        assert_eq!(refused, "the growth callback does not allow 10 elements of a table to become 11");
        assert_eq!((memory(&instance).size(), table(&instance).size()), (1, 10));
        assert_eq!(asked.take().len(), 6, "nothing is asked twice");

        let asked = ask(&store, |growth| growth.kind == ExternKind::Table);
        assert!(reason(module.instantiate(&store, &[])).contains("0 bytes of a memory to become 65536"));
        assert!(reason(Memory::new(&store, memory_of(2))).contains("0 bytes of a memory to become 131072"));
        assert_eq!(asked.take().len(), 3);
        // What was refused does not count.
        store.on_growth(|_| true);
        store.set_limits(StoreLimits::new().memory(3 * PAGE).tables(20)).expect("limits");
        let second = instantiate(&store, &module, &[]);
        assert_eq!([grow(&second, "memory.grow", 1), grow(&instance, "table.grow", 1)], [1, -1]);
    }
}

#[test]
fn a_callback_may_do_anything_but_grow() {
    for engine in all_engines() {
        let store = Store::new(&engine).expect("a store");
        let module = module(
            &engine,
            r#"(module (memory (export "memory") 1) (table (export "table") 1 funcref)
                (func (export "f") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 2)))
                (func (export "trap") unreachable)
                (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "add") (param i64 i64 i64 i64 i64 i64 i64 i32) (result i64)
                    (i64.add (i64.extend_i32_s (memory.grow (local.get 7))) (i64.add (local.get 5) (local.get 6)))))"#,
        );
        let instance = instantiate(&store, &module, &[]);
        let depth = Rc::new(Cell::new(0));
        let weak = (instance.clone(), store.clone(), depth.clone());
        store.on_growth(move |_| {
            let (instance, store, depth) = &weak;
            assert_eq!(depth.replace(1), 0, "it is not asked while it answers");
            assert_eq!(func(instance, "f").call(&[Val::I64(21)]).expect("no trap"), [Val::I64(42)]);
            assert_eq!(trap_code(func(instance, "trap").call(&[])), TrapCode::Unreachable);
            assert_eq!(grow(instance, "memory.grow", 1), -1);
            assert_eq!(grow(instance, "memory.grow", 0), 1);
            assert!(reason(memory(instance).grow(1)).starts_with("a growth callback that is being asked itself wants"));
            assert!(reason(Memory::new(store, memory_of(1))).contains("itself"));
            for _ in 0..300 {
                // Enough for a collection, were it time for one.
                drop(Func::new(store, FuncType::new([], []), |_, _| Ok(())));
            }
            depth.set(0);
            instance.exports().len() == 6
        });
        let args = [1, 2, 3, 4, 5, 6, 7].map(Val::I64).into_iter().chain([Val::I32(2)]).collect::<Vec<_>>();
        assert_eq!(func(&instance, "add").call(&args).expect("no trap"), [Val::I64(1 + 6 + 7)]);
        assert_eq!(memory(&instance).size(), 3);

        // In the middle of an instantiation, nothing is freed that is about to be used.
        let other = store.clone();
        store.on_growth(move |_| {
            for _ in 0..1000 {
                drop(Func::new(&other, FuncType::new([], []), |_, _| Ok(())));
            }
            true
        });
        for _ in 0..10 {
            let made = instantiate(&store, &module, &[]);
            assert_eq!(grow(&made, "memory.grow", 1), 1);
            memory(&made).write(PAGE as usize, b"x").expect("it is there");
        }
        // The closures have handles to their own store.
        store.on_growth(|_| true);
    }
}

/// Does something when it goes.
struct AtTheEnd<F: Fn()>(F);

impl<F: Fn()> Drop for AtTheEnd<F> {
    fn drop(&mut self) {
        (self.0)()
    }
}

#[test]
fn a_callback_that_replaces_itself_ends_where_nothing_goes_away() {
    for engine in all_engines() {
        let store = Store::new(&engine).expect("a store");
        let module = module(
            &engine,
            r#"(module (table (export "table") 10 funcref) (memory (export "memory") 1) (elem (i32.const 3) $f)
                (func $f (export "f") (result i32) (table.size 0)))"#,
        );
        for _ in 0..10 {
            let (other, last) = (store.clone(), store.clone());
            let garbage = AtTheEnd(move || {
                for _ in 0..1000 {
                    drop(Func::new(&last, FuncType::new([], []), |_, _| Ok(())));
                }
                let most = MemoryType { limits: Limits { min: 65536, max: None } };
                assert!(Memory::new(&last, most).is_err());
            });
            store.set_limits(StoreLimits::new().memory(100 * PAGE)).expect("limits");
            store.on_growth(move |growth| {
                let _ = &garbage;
                if growth.kind == ExternKind::Memory {
                    other.on_growth(|_| true);
                }
                true
            });
            let instance = instantiate(&store, &module, &[]);
            assert_eq!(func(&instance, "f").typed_call::<(), i32>(()).expect("no trap"), 10);
            let table = instance.table("table").expect("a table");
            assert!(matches!(table.get(3), Some(Val::FuncRef(Some(_)))) && table.get(0) == Some(Val::FuncRef(None)));
        }
    }
}

#[test]
fn garbage_makes_room_whatever_was_refused_before() {
    for engine in all_engines() {
        let store = Store::new(&engine).expect("a store");
        let instance = instantiate(&store, &module(&engine, GROWS), &[]);
        store.set_limits(StoreLimits::new().memory(3 * PAGE)).expect("limits");
        store.on_growth(|growth| growth.current == 0);
        assert_eq!(grow(&instance, "memory.grow", 1), -1);
        for _ in 0..3 {
            drop(Memory::new(&store, memory_of(2)).expect("there is room once the one before is gone"));
        }
    }
}

#[test]
fn a_callback_that_panics_refuses() {
    for engine in all_engines() {
        let store = Store::new(&engine).expect("a store");
        let instance = instantiate(&store, &module(&engine, GROWS), &[]);
        store.on_growth(|_| panic!("expected by the test"));
        for _ in 0..3 {
            assert_eq!(grow(&instance, "memory.grow", 1), -1);
            assert!(reason(memory(&instance).grow(1)).starts_with("the growth callback panicked"));
        }
        store.on_growth(|_| true);
        assert_eq!(grow(&instance, "memory.grow", 1), 1);
    }
}

#[test]
fn a_callback_goes_when_another_comes_or_the_store_goes() {
    for engine in all_engines() {
        let token = Rc::new(());
        let store = Store::new(&engine).expect("a store");
        let keep = |store: &Store| {
            let token = token.clone();
            store.on_growth(move |_| Rc::strong_count(&token) > 1);
        };
        keep(&store);
        let instance = instantiate(&store, &module(&engine, GROWS), &[]);
        keep(&store);
        assert_eq!(Rc::strong_count(&token), 2);
        drop(store);
        assert_eq!(grow(&instance, "memory.grow", 1), 1);
        drop(instance);
        assert_eq!(Rc::strong_count(&token), 1);

        // One that replaces itself goes when it has answered.
        let store = Store::new(&engine).expect("a store");
        let (held, other) = (token.clone(), store.clone());
        store.on_growth(move |_| {
            other.on_growth(|_| false);
            Rc::strong_count(&held) == 2
        });
        Memory::new(&store, memory_of(1)).expect("it was allowed");
        assert_eq!(Rc::strong_count(&token), 1);
        assert!(reason(Memory::new(&store, memory_of(1))).contains("does not allow"));
    }
}

/// Calls the host with each frame, and itself for ever; frames of several sizes.
const RECURSION: &str = r#"(module
    (import "host" "mark" (func $mark))
    (func $f (export "small") (call $mark) (call $f))
    (func $g (export "large") (param i64) (result i64) (local i64)
        (call $mark)
        (local.set 1 (call $g (local.get 0)))
        LOADS ADDS)
    (memory 1)
    (func $pure (export "pure") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $pure (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))) (else (i32.const 0)))))"#;

/// An instance of it, and where the host was called.
fn recursion(store: &Store, module: &Module) -> (Instance, Rc<RefCell<Vec<usize>>>) {
    let marks: Rc<RefCell<Vec<usize>>> = Rc::default();
    let notes = marks.clone();
    let mark = Func::new(store, FuncType::new([], []), move |_, _| {
        let here = 0u8;
        notes.borrow_mut().push(&raw const here as usize);
        Ok(())
    });
    (instantiate(store, module, &[Extern::Func(mark)]), marks)
}

#[test]
fn wasm_uses_no_more_of_the_stack_than_the_limit() {
    // Values that are all alive at once, in a frame of several pages.
    let text =
        RECURSION.replace("LOADS", &"(i64.load (i32.const 0)) ".repeat(3000)).replace("ADDS", &"i64.add ".repeat(2999));
    const KIB: usize = 1 << 10;
    /// What the entry and the host function use beside wasm, and the page by which a limit may be exceeded.
    const MORE: usize = 16 * KIB;
    for engine in configured_engines(|config| config.max_wasm_stack(256 * KIB)) {
        let module = module(&engine, &text);
        let store = Store::new(&engine).expect("a store");
        let (instance, marks) = recursion(&store, &module);
        for limit in [None, Some(100 * KIB), Some(700 * KIB), Some(40 * KIB), Some(0)] {
            if let Some(bytes) = limit {
                store.set_limits(StoreLimits::new().stack(bytes)).expect("limits");
            }
            let bytes = limit.unwrap_or(256 * KIB);
            for _ in 0..3 {
                assert_eq!(trap_code(func(&instance, "small").call(&[])), TrapCode::StackOverflow);
                let small = marks.take();
                assert_eq!(trap_code(func(&instance, "large").call(&[Val::I64(1)])), TrapCode::StackOverflow);
                let large = marks.take();
                for marks in [small, large] {
                    let used = marks.first().zip(marks.last()).map_or(0, |(first, last)| first - last);
                    assert!(used <= bytes + MORE, "{used} bytes of {bytes}");
                    assert!(used + 64 * KIB > bytes, "{used} bytes of {bytes}");
                }
            }
            let deepest = |depth: i32| func(&instance, "pure").call(&[Val::I32(depth)]).is_ok();
            assert!(!deepest(bytes as i32 / 8), "each frame has two words at least");
            assert_eq!(deepest(10), bytes > 0);
        }
        // No limit of its own: that of the engine.
        store.set_limits(StoreLimits::new()).expect("limits");
        assert_eq!(trap_code(func(&instance, "small").call(&[])), TrapCode::StackOverflow);
        let marks = marks.take();
        assert!((marks[0] - marks[marks.len() - 1]).abs_diff(256 * KIB) < MORE);
    }
}

#[test]
fn calls_within_calls_share_the_stack() {
    const LIMIT: usize = 64 << 10;
    for engine in configured_engines(|config| config.max_wasm_stack(LIMIT)) {
        let store = Store::new(&engine).expect("a store");
        let text = r#"(module (import "host" "f" (func $host)) (func (export "f") (call $host)))"#;
        let this: Rc<RefCell<Option<Func>>> = Rc::default();
        let (again, marks) = (this.clone(), Rc::new(RefCell::new(Vec::new())));
        let notes = marks.clone();
        let host = Func::new(&store, FuncType::new([], []), move |_, _| {
            let here = 0u8;
            notes.borrow_mut().push(&raw const here as usize);
            let again = again.borrow().clone().expect("a function");
            pass_on(again.call(&[])).map(|_| ())
        });
        let f = func(&instantiate(&store, &module(&engine, text), &[Extern::Func(host)]), "f");
        this.replace(Some(f.clone()));
        for _ in 0..3 {
            assert_eq!(trap_code(f.call(&[])), TrapCode::StackOverflow);
            let marks = marks.take();
            let used = marks[0] - marks[marks.len() - 1];
            assert!(marks.len() > 3 && used < LIMIT, "{} calls in {used} bytes", marks.len());
        }
        this.take();
    }
}

#[test]
fn the_stack_is_limited_where_code_checks_it() {
    for engine in engines() {
        let store = Store::new(&engine).expect("a store");
        let refused = store.set_limits(StoreLimits::new().memory(1).stack(1 << 16));
        assert!(matches!(refused, Err(Error::Argument(reason)) if reason.contains("max-stack")));
        assert_eq!(store.limits(), StoreLimits::new());
        // Code that checks the stack is told from code that does not.
        let config = |reservation| Config::new().memory_reservation(reservation);
        let unchecked = Engine::new(config(PAGE)).expect("an engine");
        let checked = Engine::new(config(PAGE).max_wasm_stack(1 << 16)).expect("an engine");
        let without_signals = Engine::new(config(PAGE).signal_handlers(false)).expect("an engine");
        for (from, to, difference) in [
            (&unchecked, &checked, "stack checked explicitly"),
            (&checked, &unchecked, "stack checked explicitly"),
            (&checked, &without_signals, "interruption"),
        ] {
            let artifact = module(from, "(module)").dump().expect("an artifact");
            // SAFETY: this is what `dump` has made.
            let loaded = unsafe { Module::load(&artifact, to) };
            assert!(matches!(loaded, Err(Error::Artifact(reason)) if reason.contains(difference)));
        }
    }
    for engine in checked_engines() {
        let (instance, marks) = {
            let store = limited(&engine, StoreLimits::new().stack(50 << 10));
            recursion(&store, &module(&engine, &RECURSION.replace("LOADS", "(local.get 1)").replace("ADDS", "")))
        };
        assert_eq!(trap_code(func(&instance, "small").call(&[])), TrapCode::StackOverflow);
        let marks = marks.take();
        assert!(marks[0] - marks[marks.len() - 1] <= 66 << 10);
    }
}
