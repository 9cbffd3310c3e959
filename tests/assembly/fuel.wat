;; fuel=on
;;
;; Code pays for what it does.
(module
  (memory 1)

  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r15
  ;;   pushq %r14
  ;;   pushq %rbx
  ;;   pushq %rax
  ;;   movq 8(%rdi), %rcx
  ;;   movq 56(%rcx), %rdx
  ;;   subq $4, %rdx
  ;;   jb L3
  ;;   movl %esi, %eax
  ;;   movq %rdx, 56(%rcx)
  ;;   cmpl $1, %esi
  ;;   ja L1
  ;;   movq 56(%rcx), %rdx
  ;;   subq $1, %rdx
  ;;   jb L4
  ;;   movq %rdx, 56(%rcx)
  ;;   jmp L2
  ;; L1:
  ;;   movq 56(%rcx), %rdx
  ;;   subq $9, %rdx
  ;;   jb L5
  ;;   movq %rdx, 56(%rcx)
  ;;   leal -1(%rax), %esi
  ;;   movq %rdi, %rbx
  ;;   movq %rax, %r14
  ;;   callq wasm_func_0
  ;;   movl %eax, %r15d
  ;;   addl $-2, %r14d
  ;;   movq %rbx, %rdi
  ;;   movl %r14d, %esi
  ;;   callq wasm_func_0
  ;;   addl %r15d, %eax
  ;; L2:
  ;;   addq $8, %rsp
  ;;   popq %rbx
  ;;   popq %r14
  ;;   popq %r15
  ;;   popq %rbp
  ;;   retq
  ;; L3:
  ;;   movq (%rdi), %rax
  ;;   movl $16, %esi
  ;;   callq *(%rax)
  ;; L4:
  ;;   movq (%rdi), %rax
  ;;   movl $16, %esi
  ;;   callq *(%rax)
  ;; L5:
  ;;   movq (%rdi), %rax
  ;;   movl $16, %esi
  ;;   callq *(%rax)

  (func (export "sum") (param $at i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
    (local.get $sum))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 8(%rdi), %rcx
  ;;   movq 40(%rdi), %r8
  ;;   xorl %eax, %eax
  ;; L1:
  ;;   movq 56(%rcx), %r9
  ;;   subq $12, %r9
  ;;   jb L2
  ;;   movq %r9, 56(%rcx)
  ;;   movl %esi, %r9d
  ;;   addl (%r8,%r9), %eax
  ;;   addl $4, %esi
  ;;   cmpl %edx, %esi
  ;;   jb L1
  ;;   movq 56(%rcx), %rdx
  ;;   subq $1, %rdx
  ;;   jb L3
  ;;   movq %rdx, 56(%rcx)
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $16, %esi
  ;;   callq *(%rax)
  ;; L3:
  ;;   movq (%rdi), %rax
  ;;   movl $16, %esi
  ;;   callq *(%rax)

  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r15
  ;;   pushq %r14
  ;;   pushq %rbx
  ;;   pushq %rax
  ;;   movq %rdi, %rbx
  ;;   movq 8(%rdi), %r14
  ;;   movq 56(%r14), %rax
  ;;   subq $4, %rax
  ;;   jb L3
  ;;   movq %rax, 56(%r14)
  ;;   movl %ecx, %edi
  ;;   shrl $6, %edi
  ;;   movq 56(%r14), %rax
  ;;   subq %rdi, %rax
  ;;   jb L4
  ;;   movl %ecx, %r9d
  ;;   movl %edx, %r8d
  ;;   movq %rax, 56(%r14)
  ;;   leaq (%r8,%r9), %rdx
  ;;   movq 48(%rbx), %rax
  ;;   cmpq 8(%rax), %rdx
  ;;   ja L5
  ;;   movl %esi, %esi
  ;;   leaq (%rsi,%r9), %rdx
  ;;   cmpq 8(%rax), %rdx
  ;;   ja L6
  ;;   cmpl $262145, %ecx
  ;;   jae L2
  ;;   movq 40(%rbx), %rax
  ;;   addq %rax, %r8
  ;;   addq %rax, %rsi
  ;;   movq (%rbx), %r15
  ;;   movq %rbx, %rdi
  ;;   movq %r8, %rdx
  ;;   movq %r9, %rcx
  ;;   callq *24(%r15)
  ;;   cmpq $0, 16(%r14)
  ;;   jne L7
  ;; L1:
  ;;   addq $8, %rsp
  ;;   popq %rbx
  ;;   popq %r14
  ;;   popq %r15
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   movq (%rbx), %r15
  ;;   movq %rbx, %rdi
  ;;   movq %rsi, %rcx
  ;;   xorl %esi, %esi
  ;;   xorl %edx, %edx
  ;;   callq *40(%r15)
  ;;   cmpq $0, 16(%r14)
  ;;   jne L8
  ;;   testl %eax, %eax
  ;;   je L1
  ;;   movq %rbx, %rdi
  ;;   movl %eax, %esi
  ;;   callq *(%r15)
  ;; L3:
  ;;   movq (%rbx), %rax
  ;;   movq %rbx, %rdi
  ;;   movl $16, %esi
  ;;   callq *(%rax)
  ;; L4:
  ;;   movq (%rbx), %rax
  ;;   movq %rbx, %rdi
  ;;   movl $16, %esi
  ;;   callq *(%rax)
  ;; L5:
  ;;   movq (%rbx), %rax
  ;;   movq %rbx, %rdi
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L6:
  ;;   movq (%rbx), %rax
  ;;   movq %rbx, %rdi
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L7:
  ;;   movq %rbx, %rdi
  ;;   movl $15, %esi
  ;;   callq *(%r15)
  ;; L8:
  ;;   movq %rbx, %rdi
  ;;   movl $15, %esi
  ;;   callq *(%r15)
