;; Globals of every kind, imported and own, read and written from inside.
(module
  (import "env" "const" (global $const i32))
  (import "env" "var_i32" (global $var_i32 (mut i32)))
  (import "env" "var_i64" (global $var_i64 (mut i64)))
  (import "env" "var_f32" (global $var_f32 (mut f32)))
  (import "env" "var_f64" (global $var_f64 (mut f64)))
  (global $own (mut i64) (i64.const 0x123456789abcdef0))
  (global $derived i32 (global.get $const))

  (export "const" (global $const))
  (export "var_i32" (global $var_i32))
  (export "own" (global $own))
  (export "derived" (global $derived))

  (func (export "get") (result i32) (global.get $var_i32))
  (func (export "set") (param i32) (global.set $var_i32 (local.get 0)))
  (func (export "get_const") (result i32) (global.get $const))
  ;; Adds one to each of the others.
  (func (export "increment")
    (global.set $var_i64 (i64.add (global.get $var_i64) (i64.const 1)))
    (global.set $var_f32 (f32.add (global.get $var_f32) (f32.const 1)))
    (global.set $var_f64 (f64.add (global.get $var_f64) (f64.const 1)))
    (global.set $own (i64.add (global.get $own) (i64.const 1)))))
