;; Tables and references.
(module
  (table $t 10 externref)
  (table $fixed 4 4 funcref)
  (elem declare func $f)

  (func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
  ;;   movl %esi, %eax
  ;;   movq 48(%rdi), %rcx
  ;;   movq 8(%rcx), %rcx
  ;;   cmpq %rax, %rcx
  ;;   jbe L1
  ;;   movq 40(%rdi), %rcx
  ;;   movq (%rcx,%rax,8), %rax
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $3, %esi
  ;;   callq *(%rax)

  (func (export "set") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
  ;;   movl %esi, %eax
  ;;   movq 48(%rdi), %rcx
  ;;   movq 8(%rcx), %rcx
  ;;   cmpq %rax, %rcx
  ;;   jbe L1
  ;;   movq 40(%rdi), %rcx
  ;;   movq %rdx, (%rcx,%rax,8)
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $3, %esi
  ;;   callq *(%rax)

  (func (export "get_of_fixed_length") (param i32) (result funcref) (table.get $fixed (local.get 0)))
  ;;   cmpl $4, %esi
  ;;   jae L1
  ;;   movq 56(%rdi), %rax
  ;;   movl %esi, %ecx
  ;;   movq (%rax,%rcx,8), %rax
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $3, %esi
  ;;   callq *(%rax)

  (func (export "get_constant") (result externref) (table.get $t (i32.const 3)))
  ;;   movq 48(%rdi), %rax
  ;;   movq 8(%rax), %rax
  ;;   cmpq $3, %rax
  ;;   jbe L1
  ;;   movq 40(%rdi), %rax
  ;;   movq 24(%rax), %rax
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $3, %esi
  ;;   callq *(%rax)

  (func (export "size") (result i32) (table.size $t))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 48(%rdi), %rax
  ;;   movq 8(%rax), %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   xorl %eax, %eax
  ;;   testq %rsi, %rsi
  ;;   sete %al
  ;;   popq %rbp
  ;;   retq

  (func $f (export "ref_func") (result funcref) (ref.func $f)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r14
  ;;   pushq %rbx
  ;;   movq %rdi, %rbx
  ;;   movq (%rdi), %r14
  ;;   movl $6, %esi
  ;;   callq *112(%r14)
  ;;   movq 8(%rbx), %rcx
  ;;   cmpq $0, 16(%rcx)
  ;;   jne L1
  ;;   popq %rbx
  ;;   popq %r14
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq %rbx, %rdi
  ;;   movl $15, %esi
  ;;   callq *(%r14)
