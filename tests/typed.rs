//! Functions with types of Rust, who calls them, and imports by name, at each level, with signal handlers and without.

mod support;

use support::{checked_engines, engines, func, instantiate, module, trap, trap_code};
use wasmo::{
    Caller, Config, Engine, Error, ExternRef, Func, FuncType, Imports, Instance, Limits, Memory, MemoryType, Module,
    OptLevel, Store, Trap, TrapCode, Val,
};

/// Runs a test with each engine, in a store of its own.
fn everywhere(test: impl Fn(&Engine, &Store)) {
    for engine in engines().iter().chain(&checked_engines()) {
        test(engine, &Store::new(engine).expect("a store"));
    }
}

#[test]
fn numbers_of_each_type_go_both_ways_as_they_are() {
    everywhere(|engine, store| {
        let text = r#"(module
            (import "" "f" (func $f (param i32 i32 i64 i64 f32 f64) (result f64 f32 i64 i64 i32 i32)))
            (func (export "f") (param i32 i32 i64 i64 f32 f64) (result f64 f32 i64 i64 i32 i32)
                (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5))))"#;
        let reverse = |a: i32, b: u32, c: i64, d: u64, e: f32, f: f64| (f, e, d, c, b, a);
        let reverse = Func::wrap(store, reverse);
        let instance = instantiate(store, &module(engine, text), &[reverse.clone().into()]);
        let signalling = f32::from_bits(0x7fa0_0001);
        let params = (-1, u32::MAX, i64::MIN, u64::MAX, signalling, -0.0);
        for func in [func(&instance, "f"), reverse] {
            let func =
                func.typed::<(i32, u32, i64, u64, f32, f64), (f64, f32, u64, i64, u32, i32)>().expect("its type");
            let (f, e, d, c, b, a) = func.call(params).expect("no trap");
            assert_eq!((a, b, c, d), (-1, u32::MAX, i64::MIN, u64::MAX));
            assert_eq!((e.to_bits(), f.to_bits()), (0x7fa0_0001, (-0f64).to_bits()));
        }
    });
}

#[test]
fn sixteen_parameters_and_results_arrive_in_order() {
    type Many = (i32, f64, i64, f32, i32, f64, i64, f32, i32, f64, i64, f32, i32, f64, i64, f32);
    everywhere(|engine, store| {
        let kinds = "i32 f64 i64 f32 ".repeat(4);
        let all: String = (0..16).map(|i| format!("local.get {i} ")).collect();
        let text = format!(
            r#"(module (import "" "f" (func $f (param {kinds}) (result {kinds})))
                (func (export "f") (param {kinds}) (result {kinds}) {all} call $f))"#
        );
        #[rustfmt::skip]
        let same = |a: i32, b: f64, c: i64, d: f32, e: i32, f: f64, g: i64, h: f32,
                    i: i32, j: f64, k: i64, l: f32, m: i32, n: f64, o: i64, p: f32| -> Many {
            (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
        };
        let host = Func::wrap(store, same);
        let instance = instantiate(store, &module(engine, &text), &[host.into()]);
        let params: Many = (1, 2.5, 3, 4.5, 5, 6.5, 7, 8.5, 9, 10.5, 11, 12.5, 13, 14.5, 15, 16.5);
        let results: Many = func(&instance, "f").typed_call(params).expect("no trap");
        let halves = |(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p): Many| {
            ((a, b, c, d, e, f, g, h), (i, j, k, l, m, n, o, p))
        };
        assert_eq!(halves(results), halves(params));
    });
}

#[test]
fn references_are_handles_and_those_of_another_store_are_refused() {
    everywhere(|engine, store| {
        let text = r#"(module (func (export "f") (param externref funcref) (result funcref externref)
            local.get 1 local.get 0))"#;
        let instance = instantiate(store, &module(engine, text), &[]);
        type Both = (Option<ExternRef>, Option<Func>);
        type Swapped = (Option<Func>, Option<ExternRef>);
        let swap = func(&instance, "f").typed::<Both, Swapped>().expect("its type");
        let (object, function) = (ExternRef::new(store, 42), func(&instance, "f"));
        let swapped = swap.call((Some(object.clone()), Some(function.clone()))).expect("no trap");
        assert_eq!(swapped, (Some(function), Some(object)));
        assert_eq!(swap.call((None, None)).expect("no trap"), (None, None));

        let other = Store::new(engine).expect("a store");
        let stranger = ExternRef::new(&other, 1);
        let error = swap.call((Some(stranger.clone()), None)).expect_err("refused");
        assert!(matches!(&error, Error::Argument(reason) if reason.contains("another store")), "{error:?}");
        let give = Func::wrap(store, move || Some(stranger.clone()));
        assert!(trap(give.call(&[])).message().contains("another store"));
    });
}

