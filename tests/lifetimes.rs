//! What nothing leads to any more is freed, and what something leads to is not.

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use support::count::{Count, EVERYTHING, TOKENS, collect, everything};
use support::{engines, func, instantiate, module, trap_code};
use wasmo::{Extern, ExternRef, Func, FuncType, Limits, Module, Store, Table, TableType, TrapCode, Val, ValType};

/// The bytes of memories count for when to look for garbage.
#[test]
fn large_memories_do_not_pile_up() {
    for engine in engines() {
        let (store, count) = (Store::new(&engine).expect("a store"), Count::default());
        let text = r#"(module (import "" "f" (func)) (memory 1024) (func (export "f") (i32.store (i32.const 0) (i32.const 1))))"#;
        let module = module(&engine, text);
        let mut most = 0;
        for _ in 0..500 {
            let instance = instantiate(&store, &module, &[Extern::Func(count.func(&store))]);
            func(&instance, "f").call(&[]).expect("no trap");
            most = most.max(count.alive());
        }
        assert!(most < 20, "{most} memories of 64 MiB were there at once");
    }
}

#[test]
fn a_handle_keeps_what_it_leads_to_and_no_more() {
    for engine in engines() {
        let (store, count, module) =
            (Store::new(&engine).expect("a store"), Count::default(), module(&engine, EVERYTHING));
        let make = || everything(&store, &module, &count);
        // Each export, and how many tokens it leads to: a memory, a table of objects lead to no instance.
        for (name, tokens) in [("memory", 0), ("objects", 1), ("object", TOKENS), ("f", TOKENS), ("table", TOKENS)] {
            let kept = make().export(name);
            collect(&store);
            assert_eq!(count.alive(), tokens, "{name}");
            drop(kept);
            collect(&store);
            assert_eq!(count.alive(), 0, "{name}");
        }
    }
}

#[test]
fn handles_outlive_engine_module_store_and_instance() {
    for engine in engines() {
        let count = Count::default();
        let module = module(&engine, EVERYTHING);
        let store = Store::new(&engine).expect("a store");
        let f = func(&everything(&store, &module, &count), "f");
        drop((engine, module, store));
        for time in 1..=3 {
            assert_eq!(f.call(&[]).expect("no trap"), [Val::I32(7 + time)]);
            collect(f.store());
            assert_eq!(count.alive(), TOKENS);
        }
        drop(f);
        assert_eq!(count.alive(), 0);
    }
}

