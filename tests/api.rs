//! The Rust API on small modules, at every level of optimisation, with signal handlers and without.

use wasmo::{
    Config, Cpu, Engine, Error, Extern, Func, FuncType, Global, GlobalType, Instance, Limits, Memory, MemoryType,
    Module, Mutability, OptLevel, Store, Trap, TrapCode, Val, ValType,
};

/// Runs a test at each level.
fn at_each_level(test: impl Fn(&Engine)) {
    for level in [OptLevel::None, OptLevel::Optimized] {
        for signal_handlers in [true, false] {
            let config = Config::new().opt_level(level).signal_handlers(signal_handlers);
            test(&Engine::new(config).expect("an engine"));
        }
    }
}

fn instance(engine: &Engine, text: &str, imports: impl FnOnce(&Store) -> Vec<Extern>) -> Instance {
    let store = Store::new(engine).expect("a store");
    let module = Module::new(text.as_bytes(), engine).expect("a module");
    module.instantiate(&store, &imports(&store)).expect("an instance")
}

fn func(instance: &Instance, name: &str) -> Func {
    instance.export(name).and_then(|export| export.func().cloned()).expect("an exported function")
}

fn trap(result: Result<Vec<Val>, Error>) -> Trap {
    match result {
        Err(Error::Trap(trap)) => trap,
        other => panic!("expected a trap, found {other:?}"),
    }
}

#[test]
fn a_function_is_called() {
    at_each_level(|engine| {
        let text = r#"(module (func (export "add") (param i32 i32) (result i32)
            local.get 0 local.get 1 i32.add))"#;
        let add = func(&instance(engine, text, |_| vec![]), "add");
        assert_eq!(add.call(&[Val::I32(2), Val::I32(40)]).unwrap(), [Val::I32(42)]);
        assert_eq!(add.ty(), FuncType::new([ValType::I32, ValType::I32], [ValType::I32]));
    });
}

#[test]
fn arguments_of_the_wrong_number_or_type_are_refused() {
    at_each_level(|engine| {
        let text = r#"(module (func (export "f") (param i32)))"#;
        let f = func(&instance(engine, text, |_| vec![]), "f");
        assert!(matches!(f.call(&[]), Err(Error::Argument(_))));
        assert!(matches!(f.call(&[Val::I64(1)]), Err(Error::Argument(_))));
    });
}

#[test]
fn host_functions_are_called_with_values_of_all_kinds() {
    at_each_level(|engine| {
        let text = r#"(module
            (import "h" "f" (func $f (param i32 i64 f32 f64) (result i32 i64 f32 f64)))
            (func (export "g") (result i32 i64 f32 f64)
                (call $f (i32.const -1) (i64.const -2) (f32.const 1.5) (f64.const -2.5))))"#;
        let ty = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
        let g = func(
            &instance(engine, text, |store| {
                let ty = FuncType::new(ty, ty);
                let f = Func::new(store, ty, |args, results| {
                    results.clone_from_slice(args);
                    results[0] = Val::I32(7);
                    Ok(())
                });
                vec![Extern::Func(f)]
            }),
            "g",
        );
        let expected = [Val::I32(7), Val::I64(-2), Val::F32(1.5f32.to_bits()), Val::F64((-2.5f64).to_bits())];
        assert_eq!(g.call(&[]).unwrap(), expected);
    });
}

#[test]
fn arguments_and_results_beyond_the_registers_arrive() {
    at_each_level(|engine| {
        let count = 40;
        let params = "(param i32 f64)".repeat(count / 2);
        let results = "(result f64 i32)".repeat(count / 2);
        let swapped: String = (0..count).rev().map(|i| format!("local.get {i} ")).collect();
        let text = format!(
            r#"(module
                (import "h" "swap" (func $host {params} {results}))
                (func $swap {params} {results} {swapped})
                (table funcref (elem $host $swap))
                (type $t (func {params} {results}))
                (func (export "direct") {params} {results} {all} call $swap)
                (func (export "imported") {params} {results} {all} call $host)
                (func (export "indirect") (param i32) {params} {results} {shifted} local.get 0 call_indirect (type $t)))"#,
            all = (0..count).map(|i| format!("local.get {i} ")).collect::<String>(),
            shifted = (1..=count).map(|i| format!("local.get {i} ")).collect::<String>(),
        );
        let instance = instance(engine, &text, |store| {
            let params = [ValType::I32, ValType::F64].repeat(count / 2);
            let results = [ValType::F64, ValType::I32].repeat(count / 2);
            let host = Func::new(store, FuncType::new(params, results), |args, results| {
                results.iter_mut().zip(args.iter().rev()).for_each(|(result, arg)| *result = arg.clone());
                Ok(())
            });
            vec![Extern::Func(host)]
        });
        let args: Vec<Val> = (0..count as u32)
            .map(|i| if i % 2 == 0 { Val::I32(i as i32) } else { Val::F64(f64::from(i).to_bits()) })
            .collect();
        let expected: Vec<Val> = args.iter().rev().cloned().collect();
        for name in ["direct", "imported"] {
            assert_eq!(func(&instance, name).call(&args).unwrap(), expected, "{name}");
        }
        for callee in [0, 1] {
            let args: Vec<Val> = std::iter::once(Val::I32(callee)).chain(args.clone()).collect();
            assert_eq!(func(&instance, "indirect").call(&args).unwrap(), expected, "element {callee}");
        }
    });
}

