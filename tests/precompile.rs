//! Code for other machines than this one: levels of x86-64 that it has and such that it has not.

mod support;

use object::{Object, ObjectSymbol};
use support::process::in_a_process_with;
use support::{func, instantiate};
use wasmo::{Config, Cpu, Engine, Error, Module, OptLevel, Store};

const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Optimized];
const CPUS: [Cpu; 4] = [Cpu::X86_64, Cpu::X86_64V2, Cpu::X86_64V3, Cpu::X86_64V4];

/// Whatever a lesser CPU lacks an instruction for.
const MODULE: &str = r#"(module
    (memory 1) (table 1 funcref) (global $g (mut f64) (f64.const 2.5))
    (func (export "round") (param f64) (result f64)
        (f64.add (f64.add (f64.ceil (local.get 0)) (f64.mul (f64.floor (local.get 0)) (f64.const 10)))
            (f64.add (f64.mul (f64.trunc (local.get 0)) (f64.const 100)) (f64.mul (f64.nearest (local.get 0)) (f64.const 1000)))))
    (func (export "bits") (param i64) (result i64)
        (i64.add (i64.popcnt (local.get 0)) (i64.add (i64.clz (local.get 0)) (i64.ctz (local.get 0)))))
    (func (export "convert") (param f64) (result f64)
        (i64.store (i32.const 8) (i64.trunc_sat_f64_u (local.get 0)))
        (f32.store (i32.const 16) (f32.nearest (f32.convert_i64_u (i64.load (i32.const 8)))))
        (f64.add (f64.promote_f32 (f32.load (i32.const 16)))
            (f64.convert_i64_u (i64.rotl (i64.trunc_f64_u (f64.abs (local.get 0))) (i64.const 1)))))
    (func (export "divide") (param i64 i64) (result i64)
        (i64.add (i64.div_s (local.get 0) (local.get 1)) (i64.rem_u (local.get 0) (local.get 1)))))"#;

fn engine(level: OptLevel, cpu: Cpu) -> Engine {
    Engine::new(Config::new().opt_level(level).cpu(cpu)).expect("an engine, whatever this machine has")
}

fn run(module: &Module) {
    let instance = instantiate(&Store::new(module.engine()).expect("a store"), module, &[]);
    let call = |name: &str, x: f64| func(&instance, name).typed_call::<f64, f64>(x).expect("no trap");
    assert_eq!(call("round", 2.5), 3.0 + 20.0 + 200.0 + 2000.0);
    assert_eq!(call("round", -1.25), -1.0 - 20.0 - 100.0 - 1000.0);
    assert_eq!(call("convert", 3.75), 3.0 + 6.0);
    assert_eq!(func(&instance, "bits").typed_call::<i64, i64>(0xff0).expect("no trap"), 8 + 52 + 4);
    assert_eq!(func(&instance, "divide").typed_call::<(i64, i64), i64>((17, 5)).expect("no trap"), 3 + 2);
}

/// Whether this machine runs what the engine makes; else why not.
fn runs_here(engine: &Engine) -> Result<(), String> {
    match Module::new(MODULE, engine) {
        Ok(_) => Ok(()),
        Err(Error::Llvm(reason)) => Err(reason),
        Err(other) => panic!("expected the feature that is missing, found {other}"),
    }
}

#[test]
fn what_is_precompiled_is_what_a_module_is_dumped_to() {
    for level in LEVELS {
        for cpu in [Cpu::Native].into_iter().chain(CPUS) {
            let engine = engine(level, cpu);
            let artifact = engine.precompile(MODULE).expect("an artifact");
            if runs_here(&engine).is_err() {
                continue;
            }
            assert!(Module::new(MODULE, &engine).and_then(|module| module.dump()).expect("an artifact") == artifact);
            // SAFETY: made by wasmo.
            run(&unsafe { Module::load(&artifact, &engine) }.expect("a module"));
            // An engine for all that this machine has takes it, too.
            let native = Engine::new(Config::new().opt_level(level)).expect("an engine");
            // SAFETY: as above.
            run(&unsafe { Module::load(&artifact, &native) }.expect("a module"));
        }
    }
}

