;; The start function calls the host and then faults, if it is told to.
(module
  (import "env" "tell" (func $tell (result i32)))
  (global $started (export "started") (mut i32) (i32.const 0))
  (func $start
    (global.set $started (i32.const 1))
    (if (call $tell) (then (call $fault))))
  (func $fault unreachable)
  (start $start))
