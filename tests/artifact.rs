//! Compiled modules as bytes: the same again wherever they are loaded, nothing done before it is needed, and nothing of
//! what was made for something else. What is damaged is tested in `artifact_damage.rs`.

mod support;

use std::fs;
use std::ops::Range;
use std::path::Path;
use support::directory::Directory;
use support::process::{cost, in_a_process};
use support::{checked_engines, engines, func, instantiate, leb128, module, trap};
use wasmo::{Config, Cpu, Engine, Error, Feature, Func, Module, Store, TrapCode};

/// A module with something of everything.
const MODULE: &str = r#"(module $everything
    (type $binary (func (param i32 i32) (result i32)))
    (import "host" "increment" (func $increment (param i32) (result i32)))
    (memory (export "memory") 1 3) (table $table 4 funcref) (global $g (mut i64) (i64.const 40))
    (elem (table $table) (i32.const 1) func $add $divide) (elem $passive func $add)
    (data (i32.const 8) "\2a\00\00\00") (data $late "passive") (data (i32.const 65532) "\01\02\03\04")
    (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
    (func $divide (type $binary) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "apply") (param i32 i32 i32) (result i32)
        (call_indirect $table (type $binary) (local.get 0) (local.get 1) (local.get 2)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "late") (result i32)
        (memory.init $late (i32.const 16) (i32.const 0) (i32.const 4)) (i32.load8_u (i32.const 19)))
    (func (export "count") (result i64) (global.set $g (i64.add (global.get $g) (i64.const 1))) (global.get $g))
    (func (export "via_host") (param i32) (result i32) (call $increment (call $increment (local.get 0)))))"#;

/// Runs what [`MODULE`] was made to.
fn check(module: &Module) {
    let store = Store::new(module.engine()).expect("a store");
    let increment = Func::wrap(&store, |value: i32| value + 1);
    let instance = instantiate(&store, module, &[increment.into()]);
    let apply = func(&instance, "apply");
    assert_eq!(apply.typed_call::<(i32, i32, i32), i32>((40, 2, 1)).unwrap(), 42);
    assert_eq!(apply.typed_call::<(i32, i32, i32), i32>((84, 2, 2)).unwrap(), 42);
    assert_eq!(func(&instance, "load").typed_call::<i32, i32>(8).unwrap(), 42);
    assert_eq!(func(&instance, "load").typed_call::<i32, i32>(65532).unwrap(), 0x0403_0201);
    assert_eq!(func(&instance, "late").typed_call::<(), i32>(()).unwrap(), i32::from(b's'));
    assert_eq!(func(&instance, "count").typed_call::<(), i64>(()).unwrap(), 41);
    assert_eq!(func(&instance, "via_host").typed_call::<i32, i32>(40).unwrap(), 42);
    // Traps know as much as ever of where they come from.
    let out_of_bounds = trap(func(&instance, "load").typed_call::<i32, i32>(-1));
    assert_eq!(out_of_bounds.code(), Some(TrapCode::MemoryOutOfBounds));
    let by_zero = trap(apply.typed_call::<(i32, i32, i32), i32>((1, 0, 2)));
    assert_eq!(by_zero.code(), Some(TrapCode::IntegerDivideByZero));
    let frames: Vec<_> = by_zero.frames().iter().map(|frame| (frame.func_index(), frame.func_name())).collect();
    assert_eq!(frames, [(2, Some("divide")), (3, None)]);
    assert_eq!((by_zero.frames()[0].module_name(), by_zero.frames()[0].func_offset()), (Some("everything"), 5));
}

/// What `dump` has made is loaded.
fn load(artifact: &[u8], engine: &Engine) -> Result<Module, Error> {
    // SAFETY: it is what `dump` has made, or refused.
    unsafe { Module::load(artifact, engine) }
}

fn load_file(path: &Path, engine: &Engine) -> Result<Module, Error> {
    // SAFETY: as above, and these tests change no file while they have a module of it.
    unsafe { Module::load_file(path, engine) }
}

#[test]
fn a_module_is_the_same_wherever_it_was_loaded_from() {
    let directory = Directory::made("loaded");
    let path = directory.0.join("artifact");
    for engine in engines().into_iter().chain(checked_engines()) {
        let compiled = module(&engine, MODULE);
        let artifact = compiled.dump().expect("an artifact");
        fs::write(&path, &artifact).expect("it is ours");
        let (of_bytes, of_file) = (load(&artifact, &engine).unwrap(), load_file(&path, &engine).unwrap());
        // The file may go, or become another.
        fs::write(directory.0.join("other"), b"another").expect("it is ours");
        fs::rename(directory.0.join("other"), &path).expect("it is ours");
        for module in [&compiled, &of_bytes, &of_file] {
            check(module);
        }
    }
}