/// Its function calls what lies in the table that it imports, as often as it is told.
const MEMBER: &str = r#"(module
    (import "host" "f" (func $host))
    (import "there" "table" (table 1 funcref))
    (func (export "f") (param i32) (result i32)
        (call $host)
        (if (result i32) (local.get 0)
            (then (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
            (else (i32.const 42)))))"#;

fn funcs_table(store: &Store, length: u64) -> Table {
    let ty = TableType { element: ValType::FuncRef, limits: Limits { min: length, max: None } };
    Table::new(store, ty, Val::FuncRef(None)).expect("a table")
}

/// The functions of `length` instances, each of which calls the next through a table, and the last the first.
fn ring(store: &Store, module: &Module, count: &Count, length: usize) -> Vec<Func> {
    let tables: Vec<Table> = (0..length).map(|_| funcs_table(store, 1)).collect();
    let member = |table: &Table| {
        let imports = [Extern::Func(count.func(store)), Extern::Table(table.clone())];
        func(&instantiate(store, module, &imports), "f")
    };
    let funcs: Vec<Func> = tables.iter().map(member).collect();
    for (table, next) in tables.iter().zip(funcs.iter().cycle().skip(1)) {
        table.set(0, Val::FuncRef(Some(next.clone()))).expect("a function is set");
    }
    funcs
}

#[test]
fn instances_in_a_cycle_live_and_die_together() {
    for engine in engines() {
        let (store, count) = (Store::new(&engine).expect("a store"), Count::default());
        let member = module(&engine, MEMBER);
        for length in [1, 2, 3, 100] {
            let kept = ring(&store, &member, &count, length).swap_remove(length / 2);
            collect(&store);
            assert_eq!(count.alive(), length, "one function keeps a ring of {length}");
            assert_eq!(kept.call(&[Val::I32(250)]).expect("no trap"), [Val::I32(42)]);
            drop(kept);
            collect(&store);
            assert_eq!(count.alive(), 0, "nothing keeps a ring of {length}");
        }
    }
}

/// Keeps functions and objects in every place that wasm code has for them.
const KEEPER: &str = r#"(module
    (table $funcs (export "funcs") 8 funcref)
    (table $objects (export "objects") 8 externref)
    (global $func (mut funcref) (ref.null func)) (global $object (mut externref) (ref.null extern))
    (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
    (func (export "set global") (param externref funcref)
        (global.set $object (local.get 0)) (global.set $func (local.get 1)))
    (func (export "set 0") (param externref funcref)
        (table.set $objects (i32.const 0) (local.get 0)) (table.set $funcs (i32.const 0) (local.get 1)))
    (func (export "fill 1 to 3") (param externref funcref)
        (table.fill $objects (i32.const 1) (local.get 0) (i32.const 3))
        (table.fill $funcs (i32.const 1) (local.get 1) (i32.const 3)))
    (func (export "grow by 2") (param externref funcref)
        (drop (table.grow $objects (local.get 0) (i32.const 2))) (drop (table.grow $funcs (local.get 1) (i32.const 2))))
    (func (export "copy 0 to 1") (param externref funcref)
        (table.copy $objects $objects (i32.const 1) (i32.const 0) (i32.const 1))
        (table.copy $funcs $funcs (i32.const 1) (i32.const 0) (i32.const 1)))
    (func (export "nothing") (param externref funcref)))"#;

#[test]
fn wasm_code_keeps_what_it_stores_until_it_stores_something_else() {
    // What is done with a new object and a new function, and how many of either are kept from then on.
    let steps = [
        ("nothing", 0),
        ("set global", 1),
        ("set global", 1),
        ("set 0", 2),
        ("fill 1 to 3", 3),
        ("set 0", 3),
        ("grow by 2", 4),
        ("grow by 2", 5),
        ("copy 0 to 1", 5),
        ("fill 1 to 3", 5),
        ("copy 0 to 1", 5),
        ("nothing", 5),
    ];
    for engine in engines() {
        let (store, everything_module) = (Store::new(&engine).expect("a store"), module(&engine, EVERYTHING));
        let (objects, instances) = (Count::default(), Count::default());
        let keeper = instantiate(&store, &module(&engine, KEEPER), &[]);
        for (step, kept) in steps {
            let f = func(&everything(&store, &everything_module, &instances), "f");
            func(&keeper, step).call(&[objects.object(&store), Val::FuncRef(Some(f))]).expect("no trap");
            collect(&store);
            assert_eq!((objects.alive(), instances.alive()), (kept, kept * TOKENS), "after {step}");
        }
        // They are still what they were.
        for index in [0, 1, 3, 8, 9, 10, 11] {
            let result = func(&keeper, "call").call(&[Val::I32(index)]).expect("no trap");
            assert!(matches!(result.as_slice(), [Val::I32(8..)]), "element {index}: {result:?}");
        }
        let nulls = [Val::ExternRef(None), Val::FuncRef(None)];
        for (step, kept) in [("set 0", 5), ("fill 1 to 3", 3), ("set global", 2)] {
            func(&keeper, step).call(&nulls).expect("no trap");
            collect(&store);
            assert_eq!((objects.alive(), instances.alive()), (kept, kept * TOKENS), "after {step} of null");
        }
        drop(keeper);
        collect(&store);
        assert_eq!((objects.alive(), instances.alive()), (0, 0));
    }
}

#[test]
fn an_instance_that_failed_lives_on_in_the_tables_it_wrote_to() {
    let text = r#"(module
        (import "host" "f" (func $host))
        (import "there" "table" (table 2 funcref))
        (memory 1) (data (i32.const 0) "\09")
        (elem (i32.const 1) $f)
        (func $f (result i32) (call $host) (i32.load8_u (i32.const 0)))
        (func $start unreachable) (start $start))"#;
    for engine in engines() {
        let (store, count) = (Store::new(&engine).expect("a store"), Count::default());
        let failing = module(&engine, text);
        let table = funcs_table(&store, 2);
        for _ in 0..10 {
            let imports = [Extern::Func(count.func(&store)), Extern::Table(table.clone())];
            assert_eq!(trap_code(failing.instantiate(&store, &imports)), TrapCode::Unreachable);
        }
        collect(&store);
        assert_eq!(count.alive(), 1, "the last one is in the table");
        {
            let Some(Val::FuncRef(Some(f))) = table.get(1) else { panic!("a function is in the table") };
            assert_eq!(f.call(&[]).expect("no trap"), [Val::I32(9)]);
        }
        drop(table);
        collect(&store);
        assert_eq!(count.alive(), 0);
    }
}

