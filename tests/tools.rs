//! What tools get to know of the code: the map of `perf`, what debuggers are told, and dumps of single functions. What
//! gdb makes of it, a C test looks at.

mod support;

use object::{Object, ObjectSection, ObjectSymbol};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use support::process::{in_a_process, in_a_process_with};
use support::{func, instantiate, module};
use wasmo::{Config, Engine, Error, Extern, Func, FuncType, Module, OptLevel, Store, Val, ValType};

const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Optimized];

const SHOP: &str = r#"(module $shop
    (import "host" "f" (func $host (param i32)))
    (func $double (export "double") (param $x i32) (result i32)
        (i32.mul (local.get $x) (i32.const 2)))
    (func (export "nameless") (param i32) (result i32)
        (i32.add (local.get 0) (i32.const 3)))
    (func $"odd\0aname" (export "odd") (param $x f64) (result f64)
        (f64.add (local.get $x) (f64.const 0.75))))"#;

/// Calls what the shop exports.
fn run(shop: &Module) {
    let store = Store::new(shop.engine()).expect("a store");
    let host = Func::new(&store, FuncType::new([ValType::I32], []), |_, _| Ok(()));
    let instance = instantiate(&store, shop, &[Extern::Func(host)]);
    let call = |name, argument| func(&instance, name).call(&[argument]).expect("no trap");
    assert_eq!(call("double", Val::I32(4)), [Val::I32(8)]);
    assert_eq!(call("nameless", Val::I32(4)), [Val::I32(7)]);
    assert_eq!(call("odd", Val::F64(1.5_f64.to_bits())), [Val::F64(2.25_f64.to_bits())]);
}

fn perf_map() -> PathBuf {
    PathBuf::from(format!("/tmp/perf-{}.map", std::process::id()))
}

/// The lines of the map: start, size and name.
fn lines_of_perf_map() -> Vec<(usize, usize, String)> {
    let text = fs::read_to_string(perf_map()).expect("a map");
    assert!(text.ends_with('\n'), "the last line is whole");
    let hex = |text: Option<&str>, line: &str| {
        let number = text.and_then(|text| usize::from_str_radix(text, 16).ok());
        number.unwrap_or_else(|| panic!("no hexadecimal number: {line:?}"))
    };
    let parse = |line: &str| {
        let mut fields = line.splitn(3, ' ');
        let (start, size) = (hex(fields.next(), line), hex(fields.next(), line));
        (start, size, fields.next().unwrap_or_else(|| panic!("no name: {line:?}")).to_owned())
    };
    text.lines().map(parse).collect()
}

/// The code of a function in an object that nothing in it needs to be relocated of.
fn code_of<'a>(object: &'a [u8], name: &str) -> &'a [u8] {
    let file = object::File::parse(object).expect("an ELF object");
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name)).expect("the function");
    let text = file.section_by_index(symbol.section_index().expect("a section")).expect("a section");
    let start = symbol.address() as usize;
    &text.data().expect("code")[start..start + symbol.size() as usize]
}

#[test]
fn perf_is_told_what_code_there_is_where() {
    in_a_process("perf_is_told_what_code_there_is_where", || {
        for (level, handlers) in LEVELS.into_iter().flat_map(|level| [(level, true), (level, false)]) {
            let _ = fs::remove_file(perf_map());
            let config = Config::new().opt_level(level).signal_handlers(handlers).perf_map(true);
            let shop = module(&Engine::new(config).expect("an engine"), SHOP);
            let names = || lines_of_perf_map().into_iter().map(|(_, _, name)| name).collect::<BTreeSet<_>>();
            // What is not linked has no code yet.
            assert!(names().contains("shop[plt]") && names().contains("shop!entry_thunk_0"), "{:?}", names());
            assert!(!names().contains("shop!double"), "{:?}", names());
            run(&shop);
            let mut lines = lines_of_perf_map();
            let address = |name: &str| {
                let found: Vec<_> = lines.iter().filter(|line| line.2 == name).collect();
                assert_eq!(found.len(), 1, "{name} in {lines:?}");
                (found[0].0, found[0].1)
            };
            let unit = shop.objects().nth(1).expect("a unit");
            for (symbol, name) in [("wasm_func_1", "shop!double"), ("wasm_func_2", "shop[func 2]")] {
                let (start, size) = address(name);
                // SAFETY: the module is alive, and its code can be read.
                let code = unsafe { std::slice::from_raw_parts(start as *const u8, size) };
                assert_eq!(code, code_of(unit, symbol), "{name}");
            }
            address("shop!odd_name");
            address("shop!host_thunk_0");
            lines.sort();
            assert!(lines.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "they overlap: {lines:?}");
            fs::remove_file(perf_map()).expect("the map");
        }
    });
}

