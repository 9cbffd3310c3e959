;; What costs next to nothing itself, so that a call of it is measured.
(module
  (import "host" "next" (func $next (param i32) (result i32)))
  (memory 1)
  (table 1 1 funcref)
  (elem (i32.const 0) $next)

  (func (export "nothing"))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "sum") (param i32 i64 f32 f64 i32 f64) (result f64)
    (f64.add
      (f64.add
        (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
        (f64.add (f64.promote_f32 (local.get 2)) (local.get 3)))
      (f64.add (f64.convert_i32_s (local.get 4)) (local.get 5))))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))

  ;; The sum of next(n), …, next(1). All loops store, which no compiler may leave out, so that none finds a formula.
  (func (export "call_host") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (i32.store (i32.const 0) (local.get $n))
      (local.set $sum (i32.add (local.get $sum) (call $next (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; The same through a table.
  (func (export "call_host_indirectly") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (i32.store (i32.const 0) (local.get $n))
      (local.set $sum
        (i32.add (local.get $sum) (call_indirect (param i32) (result i32) (local.get $n) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; The same without the calls.
  (func (export "call_nobody") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (i32.store (i32.const 0) (local.get $n))
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
