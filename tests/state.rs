//! The state after a trap: what came before it has happened, nothing of what comes after it has.
//!
//! Every effect that a program can have is put before and after every instruction that can trap, in straight code and
//! in a loop of which the fifth iteration traps. What must be seen afterwards is what the same code leaves behind that
//! stops at that place by a branch.

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use support::{checked_engines, engines, func, instantiate, module, trap};
use wasmo::{
    Engine, Error, Extern, Func, FuncType, Global, GlobalType, Instance, Memory, Module, Mutability, Store, Trap,
    TrapCode::{self, *},
    Val, ValType,
};

/// What `$i` does to the state. Those that only write leave nothing behind of what they wrote before: the optimiser
/// would like to skip that.
const EFFECTS: &[(&str, &str)] = &[
    ("global.set", "(global.set $own (local.get $i))"),
    ("global.set of a float", "(global.set $float (f64.convert_i32_s (local.get $i)))"),
    ("global.set of an import", "(global.set $imported (i64.extend_i32_s (local.get $i)))"),
    ("global.set of a reference", "(global.set $reference (table.get $t (local.get $i)))"),
    ("a sum in a global", "(global.set $own (i32.add (global.get $own) (local.get $i)))"),
    ("a sum in an import", "(global.set $imported (i64.add (global.get $imported) (i64.extend_i32_s (local.get $i))))"),
    ("i32.store", "(i32.store (i32.const 16) (local.get $i))"),
    ("i32.store8", "(i32.store8 (i32.const 17) (local.get $i))"),
    ("i32.store16 to an element", "(i32.store16 offset=16 (i32.shl (local.get $i) (i32.const 1)) (local.get $i))"),
    ("i64.store", "(i64.store offset=16 (i32.const 0) (i64.extend_i32_s (local.get $i)))"),
    ("i64.store32", "(i64.store32 (i32.const 16) (i64.extend_i32_s (local.get $i)))"),
    ("f32.store", "(f32.store (i32.const 16) (f32.convert_i32_s (local.get $i)))"),
    (
        "f64.store to an element",
        "(f64.store (i32.shl (local.get $i) (i32.const 3)) (f64.convert_i32_s (local.get $i)))",
    ),
    ("a sum in memory", "(i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (local.get $i)))"),
    ("a cell stored twice", "(i32.store (i32.const 16) (i32.const 77)) (i32.store (i32.const 16) (local.get $i))"),
    (
        "stores that overlap",
        "(i64.store (i32.const 16) (i64.const 0x0706050403020101)) (i32.store (i32.const 18) (local.get $i))
        (i32.store8 (i32.const 19) (i32.add (i32.load8_u (i32.const 23)) (local.get $i)))",
    ),
    ("a store at the end", "(i32.store offset=65532 (i32.const 0) (local.get $i))"),
    ("table.set", "(table.set $t (i32.const 20) (table.get $t (local.get $i)))"),
    ("table.set of an element", "(table.set $t (i32.add (i32.const 20) (local.get $i)) (ref.func $nop))"),
    ("table.set of null", "(table.set $t (local.get $i) (ref.null func))"),
    ("table.grow", "(drop (table.grow $t (table.get $t (local.get $i)) (local.get $i)))"),
    ("table.fill", "(table.fill $t (i32.add (i32.const 20) (local.get $i)) (ref.func $nop) (local.get $i))"),
    ("table.copy", "(table.copy $t $t (i32.const 20) (local.get $i) (i32.const 5))"),
    ("table.init", "(table.init $t $nops (i32.const 20) (i32.const 0) (local.get $i))"),
    ("memory.grow", "(drop (memory.grow (local.get $i)))"),
    ("memory.fill", "(memory.fill (i32.const 20) (local.get $i) (local.get $i))"),
    ("memory.copy", "(memory.copy (i32.add (i32.const 20) (local.get $i)) (i32.const 24) (local.get $i))"),
    ("memory.init", "(memory.init $bytes (i32.const 20) (i32.const 0) (local.get $i))"),
    ("a call", "(call $count (local.get $i))"),
    ("a call to another instance", "(call $count_there (local.get $i))"),
    ("a call to the host", "(call $log (local.get $i))"),
];

