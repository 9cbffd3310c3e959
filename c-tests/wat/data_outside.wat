;; The second segment does not fit, and must keep the instance from coming into being.
(module
  (import "env" "memory" (memory 1))
  (data (i32.const 0) "first")
  (data (i32.const 0xffff) "second"))
