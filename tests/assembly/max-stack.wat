;; max-stack=1000000
;;
;; Functions compare the stack with its limit.
(module
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
  ;;   cmpq %rbp, (%rcx)
  ;;   ja L2
  ;;   movl %esi, %eax
  ;;   cmpl $2, %esi
  ;;   jb L1
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
  ;; L1:
  ;;   addq $8, %rsp
  ;;   popq %rbx
  ;;   popq %r14
  ;;   popq %r15
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $10, %esi
  ;;   callq *(%rax)

  (func (export "leaf") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 8(%rdi), %rax
  ;;   cmpq %rbp, (%rax)
  ;;   ja L1
  ;;   incl %esi
  ;;   movl %esi, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $10, %esi
  ;;   callq *(%rax)
