//! The objects that a module is linked from, as tools for ELF see them.

use object::{Object, ObjectSection, ObjectSymbol};
use wasmo::{Config, Engine, Module, OptLevel};

const MODULE: &str = r#"(module
    (import "env" "print" (func $print (param i32)))
    (import "env" "base" (global $base i32))
    (memory (export "memory") 1)
    (table funcref (elem $print $double))
    (global $counter (mut i32) (i32.const 77))
    (data (i32.const 0) "data")
    (func $double (export "double") (param i32) (result i32)
        (global.set $counter (i32.add (global.get $counter) (global.get $base)))
        (call $print (local.get 0))
        (call_indirect (param i32) (local.get 0) (i32.const 0))
        (i32.div_u (i32.load (local.get 0)) (i32.mul (local.get 0) (i32.const 2)))))"#;

fn objects(level: OptLevel) -> Vec<Vec<u8>> {
    let engine = Engine::new(Config::new().opt_level(level)).expect("an engine");
    let module = Module::new(MODULE.as_bytes(), &engine).expect("a module");
    module.objects().map(<[u8]>::to_vec).collect()
}

#[test]
fn the_module_object_holds_the_context_image_and_its_resolver_setter() {
    for level in [OptLevel::None, OptLevel::Optimized] {
        let objects = objects(level);
        let file = object::File::parse(&*objects[0]).expect("an ELF object");
        let symbol = |name: &str| {
            let found = file.symbols().find(|symbol| symbol.name() == Ok(name));
            found.unwrap_or_else(|| panic!("the object defines {name}"))
        };
        let section = file.section_by_name(".wasmo.context").expect("the special data section");
        let image = symbol("wasmo_context_image");
        assert_eq!(image.section_index(), Some(section.index()));
        assert_eq!(image.size(), section.size());
        assert_eq!(section.kind(), object::SectionKind::ReadOnlyData);
        // The constant part: the initial value of the module's own global.
        let words = section.data().expect("bytes").chunks_exact(4);
        assert!(words.map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))).any(|word| word == 77));
        let setter = symbol("add_imported_function_resolver");
        let text = file.section_by_name(".text").expect("code");
        assert_eq!(setter.section_index(), Some(text.index()));
        assert!(setter.is_definition());
    }
}

#[test]
fn an_object_wants_nothing_from_outside() {
    for level in [OptLevel::None, OptLevel::Optimized] {
        for bytes in objects(level) {
            let file = object::File::parse(&*bytes).expect("an ELF object");
            let wanted: Vec<_> = file.symbols().filter(|s| s.is_undefined()).filter_map(|s| s.name().ok()).collect();
            assert!(wanted.iter().all(|name| name.is_empty()), "{wanted:?}");
        }
    }
}

#[test]
fn the_same_module_makes_the_same_objects() {
    for level in [OptLevel::None, OptLevel::Optimized] {
        assert!(objects(level) == objects(level));
    }
}
