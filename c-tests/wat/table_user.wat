;; Calls through a table of somebody else, and writes a function of its own into it.
(module
  (type $give (func (result i32)))
  (import "env" "table" (table 1 funcref))
  (elem (i32.const 0) $hundred)
  (func $hundred (result i32) (i32.const 100))
  (func (export "call") (param i32) (result i32) (call_indirect (type $give) (local.get 0))))