#[test]
fn what_only_running_code_refers_to_is_kept() {
    let text = r#"(module
        (import "host" "make" (func $make (param externref) (result externref)))
        (func (export "f") (param externref) (result externref)
            (local $first externref)
            (local.set $first (call $make (local.get 0)))
            (drop (call $make (local.get 0)))
            (drop (call $make (local.get $first)))
            (local.get $first)))"#;
    for engine in engines() {
        let (store, count) = (Store::new(&engine).expect("a store"), Count::default());
        let token = Rc::downgrade(&count.0);
        let ty = FuncType::new([ValType::ExternRef], [ValType::ExternRef]);
        let make = Func::new(&store, ty, move |args, results| {
            let [Val::ExternRef(Some(given))] = args else { panic!("expected an object, found {args:?}") };
            results[0] = Val::ExternRef(Some(ExternRef::new(given.store(), token.upgrade().expect("a token"))));
            (0..10_000).for_each(|_| drop(ExternRef::new(given.store(), ())));
            Ok(())
        });
        let direct = make.clone();
        let f = func(&instantiate(&store, &module(&engine, text), &[Extern::Func(make)]), "f");
        for f in [f, direct] {
            let result = f.call(&[Val::ExternRef(Some(ExternRef::new(&store, ())))]).expect("no trap");
            let [Val::ExternRef(Some(object))] = result.as_slice() else { panic!("found {result:?}") };
            assert!(object.data().is::<Rc<()>>());
            collect(&store);
            assert_eq!(count.alive(), 1);
            drop(result);
            collect(&store);
            assert_eq!(count.alive(), 0);
        }
    }
}

#[test]
fn an_object_may_use_its_store_while_it_is_dropped() {
    thread_local!(static USE: RefCell<Option<(Func, Module)>> = const { RefCell::new(None) });
    /// Calls a function, makes an instance, and makes objects of which there would be no end.
    struct Busy(u32);
    impl Drop for Busy {
        fn drop(&mut self) {
            let Some((f, module)) = USE.take() else { return };
            assert!(matches!(f.call(&[]).expect("no trap").as_slice(), [Val::I32(8..)]));
            instantiate(f.store(), &module, &[]);
            if self.0 > 0 {
                ExternRef::new(f.store(), Busy(self.0 - 1));
            }
            USE.set(Some((f, module)));
        }
    }
    for engine in engines() {
        let (store, count) = (Store::new(&engine).expect("a store"), Count::default());
        let f = func(&everything(&store, &module(&engine, EVERYTHING), &count), "f");
        USE.set(Some((f, module(&engine, "(module (memory 1) (table 1 funcref))"))));
        (0..1000).for_each(|_| drop(ExternRef::new(&store, Busy(2))));
        collect(&store);
        assert_eq!(count.alive(), TOKENS);
        USE.take();
        collect(&store);
        assert_eq!(count.alive(), 0);
    }
}