#[test]
fn a_trap_tells_its_frames_across_host_frames() {
    at_each_level(|engine| {
        let store = Store::new(engine).unwrap();
        let inner = r#"(module (memory 1)
            (func $load (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;
        let inner = Module::new(inner.as_bytes(), engine).unwrap();
        let inner = inner.instantiate(&store, &[]).unwrap();
        let load = func(&inner, "load");
        let ty = FuncType::new([ValType::I32], [ValType::I32]);
        let between = Func::new(&store, ty, move |args, results| match load.call(args) {
            Ok(values) => {
                results.clone_from_slice(&values);
                Ok(())
            }
            Err(Error::Trap(trap)) => Err(trap),
            Err(error) => Err(Trap::new(error.to_string())),
        });
        let outer = r#"(module (import "" "f" (func $f (param i32) (result i32)))
            (func $middle (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
            (func $outer (export "outer") (param i32) (result i32) (i32.add (call $middle (local.get 0)) (i32.const 1))))"#;
        let outer = Module::new(outer.as_bytes(), engine).unwrap();
        let outer = outer.instantiate(&store, &[Extern::Func(between)]).unwrap();
        let outer = func(&outer, "outer");
        assert_eq!(outer.call(&[Val::I32(0)]).unwrap(), [Val::I32(2)]);
        let trap = trap(outer.call(&[Val::I32(70000)]));
        assert_eq!(trap.code(), Some(TrapCode::MemoryOutOfBounds));
        let names: Vec<_> =
            trap.frames().iter().map(|frame| (frame.func_index(), frame.func_name().unwrap())).collect();
        assert_eq!(names, [(0, "load"), (1, "middle"), (2, "outer")], "{trap}");
    });
}

#[test]
fn the_offset_of_a_trap_is_that_of_its_instruction() {
    at_each_level(|engine| {
        let text = r#"(module (memory 1) (func (export "f") (param i32)
            (drop (i32.load (i32.const 0)))
            (drop (i32.load offset=7 (local.get 0)))
            (drop (i32.div_s (i32.const 1) (local.get 0)))))"#;
        let bytes = wat::parse_str(text).unwrap();
        let f = func(&instance(engine, text, |_| vec![]), "f");
        let opcode_at = |trap: &Trap| bytes[trap.frames()[0].module_offset()];
        const I32_LOAD: u8 = 0x28;
        const I32_DIV_S: u8 = 0x6d;
        let out_of_bounds = trap(f.call(&[Val::I32(65536)]));
        assert_eq!(opcode_at(&out_of_bounds), I32_LOAD);
        assert_eq!(bytes[out_of_bounds.frames()[0].module_offset() + 2], 7, "the second load");
        assert_eq!(opcode_at(&trap(f.call(&[Val::I32(0)]))), I32_DIV_S);
    });
}

#[test]
fn runaway_recursion_is_a_trap_time_and_again() {
    at_each_level(|engine| {
        let text = r#"(module
            (func $f (export "f") (param i64) (result i64) (i64.add (call $f (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))
            (func (export "g") (result i32) (i32.const 1)))"#;
        let instance = instance(engine, text, |_| vec![]);
        for _ in 0..100 {
            let trap = trap(func(&instance, "f").call(&[Val::I64(0)]));
            assert_eq!(trap.code(), Some(TrapCode::StackOverflow));
            assert!(trap.frames().len() > 100);
            assert_eq!(func(&instance, "g").call(&[]).unwrap(), [Val::I32(1)]);
        }
    });
}

#[test]
fn recursion_through_the_host_ends_in_a_trap() {
    at_each_level(|engine| {
        let store = Store::new(engine).unwrap();
        let slot: std::rc::Rc<std::cell::OnceCell<Func>> = Default::default();
        let callee = slot.clone();
        let bounce = Func::new(&store, FuncType::new([], []), move |_, _| {
            match callee.get().expect("set before the call").call(&[]) {
                Ok(_) => Ok(()),
                Err(Error::Trap(trap)) => Err(trap),
                Err(error) => Err(Trap::new(error.to_string())),
            }
        });
        let text = r#"(module (import "" "b" (func $b)) (func (export "f") call $b))"#;
        let module = Module::new(text.as_bytes(), engine).unwrap();
        let instance = module.instantiate(&store, &[Extern::Func(bounce)]).unwrap();
        let f = func(&instance, "f");
        slot.set(f.clone()).unwrap();
        for _ in 0..10 {
            assert_eq!(trap(f.call(&[])).code(), Some(TrapCode::StackOverflow));
        }
    });
}

#[test]
fn stores_before_a_trap_have_happened_and_later_ones_have_not() {
    at_each_level(|engine| {
        let text = r#"(module
            (memory (export "m") 1) (global $g (export "g") (mut i32) (i32.const 0))
            (func (export "f") (param i32)
                (global.set $g (i32.const 1))
                (i32.store (i32.const 0) (i32.const 11))
                (drop (i32.load (local.get 0)))
                (global.set $g (i32.const 2))
                (i32.store (i32.const 0) (i32.const 22))))"#;
        let instance = instance(engine, text, |_| vec![]);
        trap(func(&instance, "f").call(&[Val::I32(-1)]));
        let global = instance.export("g").unwrap().global().cloned().unwrap();
        let memory = instance.export("m").unwrap().memory().cloned().unwrap();
        let mut bytes = [0; 4];
        memory.read(0, &mut bytes).unwrap();
        assert_eq!((global.get(), u32::from_le_bytes(bytes)), (Val::I32(1), 11));
    });
}

#[test]
fn a_memory_grows_without_moving() {
    at_each_level(|engine| {
        let store = Store::new(engine).unwrap();
        let memory = Memory::new(&store, MemoryType { limits: Limits { min: 1, max: Some(3) } }).unwrap();
        let text = r#"(module (import "" "m" (memory 1))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "size") (result i32) memory.size)
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
        let module = Module::new(text.as_bytes(), engine).unwrap();
        let instance = module.instantiate(&store, &[Extern::Memory(memory.clone())]).unwrap();
        let (base, call) = (memory.data_ptr(), |name: &str, arg: &[Val]| func(&instance, name).call(arg));
        trap(call("load", &[Val::I32(65536)]));
        assert_eq!(call("grow", &[Val::I32(1)]).unwrap(), [Val::I32(1)]);
        assert_eq!(call("load", &[Val::I32(65536)]).unwrap(), [Val::I32(0)]);
        assert_eq!(memory.grow(1).unwrap(), 2);
        assert_eq!(call("size", &[]).unwrap(), [Val::I32(3)]);
        assert_eq!(call("grow", &[Val::I32(1)]).unwrap(), [Val::I32(-1)]);
        assert!(matches!(memory.grow(1), Err(Error::Limit(_))));
        assert_eq!((memory.size(), memory.data_size(), memory.data_ptr()), (3, 3 << 16, base));
    });
}

#[test]
fn imports_that_do_not_fit_are_named() {
    at_each_level(|engine| {
        let store = Store::new(engine).unwrap();
        let text = r#"(module (import "mod" "field" (global i32)))"#;
        let module = Module::new(text.as_bytes(), engine).unwrap();
        let error = |imports: &[Extern]| module.instantiate(&store, imports).unwrap_err().to_string();
        let message = error(&[]);
        assert!(message.contains("expected 1 imports, found 0") && message.contains("\"mod\" \"field\""), "{message}");
        let ty = GlobalType { content: ValType::I64, mutability: Mutability::Const };
        let message = error(&[Extern::Global(Global::new(&store, ty, Val::I64(1)).unwrap())]);
        assert!(message.contains("expected global i32, found global i64"), "{message}");
        let other = Store::new(engine).unwrap();
        let ty = GlobalType { content: ValType::I32, mutability: Mutability::Const };
        let message = error(&[Extern::Global(Global::new(&other, ty, Val::I32(1)).unwrap())]);
        assert!(message.contains("another store"), "{message}");
    });
}

#[test]
fn one_module_serves_stores_on_several_threads() {
    at_each_level(|engine| {
        let text = r#"(module (global $n (mut i32) (i32.const 0))
            (func (export "next") (result i32)
                (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#;
        let module = Module::new(text.as_bytes(), engine).unwrap();
        let count = |module: Module| {
            let store = Store::new(engine).unwrap();
            let next = func(&module.instantiate(&store, &[]).unwrap(), "next");
            (1..=100).all(|i| next.call(&[]).unwrap() == [Val::I32(i)])
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| count(module.clone()))).collect();
            assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
        });
    });
}

