;; One import of every kind, for links that succeed and links that must not.
(module
  (import "world" "function" (func $func (param i32 f32) (result i64)))
  (import "world" "variable" (global $global (mut i64)))
  (import "world" "memory" (memory 2 10))
  (import "world" "table" (table 3 5 funcref))
  (func (export "call") (result i32)
    (i32.wrap_i64 (call $func (i32.const 1) (f32.const 2)))))
