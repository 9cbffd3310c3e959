;; Something of every kind to import and to export, with names that are hard to carry.
(module
  (import "env" "func" (func $func (param i32 i64 f32 f64) (result f64 i32)))
  (import "env" "" (global $global i64))
  (import "" "table" (table $table 1 10 funcref))
  (import "\c3\a4\00\e2\82\ac" "memory" (memory $memory 2))
  (import "env" "func" (func $again))
  (global $own (mut f32) (f32.const 1.5))
  (func $nothing)
  (export "table" (table $table))
  (export "" (func $func))
  (export "memory" (memory $memory))
  (export "global" (global $own))
  (export "\c3\a4\00\e2\82\ac" (func $nothing)))