#[test]
fn what_is_not_implemented_is_told_from_what_is_invalid() {
    at_each_level(|engine| {
        let error = |text: &str| Module::new(text.as_bytes(), engine).unwrap_err();
        assert!(matches!(error("(module (func (result v128) (v128.const i64x2 0 0)))"), Error::Unsupported(_)));
        assert!(matches!(error("(module (func (result i32)))"), Error::Invalid(_)));
        assert!(matches!(error("(module"), Error::Invalid(_)));
        assert!(matches!(Module::new(b"\0asm\x02\0\0\0", engine), Err(Error::Invalid(_))));
        assert!(matches!(Module::new(b"", engine), Err(Error::Invalid(_))));
    });
}

#[test]
fn what_no_handle_leads_to_is_freed_and_the_rest_is_not() {
    let engine = Engine::new(Config::new().opt_level(OptLevel::None)).unwrap();
    let store = Store::new(&engine).unwrap();
    // An instance whose own table holds its own function, and one of the host: cycles.
    let text = r#"(module (import "" "h" (func $h)) (memory 1) (table (export "t") 2 funcref) (elem (i32.const 0) $f $h)
        (global $n (mut i32) (i32.const 0))
        (func $f (export "f") (result i32)
            (call_indirect (i32.const 1)) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#;
    let module = Module::new(text.as_bytes(), &engine).unwrap();
    let alive = std::rc::Rc::new(());
    let make = || {
        let token = alive.clone();
        let host = Func::new(&store, FuncType::new([], []), move |_, _| {
            let _ = &token;
            Ok(())
        });
        module.instantiate(&store, &[Extern::Func(host)]).unwrap()
    };
    let kept_by_function = func(&make(), "f");
    let kept_by_table = make().export("t").unwrap();
    // More address space than there is, if nothing were freed.
    for _ in 0..40_000 {
        make();
    }
    let left = std::rc::Rc::strong_count(&alive);
    assert!(left < 1000, "{left} of 40,000 are left");
    assert_eq!(kept_by_function.call(&[]).unwrap(), [Val::I32(1)]);
    let element = kept_by_table.table().unwrap().get(0).unwrap();
    let Val::FuncRef(Some(f)) = element else { panic!("a function is in the table") };
    assert_eq!(f.call(&[]).unwrap(), [Val::I32(1)]);
    drop((kept_by_function, kept_by_table, f, store));
    assert_eq!(std::rc::Rc::strong_count(&alive), 1);
}

#[test]
fn no_mapping_is_writable_and_executable() {
    at_each_level(|engine| {
        let text = r#"(module (memory 1) (func (export "f") (result i32) (i32.const 1)))"#;
        let f = func(&instance(engine, text, |_| vec![]), "f");
        f.call(&[]).unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let wx: Vec<_> =
            maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|p| p.starts_with("rwx"))).collect();
        assert!(wx.is_empty(), "{wx:?}");
    });
}

