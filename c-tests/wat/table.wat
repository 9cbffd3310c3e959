;; A table of its own: null, a function that gives 1, one that gives 2, and one of another type.
(module
  (type $give (func (result i32)))
  (table (export "table") 4 8 funcref)
  (elem (i32.const 1) $one $two $other)
  (func $one (export "one") (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $other (param i64))
  (func (export "call") (param i32) (result i32) (call_indirect (type $give) (local.get 0))))
