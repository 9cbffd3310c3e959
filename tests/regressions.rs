//! Bugs that were found by reading and fuzzing, each as the smallest program that showed it.

use std::rc::Rc;
use wasmo::{
    Config, Engine, Error, Extern, Func, FuncType, Global, GlobalType, Module, Mutability, OptLevel, Store, Val,
    ValType,
};

fn engines() -> [Engine; 2] {
    [OptLevel::None, OptLevel::Optimized].map(|level| Engine::new(Config::new().opt_level(level)).expect("an engine"))
}

#[test]
fn an_instance_outlives_a_start_function_of_the_host_that_makes_many_entities() {
    for engine in engines() {
        let store = Store::new(&engine).unwrap();
        let inner = store.clone();
        let start = Func::new(&store, FuncType::new([], []), move |_, _| {
            for i in 0..2000 {
                let ty = GlobalType { content: ValType::I32, mutability: Mutability::Const };
                Global::new(&inner, ty, Val::I32(i)).unwrap();
            }
            Ok(())
        });
        let text = r#"(module (import "" "s" (func $s)) (start $s) (global (export "g") i32 (i32.const 5)))"#;
        let module = Module::new(text.as_bytes(), &engine).unwrap();
        let instance = module.instantiate(&store, &[Extern::Func(start)]).unwrap();
        assert_eq!(instance.export("g").unwrap().global().unwrap().get(), Val::I32(5));
    }
}

#[test]
fn a_thread_whose_stack_has_no_guard_is_refused() {
    let [engine, _] = engines();
    let text = r#"(module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0)))))"#;
    let module = Module::new(text.as_bytes(), &engine).unwrap();
    let run = move || {
        let store = Store::new(module.engine()).unwrap();
        let instance = module.instantiate(&store, &[]).unwrap();
        let f = instance.export("f").unwrap().func().cloned().unwrap();
        match f.call(&[Val::I32(3)]) {
            Err(Error::Trap(trap)) => trap.message().to_owned(),
            other => format!("{other:?}"),
        }
    };
    assert!(without_guard(run).contains("no guard page"));
}

/// Runs a closure on a thread whose stack is a piece of the heap.
fn without_guard(run: impl FnOnce() -> String + Send) -> String {
    extern "C" fn start<F: FnOnce() -> String + Send>(argument: *mut libc::c_void) -> *mut libc::c_void {
        // SAFETY: the argument is the cell that `without_guard` waits for.
        let cell = unsafe { &mut *argument.cast::<(Option<F>, String)>() };
        if let Some(run) = cell.0.take() {
            cell.1 = run();
        }
        std::ptr::null_mut()
    }
    fn spawn<F: FnOnce() -> String + Send>(cell: &mut (Option<F>, String)) {
        const SIZE: usize = 4 << 20;
        let mut stack = vec![0u128; SIZE / size_of::<u128>()];
        // SAFETY: stack and cell live until the thread is joined.
        unsafe {
            let mut attributes = std::mem::zeroed();
            libc::pthread_attr_init(&mut attributes);
            assert_eq!(libc::pthread_attr_setstack(&mut attributes, stack.as_mut_ptr().cast(), SIZE), 0);
            let mut thread = 0;
            let argument = std::ptr::from_mut(cell).cast();
            assert_eq!(libc::pthread_create(&mut thread, &attributes, start::<F>, argument), 0);
            libc::pthread_join(thread, std::ptr::null_mut());
            libc::pthread_attr_destroy(&mut attributes);
        }
    }
    let mut cell = (Some(run), String::new());
    spawn(&mut cell);
    cell.1
}

#[test]
fn a_block_with_parameters_may_stand_where_nothing_is_reachable() {
    let text = "(module (func unreachable (block (param i32 i32) drop drop) (if (param i32) (then drop) (else drop))))";
    for engine in engines() {
        Module::new(text.as_bytes(), &engine).unwrap();
    }
}

#[test]
fn branches_that_carry_too_much_are_an_error_and_not_gigabytes() {
    let results = "i32 ".repeat(1000);
    let values = "i32.const 1 ".repeat(1000);
    let branches = "(br_if 0 (local.get 0)) ".repeat(5000);
    let drops = "drop ".repeat(1000);
    let text = format!("(module (func (param i32) (block (result {results}) {values} {branches}) {drops}))");
    for engine in engines() {
        assert!(matches!(Module::new(text.as_bytes(), &engine), Err(Error::Limit(_))));
    }
}

#[test]
fn dead_instances_with_large_memories_do_not_pile_up() {
    let [engine, _] = engines();
    let store = Store::new(&engine).unwrap();
    let alive = Rc::new(());
    let text = r#"(module (import "" "h" (func)) (memory 4096) (export "h" (func 0)))"#;
    let module = Module::new(text.as_bytes(), &engine).unwrap();
    for _ in 0..100 {
        let token = alive.clone();
        let host = Func::new(&store, FuncType::new([], []), move |_, _| {
            let _ = &token;
            Ok(())
        });
        module.instantiate(&store, &[Extern::Func(host)]).unwrap();
        assert!(Rc::strong_count(&alive) < 10, "256 MiB each");
    }
}