#[test]
fn references_go_through_wasm_and_the_host_and_keep_their_objects() {
    at_each_level(|engine| {
        let text = r#"(module
            (import "" "h" (func $h (param externref funcref) (result funcref externref)))
            (table $t (export "t") 10 externref)
            (func (export "swap") (param externref funcref) (result funcref externref)
                (call $h (local.get 0) (local.get 1)))
            (func (export "keep") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
            (func (export "find") (param i32) (result externref) (table.get $t (local.get 0))))"#;
        let instance = instance(engine, text, |store| {
            let params = [ValType::ExternRef, ValType::FuncRef];
            let results = [ValType::FuncRef, ValType::ExternRef];
            let swap = Func::new(store, FuncType::new(params, results), |args, results| {
                results.clone_from_slice(&[args[1].clone(), args[0].clone()]);
                Ok(())
            });
            vec![Extern::Func(swap)]
        });
        let swap = func(&instance, "swap");
        let store = Store::new(engine).unwrap();
        let strange = Val::ExternRef(Some(wasmo::ExternRef::new(&store, ())));
        assert!(matches!(swap.call(&[strange, Val::FuncRef(None)]), Err(Error::Argument(_))));

        let alive = std::rc::Rc::new(());
        let object = |number: i32| wasmo::ExternRef::new(swap.store(), (number, alive.clone()));
        let (f, o) = (Val::FuncRef(Some(swap.clone())), Val::ExternRef(Some(object(-1))));
        assert_eq!(swap.call(&[o.clone(), f.clone()]).unwrap(), [f, o]);
        for i in 0..5000 {
            func(&instance, "keep").call(&[Val::I32(i % 10), Val::ExternRef(Some(object(i)))]).unwrap();
        }
        assert!(std::rc::Rc::strong_count(&alive) < 2000, "objects that were replaced are freed");
        for i in 0..10 {
            let found = func(&instance, "find").call(&[Val::I32(i)]).unwrap();
            let [Val::ExternRef(Some(object))] = found.as_slice() else { panic!("an object is in the table") };
            let (number, _) = object.data().downcast_ref::<(i32, std::rc::Rc<()>)>().unwrap();
            assert_eq!(*number, 4990 + i);
        }
    });
}

