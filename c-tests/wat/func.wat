;; Values of all kinds, in numbers that fit registers and in numbers that do not, through exports and imports.
(module
  (type $reverse (func (param i32 i64 f32 f64) (result f64 f32 i64 i32)))
  (type $many (func
    (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 f64 f64 f64 f64)
    (result f64 f64 f64 f64 f64 f32 i64 i32 f64 f32 i64 i32 f64 f32 i64 i32 f64 f32 i64 i32)))
  (import "env" "reverse" (func $host_reverse (type $reverse)))
  (import "env" "many" (func $host_many (type $many)))
  (import "env" "nothing" (func $host_nothing))

  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "nothing") (call $host_nothing))
  (func (export "subtract") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
  (func (export "divide") (param f64 f32) (result f64) (f64.div (local.get 0) (f64.promote_f32 (local.get 1))))

  (func (export "reverse") (type $reverse)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "reverse_by_host") (type $reverse)
    (call $host_reverse (local.get 0) (local.get 1) (local.get 2) (local.get 3)))

  (func $reverse_many (export "many") (type $many)
    (local.get 19) (local.get 18) (local.get 17) (local.get 16) (local.get 15)
    (local.get 14) (local.get 13) (local.get 12) (local.get 11) (local.get 10)
    (local.get 9) (local.get 8) (local.get 7) (local.get 6) (local.get 5)
    (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "many_by_host") (type $many)
    (call $host_many
      (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
      (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9)
      (local.get 10) (local.get 11) (local.get 12) (local.get 13) (local.get 14)
      (local.get 15) (local.get 16) (local.get 17) (local.get 18) (local.get 19)))

  ;; Exported as it was imported.
  (export "host_reverse" (func $host_reverse)))
