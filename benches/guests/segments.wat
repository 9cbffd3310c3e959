;; With everything that instantiation fills: a memory and a table with their segments, and a global.
(module
  (type $unary (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "The quick brown fox jumps over the lazy dog")
  (table 8 8 funcref)
  (elem (i32.const 1) $increment $double)
  (global $calls (mut i32) (i32.const 0))
  (func $increment (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "apply") (param i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (call_indirect (type $unary) (local.get 1) (local.get 0))))
