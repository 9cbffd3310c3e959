;; Choices without a branch.
(module
  (func (export "integers") (param i32 i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (local.get 2)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   testl %ecx, %ecx
  ;;   cmovel %edx, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "compared") (param i64 i64) (result i64)
    (select (local.get 0) (local.get 1) (i64.lt_s (local.get 0) (local.get 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq %rdx, %rax
  ;;   cmpq %rdx, %rsi
  ;;   cmovlq %rsi, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "constants") (param i32) (result i32)
    (select (i32.const 8) (i32.const 4) (i32.lt_u (local.get 0) (i32.const 100))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   xorl %eax, %eax
  ;;   cmpl $100, %esi
  ;;   setb %al
  ;;   leal 4(,%rax,4), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "floats") (param f64 f64 i32) (result f64)
    (select (local.get 0) (local.get 1) (local.get 2)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   testl %esi, %esi
  ;;   je L1
  ;;   vmovaps %xmm0, %xmm1
  ;; L1:
  ;;   vmovaps %xmm1, %xmm0
  ;;   popq %rbp
  ;;   retq

  (func (export "floats_compared") (param f64 f64) (result f64)
    (select (local.get 0) (local.get 1) (f64.lt (local.get 0) (local.get 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vminsd %xmm1, %xmm0, %xmm0
  ;;   popq %rbp
  ;;   retq

  (func (export "not_equal_floats") (param f64 f64) (result i32)
    (f64.ne (local.get 0) (local.get 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vcmpneqsd %xmm1, %xmm0, %xmm0
  ;;   vmovq %xmm0, %rax
  ;;   andl $1, %eax
  ;;   popq %rbp
  ;;   retq