/// What traps if `$ok` is 0, and why; if `$ok` is 1, it changes nothing. `$far` is -1 or 0. A trap of the host has no
/// code.
const TRAPS: &[(Option<TrapCode>, &str)] = &[
    (Some(MemoryOutOfBounds), "(drop (i32.load (local.get $far)))"),
    (Some(MemoryOutOfBounds), "(drop (f64.load offset=60000 (local.get $far)))"),
    (Some(MemoryOutOfBounds), "(if (local.get $far) (then (drop (i64.load offset=0xffffffff (i32.const 0)))))"),
    (Some(MemoryOutOfBounds), "(i64.store offset=60000 (local.get $far) (i64.const 0))"),
    (Some(MemoryOutOfBounds), "(f32.store offset=60000 (local.get $far) (f32.const 0))"),
    (Some(MemoryOutOfBounds), "(i32.store8 offset=60000 (local.get $far) (i32.const 0))"),
    (Some(MemoryOutOfBounds), "(memory.fill (i32.const 60000) (i32.const 0) (local.get $far))"),
    (Some(MemoryOutOfBounds), "(memory.copy (i32.const 0) (i32.const 0) (local.get $far))"),
    (Some(MemoryOutOfBounds), "(memory.init $bytes (i32.const 0) (i32.const 0) (local.get $far))"),
    (Some(MemoryOutOfBounds), "(call $load (local.get $far))"),
    (Some(TableOutOfBounds), "(drop (table.get $t (local.get $far)))"),
    (Some(TableOutOfBounds), "(table.set $t (local.get $far) (ref.func $nop))"),
    (Some(TableOutOfBounds), "(table.copy $t $t (i32.const 0) (i32.const 0) (local.get $far))"),
    (Some(IntegerDivideByZero), "(drop (i32.div_u (i32.const 1) (local.get $ok)))"),
    (Some(IntegerDivideByZero), "(drop (i64.rem_s (i64.const 1) (i64.extend_i32_u (local.get $ok))))"),
    (Some(IntegerDivideByZero), "(call $divide_there (local.get $ok))"),
    (Some(IntegerOverflow), "(drop (i32.div_s (i32.const 0x80000000) (i32.or (local.get $far) (i32.const 1))))"),
    (Some(IntegerOverflow), "(drop (i64.trunc_f32_u (f32.convert_i32_s (local.get $far))))"),
    (Some(InvalidConversionToInteger), "(drop (i32.trunc_f64_s (f64.sqrt (f64.convert_i32_s (local.get $far)))))"),
    (Some(UndefinedElement), "(call_indirect (type $nothing) (local.get $far))"),
    (Some(UninitializedElement), "(call_indirect (type $nothing) (i32.sub (i32.const 63) (local.get $ok)))"),
    (Some(IndirectCallTypeMismatch), "(call_indirect (type $nothing) (i32.sub (i32.const 61) (local.get $ok)))"),
    (Some(Unreachable), "(if (local.get $far) (then unreachable))"),
    (Some(StackOverflow), "(if (local.get $far) (then (call $forever)))"),
    (None, "(call $refuse (local.get $ok))"),
];

/// Code that does `effect`, passes `stop`, which lets it go on as long as `$ok` is 1, and does `effect` again.
type Shape = fn(effect: &str, stop: &str) -> String;

const SET_FAR: &str = "(local.set $far (i32.sub (local.get $ok) (i32.const 1)))";

fn straight(effect: &str, stop: &str) -> String {
    format!("(local.set $i (i32.const 1)) {effect} {SET_FAR} {stop} (local.set $i (i32.const 2)) {effect}")
}

fn in_a_loop(effect: &str, stop: &str) -> String {
    format!(
        "(loop $again
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            {effect}
            (local.set $ok (i32.ne (local.get $i) (local.get $last)))
            {SET_FAR}
            {stop}
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            {effect}
            (br $again))"
    )
}

