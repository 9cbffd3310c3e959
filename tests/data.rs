//! Active data segments: every instance starts with the same bytes, however they come into its memory, and whatever the
//! instances before it did.
//!
//! From the second instance on, large segments are mapped rather than copied. What must be there is computed here.

mod support;

use std::fs;
use support::process::{await_child, end_child, in_a_process, use_up_mappings};
use support::{checked_engines, configured_engines, engines, func, instantiate, module, trap_code};
use wasmo::{
    Config, Engine, Error, Global, GlobalType, Instance, Limits, Memory, Module, Mutability, OptLevel, Store, Table,
    TableType, TrapCode, Val, ValType,
};

const WASM_PAGE: usize = 1 << 16;
const PAGE: usize = 1 << 12;
/// A segment of so many bytes is worth a mapping.
const LARGE: usize = 144 << 10;

/// Where a segment is to be.
#[derive(Clone, Copy)]
enum Place {
    At(usize),
    /// In the imported global, which is `IMPORTED`.
    Global,
    Passive,
}
use Place::{At, Passive};

const IMPORTED: usize = 10_000;

/// A memory of some pages and its segments, each of so many bytes.
type Program<'a> = (&'a str, usize, &'a [(Place, usize)]);

const PROGRAMS: &[Program<'static>] = &[
    ("none", 1, &[]),
    ("a small one", 1, &[(At(8), 100)]),
    ("all of the memory", 3, &[(At(0), 3 * WASM_PAGE)]),
    ("up to the end", 3, &[(At(3 * WASM_PAGE - LARGE), LARGE)]),
    ("from a page on", 3, &[(At(3 * PAGE), LARGE)]),
    ("from before a page to behind another", 3, &[(At(3 * PAGE - 1), LARGE + 2)]),
    ("in the middle", 8, &[(At(5 * WASM_PAGE + 77), LARGE + 11)]),
    ("the same place twice", 3, &[(At(100), LARGE), (At(100), LARGE)]),
    ("some that overlap", 4, &[(At(1000), LARGE), (At(500), LARGE), (At(LARGE), 3000), (At(1000), 1), (At(0), 9)]),
    ("small ones in a large one", 3, &[(At(0), LARGE), (At(PAGE), 5), (At(2 * PAGE - 2), 4), (At(LARGE - 1), 1)]),
    ("with gaps", 8, &[(At(PAGE - 7), LARGE), (At(3 * WASM_PAGE), 9), (At(4 * WASM_PAGE - 1), LARGE)]),
    ("far apart", 300, &[(At(0), LARGE), (At(297 * WASM_PAGE), LARGE)]),
    ("empty ones", 3, &[(At(3 * WASM_PAGE), 0), (At(0), LARGE), (At(0), 0), (Passive, 0)]),
    ("passive ones between", 4, &[(Passive, 50), (At(200), LARGE), (Passive, LARGE), (At(WASM_PAGE), 70)]),
    ("one that an import places, last", 4, &[(At(0), LARGE), (Place::Global, 5000)]),
    ("one that an import places, in the middle", 4, &[(At(0), LARGE), (Place::Global, 5000), (At(12_000), 30)]),
    ("one that an import places, first", 4, &[(Place::Global, 5000), (At(0), LARGE)]),
];

/// The bytes of a segment, no two of which look alike.
fn bytes(segment: usize, length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 + i / 251 + segment * 59 + 1) as u8).collect()
}

fn text(&(_, pages, segments): &Program<'_>) -> String {
    let segment = |(index, (place, length)): (usize, &(Place, usize))| {
        let place = match place {
            At(offset) => format!("(i32.const {offset})"),
            Place::Global => "(global.get $base)".into(),
            Passive => String::new(),
        };
        let bytes: String = bytes(index, *length).iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!("(data $s{index} {place} \"{bytes}\")\n")
    };
    let segments: String = segments.iter().enumerate().map(segment).collect();
    format!(
        r#"(module (import "host" "base" (global $base i32)) (memory (export "memory") {pages})
            (func (export "grow") (result i32) (memory.grow (i32.const 1)))
            {segments})"#
    )
}