#[test]
fn a_function_of_another_type_is_not_taken_for_one() {
    everywhere(|_, store| {
        let add = Func::wrap(store, |a: i32, b: i32| a + b);
        let error = add.typed::<(i32, i64), i32>().expect_err("refused").to_string();
        assert!(
            error.contains("expected a function of type (i32, i64) -> (i32), found one of type (i32, i32) -> (i32)")
        );
        assert!(add.typed::<(), i32>().is_err() && add.typed::<(i32, i32), ()>().is_err());
    });
}

#[test]
fn what_a_closure_ends_with_is_what_wasm_ends_with() {
    everywhere(|engine, store| {
        let fails = Func::wrap(store, |how: i32| match how {
            0 => Ok(7),
            1 => Err(Trap::new("refused")),
            _ => panic!("expected by the test"),
        });
        let text = r#"(module (import "" "f" (func $f (param i32) (result i32)))
            (func (export "f") (param i32) (result i32) (call $f (local.get 0))))"#;
        let instance = instantiate(store, &module(engine, text), &[fails.into()]);
        let call = func(&instance, "f").typed::<i32, i32>().expect("its type");
        assert_eq!(call.call(0).expect("no trap"), 7);
        let refused = trap(call.call(1));
        assert_eq!((refused.message(), refused.frames().len()), ("refused", 1));
        assert_eq!(trap(call.call(2)).message(), "a host function panicked");
        assert_eq!(call.call(0).expect("no trap"), 7);
    });
}

const CALLS: &str = r#"(module
    (import "" "who" (func $who (result i32)))
    (memory 1) (data (i32.const 0) "\01")
    (table (export "table") 1 funcref) (elem (i32.const 0) $who)
    (func (export "name") (param i32) (i32.store8 (i32.const 0) (local.get 0)))
    (func $direct (export "direct") (result i32) (call $who))
    (func (export "indirect") (result i32) (call_indirect (result i32) (i32.const 0))))"#;

#[test]
fn a_closure_learns_which_instance_calls_it() {
    everywhere(|engine, store| {
        // The first byte of the caller's memory, which is not exported.
        let who = Func::wrap(store, |caller: Caller<'_>| {
            let mut byte = [0];
            match caller.memory() {
                Some(memory) => {
                    memory.read(0, &mut byte).map(|()| i32::from(byte[0])).map_err(|e| Trap::new(e.to_string()))
                }
                None => Ok(-1),
            }
        });
        let program = module(engine, CALLS);
        let [one, two] = [1, 2].map(|name| {
            let instance = instantiate(store, &program, &[who.clone().into()]);
            func(&instance, "name").typed_call::<i32, ()>(name).expect("no trap");
            instance
        });
        for (instance, name) in [(&one, 1), (&two, 2), (&one, 1)] {
            assert_eq!(func(instance, "direct").typed_call::<(), i32>(()).expect("no trap"), name);
        }
        // Through a reference, nothing tells the two apart.
        assert_eq!(func(&two, "indirect").typed_call::<(), i32>(()).expect("no trap"), -1);
        drop(one);
        assert_eq!(
            func(&two, "indirect").typed_call::<(), i32>(()).expect("no trap"),
            -1,
            "while wasm runs, nothing is freed"
        );
        drop(two);
        let alone = Store::new(engine).expect("a store");
        let seen = Func::with_caller(&alone, FuncType::new([], [wasmo::ValType::I32]), |caller, _, results| {
            results[0] = Val::I32(
                caller.instance().and_then(|instance| instance.table("table")).map_or(-1, |table| table.size() as i32),
            );
            Ok(())
        });
        let only = instantiate(&alone, &program, &[seen.clone().into()]);
        for name in ["direct", "indirect"] {
            assert_eq!(func(&only, name).call(&[]).expect("no trap"), [Val::I32(1)], "{name}");
        }
        // The host itself is no instance, also while wasm waits for it.
        assert_eq!(seen.call(&[]).expect("no trap"), [Val::I32(-1)]);
        let asks = Func::wrap(&alone, move || seen.typed_call::<(), i32>(()).expect("no trap"));
        let waits = instantiate(&alone, &program, &[asks.into()]);
        for name in ["direct", "indirect"] {
            assert_eq!(func(&waits, name).call(&[]).expect("no trap"), [Val::I32(-1)], "{name}");
        }
    });
}