/// A module with a function for each of the traps, and `branch` which stops without one.
fn program(effect: &str, shape: Shape) -> String {
    let function = |name: &str, stop: &str| {
        let body = shape(effect, stop);
        let locals = "(param $ok i32) (param $last i32) (local $i i32) (local $far i32)";
        format!("(func (export \"{name}\") {locals} (block $out {body}))\n")
    };
    let traps: String = TRAPS.iter().enumerate().map(|(i, (_, trap))| function(&i.to_string(), trap)).collect();
    let branch = function("branch", "(br_if $out (i32.eqz (local.get $ok)))");
    format!(
        r#"(module
            (type $nothing (func))
            (import "there" "count" (func $count_there (param i32)))
            (import "there" "divide" (func $divide_there (param i32)))
            (import "host" "log" (func $log (param i32)))
            (import "host" "refuse" (func $refuse (param i32)))
            (import "host" "global" (global $imported (mut i64)))
            (memory (export "memory") 1)
            (table $t (export "table") 64 funcref)
            (global $own (export "own") (mut i32) (i32.const 0))
            (global $float (export "float") (mut f64) (f64.const 0))
            (global $reference (export "reference") (mut funcref) (ref.null func))
            (func $nop (export "nop")) (func $nop1 (export "nop1")) (func $nop2 (export "nop2"))
            (func $nop3 (export "nop3")) (func $nop4 (export "nop4")) (func $wrong (export "wrong") (param i32))
            (elem (table $t) (i32.const 0) func
                $nop $nop1 $nop2 $nop3 $nop4 $nop $nop1 $nop2 $nop3 $nop4 $nop $nop1 $nop2 $nop3 $nop4 $nop)
            (elem (table $t) (i32.const 60) func $nop $wrong $nop)
            (elem $nops func $nop1 $nop2 $nop3 $nop4 $nop $nop1 $nop2 $nop3 $nop4 $nop)
            (data (i32.const 24) "initial bytes") (data $bytes "abcdefghijkl")
            (func $count (param $i i32)
                (global.set $own (i32.add (global.get $own) (local.get $i)))
                (i64.store16 (i32.const 18) (i64.extend_i32_u (local.get $i))))
            (func $load (param i32) (drop (i32.load (local.get 0))))
            (func $forever (call $forever))
            {traps} {branch})"#
    )
}

/// The instance that `program` calls as `there`.
const THERE: &str = r#"(module
    (memory (export "memory") 1) (global $sum (export "sum") (mut i32) (i32.const 0))
    (func (export "count") (param i32)
        (i32.store offset=8 (i32.const 0) (i32.add (i32.load offset=8 (i32.const 0)) (local.get 0)))
        (global.set $sum (i32.add (i32.mul (global.get $sum) (i32.const 3)) (local.get 0))))
    (func (export "divide") (param i32) (drop (i32.div_u (i32.const 1) (local.get 0)))))"#;

/// All that can be seen of the state. Functions are told by their names.
#[derive(PartialEq, Debug)]
struct State {
    globals: Vec<Val>,
    reference: Option<&'static str>,
    table: Vec<Option<&'static str>>,
    pages: u64,
    /// Of both memories, those that are not zero.
    bytes: [Vec<(usize, u8)>; 2],
    log: Vec<i32>,
}

/// Runs a function of a `program` in a new store: how it ended, and what it left behind.
fn run(engine: &Engine, [program, there]: [&Module; 2], name: &str) -> (Result<Vec<Val>, Error>, State) {
    let store = Store::new(engine).expect("a store");
    let there = instantiate(&store, there, &[]);
    let log = Rc::new(RefCell::new(Vec::new()));
    let entries = log.clone();
    let i32_param = || FuncType::new([ValType::I32], []);
    let write = Func::new(&store, i32_param(), move |args, _| {
        let [Val::I32(entry)] = args else { panic!("expected an i32, found {args:?}") };
        entries.borrow_mut().push(*entry);
        Ok(())
    });
    let refuse = Func::new(&store, i32_param(), |args, _| match args {
        [Val::I32(0)] => Err(Trap::new("refused")),
        _ => Ok(()),
    });
    let ty = GlobalType { content: ValType::I64, mutability: Mutability::Var };
    let imported = Global::new(&store, ty, Val::I64(0)).expect("a global");
    let imports = [
        Extern::Func(func(&there, "count")),
        Extern::Func(func(&there, "divide")),
        Extern::Func(write),
        Extern::Func(refuse),
        Extern::Global(imported.clone()),
    ];
    let instance = instantiate(&store, program, &imports);
    let result = func(&instance, name).call(&[Val::I32(0), Val::I32(9)]);

    let names = ["nop", "nop1", "nop2", "nop3", "nop4", "wrong"].map(|name| (name, func(&instance, name)));
    let name = |value: Val| {
        let Val::FuncRef(reference) = value else { panic!("expected a function, found {value:?}") };
        reference.map(|f| names.iter().find(|(_, func)| *func == f).expect("a function of the program").0)
    };
    let table = instance.export("table").and_then(|export| export.table().cloned()).expect("a table");
    let memories = [&instance, &there].map(memory);
    let state = State {
        globals: vec![global(&instance, "own"), global(&instance, "float"), imported.get(), global(&there, "sum")],
        reference: name(global(&instance, "reference")),
        table: (0..table.size()).map(|index| name(table.get(index).expect("an element"))).collect(),
        pages: memories[0].size(),
        bytes: memories.map(|memory| contents(&memory)),
        log: log.take(),
    };
    (result, state)
}

