;; Copies and fills, of few and of many bytes.
(module
  (memory 1)

  (func (export "copy_8") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 8)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %edx, %eax
  ;;   leaq 8(%rax), %rcx
  ;;   movq 48(%rdi), %rdx
  ;;   cmpq 8(%rdx), %rcx
  ;;   ja L1
  ;;   movl %esi, %ecx
  ;;   leaq 8(%rcx), %rsi
  ;;   cmpq 8(%rdx), %rsi
  ;;   ja L2
  ;;   movq 40(%rdi), %rdx
  ;;   movq (%rdx,%rax), %rax
  ;;   movq %rax, (%rdx,%rcx)
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)

  (func (export "copy_24") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 24)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %edx, %eax
  ;;   leaq 24(%rax), %rcx
  ;;   movq 48(%rdi), %rdx
  ;;   cmpq 8(%rdx), %rcx
  ;;   ja L1
  ;;   movl %esi, %ecx
  ;;   leaq 24(%rcx), %rsi
  ;;   cmpq 8(%rdx), %rsi
  ;;   ja L2
  ;;   movq 40(%rdi), %rdx
  ;;   vmovups (%rdx,%rax), %xmm0
  ;;   movq 16(%rdx,%rax), %rax
  ;;   vmovups %xmm0, (%rdx,%rcx)
  ;;   movq %rax, 16(%rdx,%rcx)
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)

  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r14
  ;;   pushq %rbx
  ;;   movq %rdi, %rbx
  ;;   movl %ecx, %r9d
  ;;   movl %edx, %r8d
  ;;   leaq (%r8,%r9), %rdx
  ;;   movq 48(%rdi), %rax
  ;;   cmpq 8(%rax), %rdx
  ;;   ja L3
  ;;   movl %esi, %esi
  ;;   leaq (%rsi,%r9), %rdx
  ;;   cmpq 8(%rax), %rdx
  ;;   ja L4
  ;;   cmpl $262145, %ecx
  ;;   jae L2
  ;;   movq 40(%rbx), %rax
  ;;   addq %rax, %r8
  ;;   addq %rax, %rsi
  ;;   movq (%rbx), %r14
  ;;   movq %rbx, %rdi
  ;;   movq %r8, %rdx
  ;;   movq %r9, %rcx
  ;;   callq *24(%r14)
  ;;   movq 8(%rbx), %rax
  ;;   cmpq $0, 16(%rax)
  ;;   jne L5
  ;; L1:
  ;;   popq %rbx
  ;;   popq %r14
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   movq (%rbx), %r14
  ;;   movq %rbx, %rdi
  ;;   movq %rsi, %rcx
  ;;   xorl %esi, %esi
  ;;   xorl %edx, %edx
  ;;   callq *40(%r14)
  ;;   movq 8(%rbx), %rcx
  ;;   cmpq $0, 16(%rcx)
  ;;   jne L6
  ;;   testl %eax, %eax
  ;;   je L1
  ;;   movq %rbx, %rdi
  ;;   movl %eax, %esi
  ;;   callq *(%r14)
  ;; L3:
  ;;   movq (%rbx), %rax
  ;;   movq %rbx, %rdi
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L4:
  ;;   movq (%rbx), %rax
  ;;   movq %rbx, %rdi
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L5:
  ;;   movq %rbx, %rdi
  ;;   movl $15, %esi
  ;;   callq *(%r14)
  ;; L6:
  ;;   movq %rbx, %rdi
  ;;   movl $15, %esi
  ;;   callq *(%r14)

  (func (export "fill_16") (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 16)))
  ;;   movl %esi, %eax
  ;;   leaq 16(%rax), %rcx
  ;;   movq 48(%rdi), %rdx
  ;;   cmpq 8(%rdx), %rcx
  ;;   ja L1
  ;;   movq 40(%rdi), %rcx
  ;;   vxorps %xmm0, %xmm0, %xmm0
  ;;   vmovups %xmm0, (%rcx,%rax)
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)

  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r14
  ;;   pushq %rbx
  ;;   movl %edx, %eax
  ;;   movq %rdi, %rbx
  ;;   movl %ecx, %r8d
  ;;   movl %esi, %edx
  ;;   leaq (%rdx,%r8), %rsi
  ;;   movq 48(%rdi), %rdi
  ;;   cmpq 8(%rdi), %rsi
  ;;   ja L3
  ;;   cmpl $262145, %ecx
  ;;   jae L2
  ;;   addq 40(%rbx), %rdx
  ;;   movq (%rbx), %r14
  ;;   movq %rbx, %rdi
  ;;   movq %rdx, %rsi
  ;;   movl %eax, %edx
  ;;   movq %r8, %rcx
  ;;   callq *32(%r14)
  ;;   movq 8(%rbx), %rax
  ;;   cmpq $0, 16(%rax)
  ;;   jne L4
  ;; L1:
  ;;   popq %rbx
  ;;   popq %r14
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   movq (%rbx), %r14
  ;;   movq %rbx, %rdi
  ;;   xorl %esi, %esi
  ;;   movl %eax, %ecx
  ;;   callq *48(%r14)
  ;;   movq 8(%rbx), %rcx
  ;;   cmpq $0, 16(%rcx)
  ;;   jne L5
  ;;   testl %eax, %eax
  ;;   je L1
  ;;   movq %rbx, %rdi
  ;;   movl %eax, %esi
  ;;   callq *(%r14)
  ;; L3:
  ;;   movq (%rbx), %rax
  ;;   movq %rbx, %rdi
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L4:
  ;;   movq %rbx, %rdi
  ;;   movl $15, %esi
  ;;   callq *(%r14)
  ;; L5:
  ;;   movq %rbx, %rdi
  ;;   movl $15, %esi
  ;;   callq *(%r14)