#[test]
fn the_same_module_gives_the_same_bytes() {
    let directory = Directory::made("same-bytes");
    let path = directory.0.join("artifact");
    for engine in engines() {
        let compiled = module(&engine, MODULE);
        let artifact = compiled.dump().expect("an artifact");
        assert!(compiled.dump().unwrap() == artifact && module(&engine, MODULE).dump().unwrap() == artifact);
        check(&compiled);
        assert!(compiled.dump().unwrap() == artifact, "what was linked meanwhile plays no role");
        fs::write(&path, &artifact).expect("it is ours");
        for loaded in [load(&artifact, &engine).unwrap(), load_file(&path, &engine).unwrap()] {
            check(&loaded);
            assert!(loaded.dump().unwrap() == artifact && loaded.clone().dump().unwrap() == artifact);
        }
    }
    // It still says what it was made for, not what it was loaded for.
    let engine = |cpu| Engine::new(Config::new().cpu(cpu)).expect("an engine");
    let artifact = module(&engine(Cpu::X86_64V2), MODULE).dump().unwrap();
    assert!(load(&artifact, &engine(Cpu::Native)).unwrap().dump().unwrap() == artifact);
}

/// Functions of different code, enough for several compile units, with a constant that code of WebAssembly has as it is.
fn large_module() -> String {
    let body = "(drop (i64.const 0x1122334455667788))".repeat(12_000);
    let funcs = (0..4).map(|i| format!("(func (export \"f{i}\") (result i32) {body} (i32.const {i}))"));
    let data =
        r#"(memory 64) (data (i32.const 0) "0123456789abcdef")"#.replace("0123456789abcdef", &"x".repeat(4 << 20));
    format!("(module {data} {})", funcs.collect::<String>())
}

#[test]
fn nothing_is_decoded_compiled_or_linked_before_it_is_called() {
    let [engine, ..] = engines();
    let bytes = wat::parse_str(large_module()).expect("a module");
    let compiled = Module::new(&bytes, &engine).expect("a module");
    let artifact = compiled.dump().expect("an artifact");
    let before = compiled.statistics();
    assert!(before.units > 1 && !before.compile_time.is_zero());

    // There is no code of WebAssembly in an artifact: nothing that could be decoded and compiled.
    let constant = [&[0x42][..], &leb128(0x1122_3344_5566_7788)].concat();
    let has_wasm = |bytes: &[u8]| bytes.windows(constant.len()).any(|window| window == constant);
    assert!(has_wasm(&bytes) && !has_wasm(&artifact));

    let loaded = load(&artifact, &engine).unwrap();
    let figures = || loaded.statistics();
    assert!(figures().compile_time.is_zero());
    assert_eq!((figures().units, figures().linked_units), (before.units, 0));
    assert_eq!((figures().functions, figures().code_bytes), (before.functions, before.code_bytes));
    let store = Store::new(&engine).expect("a store");
    let instance = instantiate(&store, &loaded, &[]);
    assert_eq!(figures().linked_units, 0);
    assert_eq!(func(&instance, "f3").typed_call::<(), i32>(()).unwrap(), 3);
    assert_eq!(func(&instance, "f3").typed_call::<(), i32>(()).unwrap(), 3);
    assert_eq!(figures().linked_units, 1);
    assert_eq!(func(&instance, "f0").typed_call::<(), i32>(()).unwrap(), 0);
    assert_eq!(figures().linked_units, 2);
    assert!(figures().compile_time.is_zero());
}

/// The addresses of the mappings of a file.
fn mappings_of(path: &Path) -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").expect("the mappings");
    let name = path.to_str().expect("UTF-8");
    let of_file = maps.lines().filter(|line| line.ends_with(name));
    let range = |line: &str| {
        let (range, rest) = line.split_once(' ').expect("a range");
        assert!(rest.starts_with("r--p"), "{line}");
        let (start, end) = range.split_once('-').expect("two addresses");
        usize::from_str_radix(start, 16).expect("an address")..usize::from_str_radix(end, 16).expect("an address")
    };
    of_file.map(range).collect()
}

