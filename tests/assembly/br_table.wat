;; Branches by an index.
(module
  (memory 1)

  (func (export "two_ways_and_default") (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10))) (return (i32.const 33)))
    (i32.const 77))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   cmpl $1, %esi
  ;;   movl $33, %eax
  ;;   movl $77, %ecx
  ;;   cmovel %eax, %ecx
  ;;   testl %esi, %esi
  ;;   movl $10, %eax
  ;;   cmovnel %ecx, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "dense_constants") (param i32) (result i32)
    (block (block (block (block (block (block
      (br_table 0 1 2 3 4 5 (local.get 0)))
      (return (i32.const 11))) (return (i32.const 29))) (return (i32.const 7))) (return (i32.const 83)))
      (return (i32.const 41)))
    (i32.const 5))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   cmpl $4, %esi
  ;;   ja L6
  ;;   movl %esi, %eax
  ;;   leaq table1(%rip), %rcx
  ;;   movslq (%rcx,%rax,4), %rax
  ;;   addq %rcx, %rax
  ;;   jmpq *%rax
  ;; L1:
  ;;   movl $11, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   movl $41, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L3:
  ;;   movl $7, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L4:
  ;;   movl $83, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L5:
  ;;   movl $29, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L6:
  ;;   movl $5, %eax
  ;;   popq %rbp
  ;;   retq
  ;; table1:
  ;;   .long L1-table1
  ;;   .long L5-table1
  ;;   .long L3-table1
  ;;   .long L4-table1
  ;;   .long L2-table1

  (func (export "dense_code") (param i32 i32) (result i32)
    (block (block (block (block (block (block
      (br_table 0 1 2 3 4 5 (local.get 0)))
      (return (i32.add (local.get 1) (i32.const 3)))) (return (i32.mul (local.get 1) (local.get 1))))
      (return (i32.clz (local.get 1)))) (return (i32.sub (i32.const 9) (local.get 1))))
      (return (i32.rotl (local.get 1) (i32.const 7))))
    (local.get 1))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %edx, %eax
  ;;   cmpl $4, %esi
  ;;   ja L3
  ;;   movl %esi, %ecx
  ;;   leaq table1(%rip), %rdx
  ;;   movslq (%rdx,%rcx,4), %rcx
  ;;   addq %rdx, %rcx
  ;;   jmpq *%rcx
  ;; L1:
  ;;   addl $3, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   rorxl $25, %eax, %eax
  ;; L3:
  ;;   popq %rbp
  ;;   retq
  ;; L4:
  ;;   lzcntl %eax, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L5:
  ;;   movl $9, %ecx
  ;;   subl %eax, %ecx
  ;;   movl %ecx, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L6:
  ;;   imull %eax, %eax
  ;;   popq %rbp
  ;;   retq
  ;; table1:
  ;;   .long L1-table1
  ;;   .long L6-table1
  ;;   .long L4-table1
  ;;   .long L5-table1
  ;;   .long L2-table1

  (func (export "with_gaps") (param i32 i32) (result i32)
    (block (block (block (block
      (br_table 0 3 3 1 3 3 3 3 2 3 3 3 (local.get 0)))
      (return (i32.add (local.get 1) (i32.const 3)))) (return (i32.mul (local.get 1) (local.get 1))))
      (return (i32.clz (local.get 1))))
    (local.get 1))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %edx, %eax
  ;;   cmpl $8, %esi
  ;;   je L2
  ;;   cmpl $3, %esi
  ;;   je L1
  ;;   testl %esi, %esi
  ;;   jne L3
  ;;   addl $3, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   imull %eax, %eax
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   lzcntl %eax, %eax
  ;; L3:
  ;;   popq %rbp
  ;;   retq

  (func (export "bytecode_loop") (param i32) (result i32) (local i32)
    (loop
      (block (block (block (block
        (br_table 0 1 2 3 (i32.load8_u (local.get 0))))
        (local.set 1 (i32.add (local.get 1) (i32.const 1))) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 3))
        (local.set 1 (i32.shl (local.get 1) (i32.const 1))) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 2))
        (local.set 1 (i32.xor (local.get 1) (i32.const 77))) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 1)))
    (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 40(%rdi), %rcx
  ;;   xorl %eax, %eax
  ;;   jmp L2
  ;; L1:
  ;;   addl %eax, %eax
  ;;   incl %esi
  ;; L2:
  ;;   movl %esi, %edx
  ;;   movzbl (%rcx,%rdx), %edx
  ;;   cmpl $2, %edx
  ;;   je L3
  ;;   cmpl $1, %edx
  ;;   je L1
  ;;   testl %edx, %edx
  ;;   jne L4
  ;;   incl %eax
  ;;   incl %esi
  ;;   jmp L2
  ;; L3:
  ;;   xorl $77, %eax
  ;;   incl %esi
  ;;   jmp L2
  ;; L4:
  ;;   popq %rbp
  ;;   retq