fn global(instance: &Instance, name: &str) -> Val {
    instance.export(name).and_then(|export| export.global().map(Global::get)).expect("a global")
}

fn memory(instance: &Instance) -> Memory {
    instance.export("memory").and_then(|export| export.memory().cloned()).expect("a memory")
}

fn contents(memory: &Memory) -> Vec<(usize, u8)> {
    let mut bytes = vec![0; memory.data_size()];
    memory.read(0, &mut bytes).expect("the whole memory");
    bytes.into_iter().enumerate().filter(|(_, byte)| *byte != 0).collect()
}

/// Every effect around every trap.
fn check(shape: Shape) {
    for engine in engines().into_iter().chain(checked_engines()) {
        let there = module(&engine, THERE);
        for (effect, text) in EFFECTS {
            let program = module(&engine, &program(text, shape));
            let (result, expected) = run(&engine, [&program, &there], "branch");
            result.unwrap_or_else(|error| panic!("{effect}: {error}"));
            for (i, (code, cause)) in TRAPS.iter().enumerate() {
                let (result, found) = run(&engine, [&program, &there], &i.to_string());
                assert_eq!(trap(result).code(), *code, "{effect} and {cause}");
                assert_eq!(found, expected, "{effect} and {cause}");
            }
        }
    }
}

#[test]
fn a_trap_in_straight_code_leaves_what_came_before_it() {
    check(straight);
}

#[test]
fn a_trap_in_a_loop_leaves_what_came_before_it() {
    check(in_a_loop);
}

/// What the tests above compare: that each effect is one, and that the loops stop where they should.
#[test]
fn every_effect_is_seen() {
    let [engine, ..] = engines();
    let there = module(&engine, THERE);
    let state = |text: &str, shape: Shape| {
        let program = module(&engine, &program(text, shape));
        run(&engine, [&program, &there], "branch").1
    };
    let nothing = state("", straight);
    for (effect, text) in EFFECTS {
        let once = state(text, straight);
        assert_ne!(once, nothing, "{effect}");
        assert_ne!(state(text, |effect, stop| straight(effect, "") + stop), once, "{effect}");
    }
    assert_eq!(state("(call $log (local.get $i))", straight).log, [1]);
    assert_eq!(state("(call $log (local.get $i))", in_a_loop).log, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn a_store_that_reaches_beyond_the_end_writes_nothing() {
    const STORES: &[(&str, usize)] = &[
        ("i32.store8", 1),
        ("i32.store16", 2),
        ("i32.store", 4),
        ("i64.store8", 1),
        ("i64.store16", 2),
        ("i64.store32", 4),
        ("i64.store", 8),
        ("f32.store", 4),
        ("f64.store", 8),
    ];
    const PAGE: usize = 1 << 16;
    let function = |(store, _): &(&str, usize)| {
        format!("(func (export \"{store}\") (param i32) ({store} (local.get 0) ({}.const -1)))", &store[..3])
    };
    for engine in engines().into_iter().chain(checked_engines()) {
        let functions: String = STORES.iter().map(function).collect();
        let module = module(&engine, &format!("(module (memory (export \"memory\") 1) {functions})"));
        let instance = instantiate(&Store::new(&engine).expect("a store"), &module, &[]);
        let memory = memory(&instance);
        for (store, width) in STORES {
            for beyond in 1..=*width {
                let end = [0x5a; 16];
                memory.write(PAGE - end.len(), &end).expect("the end of the memory");
                let at = Val::I32((PAGE - width + beyond) as i32);
                assert_eq!(trap(func(&instance, store).call(&[at])).code(), Some(MemoryOutOfBounds));
                let mut found = [0; 16];
                memory.read(PAGE - end.len(), &mut found).expect("the end of the memory");
                assert_eq!(found, end, "{store}, {beyond} bytes beyond the end");
            }
        }
    }
}
