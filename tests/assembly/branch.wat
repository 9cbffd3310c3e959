;; Conditions and loops.
(module
  (memory 1)

  (func (export "chain") (param i32) (result i32)
    (block $none
      (block $one
        (block $two
          (br_if $one (i32.eq (local.get 0) (i32.const 100)))
          (br_if $two (i32.eq (local.get 0) (i32.const 2000)))
          (br_if $none (i32.lt_s (local.get 0) (i32.const 0)))
          (return (i32.const 4)))
        (return (i32.const 2)))
      (return (i32.const 1)))
    (i32.const 0))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   cmpl $100, %esi
  ;;   je L1
  ;;   movl %esi, %eax
  ;;   cmpl $2000, %esi
  ;;   jne L2
  ;;   movl $2, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movl $1, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   notl %eax
  ;;   shrl $29, %eax
  ;;   andl $-4, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "both") (param i32 i32) (result i32)
    (if (result i32) (i32.and (i32.gt_s (local.get 0) (i32.const 3)) (i32.lt_s (local.get 1) (i32.const 9)))
      (then (i32.load (local.get 0)))
      (else (i32.const -1))))
  ;;   cmpl $4, %esi
  ;;   setl %cl
  ;;   cmpl $9, %edx
  ;;   setge %dl
  ;;   movl $-1, %eax
  ;;   orb %cl, %dl
  ;;   jne L1
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 40(%rdi), %rcx
  ;;   movl (%rcx,%rax), %eax
  ;;   popq %rbp
  ;; L1:
  ;;   retq

  (func (export "is_zero_twice") (param i32) (result i32)
    (if (result i32) (i32.eqz (i32.eqz (local.get 0))) (then (i32.load (local.get 0))) (else (i32.const 5))))
  ;;   testl %esi, %esi
  ;;   je L1
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 40(%rdi), %rcx
  ;;   movl (%rcx,%rax), %eax
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movl $5, %eax
  ;;   retq

  (func (export "unreachable_default") (param i32) (result i32)
    (if (i32.ge_u (local.get 0) (i32.const 10)) (then (unreachable)))
    (i32.add (local.get 0) (i32.const 1)))
  ;;   cmpl $10, %esi
  ;;   jae L1
  ;;   incl %esi
  ;;   movl %esi, %eax
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $1, %esi
  ;;   callq *(%rax)

  (func (export "length_of_string") (param i32) (result i32) (local $at i32)
    (local.set $at (local.get 0))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $at) (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 40(%rdi), %rcx
  ;;   movl $-1, %eax
  ;; L1:
  ;;   leal (%rax,%rsi), %edx
  ;;   incl %edx
  ;;   incl %eax
  ;;   cmpb $0, (%rcx,%rdx)
  ;;   jne L1
  ;;   popq %rbp
  ;;   retq

  (func (export "collatz") (param i64) (result i32) (local $steps i32)
    (loop $next
      (if (i64.ne (local.get 0) (i64.const 1))
        (then
          (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
          (if (i64.eqz (i64.and (local.get 0) (i64.const 1)))
            (then (local.set 0 (i64.shr_u (local.get 0) (i64.const 1))))
            (else (local.set 0 (i64.add (i64.mul (local.get 0) (i64.const 3)) (i64.const 1)))))
          (br $next))))
    (local.get $steps)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   xorl %eax, %eax
  ;;   cmpq $1, %rsi
  ;;   je L2
  ;;   xorl %eax, %eax
  ;; L1:
  ;;   incl %eax
  ;;   movl %esi, %ecx
  ;;   leaq (%rsi,%rsi,2), %rdx
  ;;   incq %rdx
  ;;   shrq %rsi
  ;;   testb $1, %cl
  ;;   cmovneq %rdx, %rsi
  ;;   cmpq $1, %rsi
  ;;   jne L1
  ;; L2:
  ;;   popq %rbp
  ;;   retq