#[test]
fn an_artifact_for_a_better_cpu_is_refused_with_what_is_missing() {
    for (pair, first) in CPUS.windows(2).zip(["cx16", "avx", "avx512bw"]) {
        let artifact = engine(OptLevel::None, pair[1]).precompile(MODULE).expect("an artifact");
        let lesser = engine(OptLevel::None, pair[0]);
        if runs_here(&lesser).is_err() {
            continue;
        }
        // SAFETY: made by wasmo.
        let error = unsafe { Module::load(&artifact, &lesser) }.expect_err("it may use more").to_string();
        assert!(error.contains(&format!("may use {first}, which this CPU lacks")), "{error}");
    }
}

#[test]
fn a_machine_that_lacks_something_precompiles_and_says_what_it_lacks() {
    // Which level that is depends on the machine that the tests run on: none there, perhaps.
    for engine in CPUS.map(|cpu| engine(OptLevel::None, cpu)) {
        let Err(reason) = runs_here(&engine) else { continue };
        assert!(reason.contains("lacks") && reason.contains("; the level x86-64-v"), "{reason}");
        let artifact = engine.precompile(MODULE).expect("an artifact");
        // SAFETY: made by wasmo.
        let error = unsafe { Module::load(&artifact, &engine) }.expect_err("this machine does not run it").to_string();
        assert!(error.ends_with(&reason), "{error}");
        engine.validate(MODULE.as_bytes()).expect("valid, whatever it is for");
        Store::new(&engine).expect("a store");
    }
}

#[test]
fn what_is_not_valid_is_not_precompiled() {
    let engine = engine(OptLevel::None, Cpu::X86_64V4);
    assert!(matches!(engine.precompile("(module (func (result i32)))"), Err(Error::Invalid(_))));
    assert!(matches!(engine.precompile("(module (memory i64 1))"), Err(Error::Unsupported(_))));
}

/// The ELF files in an artifact.
fn objects(artifact: &[u8]) -> Vec<object::File<'_>> {
    let starts = artifact.windows(4).enumerate().filter(|(_, bytes)| *bytes == b"\x7fELF").map(|(at, _)| at);
    starts.map(|at| object::File::parse(&artifact[at..]).expect("an ELF object")).collect()
}

#[test]
fn no_level_calls_what_is_not_there() {
    for level in LEVELS {
        for cpu in CPUS {
            let artifact = engine(level, cpu).precompile(MODULE).expect("an artifact");
            let objects = objects(&artifact);
            assert_eq!(objects.len(), 2);
            for file in objects {
                let wanted: Vec<_> = file.symbols().filter(|symbol| symbol.is_undefined()).collect();
                assert!(wanted.iter().all(|symbol| symbol.name() == Ok("")), "{cpu:?}: {wanted:?}");
            }
        }
    }
}

#[test]
fn a_level_uses_what_it_has() {
    let assembly = |cpu: &str, test: &str| {
        in_a_process_with(&[("WASMO_DUMP", "0"), ("WASMO_TEST_CPU", cpu)], test, || {
            let cpu = std::env::var("WASMO_TEST_CPU").expect("what it is for");
            let mut config = Config::new();
            config.set("cpu", &cpu).expect("a level");
            Engine::new(config).and_then(|engine| engine.precompile(MODULE)).expect("an artifact");
        })
    };
    for (cpu, has, has_not) in
        [("x86-64", "addsd", "roundsd"), ("x86-64-v2", "roundsd", "vroundsd"), ("x86-64-v4", "vroundsd", "zmm")]
    {
        let Some(text) = assembly(cpu, "a_level_uses_what_it_has") else { return };
        let text = text.split("module0.func0.s\n").nth(1).expect("assembly");
        assert!(text.contains(has) && !text.contains(has_not), "{cpu}: {text}");
    }
}