#[test]
fn lines_of_several_threads_do_not_mix() {
    in_a_process("lines_of_several_threads_do_not_mix", || {
        const THREADS: usize = 4;
        const MODULES: usize = 20;
        let _ = fs::remove_file(perf_map());
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || {
                    let config = Config::new().opt_level(OptLevel::None).perf_map(true);
                    let engine = Engine::new(config).expect("an engine");
                    for i in 0..MODULES {
                        run(&module(&engine, &SHOP.replace("$shop", &format!("$shop_{thread}_{i}"))));
                    }
                });
            }
        });
        let names: BTreeSet<_> = lines_of_perf_map().into_iter().map(|(_, _, name)| name).collect();
        for (thread, i) in (0..THREADS).flat_map(|thread| (0..MODULES).map(move |i| (thread, i))) {
            for function in ["!double", "[func 2]", "!odd_name", "[plt]"] {
                assert!(names.contains(&format!("shop_{thread}_{i}{function}")), "{thread} {i} {function}");
            }
        }
        fs::remove_file(perf_map()).expect("the map");
    });
}

#[test]
fn perf_has_no_map_unless_it_is_asked_for() {
    in_a_process("perf_has_no_map_unless_it_is_asked_for", || {
        let _ = fs::remove_file(perf_map());
        run(&module(&Engine::new(Config::new()).expect("an engine"), SHOP));
        assert!(!perf_map().exists());
        // One that cannot be written is an error at once.
        std::os::unix::fs::symlink("/nonexistent/map", perf_map()).expect("a link");
        assert!(matches!(Engine::new(Config::new().perf_map(true)), Err(Error::Limit(_))));
        fs::remove_file(perf_map()).expect("the link");
    });
}

/// What the interface of gdb lists, from its documentation.
mod listed {
    #[repr(C)]
    pub struct Entry {
        next: *const Entry,
        previous: *const Entry,
        object: *const u8,
        size: u64,
    }

    #[repr(C)]
    struct Descriptor {
        version: u32,
        action: u32,
        relevant: *const Entry,
        first: *const Entry,
    }

    unsafe extern "C" {
        #[link_name = "__jit_debug_descriptor"]
        static mut DESCRIPTOR: Descriptor;
    }

    /// All objects, when no thread makes or drops modules.
    pub fn objects() -> Vec<&'static [u8]> {
        let mut objects = Vec::new();
        // SAFETY: the list is what it says, and nobody changes it meanwhile.
        unsafe {
            let descriptor = (&raw const DESCRIPTOR).read_volatile();
            assert_eq!((descriptor.version, descriptor.action, descriptor.relevant.is_null()), (1, 0, true));
            let (mut entry, mut previous) = (descriptor.first, std::ptr::null());
            while let Some(this) = entry.as_ref() {
                assert_eq!(this.previous, previous);
                objects.push(std::slice::from_raw_parts(this.object, this.size as usize));
                (entry, previous) = (this.next, entry);
            }
        }
        objects
    }
}

#[test]
fn debuggers_are_told_of_code_as_long_as_it_is_there() {
    in_a_process("debuggers_are_told_of_code_as_long_as_it_is_there", || {
        for level in LEVELS {
            let shop = || module(&Engine::new(Config::new().opt_level(level).gdb(true)).expect("an engine"), SHOP);
            let kept = shop();
            assert_eq!(listed::objects().len(), 1, "nothing else is linked yet");
            run(&kept);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..10).for_each(|_| run(&shop())));
                }
            });
            let objects = listed::objects();
            assert_eq!(objects.len(), 2);
            let file = object::File::parse(objects[0]).expect("an ELF object");
            let text = file.section_by_name(".text").expect("code");
            let symbol = |name: &str| file.symbols().find(|symbol| symbol.name() == Ok(name)).expect("a symbol");
            // The nameless function keeps the name of its symbol.
            for (name, original) in [("double", "wasm_func_1"), ("wasm_func_2", "wasm_func_2")] {
                let start = text.address() + symbol(name).address();
                let size = symbol(name).size() as usize;
                // SAFETY: the module is alive, and its code can be read.
                let code = unsafe { std::slice::from_raw_parts(start as *const u8, size) };
                assert_eq!(code, code_of(kept.objects().nth(1).expect("a unit"), original), "{name}");
            }
            assert_eq!(symbol("odd\nname").section_index(), Some(text.index()));
            let loaded = |section: &object::Section<'_, '_>| section.address() != 0;
            assert_eq!(file.sections().filter(loaded).count(), 1);
            drop(kept);
            assert!(listed::objects().is_empty());
        }
    });
}

