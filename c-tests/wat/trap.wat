;; Every way to trap, and calls whose frames are known to the byte.
(module
  (type $i32_to_i32 (func (param i32) (result i32)))
  (import "env" "call_host" (func $call_host (type $i32_to_i32)))
  (memory 1)
  (table 3 3 funcref)
  (elem (i32.const 0) $outer $nothing)
  (func $nothing)

  (func (export "unreachable") unreachable)
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "remainder") (param i32 i32) (result i32) (i32.rem_u (local.get 0) (local.get 1)))
  (func (export "truncate_nan") (result i32) (i32.trunc_f64_s (f64.const nan)))
  (func (export "truncate_large") (result i32) (i32.trunc_f64_s (f64.const 1e10)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32) (i32.store8 offset=0xffffffff (local.get 0) (i32.const 1)))
  (func (export "call_table") (param i32) (result i32)
    (call_indirect (type $i32_to_i32) (i32.const 1) (local.get 0)))
  (func $recurse (export "recurse") (param i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))

  ;; The comments give the offset in the function at which the instruction lies; 0 is the declaration of locals.
  (func $outer (export "outer") (param i32) (result i32)
    (local i64)
    local.get 0   ;; 3
    call $middle  ;; 5
    i32.const 1
    i32.add)
  (func $middle (param i32) (result i32)
    local.get 0  ;; 1
    call $inner  ;; 3
    i32.const 1
    i32.add)
  (func $inner (param i32) (result i32)
    i32.const 100  ;; 1, of three bytes
    local.get 0    ;; 4
    i32.div_s)     ;; 6

  (func $via_host (export "via_host") (param i32) (result i32)
    local.get 0      ;; 1
    call $call_host  ;; 3
    i32.const 1
    i32.add)

  ;; Calls the host with one less until 0, adding 1 on the way back.
  (func (export "count_down") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (call $call_host (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))))))
