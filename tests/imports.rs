//! What a module may be given for what it imports, and what is said of that which does not fit.

mod support;

use support::{engines, module};
use wasmo::{
    Engine, Error, Extern, Func, FuncType, Global, GlobalType, Limits, Memory, MemoryType, Mutability, Store, Table,
    TableType, Val, ValType,
};

/// What the host has to give, by the text that the messages have for its type.
fn given(store: &Store) -> Vec<(&'static str, Extern)> {
    let func = |params: &[ValType], results: &[ValType]| {
        let ty = FuncType::new(params.iter().copied(), results.iter().copied());
        Extern::Func(Func::new(store, ty, |_, _| Ok(())))
    };
    let global = |content, mutability| {
        let ty = GlobalType { content, mutability };
        Extern::Global(Global::new(store, ty, Val::default_for(content)).expect("a global"))
    };
    let memory = |min, max| {
        let ty = MemoryType { limits: Limits { min, max } };
        Extern::Memory(Memory::new(store, ty).expect("a memory"))
    };
    let table = |element, min, max| {
        let ty = TableType { element, limits: Limits { min, max } };
        Extern::Table(Table::new(store, ty, Val::default_for(element)).expect("a table"))
    };
    use Mutability::{Const, Var};
    use ValType::{ExternRef, F64, FuncRef, I32, I64};
    vec![
        ("func () -> ()", func(&[], &[])),
        ("func (i32) -> ()", func(&[I32], &[])),
        ("func (i32) -> (i32)", func(&[I32], &[I32])),
        ("func (i64) -> (i32)", func(&[I64], &[I32])),
        ("func (i32, f64) -> (i32, externref)", func(&[I32, F64], &[I32, ExternRef])),
        ("global i32", global(I32, Const)),
        ("global mut i32", global(I32, Var)),
        ("global i64", global(I64, Const)),
        ("global funcref", global(FuncRef, Const)),
        ("memory 1.. pages", memory(1, None)),
        ("memory 2.. pages", memory(2, None)),
        ("memory 1..=2 pages", memory(1, Some(2))),
        ("memory 2..=4 pages", memory(2, Some(4))),
        ("table 1.. of funcref", table(FuncRef, 1, None)),
        ("table 1.. of externref", table(ExternRef, 1, None)),
        ("table 5..=10 of funcref", table(FuncRef, 5, Some(10))),
        ("table 5..=20 of funcref", table(FuncRef, 5, Some(20))),
    ]
}

/// Imports, the text that the messages have for their types, and what else of `given` may be given for them.
const WANTED: &[(&str, &str, &[&str])] = &[
    ("(func)", "func () -> ()", &[]),
    ("(func (param i32))", "func (i32) -> ()", &[]),
    ("(func (param i32) (result i32))", "func (i32) -> (i32)", &[]),
    ("(func (param i64) (result i32))", "func (i64) -> (i32)", &[]),
    ("(func (param i32 f64) (result i32 externref))", "func (i32, f64) -> (i32, externref)", &[]),
    ("(global i32)", "global i32", &[]),
    ("(global (mut i32))", "global mut i32", &[]),
    ("(global i64)", "global i64", &[]),
    ("(global funcref)", "global funcref", &[]),
    (
        "(memory 0)",
        "memory 0.. pages",
        &["memory 1.. pages", "memory 2.. pages", "memory 1..=2 pages", "memory 2..=4 pages"],
    ),
    ("(memory 2)", "memory 2.. pages", &["memory 2..=4 pages"]),
    ("(memory 1 3)", "memory 1..=3 pages", &["memory 1..=2 pages"]),
    ("(memory 2 4)", "memory 2..=4 pages", &[]),
    (
        "(table 0 funcref)",
        "table 0.. of funcref",
        &["table 1.. of funcref", "table 5..=10 of funcref", "table 5..=20 of funcref"],
    ),
    ("(table 1 externref)", "table 1.. of externref", &[]),
    ("(table 2 15 funcref)", "table 2..=15 of funcref", &["table 5..=10 of funcref"]),
    ("(table 6 20 funcref)", "table 6..=20 of funcref", &[]),
];

#[test]
fn what_does_not_fit_is_named_with_what_was_wanted() {
    for engine in engines() {
        let store = Store::new(&engine).expect("a store");
        let given = given(&store);
        for (text, wanted, others) in WANTED {
            let module = module(&engine, &format!(r#"(module (import "the module" "the field" {text}))"#));
            for (found, import) in &given {
                let fits = found == wanted || others.contains(found);
                match module.instantiate(&store, std::slice::from_ref(import)) {
                    Ok(_) => assert!(fits, "{found} was taken for {wanted}"),
                    Err(Error::Link(message)) if !fits => assert_eq!(
                        message,
                        format!(
                            "incompatible import type for \"the module\" \"the field\": expected {wanted}, found {found}"
                        )
                    ),
                    Err(error) => panic!("{found} for {wanted}: {error}"),
                }
            }
            assert!(others.iter().all(|other| given.iter().any(|(found, _)| found == other)), "{others:?}");
        }
    }
}

#[test]
fn a_wrong_number_of_imports_is_an_error() {
    let text = r#"(module (import "a" "first" (func)) (import "b" "second" (func)) (import "c" "third" (func)))"#;
    for engine in engines() {
        let store = Store::new(&engine).expect("a store");
        let module = module(&engine, text);
        let func = Func::new(&store, FuncType::new([], []), |_, _| Ok(()));
        let imports: Vec<Extern> = (0..5).map(|_| Extern::Func(func.clone())).collect();
        let message = |count: usize| match module.instantiate(&store, &imports[..count]) {
            Err(Error::Link(message)) => message,
            other => panic!("expected a link error, found {other:?}"),
        };
        assert_eq!(message(0), r#"expected 3 imports, found 0; the first that is missing is "a" "first""#);
        assert_eq!(message(2), r#"expected 3 imports, found 2; the first that is missing is "c" "third""#);
        assert_eq!(message(4), "expected 3 imports, found 4");
        assert_eq!(message(5), "expected 3 imports, found 5");
        module.instantiate(&store, &imports[..3]).expect("an instance");
    }
}

#[test]
fn the_size_of_now_counts_and_not_that_of_the_start() {
    for engine in engines() {
        let store = Store::new(&engine).expect("a store");
        let memory = Memory::new(&store, MemoryType { limits: Limits { min: 1, max: None } }).expect("a memory");
        let wants_three = module(&engine, r#"(module (import "" "" (memory 3)))"#);
        let fits = || wants_three.instantiate(&store, &[Extern::Memory(memory.clone())]).is_ok();
        assert!(!fits());
        memory.grow(2).expect("it may grow");
        assert!(fits());
    }
}

#[test]
fn what_belongs_elsewhere_is_refused() {
    let [engine, other, ..] = engines();
    let (store, elsewhere) = (Store::new(&engine).expect("a store"), Store::new(&engine).expect("a store"));
    let text = r#"(module (import "the module" "the field" (func)))"#;
    let func = |store: &Store| Extern::Func(Func::new(store, FuncType::new([], []), |_, _| Ok(())));
    let message = |engine: &Engine, import: Extern| match module(engine, text).instantiate(&store, &[import]) {
        Err(Error::Link(message)) => message,
        other => panic!("expected a link error, found {other:?}"),
    };
    let expected = r#"the import "the module" "the field" belongs to another store"#;
    assert_eq!(message(&engine, func(&elsewhere)), expected);
    assert_eq!(message(&other, func(&store)), "the module belongs to another engine");
}
