;; Accesses to memory.
(module
  (func $other (import "host" "other") (param i32))
  (memory 1)

  (func (export "load") (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 56(%rdi), %rcx
  ;;   movl 16(%rcx,%rax), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "load8_s") (param i32) (result i64) (i64.load8_s (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 56(%rdi), %rcx
  ;;   movsbq (%rcx,%rax), %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "store16") (param i32 i64) (i64.store16 offset=6 (local.get 0) (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 56(%rdi), %rcx
  ;;   movw %dx, 6(%rcx,%rax)
  ;;   popq %rbp
  ;;   retq

  (func (export "constant_address") (result i32) (i32.load (i32.const 1024)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 56(%rdi), %rax
  ;;   movl 1024(%rax), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "far_offset") (param i32) (result i32) (i32.load offset=0x10000000 (local.get 0)))
  ;;   movl %esi, %eax
  ;;   leaq 268435460(%rax), %rcx
  ;;   movq 64(%rdi), %rdx
  ;;   cmpq 8(%rdx), %rcx
  ;;   ja L1
  ;;   movq 56(%rdi), %rcx
  ;;   movl 268435456(%rcx,%rax), %eax
  ;;   retq
  ;; L1:
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq (%rdi), %rax
  ;;   movl $2, %esi
  ;;   callq *(%rax)

  (func (export "element") (param i32 i32) (result i32)
    (i32.load offset=8 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2)))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   leal (%rsi,%rdx,4), %eax
  ;;   movq 56(%rdi), %rcx
  ;;   movl 8(%rcx,%rax), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "wrapped_address") (param i64) (result i32) (i32.load (i32.wrap_i64 (local.get 0))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 56(%rdi), %rcx
  ;;   movl (%rcx,%rax), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "masked_address") (param i32) (result i32) (i32.load (i32.and (local.get 0) (i32.const 0xfff8))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   andl $65528, %esi
  ;;   movq 56(%rdi), %rax
  ;;   movl (%rax,%rsi), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "pointer_of_pointer") (param i32) (result i32) (i32.load (i32.load offset=4 (local.get 0))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 56(%rdi), %rcx
  ;;   movl 4(%rcx,%rax), %eax
  ;;   movl (%rcx,%rax), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "add_to_memory") (param i32 i32)
    (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   movq 56(%rdi), %rcx
  ;;   addl %edx, (%rcx,%rax)
  ;;   popq %rbp
  ;;   retq

  (func (export "sum") (param $at i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
    (local.get $sum))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 56(%rdi), %rcx
  ;;   xorl %eax, %eax
  ;; L1:
  ;;   movl %esi, %edi
  ;;   addl (%rcx,%rdi), %eax
  ;;   addl $4, %esi
  ;;   cmpl %edx, %esi
  ;;   jb L1
  ;;   popq %rbp
  ;;   retq

  (func (export "indexed_loop") (param $array i32) (param $n i32) (local $i i32)
    (loop $next
      (i32.store (i32.add (local.get $array) (i32.shl (local.get $i) (i32.const 2))) (local.get $i))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 56(%rdi), %rax
  ;;   leal -1(%rdx), %r8d
  ;;   movl %edx, %ecx
  ;;   andl $7, %ecx
  ;;   xorl %edi, %edi
  ;;   cmpl $7, %r8d
  ;;   jb L2
  ;;   andl $-8, %edx
  ;;   leal 28(%rsi), %r8d
  ;;   xorl %edi, %edi
  ;; L1:
  ;;   leal -28(%r8), %r9d
  ;;   movl %edi, (%rax,%r9)
  ;;   leal -24(%r8), %r9d
  ;;   leal 1(%rdi), %r10d
  ;;   movl %r10d, (%rax,%r9)
  ;;   leal -20(%r8), %r9d
  ;;   leal 2(%rdi), %r10d
  ;;   movl %r10d, (%rax,%r9)
  ;;   leal -16(%r8), %r9d
  ;;   leal 3(%rdi), %r10d
  ;;   movl %r10d, (%rax,%r9)
  ;;   leal -12(%r8), %r9d
  ;;   leal 4(%rdi), %r10d
  ;;   movl %r10d, (%rax,%r9)
  ;;   leal -8(%r8), %r9d
  ;;   leal 5(%rdi), %r10d
  ;;   movl %r10d, (%rax,%r9)
  ;;   leal -4(%r8), %r9d
  ;;   leal 6(%rdi), %r10d
  ;;   movl %r10d, (%rax,%r9)
  ;;   movl %r8d, %r9d
  ;;   leal 7(%rdi), %r10d
  ;;   movl %r10d, (%rax,%r9)
  ;;   addl $8, %edi
  ;;   addl $32, %r8d
  ;;   cmpl %edx, %edi
  ;;   jne L1
  ;;   testl %ecx, %ecx
  ;;   je L4
  ;; L2:
  ;;   leal (%rsi,%rdi,4), %edx
  ;; L3:
  ;;   movl %edx, %esi
  ;;   movl %edi, (%rax,%rsi)
  ;;   incl %edi
  ;;   addl $4, %edx
  ;;   decl %ecx
  ;;   jne L3
  ;; L4:
  ;;   popq %rbp
  ;;   retq

  (func (export "loop_with_calls") (param $at i32) (param $end i32)
    (loop $next
      (call $other (i32.load (local.get $at)))
      (i32.store (local.get $at) (i32.const 0))
      (br_if $next (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end)))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r15
  ;;   pushq %r14
  ;;   pushq %r13
  ;;   pushq %r12
  ;;   pushq %rbx
  ;;   pushq %rax
  ;;   movl %edx, -44(%rbp)
  ;;   movl %esi, %r14d
  ;;   movq 56(%rdi), %r12
  ;;   movq 40(%rdi), %r13
  ;;   movq 48(%rdi), %r15
  ;; L1:
  ;;   movl %r14d, %ebx
  ;;   movl (%r12,%rbx), %esi
  ;;   movq %r15, %rdi
  ;;   callq *%r13
  ;;   movl $0, (%r12,%rbx)
  ;;   addl $4, %r14d
  ;;   cmpl %r14d, -44(%rbp)
  ;;   jne L1
  ;;   addq $8, %rsp
  ;;   popq %rbx
  ;;   popq %r12
  ;;   popq %r13
  ;;   popq %r14
  ;;   popq %r15
  ;;   popq %rbp
  ;;   retq

  (func (export "copy_bytes") (param $to i32) (param $from i32) (param $n i32)
    (loop $next
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 56(%rdi), %rax
  ;;   leal -1(%rcx), %edi
  ;;   movl %ecx, %r9d
  ;;   andl $7, %r9d
  ;;   je L2
  ;;   xorl %r8d, %r8d
  ;; L1:
  ;;   leal (%rsi,%r8), %r10d
  ;;   leal (%rdx,%r8), %r11d
  ;;   movzbl (%rax,%r11), %r11d
  ;;   movb %r11b, (%rax,%r10)
  ;;   incl %r8d
  ;;   cmpl %r8d, %r9d
  ;;   jne L1
  ;;   addl %r8d, %esi
  ;;   addl %r8d, %edx
  ;;   subl %r8d, %ecx
  ;; L2:
  ;;   cmpl $7, %edi
  ;;   jb L4
  ;;   xorl %edi, %edi
  ;; L3:
  ;;   leal (%rsi,%rdi), %r8d
  ;;   leal (%rdx,%rdi), %r9d
  ;;   movzbl (%rax,%r9), %r9d
  ;;   movb %r9b, (%rax,%r8)
  ;;   leal (%rsi,%rdi), %r8d
  ;;   incl %r8d
  ;;   leal 1(%rdx,%rdi), %r9d
  ;;   movzbl (%rax,%r9), %r9d
  ;;   movb %r9b, (%rax,%r8)
  ;;   leal 2(%rsi,%rdi), %r8d
  ;;   leal 2(%rdx,%rdi), %r9d
  ;;   movzbl (%rax,%r9), %r9d
  ;;   movb %r9b, (%rax,%r8)
  ;;   leal 3(%rsi,%rdi), %r8d
  ;;   leal 3(%rdx,%rdi), %r9d
  ;;   movzbl (%rax,%r9), %r9d
  ;;   movb %r9b, (%rax,%r8)
  ;;   leal 4(%rsi,%rdi), %r8d
  ;;   leal 4(%rdx,%rdi), %r9d
  ;;   movzbl (%rax,%r9), %r9d
  ;;   movb %r9b, (%rax,%r8)
  ;;   leal 5(%rsi,%rdi), %r8d
  ;;   leal 5(%rdx,%rdi), %r9d
  ;;   movzbl (%rax,%r9), %r9d
  ;;   movb %r9b, (%rax,%r8)
  ;;   leal 6(%rsi,%rdi), %r8d
  ;;   leal 6(%rdx,%rdi), %r9d
  ;;   movzbl (%rax,%r9), %r9d
  ;;   movb %r9b, (%rax,%r8)
  ;;   leal 7(%rsi,%rdi), %r8d
  ;;   leal (%rdx,%rdi), %r9d
  ;;   addl $7, %r9d
  ;;   movzbl (%rax,%r9), %r9d
  ;;   movb %r9b, (%rax,%r8)
  ;;   addl $8, %edi
  ;;   cmpl %edi, %ecx
  ;;   jne L3
  ;; L4:
  ;;   popq %rbp
  ;;   retq

  (func (export "size") (result i32) (memory.size))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 64(%rdi), %rax
  ;;   movq 8(%rax), %rax
  ;;   shrq $16, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r14
  ;;   pushq %rbx
  ;;   movq %rdi, %rbx
  ;;   movl %esi, %edx
  ;;   movq (%rdi), %r14
  ;;   xorl %esi, %esi
  ;;   callq *16(%r14)
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