/// What the memory must start with.
fn model(&(_, pages, segments): &Program<'_>) -> Vec<u8> {
    let mut memory = vec![0; pages * WASM_PAGE];
    for (index, &(place, length)) in segments.iter().enumerate() {
        let start = match place {
            At(offset) => offset,
            Place::Global => IMPORTED,
            Passive => continue,
        };
        memory[start..start + length].copy_from_slice(&bytes(index, length));
    }
    memory
}

fn base(store: &Store) -> Global {
    let ty = GlobalType { content: ValType::I32, mutability: Mutability::Const };
    Global::new(store, ty, Val::I32(IMPORTED as i32)).expect("a global")
}

fn memory(instance: &Instance) -> Memory {
    instance.memory("memory").expect("it is exported")
}

fn contents(memory: &Memory) -> Vec<u8> {
    let mut found = vec![0xff; memory.data_size()];
    memory.read(0, &mut found).expect("all of it");
    found
}

/// Whether an instance starts as the model says; then spoils it, and what it grows by.
fn exercise(what: &str, instance: &Instance, expected: &[u8]) {
    let memory = memory(instance);
    let differs = |found: &[u8]| expected.iter().zip(found).position(|(expected, found)| expected != found);
    let found = contents(&memory);
    assert_eq!((differs(&found), found.len()), (None, expected.len()), "{what}");
    memory.write(0, &vec![0xaa; expected.len()]).expect("all of it");
    assert_eq!(func(instance, "grow").call(&[]).expect("no trap"), [Val::I32((expected.len() / WASM_PAGE) as i32)]);
    assert!(contents(&memory)[expected.len()..].iter().all(|byte| *byte == 0), "{what}");
    memory.write(expected.len(), &vec![0xbb; WASM_PAGE]).expect("what was grown");
}

/// Whether mappings of images are there.
fn images_are_mapped() -> bool {
    fs::read_to_string("/proc/self/maps").expect("the mappings").contains("wasmo-image")
}

#[test]
fn instance_after_instance_starts_with_the_same_bytes() {
    let small = |config: Config| config.memory_reservation(20 << 20);
    let engines = engines().into_iter().chain(checked_engines()).chain(configured_engines(small));
    for engine in engines {
        for program in PROGRAMS {
            let (module, expected) = (module(&engine, &text(program)), model(program));
            let store = Store::new(&engine).expect("a store");
            for _ in 0..3 {
                let instance = instantiate(&store, &module, &[base(&store).into()]);
                let other = instantiate(&store, &module, &[base(&store).into()]);
                exercise(program.0, &instance, &expected);
                exercise(program.0, &other, &expected);
                drop((instance, other));
                support::count::collect(&store);
            }
        }
    }
}

#[test]
fn address_space_of_one_module_serves_another() {
    let [engine, ..] = engines();
    let programs: Vec<_> = PROGRAMS.iter().map(|program| (module(&engine, &text(program)), program)).collect();
    for round in 0..6 {
        for (module, program) in &programs {
            let store = Store::new(&engine).expect("a store");
            let instances: Vec<_> = (0..round).map(|_| instantiate(&store, module, &[base(&store).into()])).collect();
            instances.iter().for_each(|instance| exercise(program.0, instance, &model(program)));
        }
    }
}

#[test]
fn threads_share_images() {
    let program = PROGRAMS.iter().find(|program| program.0 == "with gaps").expect("it is there");
    for engine in engines() {
        let module = module(&engine, &text(program));
        let work = || {
            for _ in 0..25 {
                let store = Store::new(&engine).expect("a store");
                exercise(program.0, &instantiate(&store, &module, &[base(&store).into()]), &model(program));
            }
        };
        std::thread::scope(|scope| (0..6).for_each(|_| drop(scope.spawn(work))));
    }
}