/// The files in a directory, by name.
fn files(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory");
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn functions_are_dumped_in_every_stage() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dump");
    let variables = [("WASMO_DUMP", "double, 3,no such function"), ("WASMO_DUMP_DIR", dir.to_str().expect("UTF-8"))];
    in_a_process_with(&variables, "functions_are_dumped_in_every_stage", || {
        let _ = fs::remove_dir_all(&dir);
        let cache = dir.with_extension("cache");
        let _ = fs::remove_dir_all(&cache);
        let config = |level| Config::new().opt_level(level).cache(&cache);
        let compile = |level| module(&Engine::new(config(level)).expect("an engine"), SHOP);
        let dumped = LEVELS.map(compile);
        let ends = |module: usize, ends: &[&str]| {
            let name = |func: usize| ends.iter().map(move |end| format!("module{module}.func{func}.{end}"));
            [1, 3].into_iter().flat_map(name).collect::<Vec<_>>()
        };
        let optimized = ends(1, &["ll", "optimized.ll", "s", "wat"]);
        assert_eq!(files(&dir), [ends(0, &["ll", "s", "wat"]), optimized].concat());

        let text = |name: &str| fs::read_to_string(dir.join(name)).expect("a dump");
        for module in 0..LEVELS.len() {
            let wat = text(&format!("module{module}.func1.wat"));
            assert!(wat.contains("(func $double (;1;)") && wat.contains("    local.get $x\n"), "{wat}");
            assert!(wat.lines().all(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit())), "{wat}");
            assert!(!wat.contains("i32.add"), "{wat}");
            let ir = text(&format!("module{module}.func1.ll"));
            assert!(
                ir.starts_with("; Function Attrs") && ir.contains("@wasm_func_1(") && ir.contains("alloca"),
                "{ir}"
            );
            let assembly = text(&format!("module{module}.func3.s"));
            // With the constant that it adds.
            assert!(assembly.contains("wasm_func_3:") && assembly.contains("0x3fe8000000000000"), "{assembly}");
            assert!(assembly.contains(".Lfunc_end") && !assembly.contains("wasm_func_1"), "{assembly}");
        }
        let ir = text("module1.func1.optimized.ll");
        assert!(ir.contains("shl i32") && !ir.contains("alloca"), "{ir}");

        // The variables are read when an engine is made. The code is the same without them.
        // SAFETY: no other thread of this process reads the environment.
        unsafe { std::env::remove_var("WASMO_DUMP") };
        let before = files(&dir);
        for (module, level) in dumped.iter().zip(LEVELS) {
            run(module);
            assert!(module.objects().eq(compile(level).objects()));
        }
        assert_eq!(files(&dir), before);

        // Also what is in the cache by now.
        // SAFETY: as above.
        unsafe { std::env::set_var("WASMO_DUMP", "double") };
        compile(OptLevel::None);
        assert_eq!(files(&dir).len(), before.len() + 3);

        // SAFETY: as above.
        unsafe { std::env::set_var("WASMO_DUMP_DIR", "/dev/null/dump") };
        let error = Engine::new(Config::new()).err().expect("no directory");
        assert!(error.to_string().contains("WASMO_DUMP_DIR: /dev/null/dump"), "{error}");
    });
}

#[test]
fn functions_are_dumped_to_the_error_stream() {
    let test = "functions_are_dumped_to_the_error_stream";
    let text = in_a_process_with(&[("WASMO_DUMP", "2")], test, || {
        run(&module(&Engine::new(Config::new()).expect("an engine"), SHOP))
    });
    let Some(text) = text else { return };
    for expected in ["module0.func2.wat\n", "module0.func2.optimized.ll\n", "i32.const 3\n", "wasm_func_2:", "ret"] {
        assert!(text.contains(expected), "{expected} is missing: {text}");
    }
}
