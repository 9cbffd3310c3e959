//! Neither memory nor mappings pile up, and where they run out, that is an error with its reason.
//!
//! What the process uses is the sum of all its threads, so these tests run one at a time.

mod support;

use std::any::Any;
use support::count::{Count, EVERYTHING, TOKENS, collect, everything, run};
use support::process::{alone, assert_flat, in_a_process, limit_address_space, mappings, use_up_mappings};
use support::{engines, func, instantiate, module, trap_code};
use wasmo::{
    Error, Extern, Instance, Limits, Memory, MemoryType, Module, Store, Table, TableType, TrapCode, Val, ValType,
};

#[test]
fn ten_thousand_instances_come_and_go_in_one_store() {
    let _alone = alone();
    for engine in engines() {
        let (store, count) = (Store::new(&engine).expect("a store"), Count::default());
        let module = module(&engine, EVERYTHING);
        assert_flat(100, || {
            for _ in 0..100 {
                assert_eq!(run(&everything(&store, &module, &count)), 8);
            }
            assert!(count.alive() < 1000, "{} tokens", count.alive());
            collect(&store);
        });
        collect(&store);
        assert_eq!(count.alive(), 0);
    }
}

#[test]
fn ten_thousand_instances_come_and_go_with_their_stores() {
    let _alone = alone();
    for engine in engines() {
        let (module, count) = (module(&engine, EVERYTHING), Count::default());
        assert_flat(1000, || {
            let store = Store::new(&engine).expect("a store");
            let instances: Vec<Instance> = (0..10).map(|_| everything(&store, &module, &count)).collect();
            assert!(instances.iter().all(|instance| run(instance) == 8));
            // Handles may go before their store, and after it.
            if count.alive() % 2 == 0 {
                drop((store, instances))
            } else {
                drop((instances, store))
            }
            assert_eq!(count.alive(), 0);
        });
    }
}

#[test]
fn a_thousand_instances_live_at_once() {
    let _alone = alone();
    for engine in engines() {
        let (store, count, module) =
            (Store::new(&engine).expect("a store"), Count::default(), module(&engine, EVERYTHING));
        let before = mappings();
        let instances: Vec<Instance> = (0..1000).map(|_| everything(&store, &module, &count)).collect();
        for time in 1..=3 {
            collect(&store);
            assert!(instances.iter().all(|instance| run(instance) == 7 + time));
            assert_eq!(count.alive(), 1000 * TOKENS);
        }
        drop(instances);
        collect(&store);
        assert_eq!(count.alive(), 0);
        // The address space of some memories and tables is kept for the next, each of them two mappings.
        const KEPT: usize = 2 * 128;
        assert!(mappings() <= before + KEPT + 16, "{before} mappings became {}", mappings());
    }
}

/// Modules, stores, instances and functions for each level; `make soak` asks for half a million.
#[test]
fn modules_come_and_go() {
    let _alone = alone();
    let cycles = std::env::var("WASMO_CYCLES").map_or(300, |text| text.parse().expect("a number"));
    for engine in engines() {
        let count = Count::default();
        let bytes = wat::parse_str(EVERYTHING).expect("a module");
        assert_flat(cycles, || {
            let module = Module::new(&bytes, &engine).expect("a module");
            let store = Store::new(&engine).expect("a store");
            let f = func(&everything(&store, &module, &count), "f");
            drop((module, store));
            assert_eq!(f.call(&[]).expect("no trap"), [Val::I32(8)]);
        });
        assert_eq!(count.alive(), 0);
    }
}

#[test]
fn engines_come_and_go() {
    let _alone = alone();
    assert_flat(30, || {
        for engine in engines() {
            let store = Store::new(&engine).expect("a store");
            assert_eq!(run(&everything(&store, &module(&engine, EVERYTHING), &Count::default())), 8);
        }
    });
}