/// A module that leaves its functions in an imported table, then fails: what it has of memory can be looked at.
fn module_that_fails(engine: &Engine, segments: &str) -> Module {
    let large: String = bytes(0, LARGE).iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"(module (import "host" "table" (table 3 funcref)) (memory 3)
            (elem (i32.const 0) $load $init_first $init_last)
            (data $first (i32.const 5) "{large}")
            {segments}
            (func $load (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func $init_first (param i32) (result i32)
                (memory.init $first (i32.const 0) (i32.const 0) (local.get 0)) (i32.load8_u (i32.const 0)))
            (func $init_last (param i32) (result i32)
                (memory.init $last (i32.const 0) (i32.const 0) (local.get 0)) (i32.load8_u (i32.const 0))))"#
    );
    module(engine, &text)
}

/// Instantiates it some times; each time `check` may call its three functions.
fn fail(engine: &Engine, segments: &str, expected: TrapCode, check: impl Fn(&dyn Fn(u64, i32) -> Result<i32, Error>)) {
    let module = module_that_fails(engine, segments);
    for _ in 0..4 {
        let store = Store::new(engine).expect("a store");
        let ty = TableType { element: ValType::FuncRef, limits: Limits { min: 3, max: None } };
        let table = Table::new(&store, ty, Val::FuncRef(None)).expect("a table");
        assert_eq!(trap_code(module.instantiate(&store, &[table.clone().into()])), expected);
        check(&|index, argument| {
            let Some(Val::FuncRef(Some(func))) = table.get(index) else { panic!("no function at {index}") };
            func.typed_call::<i32, i32>(argument)
        });
    }
}

#[test]
fn segments_before_one_that_does_not_fit_are_there_and_dropped_and_those_behind_it_are_not() {
    let segments = r#"(data (i32.const 196606) "fit") (data $last (i32.const 5) "last")"#;
    for engine in engines().iter().chain(&checked_engines()) {
        fail(engine, segments, TrapCode::MemoryOutOfBounds, |call| {
            let (load, init_first, init_last) = (|at| call(0, at), |length| call(1, length), |length| call(2, length));
            for (at, byte) in (5..).zip(bytes(0, LARGE)).step_by(1001) {
                assert_eq!(load(at).expect("no trap"), i32::from(byte), "at {at}");
            }
            assert_eq!((load(0).expect("no trap"), load(196_607).expect("no trap")), (0, 0));
            assert_eq!(trap_code(init_first(1)), TrapCode::MemoryOutOfBounds);
            assert_eq!(init_last(4).expect("no trap"), i32::from(b'l'));
        });
    }
}

#[test]
fn no_data_is_there_if_elements_do_not_fit() {
    let segments = r#"(elem (i32.const 3) $load) (data $last (i32.const 5) "last")"#;
    for engine in engines().iter().chain(&checked_engines()) {
        fail(engine, segments, TrapCode::TableOutOfBounds, |call| {
            assert!((0..196_608).step_by(509).all(|at| call(0, at).expect("no trap") == 0));
            // Nothing is dropped either.
            assert_eq!(call(1, 1).expect("no trap"), i32::from(bytes(0, 1)[0]));
            assert_eq!(call(2, 1).expect("no trap"), i32::from(b'l'));
        });
    }
}

#[test]
fn passive_segments_are_there_until_they_are_dropped() {
    let large: String = bytes(0, LARGE).iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"(module (memory (export "memory") 3)
            (data $passive "passive") (data $active (i32.const 0) "{large}") (data $other "other")
            (func (export "passive") (memory.init $passive (i32.const 9) (i32.const 0) (i32.const 7)))
            (func (export "active") (memory.init $active (i32.const 0) (i32.const 0) (i32.const 1)))
            (func (export "other") (memory.init $other (i32.const 0) (i32.const 0) (i32.const 5)))
            (func (export "drop") (data.drop $passive) (data.drop $active)))"#
    );
    for engine in engines() {
        let (module, store) = (module(&engine, &text), Store::new(&engine).expect("a store"));
        for _ in 0..3 {
            let instance = instantiate(&store, &module, &[]);
            let call = |name: &str| func(&instance, name).call(&[]);
            assert_eq!(trap_code(call("active")), TrapCode::MemoryOutOfBounds);
            assert_eq!(call("passive").expect("no trap"), []);
            let mut expected = bytes(0, LARGE);
            expected[9..16].copy_from_slice(b"passive");
            assert!(contents(&memory(&instance)).starts_with(&expected));
            call("drop").expect("no trap");
            assert_eq!(trap_code(call("passive")), TrapCode::MemoryOutOfBounds);
            assert_eq!(trap_code(call("active")), TrapCode::MemoryOutOfBounds);
            assert_eq!(call("other").expect("no trap"), []);
        }
    }
}

