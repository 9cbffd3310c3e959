//! Instance after instance of a module with many functions: what one consists of is used for the next, which must not
//! see anything of it.

mod support;

use std::ops::Range;
use support::count::{collect, table};
use support::{checked_engines, engines, func, module, trap_code};
use wasmo::{Error, Func, FuncType, Instance, Module, Store, Trap, TrapCode, Val, ValType};

/// So many that the objects of its functions are more than a page.
const FUNCS: usize = 300;
/// Behind these functions comes one with more values on its stack than the optimiser takes, and then the others: they are
/// in units of their own.
const FIRST: Range<usize> = 0..FUNCS / 2;
/// The function that a global starts with, and the one that it is spoiled with.
const REFERRED: usize = 6;
const SPOILING: usize = FUNCS - 2;
/// What a global counts from.
const COUNT: i32 = 7;

/// Its functions `f0`, `f1`, ... are alternately of two types, and tell whose they are: by the number of their host, by how
/// far their instance has counted, and by which they are.
fn text() -> String {
    let func = |i: usize| {
        let value = format!("(i32.add (call $number) (i32.add (global.get $count) (i32.const {})))", i * 100);
        match i % 2 {
            0 => format!("(func $f{i} (export \"f{i}\") (type $even) (i32.add (local.get 0) {value}))"),
            _ => {
                format!("(func $f{i} (export \"f{i}\") (type $odd) (i64.add (local.get 0) (i64.extend_i32_s {value})))")
            }
        }
    };
    let between = format!("(func (result i32) {} {})", "(i32.const 1) ".repeat(600), "i32.add ".repeat(599));
    let funcs: String = FIRST.map(func).chain([between]).chain((FIRST.end..FUNCS).map(func)).collect();
    let names: String = (0..FUNCS).map(|i| format!("$f{i} ")).collect();
    let last = FUNCS - 1;
    format!(
        r#"(module
            (type $even (func (param i32) (result i32))) (type $odd (func (param i64) (result i64)))
            (import "host" "number" (func $number (result i32))) (import "host" "started" (func $started))
            (table $table (export "table") {FUNCS} funcref) (elem (i32.const 0) {names})
            (global $count (export "count") (mut i32) (i32.const {COUNT}))
            (global (export "wide") (mut i64) (i64.const -1))
            (global $ref (export "ref") (mut funcref) (ref.func $f{REFERRED}))
            (start $started)
            (func (export "even") (param i32 i32) (result i32) (call_indirect (type $even) (local.get 1) (local.get 0)))
            (func (export "odd") (param i32 i64) (result i64) (call_indirect (type $odd) (local.get 1) (local.get 0)))
            (func (export "spoil")
                (global.set $count (i32.add (global.get $count) (i32.const 1)))
                (global.set $ref (ref.func $f{SPOILING}))
                (table.fill (i32.const 1) (ref.null func) (i32.const {last})))
            {funcs})"#
    )
}

/// An instance whose host has this number. If it is to trap, its start function does.
fn make(module: &Module, store: &Store, number: i32, is_to_trap: bool) -> Result<Instance, Error> {
    let started = Func::new(store, FuncType::new([], []), move |_, _| match is_to_trap {
        true => Err(Trap::new("as it was asked to")),
        false => Ok(()),
    });
    module.instantiate(store, &[Func::wrap(store, move || number).into(), started.into()])
}

fn ty(func: usize) -> FuncType {
    let ty = if func.is_multiple_of(2) { ValType::I32 } else { ValType::I64 };
    FuncType::new([ty], [ty])
}

/// Whether globals and table are as those of a new instance, with its own functions.
fn check_start(instance: &Instance) {
    let global = |name: &str| instance.global(name).expect("it is exported").get();
    assert_eq!((global("count"), global("wide")), (Val::I32(COUNT), Val::I64(-1)));
    let own = |index: usize| func(instance, &format!("f{index}"));
    assert_eq!(global("ref"), Val::FuncRef(Some(own(REFERRED))));
    let table = table(instance, "table");
    for index in 0..FUNCS {
        assert_eq!(table.get(index as u64), Some(Val::FuncRef(Some(own(index)))), "{index}");
        assert_eq!(own(index).ty(), ty(index), "{index}");
    }
}

