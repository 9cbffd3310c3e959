;; State of its own in every instance, and a fault of the memory.
(module
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 0))
  (func (export "count") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count))
  (func (export "fail") (result i32)
    (i32.load (i32.const -4))))