#[test]
fn five_hundred_threads_leave_nothing_behind() {
    let _alone = alone();
    let text = r#"(module (memory 1)
        (func $f (export "overflow") (call $f))
        (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;
    for engine in engines() {
        let program = module(&engine, text);
        let work = || {
            let instance = instantiate(&Store::new(&engine).expect("a store"), &program, &[]);
            assert_eq!(trap_code(func(&instance, "overflow").call(&[])), TrapCode::StackOverflow);
            assert_eq!(trap_code(func(&instance, "load").call(&[Val::I32(-4)])), TrapCode::MemoryOutOfBounds);
        };
        assert_flat(125, || {
            std::thread::scope(|scope| {
                // A thread that nobody joins may still have its stack when the next begins, which then gets another one.
                let threads = [(); 4].map(|()| scope.spawn(work));
                threads.into_iter().for_each(|thread| thread.join().expect("it ends"));
            });
        });
    }
}

#[test]
fn memories_end_where_the_address_space_does() {
    let _alone = alone();
    in_a_process("memories_end_where_the_address_space_does", || {
        let [engine, ..] = engines();
        let program = module(&engine, r#"(module (memory 1) (func (export "size") (result i32) memory.size))"#);
        let store = Store::new(&engine).expect("a store");
        limit_address_space(64 << 30);
        for _ in 0..3 {
            let mut instances = Vec::new();
            let error = loop {
                match program.instantiate(&store, &[]) {
                    Ok(instance) => instances.push(instance),
                    Err(error) => break error,
                }
            };
            assert!((10..16).contains(&instances.len()), "{} memories of 4 GiB in 64", instances.len());
            let reason = "bytes of address space could not be reserved: Cannot allocate memory";
            assert!(matches!(&error, Error::Limit(message) if message.contains(reason)), "{error:?}");
            let ty = MemoryType { limits: Limits { min: 1, max: None } };
            let error = Memory::new(&store, ty).expect_err("no room");
            assert!(matches!(&error, Error::Limit(message) if message.contains(reason)), "{error:?}");
            // Those that are there work, and as soon as they are gone, there is room again.
            assert!(
                instances.iter().all(|instance| func(instance, "size").call(&[]).expect("no trap") == [Val::I32(1)])
            );
        }
    });
}

#[test]
fn a_memory_takes_the_place_of_one_that_nobody_uses_any_more() {
    let _alone = alone();
    in_a_process("a_memory_takes_the_place_of_one_that_nobody_uses_any_more", || {
        let [engine, ..] = engines();
        let store = Store::new(&engine).expect("a store");
        limit_address_space(64 << 30);
        for _ in 0..100 {
            Memory::new(&store, MemoryType { limits: Limits { min: 1, max: None } }).expect("a memory");
        }
    });
}

#[test]
fn stores_and_modules_end_where_the_address_space_does() {
    let _alone = alone();
    in_a_process("stores_and_modules_end_where_the_address_space_does", || {
        let [engine, ..] = engines();
        let bytes = wat::parse_str(EVERYTHING).expect("a module");
        Module::new(&bytes, &engine).expect("a module");
        // Less than the stack of a thread that compiles.
        limit_address_space(64 << 20);
        let error = Module::new(&bytes, &engine).expect_err("no room");
        assert!(matches!(&error, Error::Limit(message) if message.contains("no thread to compile on: ")), "{error:?}");
        let mut stores = Vec::new();
        let error = loop {
            match Store::new(&engine) {
                Ok(store) => stores.push(store),
                Err(error) => break error,
            }
        };
        assert!((100..300).contains(&stores.len()), "{} stores in 64 MiB", stores.len());
        assert!(matches!(&error, Error::Limit(message) if message.contains("could not be reserved: ")), "{error:?}");
        drop(stores);
        Store::new(&engine).expect("a store");
        limit_address_space(4 << 30);
        Module::new(&bytes, &engine).expect("a module");
    });
}

#[test]
fn stores_memories_tables_and_instances_end_where_the_mappings_do() {
    let _alone = alone();
    in_a_process("stores_memories_tables_and_instances_end_where_the_mappings_do", || {
        let [engine, ..] = engines();
        let (store, program) = (Store::new(&engine).expect("a store"), module(&engine, EVERYTHING));
        let memory = MemoryType { limits: Limits { min: 1, max: None } };
        let table = TableType { element: ValType::ExternRef, limits: memory.limits };
        let host = Count::default();
        let host = Extern::Func(host.func(&store));
        type Attempt<'a> = &'a dyn Fn() -> Result<Box<dyn Any>, Error>;
        let attempts: [(&str, Attempt<'_>); 4] = [
            ("a store", &|| Ok(Box::new(Store::new(&engine)?))),
            ("a memory", &|| Ok(Box::new(Memory::new(&store, memory)?))),
            ("a table", &|| Ok(Box::new(Table::new(&store, table, Val::ExternRef(None))?))),
            ("an instance", &|| Ok(Box::new(program.instantiate(&store, std::slice::from_ref(&host))?))),
        ];
        // The allocator keeps some memory, for it could not get more.
        drop((0..10_000).map(|_| vec![0u8; 1000]).collect::<Vec<_>>());
        for _ in 0..2 {
            // Else something new may take the place of something old that nobody uses any more.
            collect(&store);
            let pages = use_up_mappings();
            // Some address space may be kept for the next.
            let errors = attempts.map(|(_, attempt)| {
                let mut made = Vec::with_capacity(1000);
                (0..1000).find_map(|_| attempt().map(|one| made.push(one)).err())
            });
            // SAFETY: they are ours, and nothing refers to them.
            pages.into_iter().for_each(|page| assert_eq!(unsafe { libc::munmap(page, 4096) }, 0));
            for ((what, attempt), error) in attempts.iter().zip(errors) {
                assert!(matches!(error, Some(Error::Limit(_))), "{what}: {error:?}");
                assert!(attempt().is_ok(), "{what}, once there is room again");
            }
        }
    });
}
