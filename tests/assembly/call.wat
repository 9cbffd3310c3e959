;; Calls of every kind, and what they return.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (func $imported (import "host" "f") (param i32 i32) (result i32))
  (table 10 funcref)
  (elem (i32.const 0) $fib)

  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  ;;   movl %esi, %eax
  ;;   cmpl $2, %esi
  ;;   jb L1
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r15
  ;;   pushq %r14
  ;;   pushq %rbx
  ;;   pushq %rax
  ;;   leal -1(%rax), %esi
  ;;   movq %rdi, %rbx
  ;;   movq %rax, %r14
  ;;   callq wasm_func_1
  ;;   movl %eax, %r15d
  ;;   addl $-2, %r14d
  ;;   movq %rbx, %rdi
  ;;   movl %r14d, %esi
  ;;   callq wasm_func_1
  ;;   addl %r15d, %eax
  ;;   addq $8, %rsp
  ;;   popq %rbx
  ;;   popq %r14
  ;;   popq %r15
  ;;   popq %rbp
  ;; L1:
  ;;   retq

  (func (export "call_imported") (param i32) (result i32)
    (i32.add (call $imported (local.get 0) (i32.const 5)) (i32.const 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq %rdi, %rax
  ;;   movq 48(%rdi), %rdi
  ;;   movl $5, %edx
  ;;   callq *40(%rax)
  ;;   incl %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "call_indirect") (param i32 i32 i32) (result i32)
    (call_indirect (type $binary) (local.get 1) (local.get 2) (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 64(%rdi), %rsi
  ;;   movq 8(%rsi), %rsi
  ;;   cmpq %rax, %rsi
  ;;   jbe L1
  ;;   movq 56(%rdi), %rsi
  ;;   movq (%rsi,%rax,8), %rax
  ;;   testq %rax, %rax
  ;;   je L2
  ;;   movl 16(%rax), %esi
  ;;   cmpl 72(%rdi), %esi
  ;;   jne L3
  ;;   movq 8(%rax), %rdi
  ;;   movl %edx, %esi
  ;;   movl %ecx, %edx
  ;;   callq *(%rax)
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $4, %esi
  ;;   callq *(%rax)
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $5, %esi
  ;;   callq *(%rax)
  ;; L3:
  ;;   movq (%rdi), %rax
  ;;   movl $6, %esi
  ;;   callq *(%rax)

  (func (export "call_indirect_in_a_loop") (param i32 i32 i32)
    (loop
      (local.set 1 (call_indirect (type $binary) (local.get 1) (local.get 2) (local.get 0)))
      (br_if 0 (local.get 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r15
  ;;   pushq %r14
  ;;   pushq %r13
  ;;   pushq %r12
  ;;   pushq %rbx
  ;;   pushq %rax
  ;;   movl %ecx, %r14d
  ;;   movl %edx, %eax
  ;;   movl %esi, %r15d
  ;;   movq 56(%rdi), %r12
  ;;   movq 64(%rdi), %r13
  ;;   movq %rdi, -48(%rbp)
  ;;   movl 72(%rdi), %ebx
  ;; L1:
  ;;   movq 8(%r13), %rcx
  ;;   cmpq %r15, %rcx
  ;;   jbe L4
  ;;   movq (%r12,%r15,8), %rcx
  ;;   testq %rcx, %rcx
  ;;   je L2
  ;;   cmpl %ebx, 16(%rcx)
  ;;   jne L3
  ;;   movq 8(%rcx), %rdi
  ;;   movl %eax, %esi
  ;;   movl %r14d, %edx
  ;;   callq *(%rcx)
  ;;   testl %eax, %eax
  ;;   jne L1
  ;;   addq $8, %rsp
  ;;   popq %rbx
  ;;   popq %r12
  ;;   popq %r13
  ;;   popq %r14
  ;;   popq %r15
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   movq -48(%rbp), %rdi
  ;;   movq (%rdi), %rax
  ;;   movl $5, %esi
  ;;   callq *(%rax)
  ;; L3:
  ;;   movq -48(%rbp), %rdi
  ;;   movq (%rdi), %rax
  ;;   movl $6, %esi
  ;;   callq *(%rax)
  ;; L4:
  ;;   movq -48(%rbp), %rdi
  ;;   movq (%rdi), %rax
  ;;   movl $4, %esi
  ;;   callq *(%rax)

  (func $swap (export "swap") (param i64 i64) (result i64 i64) (local.get 1) (local.get 0))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq %rdx, %rax
  ;;   movq %rsi, %rdx
  ;;   popq %rbp
  ;;   retq

  (func (export "call_swap") (param i64 i64) (result i64)
    (call $swap (local.get 0) (local.get 1)) (i64.sub))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   callq wasm_func_5
  ;;   subq %rdx, %rax
  ;;   popq %rbp
  ;;   retq

  (func $four (export "four_results") (param i32) (result i32 i32 f64 i32)
    (local.get 0) (i32.const 1) (f64.convert_i32_s (local.get 0)) (i32.const 3))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   vcvtsi2sd %esi, %xmm15, %xmm0
  ;;   movq 8(%rdi), %rcx
  ;;   movq 48(%rcx), %rcx
  ;;   movl $3, (%rcx)
  ;;   movl $1, %edx
  ;;   popq %rbp
  ;;   retq

  (func (export "call_four_results") (param i32) (result f64) (local i32 f64)
    (call $four (local.get 0))
    (local.set 1)
    (f64.add (f64.convert_i32_s (local.get 1)))
    (local.set 2)
    (i32.sub)
    (local.set 1)
    (f64.add (local.get 2) (f64.convert_i32_s (local.get 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %rbx
  ;;   pushq %rax
  ;;   movq %rdi, %rbx
  ;;   callq wasm_func_7
  ;;   movq 8(%rbx), %rcx
  ;;   movq 48(%rcx), %rcx
  ;;   vcvtsi2sdl (%rcx), %xmm15, %xmm1
  ;;   vaddsd %xmm1, %xmm0, %xmm0
  ;;   subl %edx, %eax
  ;;   vcvtsi2sd %eax, %xmm15, %xmm1
  ;;   vaddsd %xmm1, %xmm0, %xmm0
  ;;   addq $8, %rsp
  ;;   popq %rbx
  ;;   popq %rbp
  ;;   retq

  (func $many (export "eight_parameters") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.sub (local.get 0) (local.get 7)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 8(%rdi), %rcx
  ;;   movq 48(%rcx), %rcx
  ;;   subl 32(%rcx), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "call_eight_parameters") (param i32) (result i32)
    (call $many (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6)
      (local.get 0))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 8(%rdi), %rax
  ;;   movq 48(%rax), %rax
  ;;   movl $5, (%rax)
  ;;   movl $6, 16(%rax)
  ;;   movl %esi, 32(%rax)
  ;;   movl $1, %edx
  ;;   movl $2, %ecx
  ;;   movl $3, %r8d
  ;;   movl $4, %r9d
  ;;   callq wasm_func_9
  ;;   popq %rbp
  ;;   retq