/// Gives `work` a store, and what makes an instance in it with a large segment, which it checks.
fn with_large_segment(work: impl FnOnce(&Store, &dyn Fn() -> Result<Instance, Error>)) {
    let program = ("a large one", 3, &[(At(PAGE), LARGE)][..]);
    let engine = Engine::new(Config::new().opt_level(OptLevel::None)).expect("an engine");
    let (module, store) = (module(&engine, &text(&program)), Store::new(&engine).expect("a store"));
    let (base, expected) = (base(&store), model(&program));
    let make = || {
        let instance = module.instantiate(&store, &[base.clone().into()])?;
        exercise(program.0, &instance, &expected);
        Ok(instance)
    };
    work(&store, &make);
}

#[test]
fn images_end_with_their_module() {
    in_a_process("images_end_with_their_module", || {
        with_large_segment(|_, make| {
            drop(make().expect("an instance"));
            assert!(!images_are_mapped(), "one instance is not worth it");
            drop(make().expect("an instance"));
            assert!(images_are_mapped());
        });
        assert!(!images_are_mapped());
    });
}

#[test]
fn without_files_segments_are_copied() {
    in_a_process("without_files_segments_are_copied", || {
        with_large_segment(|_, make| {
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: writes the structure.
            assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) }, 0);
            // SAFETY: reads the structure.
            let set = |limit| assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
            set(libc::rlimit { rlim_cur: 0, ..limit });
            let instances: Vec<_> = (0..10).map(|_| make().expect("an instance")).collect();
            set(limit);
            assert!(!images_are_mapped());
            drop(instances);
        });
    });
}

#[test]
fn without_mappings_segments_are_copied() {
    in_a_process("without_mappings_segments_are_copied", || {
        with_large_segment(|store, make| {
            drop((0..10).map(|_| make().expect("an instance")).collect::<Vec<_>>());
            support::count::collect(store);
            assert!(images_are_mapped());
            let mut pages = use_up_mappings();
            // With one more free each time, every step fails once for want of one.
            for free in 0..40 {
                let mut instances = Vec::new();
                let error = loop {
                    match make() {
                        Ok(instance) => instances.push(instance),
                        Err(error) => break error,
                    }
                };
                assert!(matches!(error, Error::Limit(_)), "{free}: {error:?}");
                let page = pages.pop().expect("there are thousands");
                // SAFETY: it is ours, and nothing refers to it.
                assert_eq!(unsafe { libc::munmap(page, PAGE) }, 0);
            }
            // SAFETY: as above.
            pages.into_iter().for_each(|page| assert_eq!(unsafe { libc::munmap(page, PAGE) }, 0));
            make().expect("there is room again");
        });
    });
}

#[test]
fn forked_children_have_images_of_their_own() {
    in_a_process("forked_children_have_images_of_their_own", || {
        with_large_segment(|_, make| {
            drop((0..3).map(|_| make().expect("an instance")).collect::<Vec<_>>());
            for _ in 0..3 {
                // SAFETY: the child uses what this thread has, and ends without running anything else.
                let child = unsafe { libc::fork() };
                end_child(child, || (0..5).all(|_| make().is_ok()));
                make().expect("an instance");
                await_child(child);
            }
        });
    });
}
