//! Code for 64-bit Arm, which is not run here: what it looks like. `cargo test --features aarch64 --test cross`.

mod support;

use object::elf::{R_AARCH64_CALL26, R_AARCH64_JUMP26};
use object::{Architecture, Object, ObjectSection, ObjectSymbol, RelocationFlags, SectionKind};
use std::collections::BTreeSet;
use support::process::in_a_process_with;
use wasmo::{Config, Cpu, Engine, Error, Module, OptLevel};

const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Optimized];

const MODULE: &str = r#"(module
    (type $t (func (param i32) (result i32)))
    (import "host" "f" (func $host (type $t)))
    (import "host" "many" (func $many (param i64 i64 i64 i64 i64 i64 i64 f64) (result i64 i64 f64 f64 i64)))
    (memory 1) (table 4 funcref) (elem (i32.const 0) $add $host)
    (global $counter (mut i64) (i64.const 77))
    (func $add (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
    (func $floats (export "floats") (param f64 f32) (result f64)
        (f64.add (f64.add (f64.ceil (local.get 0)) (f64.floor (local.get 0)))
            (f64.promote_f32 (f32.add (f32.trunc (local.get 1)) (f32.nearest (local.get 1))))))
    (func $calls (export "calls") (param i32) (result i32)
        (global.set $counter (i64.add (global.get $counter) (i64.const 1)))
        (i32.add (call $host (local.get 0)) (call_indirect (type $t) (local.get 0) (i32.const 1))))
    (func (export "spills") (result i64 i64 f64 f64 i64)
        (call $many (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)
            (f64.const 8)))
    (func (export "rest") (param i64 f64) (result i64)
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 9))
        (memory.copy (i32.const 0) (i32.const 1) (i32.const 9))
        (i64.store (i32.const 8) (i64.rem_s (i64.trunc_sat_f64_u (local.get 1)) (local.get 0)))
        (f32.store (i32.const 16) (f32.convert_i64_u (i64.popcnt (local.get 0))))
        (f64.store (i32.const 24) (f64.sqrt (f64.min (local.get 1) (f64.copysign (f64.const 1) (local.get 1)))))
        (i64.div_u (i64.rotl (i64.load32_u (i32.const 8)) (local.get 0)) (i64.trunc_f64_s (local.get 1)))))"#;

fn engine(config: Config) -> Engine {
    Engine::new(config.cpu(Cpu::Aarch64)).expect("an engine")
}

fn artifacts() -> impl Iterator<Item = Vec<u8>> {
    let artifact = |level| engine(Config::new().opt_level(level)).precompile(MODULE).expect("an artifact");
    LEVELS.into_iter().map(artifact)
}

/// The ELF files in an artifact: the module object and its unit.
fn objects(artifact: &[u8]) -> [object::File<'_>; 2] {
    let starts = artifact.windows(4).enumerate().filter(|(_, bytes)| *bytes == b"\x7fELF").map(|(at, _)| at);
    let files: Vec<_> = starts.map(|at| object::File::parse(&artifact[at..]).expect("an ELF object")).collect();
    files.try_into().expect("two objects")
}

#[test]
fn objects_are_for_arm_and_closed() {
    for artifact in artifacts() {
        for file in objects(&artifact) {
            assert_eq!(
                (file.architecture(), file.is_64(), file.is_little_endian()),
                (Architecture::Aarch64, true, true)
            );
            let wanted: Vec<_> = file.symbols().filter(|symbol| symbol.is_undefined()).collect();
            assert!(wanted.iter().all(|symbol| symbol.name() == Ok("")), "{wanted:?}");
        }
    }
}

#[test]
fn an_object_has_what_the_linker_looks_for() {
    for artifact in artifacts() {
        let [module, unit] = objects(&artifact);
        let names = |file: &object::File<'_>| -> BTreeSet<String> {
            file.symbols().filter_map(|symbol| Some(symbol.name().ok()?.to_owned())).collect()
        };
        for name in [
            "wasmo_context_image",
            "add_imported_function_resolver",
            "wasmo_entry_thunks",
            "wasmo_host_thunks",
            "host_thunk_1",
        ] {
            assert!(names(&module).contains(name), "{name} is not in {:?}", names(&module));
        }
        for name in ["wasmo_unit_0", "wasm_func_2", "wasm_func_6"] {
            assert!(names(&unit).contains(name), "{name} is not in {:?}", names(&unit));
        }
        let sections = |file: &object::File<'_>| -> BTreeSet<String> {
            file.sections().filter_map(|section| Some(section.name().ok()?.to_owned())).collect()
        };
        for (file, wanted) in [(&module, [".wasmo.context", ".debug_frame"]), (&unit, [".debug_line", ".debug_frame"])]
        {
            let sections = sections(file);
            assert!(wanted.iter().all(|name| sections.contains(*name)), "{wanted:?} in {sections:?}");
            assert!(!sections.contains(".eh_frame"), "{sections:?}");
        }
    }
}

/// What leaves a unit goes through addresses in the context: the code has no call that the linker would have to bind, and
/// refers to nothing but what lies in its own object.
#[test]
fn calls_go_through_the_context() {
    for artifact in artifacts() {
        for file in objects(&artifact) {
            for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
                let calls = section.relocations().filter(|(_, relocation)| {
                    matches!(relocation.flags(), RelocationFlags::Elf { r_type: R_AARCH64_CALL26 | R_AARCH64_JUMP26 })
                });
                assert_eq!(calls.count(), 0);
            }
        }
    }
}

