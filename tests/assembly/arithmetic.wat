;; Products, quotients and remainders.
(module
  (func (export "mul_by_10") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   addl %esi, %esi
  ;;   leal (%rsi,%rsi,4), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "mul_by_constant") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 0x9e3779b97f4a7c15)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movabsq $-7046029254386353131, %rax
  ;;   imulq %rsi, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "mul_add_shift") (param i64 i64 i64) (result i64)
    (i64.xor
      (i64.add (i64.mul (local.get 0) (local.get 1)) (local.get 2))
      (i64.shr_u (i64.mul (local.get 0) (local.get 1)) (i64.const 29))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   imulq %rdx, %rsi
  ;;   leaq (%rcx,%rsi), %rax
  ;;   shrq $29, %rsi
  ;;   xorq %rsi, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "high_word") (param i32 i32) (result i32)
    (i32.wrap_i64 (i64.shr_u
      (i64.mul (i64.extend_i32_u (local.get 0)) (i64.extend_i32_u (local.get 1))) (i64.const 32))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %ecx
  ;;   movl %edx, %eax
  ;;   imulq %rcx, %rax
  ;;   shrq $32, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "div_s") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   testl %edx, %edx
  ;;   je L1
  ;;   movl %edx, %ecx
  ;;   leal -2147483648(%rsi), %eax
  ;;   notl %edx
  ;;   orl %eax, %edx
  ;;   je L2
  ;;   movl %esi, %eax
  ;;   cltd
  ;;   idivl %ecx
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $8, %esi
  ;;   callq *(%rax)
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $7, %esi
  ;;   callq *(%rax)

  (func (export "div_u") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  ;;   testl %edx, %edx
  ;;   je L1
  ;;   movl %edx, %ecx
  ;;   movl %esi, %eax
  ;;   xorl %edx, %edx
  ;;   divl %ecx
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $8, %esi
  ;;   callq *(%rax)

  (func (export "rem_s") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  ;;   testq %rdx, %rdx
  ;;   je L2
  ;;   cmpq $-1, %rdx
  ;;   movl $1, %ecx
  ;;   cmovneq %rdx, %rcx
  ;;   movq %rsi, %rax
  ;;   orq %rcx, %rax
  ;;   shrq $32, %rax
  ;;   je L1
  ;;   movq %rsi, %rax
  ;;   cqto
  ;;   idivq %rcx
  ;;   movq %rdx, %rax
  ;;   retq
  ;; L1:
  ;;   movl %esi, %eax
  ;;   xorl %edx, %edx
  ;;   divl %ecx
  ;;   movl %edx, %eax
  ;;   retq
  ;; L2:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $8, %esi
  ;;   callq *(%rax)

  (func (export "div_s_by_7") (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 7)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movslq %esi, %rax
  ;;   imulq $-1840700269, %rax, %rcx
  ;;   shrq $32, %rcx
  ;;   addl %ecx, %eax
  ;;   movl %eax, %ecx
  ;;   shrl $31, %ecx
  ;;   sarl $2, %eax
  ;;   addl %ecx, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "div_u_by_10") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %ecx
  ;;   movl $3435973837, %eax
  ;;   imulq %rcx, %rax
  ;;   shrq $35, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "rem_u_by_10") (param i64) (result i64) (i64.rem_u (local.get 0) (i64.const 10)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq %rsi, %rax
  ;;   movabsq $-3689348814741910323, %rcx
  ;;   movq %rsi, %rdx
  ;;   mulxq %rcx, %rcx, %rcx
  ;;   shrq $2, %rcx
  ;;   andq $-2, %rcx
  ;;   leaq (%rcx,%rcx,4), %rcx
  ;;   subq %rcx, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "rem_s_by_8") (param i32) (result i32) (i32.rem_s (local.get 0) (i32.const 8)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   leal 7(%rax), %ecx
  ;;   testl %esi, %esi
  ;;   cmovnsl %esi, %ecx
  ;;   andl $-8, %ecx
  ;;   subl %ecx, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "quotient_and_remainder") (param i32 i32) (result i32 i32)
    (i32.div_u (local.get 0) (local.get 1)) (i32.rem_u (local.get 0) (local.get 1))))
  ;;   testl %edx, %edx
  ;;   je L1
  ;;   movl %edx, %ecx
  ;;   movl %esi, %eax
  ;;   xorl %edx, %edx
  ;;   divl %ecx
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $8, %esi
  ;;   callq *(%rax)
