;; signal-handlers=off
;;
;; Accesses, calls and loops check everything themselves.
(module
  (func $other (import "host" "other") (param i32))
  (memory 1)

  (func (export "load") (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 8(%rdi), %rax
  ;;   cmpq %rbp, (%rax)
  ;;   ja L1
  ;;   cmpq $0, 16(%rax)
  ;;   jne L2
  ;;   movl %esi, %eax
  ;;   leaq 20(%rax), %rcx
  ;;   movq 64(%rdi), %rdx
  ;;   cmpq 8(%rdx), %rcx
  ;;   ja L3
  ;;   movq 56(%rdi), %rcx
  ;;   movl 16(%rcx,%rax), %eax
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $10, %esi
  ;;   callq *(%rax)
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $15, %esi
  ;;   callq *(%rax)
  ;; L3:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)

  (func (export "constant_address") (result i32) (i32.load (i32.const 1024)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 8(%rdi), %rax
  ;;   cmpq %rbp, (%rax)
  ;;   ja L1
  ;;   cmpq $0, 16(%rax)
  ;;   jne L2
  ;;   movq 64(%rdi), %rax
  ;;   movq 8(%rax), %rax
  ;;   cmpq $1027, %rax
  ;;   jbe L3
  ;;   movq 56(%rdi), %rax
  ;;   movl 1024(%rax), %eax
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $10, %esi
  ;;   callq *(%rax)
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $15, %esi
  ;;   callq *(%rax)
  ;; L3:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)

  (func (export "three_fields") (param i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.add (i32.load offset=4 (local.get 0)) (i32.load offset=8 (local.get 0)))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 8(%rdi), %rax
  ;;   cmpq %rbp, (%rax)
  ;;   ja L1
  ;;   cmpq $0, 16(%rax)
  ;;   jne L2
  ;;   movl %esi, %ecx
  ;;   leaq 4(%rcx), %rax
  ;;   movq 64(%rdi), %rdx
  ;;   cmpq 8(%rdx), %rax
  ;;   ja L3
  ;;   movq 56(%rdi), %rsi
  ;;   movl (%rsi,%rcx), %eax
  ;;   leaq 8(%rcx), %r8
  ;;   cmpq 8(%rdx), %r8
  ;;   ja L4
  ;;   movl 4(%rsi,%rcx), %r8d
  ;;   leaq 12(%rcx), %r9
  ;;   cmpq 8(%rdx), %r9
  ;;   ja L5
  ;;   addl 8(%rsi,%rcx), %r8d
  ;;   addl %r8d, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $10, %esi
  ;;   callq *(%rax)
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $15, %esi
  ;;   callq *(%rax)
  ;; L3:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L4:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L5:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)

  (func (export "sum") (param $at i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
    (local.get $sum))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 8(%rdi), %rcx
  ;;   cmpq %rbp, (%rcx)
  ;;   ja L4
  ;;   cmpq $0, 16(%rcx)
  ;;   jne L5
  ;;   movq 56(%rdi), %r8
  ;;   movq 64(%rdi), %r9
  ;;   xorl %eax, %eax
  ;; L1:
  ;;   cmpq $0, 16(%rcx)
  ;;   jne L3
  ;;   movl %esi, %r10d
  ;;   leaq 4(%r10), %r11
  ;;   cmpq 8(%r9), %r11
  ;;   ja L2
  ;;   addl (%r8,%r10), %eax
  ;;   addl $4, %esi
  ;;   cmpl %edx, %esi
  ;;   jb L1
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)
  ;; L3:
  ;;   movq (%rdi), %rax
  ;;   movl $15, %esi
  ;;   callq *(%rax)
  ;; L4:
  ;;   movq (%rdi), %rax
  ;;   movl $10, %esi
  ;;   callq *(%rax)
  ;; L5:
  ;;   movq (%rdi), %rax
  ;;   movl $15, %esi
  ;;   callq *(%rax)

  (func (export "call") (param i32) (call $other (local.get 0))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq %rdi, %rax
  ;;   movq 8(%rdi), %rcx
  ;;   cmpq %rbp, (%rcx)
  ;;   ja L1
  ;;   cmpq $0, 16(%rcx)
  ;;   jne L2
  ;;   movq 48(%rax), %rdi
  ;;   callq *40(%rax)
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rax), %rcx
  ;;   movq %rax, %rdi
  ;;   movl $10, %esi
  ;;   callq *(%rcx)
  ;; L2:
  ;;   movq (%rax), %rcx
  ;;   movq %rax, %rdi
  ;;   movl $15, %esi
  ;;   callq *(%rcx)
