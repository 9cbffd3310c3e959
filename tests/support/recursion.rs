//! Programs that call themselves for ever, in every way there is.

use super::{func, instantiate, module, pass_on, trap_code};
use std::cell::RefCell;
use std::rc::Rc;
use wasmo::{Engine, Extern, Func, FuncType, Module, Store, TrapCode, Val, ValType};

/// What `$f`, a function from `i64` to `i64`, calls itself through, and its body.
const WAYS: &[(&str, &str)] = &[
    ("itself", "(call $f (i64.add (local.get 0) (i64.const 1)))"),
    ("itself, integers to keep", "(i64.add (call $f (i64.mul (local.get 0) (local.get 0))) (local.get 0))"),
    (
        "itself, floats to keep",
        "(local f64) (local.set 1 (f64.convert_i64_s (local.get 0)))
        (i64.add (call $f (i64.const 3)) (i64.trunc_sat_f64_s (local.get 1)))",
    ),
    ("many parameters", "(call $wide WIDE)"),
    ("a table", "(call_indirect (type $t) (local.get 0) (i32.const 1))"),
    ("a host function in a table", "(call_indirect (type $t) (local.get 0) (i32.const 2))"),
    ("a host function", "(call $host (local.get 0))"),
    ("another instance", "(call $there (local.get 0))"),
    ("memory.copy", "(memory.copy (i32.const 0) (i32.const 8) (i32.const 4)) (call $f (local.get 0))"),
    ("memory.fill", "(memory.fill (i32.const 0) (i32.const 8) (i32.const 4)) (call $f (local.get 0))"),
    ("memory.init", "(memory.init $data (i32.const 0) (i32.const 0) (i32.const 1)) (call $f (local.get 0))"),
    ("memory.grow", "(drop (memory.grow (i32.const 0))) (call $f (local.get 0))"),
    ("table.copy", "(table.copy (i32.const 3) (i32.const 4) (i32.const 2)) (call $f (local.get 0))"),
    ("table.grow", "(drop (table.grow (ref.null func) (i32.const 0))) (call $f (local.get 0))"),
    ("ref.func", "(drop (ref.func $f)) (call $f (local.get 0))"),
];

/// Parameters that no registers hold.
const MANY: usize = 50;

fn program(body: &str) -> String {
    let wide = body.replace("WIDE", &"(local.get 0) ".repeat(MANY));
    let params = "i64 ".repeat(MANY);
    format!(
        r#"(module
            (type $t (func (param i64) (result i64)))
            (import "there" "f" (func $there (type $t)))
            (import "there" "t" (table 4 funcref))
            (import "host" "f" (func $host (type $t)))
            (memory 1) (data $data "x")
            (elem (i32.const 0) $f $again $host)
            (func $f (export "f") (type $t) {wide})
            (func $again (type $t) (call_indirect (type $t) (local.get 0) (i32.const 0)))
            (func $wide (param {params}) (result i64) (i64.add (call $f (local.get 0)) (local.get 47)))
            (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#
    )
}

/// Its function calls what is first in its table.
const THERE: &str = r#"(module
    (type $t (func (param i64) (result i64)))
    (table 6 funcref)
    (func (type $t) (i64.add (call_indirect (type $t) (local.get 0) (i32.const 0)) (i64.const 1)))
    (export "f" (func 0)) (export "t" (table 0)))"#;

/// Overflows the stack of this thread `times` times in every way.
pub fn overflow_in_every_way(engine: &Engine, times: usize) {
    let there = module(engine, THERE);
    for (way, body) in WAYS {
        overflow(way, &module(engine, &program(body)), &there, times);
    }
}

fn overflow(way: &str, program: &Module, there: &Module, times: usize) {
    let store = Store::new(program.engine()).expect("a store");
    let callee: Rc<RefCell<Option<Func>>> = Rc::default();
    let called = callee.clone();
    let host = Func::new(&store, FuncType::new([ValType::I64], [ValType::I64]), move |args, results| {
        let callee = called.borrow().clone().expect("set before the call");
        results.clone_from_slice(&pass_on(callee.call(args))?);
        Ok(())
    });
    let mut imports = instantiate(&store, there, &[]).exports();
    imports.push(Extern::Func(host));
    let instance = instantiate(&store, program, &imports);
    let (f, load) = (func(&instance, "f"), func(&instance, "load"));
    callee.replace(Some(f.clone()));
    for i in 0..times {
        assert_eq!(trap_code(f.call(&[Val::I64(1)])), TrapCode::StackOverflow, "through {way}, time {i}");
        // What runs next finds all in order.
        assert_eq!(trap_code(load.call(&[Val::I32(-1)])), TrapCode::MemoryOutOfBounds, "after {way}, time {i}");
        assert_eq!(load.call(&[Val::I32(16)]).expect("no trap"), [Val::I32(0)], "after {way}, time {i}");
    }
    // The host function would keep its own store.
    callee.take();
}
