;; $outer calls the host, which calls $middle; that calls $inner through the table, and $inner a function of the host,
;; also through the table.
(module $guest
  (type $f (func (param i32) (result i32)))
  (import "host" "reenter" (func $reenter (type $f)))
  (table (export "table") 2 funcref)
  (elem (i32.const 0) $inner)

  (func $outer (export "outer") (type $f)
    (i32.add (call $reenter (local.get 0)) (local.get 0)))

  (func $middle (export "middle") (type $f)
    (i32.mul (call_indirect (type $f) (local.get 0) (i32.const 0)) (i32.const 2)))

  ;; A frame with more than registers in it.
  (func $inner (type $f) (local $a i64) (local $b f64)
    (local.set $a (i64.extend_i32_s (local.get 0)))
    (local.set $b (f64.convert_i32_s (local.get 0)))
    (call_indirect (type $f) (local.get 0) (i32.const 1))
    (i32.add (i32.wrap_i64 (local.get $a)))
    (i32.add (i32.trunc_f64_s (local.get $b)))))