#[test]
fn imports_are_found_by_name_in_any_store() {
    for level in [OptLevel::None, OptLevel::Optimized] {
        let program = r#"(module (import "math" "twice" (func $twice (param i32) (result i32)))
            (import "env" "memory" (memory 1))
            (func (export "f") (param i32) (result i32)
                (i32.store (i32.const 0) (call $twice (local.get 0))) (i32.load (i32.const 0))))"#;
        let program = Module::new(program, Config::new().opt_level(level)).expect("a module");
        let memory = r#"(module (memory (export "memory") 1) (func (export "unused")))"#;
        let memory = Module::new(memory, Config::new().opt_level(level)).expect("a module");

        let mut functions = Imports::default();
        functions.func("math", "twice", |value: i32| 2 * value);
        for _ in 0..3 {
            // Each time another store.
            let mut imports = functions.clone();
            imports.instance("env", &Instance::new(&memory, &Imports::default()).expect("an instance"));
            let instance = Instance::new(&program, &imports).expect("an instance");
            assert_eq!(instance.func("f").expect("a function").typed_call::<i32, i32>(21).expect("no trap"), 42);
        }

        let error = Instance::new(&program, &functions).expect_err("no memory").to_string();
        assert!(error.contains(r#"the import "env" "memory" is missing: expected memory 1.. pages"#), "{error}");
        let mut wrong = functions.clone();
        wrong.func("env", "memory", || 0);
        let error = Instance::new(&program, &wrong).expect_err("no memory").to_string();
        assert!(error.contains(r#"for "env" "memory": expected memory 1.. pages, found func () -> (i32)"#), "{error}");

        let other = Store::new(program.engine()).expect("a store");
        let ty = MemoryType { limits: Limits { min: 1, max: None } };
        let mut torn = Imports::new(&Store::new(program.engine()).expect("a store"));
        torn.define("env", "memory", Memory::new(&other, ty).expect("a memory"))
            .func("math", "twice", |value: i32| value);
        let error = Instance::new(&program, &torn).expect_err("two stores").to_string();
        assert!(error.contains("belongs to another store"), "{error}");
    }
}

#[test]
fn equal_settings_give_one_engine_as_long_as_it_is_in_use() {
    let config = Config::new().opt_level(OptLevel::None).memory_guard(1 << 20);
    let (one, two) =
        (Module::new("(module)", &config).expect("a module"), Module::new("(module)", &config).expect("one"));
    let store = Store::new(one.engine()).expect("a store");
    two.instantiate(&store, &[]).expect("it is the same engine");
    let other = Module::new("(module)", config.memory_guard(2 << 20)).expect("a module");
    assert!(matches!(other.instantiate(&store, &[]), Err(Error::Link(_))));
}

#[test]
fn traps_of_wasm_are_those_of_typed_calls() {
    everywhere(|engine, store| {
        let text = r#"(module (memory 1) (func $f (export "deep") (call $f))
            (func (export "load") (param i32) (result i64) (i64.load (local.get 0))))"#;
        let instance = instantiate(store, &module(engine, text), &[]);
        let (deep, load) = (func(&instance, "deep"), func(&instance, "load").typed::<u32, u64>().expect("its type"));
        for _ in 0..10 {
            assert_eq!(trap_code(deep.typed_call::<(), ()>(())), TrapCode::StackOverflow);
            assert_eq!(trap_code(load.call(u32::MAX)), TrapCode::MemoryOutOfBounds);
            assert_eq!(load.call(65528).expect("no trap"), 0);
        }
    });
}