#[test]
fn a_file_is_mapped_and_bytes_are_copied_once() {
    in_a_process("a_file_is_mapped_and_bytes_are_copied_once", || {
        let directory = Directory::made("mapped");
        let path = fs::canonicalize(&directory.0).expect("it is there").join("artifact");
        let [engine, ..] = engines();
        let artifact = module(&engine, &large_module()).dump().expect("an artifact");
        fs::write(&path, &artifact).expect("it is ours");
        assert!(artifact.len() > 4 << 20);
        // What the first linking of a module leaves behind.
        drop(load(&artifact, &engine).unwrap());

        let (of_file, _, more) = cost(|| load_file(&path, &engine).unwrap());
        let mapped = mappings_of(&path);
        assert_eq!(mapped.len(), 1);
        let addresses = |module: &Module| -> Vec<Range<usize>> {
            let range = |object: &[u8]| object.as_ptr() as usize..object.as_ptr() as usize + object.len();
            module.objects().map(range).collect()
        };
        for object in addresses(&of_file) {
            assert!(mapped[0].start <= object.start && object.end <= mapped[0].end);
        }
        // The mapping itself counts as memory of the process, once.
        assert!(more < artifact.len() + (1 << 20), "{more} bytes for a file of {}", artifact.len());
        // Linking needs the objects where they are.
        let store = Store::new(&engine).expect("a store");
        let instance = instantiate(&store, &of_file, &[]);
        assert_eq!(func(&instance, "f2").typed_call::<(), i32>(()).unwrap(), 2);

        let (of_bytes, _, more) = cost(|| load(&artifact, &engine).unwrap());
        assert!(more < artifact.len() + (1 << 20), "{more} bytes for an artifact of {}", artifact.len());
        let objects = addresses(&of_bytes);
        let (first, last) = (objects.first().expect("objects").start, objects.last().expect("objects").end);
        assert!(last - first < artifact.len(), "all are parts of one copy");

        drop((instance, store, of_file));
        assert_eq!(mappings_of(&path), []);
    });
}

#[test]
fn files_that_are_no_artifacts_are_refused() {
    let directory = Directory::made("no-artifact");
    let [engine, ..] = engines();
    let reason = |path: &Path| load_file(path, &engine).unwrap_err().to_string();
    let missing = directory.0.join("missing");
    assert!(reason(&missing).starts_with(&format!("artifact: {}: ", missing.display())), "{}", reason(&missing));
    assert!(reason(&directory.0).contains("not a file"));
    assert!(reason(Path::new("/dev/zero")).contains("not a file"));
    let path = directory.0.join("file");
    let mut artifact = module(&engine, MODULE).dump().unwrap();
    for bytes in [&b""[..], b"\0asm\x01\0\0\0", b"(module)"] {
        fs::write(&path, bytes).expect("it is ours");
        assert!(reason(&path).contains("no artifact"));
    }
    fs::write(&path, &artifact[..artifact.len() - 1]).expect("it is ours");
    assert!(reason(&path).contains("damaged"));
    *artifact.last_mut().expect("bytes") ^= 1;
    fs::write(&path, &artifact).expect("it is ours");
    assert!(reason(&path).contains("damaged"));
}

/// The first occurrence of these bytes.
fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|window| window == wanted).expect("it is there")
}

#[test]
fn what_was_made_for_something_else_is_refused_with_the_reason() {
    let engine = |config: Config| Engine::new(config).expect("an engine");
    let here = engine(Config::new().cpu(Cpu::X86_64V2));
    let artifact = module(&here, MODULE).dump().unwrap();
    // Its record begins with the versions of wasmo and LLVM and the target, each behind its length.
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let (wasmo, target) = (position(&artifact, version), position(&artifact, b"x86_64-"));
    for (at, what) in [
        (wasmo, "made for wasmo "),
        (position(&artifact, b" (build ") + b" (build ".len(), "made for wasmo "),
        (target - 2, "made for LLVM "),
        (target, "made for the target "),
        (position(&artifact, b"sse4.2"), "which this CPU lacks"),
        (position(&artifact, b"multi-value"), "which is switched off"),
        (position(&artifact, b"memory unchecked"), "made for the configuration "),
        (position(&artifact, b"wasmo") + b"wasmo\r\n".len(), "its format has version "),
    ] {
        for sealed in [false, true] {
            let mut other = artifact.clone();
            other[at] += 1;
            if sealed {
                Module::seal_artifact(&mut other);
            }
            let reason = load(&other, &here).unwrap_err().to_string();
            assert!(reason.starts_with("artifact: ") && reason.contains(what), "{what}: {reason}");
        }
    }
    let refused = |from: &Config, to: &Config| {
        let artifact = module(&engine(from.clone()), "(module)").dump().unwrap();
        load(&artifact, &engine(to.clone())).map(drop).unwrap_err().to_string()
    };
    let base = Config::new();
    for other in [
        base.clone().signal_handlers(false),
        base.clone().memory_guard(64 << 10),
        base.clone().memory_reservation(16 << 20),
        base.clone().canonical_nans(true),
        base.clone().fuel(true),
        base.clone().max_wasm_stack(1 << 20),
    ] {
        for (from, to) in [(&base, &other), (&other, &base)] {
            let reason = refused(from, to);
            assert!(reason.contains("made for the configuration"), "{reason}");
        }
    }
    for feature in Feature::ALL {
        let reason = refused(&base, &base.clone().feature(feature, false));
        assert!(reason.contains(&format!("may use {}, which is switched off", feature.name())), "{reason}");
        let fewer = module(&engine(base.clone().feature(feature, false)), "(module)").dump().unwrap();
        assert!(load(&fewer, &engine(base.clone())).is_ok());
    }
    // The level of optimisation is nobody's business.
    let [none, optimized, ..] = engines();
    assert!(load(&module(&none, "(module)").dump().unwrap(), &optimized).is_ok());
}
