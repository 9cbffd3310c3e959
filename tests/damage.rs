//! Modules that lost their end or had a byte changed: each is still a module, or an error that says what is wrong.

mod support;

use std::fmt::Write;
use support::engines;
use wasmo::{Error, Module};

/// Judges a module that may be damaged, without its optimiser: a verdict is all that is wanted.
fn judge(bytes: &[u8]) -> bool {
    thread_local!(static ENGINES: [wasmo::Engine; 3] = engines());
    ENGINES.with(|[engine, ..]| match Module::new(bytes, engine) {
        Ok(_) => true,
        Err(Error::Invalid(reason) | Error::Unsupported(reason) | Error::Limit(reason)) => {
            assert!(!reason.is_empty());
            false
        }
        Err(other) => panic!("expected a verdict on the module, found {other}"),
    })
}

/// Every prefix, and every byte changed in several ways.
fn damage(text: &str) {
    let bytes = wat::parse_str(text).expect("a module");
    assert!(judge(&bytes));
    let accepted = (1..bytes.len()).filter(|end| judge(&bytes[..*end])).count();
    assert!(accepted < 10, "{accepted} prefixes are modules: such as end between two sections");
    for at in 0..bytes.len() {
        for change in [0x01, 0x10, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            judge(&damaged);
        }
    }
}

#[test]
fn control_flow() {
    damage(
        r#"(module
            (type $two (func (param i32 f64) (result f64 i32)))
            (table 3 funcref) (elem (i32.const 0) $f $g $f)
            (func $f (export "f") (param i32) (result i32) (local i64 f32)
                (block $a (block $b (block $c (loop $d
                    (br_if $a (i32.eqz (local.get 0)))
                    (br_table $a $b $c $d $b $a $c (local.get 0)))
                    (local.set 0 (i32.const 5)))
                    (return (local.get 0)))
                    (local.set 0 (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1))))
                (if (result i32) (local.get 0) (then (call $f (i32.const 0))) (else (i32.const 300000))))
            (func $g (type $two)
                (local.get 1) (local.get 0)
                (block (param f64 i32) (result f64 i32) (br_if 0 (i32.const 1)) (loop (type $swap)))
                (br 0 (f64.const 1) (i32.const 2)) unreachable)
            (type $swap (func (param f64 i32) (result f64 i32))))"#,
    );
}

#[test]
fn segments_and_references() {
    damage(
        r#"(module
            (memory (export "memory") 1 3)
            (table $t (export "t") 4 10 funcref) (table $u 2 externref)
            (global $base i32 (i32.const 1)) (global $f (mut funcref) (ref.func $set))
            (elem (table $t) (offset (i32.const 1)) func $set $fill)
            (elem $passive func $set $fill $set) (elem $nulls funcref (ref.null func) (ref.func $fill))
            (elem declare func $other)
            (data (i32.const 8) "active") (data $bytes "passive\00\ff")
            (func $set (param externref) (table.set $u (i32.const 1) (local.get 0))
                (global.set $f (table.get $t (i32.const 2))) (drop (ref.is_null (ref.func $other))))
            (func $fill (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
                (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
                (memory.init $bytes (i32.const 0) (i32.const 1) (i32.const 2)) (data.drop $bytes)
                (table.init $t $passive (i32.const 0) (i32.const 1) (i32.const 2)) (elem.drop $passive)
                (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 2))
                (table.fill $u (i32.const 0) (ref.null extern) (i32.const 2))
                (drop (table.grow $u (ref.null extern) (table.size $t))))
            (func $other (drop (memory.grow (memory.size)))) (start $fill))"#,
    );
}

#[test]
fn imports_exports_and_names() {
    let mut text = String::from("(module $named\n");
    for i in 0..12 {
        writeln!(text, r#"(import "module{}" "f{i}" (func $import{i} (param i32 i64) (result f32)))"#, i % 3).unwrap();
        writeln!(text, r#"(import "globals" "g{i}" (global $global{i} (mut i64)))"#).unwrap();
    }
    text += r#"(import "\u{fc}ml\u{e4}ut" "" (memory $memory 1 2)) (import "" "t" (table $table 1 funcref))"#;
    for i in 0..12 {
        write!(text, "(func $function{i} (export \"e{i}\") (param $first i32) (result f32)").unwrap();
        write!(text, "(global.set $global{i} (i64.const -{i}))").unwrap();
        writeln!(text, "(call $import{i} (local.get $first) (global.get $global{i})))").unwrap();
    }
    text += r#"(export "m" (memory 0)) (export "t" (table 0)) (export "g" (global 3)) (export "i" (func 0)))"#;
    damage(&text);
}

#[test]
fn numbers_and_memory() {
    damage(
        r#"(module (memory 1)
            (func (export "f") (param i32 i64 f32 f64) (result f64)
                (i64.store32 offset=1000 align=2 (local.get 0) (i64.load16_s offset=3 (local.get 0)))
                (f32.store offset=0xffffffff (i32.const 1) (f32.nearest (local.get 2)))
                (local.set 1 (i64.rotl (i64.div_s (local.get 1) (i64.const 7)) (i64.popcnt (local.get 1))))
                (local.set 0 (i32.trunc_sat_f64_u (local.get 3)))
                (local.set 0 (i32.extend8_s (i32.rem_u (local.get 0) (i32.const -3))))
                (local.set 2 (f32.copysign (f32.demote_f64 (local.get 3)) (f32.const nan:0x200000)))
                (local.set 3 (f64.min (f64.promote_f32 (local.get 2)) (f64.const -0x1.8p+100)))
                (f64.add (select (local.get 3) (f64.reinterpret_i64 (local.get 1)) (i32.lt_s (local.get 0) (i32.const 5)))
                    (f64.convert_i32_u (i32.trunc_f32_s (local.get 2))))))"#,
    );
}
