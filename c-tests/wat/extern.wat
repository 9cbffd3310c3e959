;; One export of every kind.
(module
  (func (export "func") (param i32) (result i64) (i64.const 7))
  (global (export "global") (mut f32) (f32.const 1))
  (table (export "table") 1 2 funcref)
  (memory (export "memory") 3 4))