/// The assembly of a function at a level, each instruction with one space behind its name. None in the process that makes
/// it.
fn assembly(test: &str, level: &str, func: usize) -> Option<String> {
    const LEVEL: &str = "WASMO_TEST_LEVEL";
    let text = in_a_process_with(&[("WASMO_DUMP", &func.to_string()), (LEVEL, level)], test, || {
        let mut config = Config::new();
        config.set("opt-level", &std::env::var(LEVEL).expect("a level")).expect("a level");
        engine(config).precompile(MODULE).expect("an artifact");
    })?;
    let text = text.split(&format!("module0.func{func}.s\n")).nth(1).expect("assembly");
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    Some(code.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect())
}

#[test]
fn arguments_and_results_are_in_registers() {
    const NAME: &str = "arguments_and_results_are_in_registers";
    let Some(add) = assembly(NAME, "optimized", 2) else { return };
    // The context is in x0.
    assert!(add.contains("add x0, x1, x2\n"), "{add}");
    assert!(add.contains("stp x29, x30, [sp") && add.contains("mov x29, sp\n") && add.contains("ret\n"), "{add}");
    let Some(floats) = assembly(NAME, "optimized", 3) else { return };
    for expected in ["frintp d", "frintm d", "frintz s", "frintn s", ", d0\n", ", s1\n"] {
        assert!(floats.contains(expected), "{expected:?} is missing: {floats}");
    }
    let Some(spills) = assembly(NAME, "optimized", 5) else { return };
    // Five integers in registers and two in the spill area.
    for expected in ["#1\n", "#5\n", "w1, ", "w5, ", "blr x"] {
        assert!(spills.contains(expected), "{expected:?} is missing: {spills}");
    }
    assert!(!spills.contains("w6, #6") && !spills.contains("x6, #6"), "{spills}");
}

#[test]
fn code_at_either_level_calls_by_address_and_keeps_a_frame() {
    for level in ["none", "optimized"] {
        let Some(calls) = assembly("code_at_either_level_calls_by_address_and_keeps_a_frame", level, 4) else { return };
        assert!(calls.matches("blr x").count() >= 2, "{calls}");
        assert!(!calls.lines().any(|line| line.starts_with("bl ")), "{calls}");
        assert!(calls.contains("stp x29, x30, [sp") && calls.contains("x29, sp") && calls.contains("ret\n"), "{calls}");
    }
}

#[test]
fn the_same_module_makes_the_same_artifact() {
    assert!(artifacts().eq(artifacts()));
}

#[test]
fn this_machine_refuses_it_and_says_why() {
    for (level, artifact) in LEVELS.into_iter().zip(artifacts()) {
        let arm = engine(Config::new().opt_level(level));
        let here = Engine::new(Config::new().opt_level(level)).expect("an engine");
        for (engine, expected) in
            [(&arm, "runs no code for aarch64-unknown-linux-gnu"), (&here, "made for the target aarch64")]
        {
            // SAFETY: made by wasmo.
            let error = unsafe { Module::load(&artifact, engine) }.expect_err("it is for Arm").to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = Module::new(MODULE, &arm).expect_err("it is for Arm").to_string();
        assert!(error.contains("runs no code for aarch64-unknown-linux-gnu"), "{error}");
    }
}

#[test]
fn code_that_would_check_the_stack_itself_is_refused() {
    for config in [Config::new().signal_handlers(false), Config::new().max_wasm_stack(1 << 20)] {
        let error = Engine::new(config.cpu(Cpu::Aarch64)).err().expect("refused");
        assert!(matches!(error, Error::Argument(_)));
        assert!(error.to_string().contains("aarch64-unknown-linux-gnu that checks the stack itself"), "{error}");
    }
}

#[test]
fn a_module_of_everything_compiles() {
    // All operators that could want something of a library, over and over, so that both levels see them in many shapes.
    let functions: String = (0..40)
        .map(|i| {
            format!(
                "(func (export \"f{i}\") (param i64 f64 f32 i32) (result f64) (local i64 f64)
                    (local.set 4 (i64.mul (i64.extend_i32_u (i32.popcnt (local.get 3))) (i64.const {i})))
                    (loop $l
                        (local.set 5 (f64.add (local.get 5) (f64.load offset={i} (i32.wrap_i64 (local.get 4)))))
                        (local.set 4 (i64.rem_u (i64.sub (local.get 4) (i64.const 1)) (i64.const {})))
                        (br_if $l (i64.gt_s (local.get 4) (i64.const 0))))
                    (f64.store (i32.const {i}) (f64.convert_i64_u (i64.trunc_sat_f32_s (local.get 2))))
                    (f64.max (f64.nearest (local.get 5)) (f64.promote_f32 (f32.demote_f64 (local.get 1)))))",
                i + 3
            )
        })
        .collect();
    for level in LEVELS {
        for config in [Config::new().canonical_nans(true), Config::new().fuel(true)] {
            let text = format!("(module (memory 1) {functions})");
            let artifact = engine(config.opt_level(level)).precompile(text).expect("an artifact");
            assert_eq!(objects(&artifact)[1].architecture(), Architecture::Aarch64);
        }
    }
}