#[test]
fn canonical_nans_are_the_same_for_every_operator() {
    let unary = ["ceil", "floor", "trunc", "nearest", "sqrt"];
    let binary = ["add", "sub", "mul", "div", "min", "max"];
    let mut text = String::from("(module");
    for (bits, int) in [(32, "i32"), (64, "i64")] {
        let float = format!("(f{bits}.reinterpret_{int} (local.get 0))");
        let unary = unary.iter().map(|name| format!("(f{bits}.{name} {float})"));
        let binary = binary.iter().flat_map(|name| {
            [
                format!("(f{bits}.{name} {float} (f{bits}.const 1))"),
                format!("(f{bits}.{name} (f{bits}.const 1) {float})"),
            ]
        });
        for expr in unary.chain(binary) {
            text +=
                &format!("(func (export \"{expr}\") (param {int}) (result {int}) ({int}.reinterpret_f{bits} {expr}))");
        }
    }
    text += "(func (export \"demote\") (param i64) (result i32)
        (i32.reinterpret_f32 (f32.demote_f64 (f64.reinterpret_i64 (local.get 0)))))
        (func (export \"promote\") (param i32) (result i64)
        (i64.reinterpret_f64 (f64.promote_f32 (f32.reinterpret_i32 (local.get 0))))))";
    for level in [OptLevel::None, OptLevel::Optimized] {
        let engine = Engine::new(Config::new().opt_level(level).canonical_nans(true)).unwrap();
        let module = Module::new(text.as_bytes(), &engine).unwrap();
        let instance = module.instantiate(&Store::new(&engine).unwrap(), &[]).unwrap();
        for export in module.exports() {
            let func = instance.export(&export.name).and_then(|export| export.func().cloned()).unwrap();
            // A signalling NaN with a payload, negative.
            let arg = match func.ty().params()[0] {
                ValType::I32 => Val::I32(0xffa1_2345_u32 as i32),
                _ => Val::I64(0xfff4_5678_9abc_def0_u64 as i64),
            };
            let canonical = match func.ty().results()[0] {
                ValType::I32 => Val::I32(0x7fc0_0000),
                _ => Val::I64(0x7ff8_0000_0000_0000),
            };
            assert_eq!(func.call(&[arg]).unwrap(), [canonical], "{} at {level:?}", export.name);
        }
    }
}

#[test]
fn a_module_is_loaded_where_the_cpu_has_as_much() {
    let engine = |cpu| Engine::new(Config::new().cpu(cpu)).unwrap();
    let artifact = Module::new(b"(module (func (export \"f\")))", engine(Cpu::X86_64V2)).unwrap().dump().unwrap();
    // SAFETY: made by `dump`.
    assert!(unsafe { Module::load(&artifact, engine(Cpu::Native)) }.is_ok());
    if let Ok(v3) = Engine::new(Config::new().cpu(Cpu::X86_64V3)) {
        let artifact = Module::new(b"(module)", &v3).unwrap().dump().unwrap();
        // SAFETY: as above.
        let error = unsafe { Module::load(&artifact, engine(Cpu::X86_64V2)) }.unwrap_err().to_string();
        assert!(error.contains("which this CPU lacks") || error.contains("may use"), "{error}");
    }
}
