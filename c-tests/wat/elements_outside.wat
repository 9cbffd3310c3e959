;; The segment does not fit, and must keep the instance from coming into being.
(module
  (table 1 funcref)
  (func $func)
  (elem (i32.const 1) $func))