#[test]
fn a_load_that_select_does_not_choose_traps_all_the_same() {
    for (ty, other) in [("i32", "7"), ("i64", "7"), ("f32", "7"), ("f64", "7"), ("f64", "0")] {
        for choose in ["(local.get 1)", "(i32.eqz (local.get 1))"] {
            let (load, other) = (format!("({ty}.load (local.get 0))"), format!("({ty}.const {other})"));
            for operands in [format!("{load} {other}"), format!("{other} {load}")] {
                let text = format!(
                    r#"(module (memory 1) (func (export "f") (param i32 i32) (result {ty}) (select {operands} {choose})))"#
                );
                for engine in engines() {
                    let module = Module::new(text.as_bytes(), &engine).unwrap();
                    let instance = module.instantiate(&Store::new(&engine).unwrap(), &[]).unwrap();
                    let f = instance.export("f").and_then(|export| export.func().cloned()).unwrap();
                    for condition in [0, 1] {
                        assert!(f.call(&[Val::I32(0), Val::I32(condition)]).is_ok());
                        let outcome = f.call(&[Val::I32(0x10000), Val::I32(condition)]);
                        assert!(matches!(outcome, Err(Error::Trap(_))), "{text}: {outcome:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn arithmetic_with_what_turns_out_to_be_a_constant_quiets_nans() {
    let never = "(i64.lt_u (local.get 1) (i64.const 0))";
    let bodies = [
        format!("(f64.sub (local.get 0) (f64.convert_i32_s {never}))"),
        format!("(f64.mul (local.get 0) (f64.convert_i32_s (i32.eqz {never})))"),
        format!("(f64.div (local.get 0) (f64.convert_i32_s (i32.eqz {never})))"),
        format!("(f64.add (local.get 0) (f64.neg (f64.convert_i32_s {never})))"),
    ];
    for body in bodies {
        // With two results, LLVM's quick instruction selection leaves the block to the one that folds.
        let text = format!(r#"(module (func (export "f") (param f64 i64) (result f64 i32) {body} (i32.const 1)))"#);
        for engine in engines() {
            let module = Module::new(text.as_bytes(), &engine).unwrap();
            let instance = module.instantiate(&Store::new(&engine).unwrap(), &[]).unwrap();
            let f = instance.export("f").and_then(|export| export.func().cloned()).unwrap();
            let results = f.call(&[Val::F64(0x7ff0_0000_0000_0001), Val::I64(1)]).unwrap();
            assert!(matches!(results[0], Val::F64(bits) if bits & 0x7ff8 << 48 == 0x7ff8 << 48), "{text}: {results:?}");
        }
    }
}

#[test]
fn an_unsigned_conversion_of_a_negative_number_rounds() {
    let cases = [
        ("(result i64) (i64.trunc_f64_u (f64.convert_i64_u (i64.trunc_f32_s (local.get 0))))", Val::I64(-4_194_304)),
        ("(result i32) (i32.trunc_f32_u (f32.convert_i32_u (i32.trunc_f32_s (local.get 0))))", Val::I32(-4_194_304)),
    ];
    for (body, expected) in cases {
        let text = format!(r#"(module (func (export "f") (param f32) {body}))"#);
        for engine in engines() {
            let module = Module::new(text.as_bytes(), &engine).unwrap();
            let instance = module.instantiate(&Store::new(&engine).unwrap(), &[]).unwrap();
            let f = instance.export("f").and_then(|export| export.func().cloned()).unwrap();
            assert_eq!(
                f.call(&[Val::F32((-4_194_303f32).to_bits())]).unwrap(),
                std::slice::from_ref(&expected),
                "{body}"
            );
        }
    }
}

#[test]
fn a_loop_whose_end_is_known_compiles() {
    for engine in engines() {
        let text = r#"(module (func (export "f") (result i32) (local $i i32)
            (local.set $i (i32.const 5))
            (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
            (local.get $i)))"#;
        let module = Module::new(text, &engine).unwrap();
        let instance = module.instantiate(&Store::new(&engine).unwrap(), &[]).unwrap();
        assert_eq!(instance.func("f").unwrap().typed_call::<(), i32>(()).unwrap(), 0);
    }
}

#[test]
fn arithmetic_on_what_is_a_number_in_the_end_quiets_signalling_nans() {
    for engine in engines() {
        let add = |zero| format!("(i32.reinterpret_f32 (f32.add {zero} (f32.reinterpret_i32 (local.get 0))))");
        for zero in [
            "(f32.copysign (f32.const -0x0p+0) (f32.const -0x1p+32))",
            "(f32.neg (f32.abs (f32.const -0x0p+0)))",
            "(f32.copysign (f32.abs (f32.const 0)) (f32.neg (f32.const 1)))",
        ] {
            let text = format!(r#"(module (func (export "f") (param i32) (result i32) {}))"#, add(zero));
            let instance = Module::new(text, &engine).unwrap().instantiate(&Store::new(&engine).unwrap(), &[]).unwrap();
            let signalling = 0x7f8a_8d29;
            let found = instance.func("f").unwrap().typed_call::<i32, i32>(signalling).unwrap();
            assert_eq!(found, signalling | 0x0040_0000, "{zero}");
        }
    }
}