/// Whether these functions are those of the instance with this host, however they are called.
fn check_calls(instance: &Instance, number: i32, funcs: Range<usize>) {
    let (even, odd) = (func(instance, "even"), func(instance, "odd"));
    for index in funcs {
        let expected = 1 + number + COUNT + index as i32 * 100;
        let (own, at) = (func(instance, &format!("f{index}")), index as i32);
        let (even, odd) = (|| even.typed_call::<_, i32>((at, 1)), || odd.typed_call::<_, i64>((at, 1_i64)));
        if index.is_multiple_of(2) {
            assert_eq!((own.typed_call::<i32, i32>(1).unwrap(), even().unwrap()), (expected, expected), "{index}");
            assert_eq!(trap_code(odd()), TrapCode::IndirectCallTypeMismatch);
        } else {
            let expected = i64::from(expected);
            assert_eq!((own.typed_call::<i64, i64>(1).unwrap(), odd().unwrap()), (expected, expected), "{index}");
            assert_eq!(trap_code(even()), TrapCode::IndirectCallTypeMismatch);
        }
    }
}

/// Changes all that an instance has, from outside and, if its code may be linked, from inside.
fn spoil(instance: &Instance, other: &Instance, by_code: bool) {
    if by_code {
        func(instance, "spoil").call(&[]).expect("no trap");
        assert_eq!(table(instance, "table").get(1), Some(Val::FuncRef(None)));
    }
    let foreign = Val::FuncRef(Some(func(other, "f0")));
    for (name, value) in [("count", Val::I32(1000)), ("wide", Val::I64(5)), ("ref", foreign.clone())] {
        instance.global(name).expect("it is exported").set(value).expect("a value of its type");
    }
    table(instance, "table").set(0, foreign).expect("an element");
}

/// Two instances in each of two stores, checked and spoiled, and some that do not start.
fn round(module: &Module, stores: &[Store; 2], first: i32, funcs: Range<usize>) {
    for (store, first) in stores.iter().zip([first, first + 10]) {
        let numbers = [first, first + 1];
        let [one, other] = numbers.map(|number| make(module, store, number, false).expect("an instance"));
        make(module, store, -1, true).expect_err("it traps");
        for (instance, number) in [&one, &other].into_iter().zip(numbers) {
            check_start(instance);
            check_calls(instance, number, funcs.clone());
        }
        spoil(&one, &other, !funcs.is_empty());
        // What happens to the one does not happen to the other.
        check_start(&other);
        check_calls(&other, numbers[1], funcs.clone());
        spoil(&other, &one, !funcs.is_empty());
        drop((one, other));
        collect(store);
    }
}

#[test]
fn an_instance_sees_nothing_of_those_before_it() {
    for engine in engines().into_iter().chain(checked_engines()) {
        let (module, stores) = (module(&engine, &text()), [(); 2].map(|()| Store::new(&engine).expect("a store")));
        let lasting = make(&module, &stores[0], 77, false).expect("an instance");
        // First none of the code is linked, then some, then all that is called.
        let mut linked = Vec::new();
        for (number, funcs) in (100..).step_by(100).zip([0..0, 0..0, FIRST, FIRST, 0..FUNCS, 0..FUNCS]) {
            round(&module, &stores, number, funcs);
            linked.push(module.statistics().linked_units);
        }
        assert!(linked[1] == 0 && 0 < linked[3] && linked[3] < linked[5], "{linked:?}");
        check_start(&lasting);
        check_calls(&lasting, 77, 0..FUNCS);
    }
}

#[test]
fn threads_use_the_same_module() {
    for engine in engines().into_iter().chain(checked_engines()) {
        let module = module(&engine, &text());
        let work = |thread: i32| {
            for (number, funcs) in (thread * 10_000..).step_by(100).zip([0..0, FIRST, 0..FUNCS, 0..FUNCS]) {
                round(&module, &[(); 2].map(|()| Store::new(&engine).expect("a store")), number, funcs);
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|thread| drop(scope.spawn(move || work(thread)))));
    }
}
