;; Globals of the module and of others.
(module
  (global $imported (import "host" "imported") (mut i32))
  (global $imported_constant (import "host" "constant") i32)
  (global $own (mut i32) (i32.const 0))
  (global $constant i32 (i32.const 1000))
  (memory 1)

  (func $f (export "get_constants") (result i32)
    (i32.add (global.get $constant) (global.get $imported_constant)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 48(%rdi), %rcx
  ;;   movl $1000, %eax
  ;;   addl (%rcx), %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "count") (global.set $own (i32.add (global.get $own) (i32.const 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   incl 96(%rdi)
  ;;   popq %rbp
  ;;   retq

  (func (export "count_imported") (global.set $imported (i32.add (global.get $imported) (i32.const 1))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 40(%rdi), %rax
  ;;   incl (%rax)
  ;;   popq %rbp
  ;;   retq

  (func (export "loop_over_own") (param i32)
    (loop
      (global.set $own (i32.add (global.get $own) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   leal -1(%rsi), %eax
  ;;   movl %esi, %ecx
  ;;   andl $7, %ecx
  ;;   je L2
  ;; L1:
  ;;   addl %esi, 96(%rdi)
  ;;   decl %esi
  ;;   decl %ecx
  ;;   jne L1
  ;; L2:
  ;;   cmpl $7, %eax
  ;;   jb L4
  ;;   addl $-7, %esi
  ;; L3:
  ;;   movl 96(%rdi), %eax
  ;;   addl %esi, %eax
  ;;   addl $7, %eax
  ;;   movl %eax, 96(%rdi)
  ;;   movl 96(%rdi), %eax
  ;;   leal 6(%rsi,%rax), %eax
  ;;   movl %eax, 96(%rdi)
  ;;   movl 96(%rdi), %eax
  ;;   leal 5(%rsi,%rax), %eax
  ;;   movl %eax, 96(%rdi)
  ;;   movl 96(%rdi), %eax
  ;;   leal 4(%rsi,%rax), %eax
  ;;   movl %eax, 96(%rdi)
  ;;   movl 96(%rdi), %eax
  ;;   leal 3(%rsi,%rax), %eax
  ;;   movl %eax, 96(%rdi)
  ;;   movl 96(%rdi), %eax
  ;;   leal 2(%rsi,%rax), %eax
  ;;   movl %eax, 96(%rdi)
  ;;   movl 96(%rdi), %eax
  ;;   addl %esi, %eax
  ;;   incl %eax
  ;;   movl %eax, 96(%rdi)
  ;;   addl %esi, 96(%rdi)
  ;;   addl $-8, %esi
  ;;   cmpl $-7, %esi
  ;;   jne L3
  ;; L4:
  ;;   popq %rbp
  ;;   retq

  (func (export "loop_over_imported") (param i32)
    (loop
      (global.set $imported (i32.add (global.get $imported) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 40(%rdi), %rax
  ;;   leal -1(%rsi), %ecx
  ;;   movl %esi, %edx
  ;;   andl $7, %edx
  ;;   je L2
  ;; L1:
  ;;   addl %esi, (%rax)
  ;;   decl %esi
  ;;   decl %edx
  ;;   jne L1
  ;; L2:
  ;;   cmpl $7, %ecx
  ;;   jb L4
  ;;   addl $-7, %esi
  ;; L3:
  ;;   movl (%rax), %ecx
  ;;   addl %esi, %ecx
  ;;   addl $7, %ecx
  ;;   movl %ecx, (%rax)
  ;;   movl (%rax), %ecx
  ;;   leal 6(%rsi,%rcx), %ecx
  ;;   movl %ecx, (%rax)
  ;;   movl (%rax), %ecx
  ;;   leal 5(%rsi,%rcx), %ecx
  ;;   movl %ecx, (%rax)
  ;;   movl (%rax), %ecx
  ;;   leal 4(%rsi,%rcx), %ecx
  ;;   movl %ecx, (%rax)
  ;;   movl (%rax), %ecx
  ;;   leal 3(%rsi,%rcx), %ecx
  ;;   movl %ecx, (%rax)
  ;;   movl (%rax), %ecx
  ;;   leal 2(%rsi,%rcx), %ecx
  ;;   movl %ecx, (%rax)
  ;;   movl (%rax), %ecx
  ;;   addl %esi, %ecx
  ;;   incl %ecx
  ;;   movl %ecx, (%rax)
  ;;   addl %esi, (%rax)
  ;;   addl $-8, %esi
  ;;   cmpl $-7, %esi
  ;;   jne L3
  ;; L4:
  ;;   popq %rbp
  ;;   retq

  (func (export "stack_pointer") (param i32) (result i32) (local $sp i32)
    (global.set $own (local.tee $sp (i32.sub (global.get $own) (i32.const 16))))
    (i32.store offset=12 (local.get $sp) (local.get 0))
    (local.set 0 (call $f))
    (global.set $own (i32.add (local.get $sp) (i32.const 16)))
    (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   pushq %r14
  ;;   pushq %rbx
  ;;   movq %rdi, %rbx
  ;;   movl 96(%rdi), %r14d
  ;;   leal -16(%r14), %eax
  ;;   movl %eax, 96(%rdi)
  ;;   movq 56(%rdi), %rcx
  ;;   movl %esi, 12(%rcx,%rax)
  ;;   callq wasm_func_0
  ;;   movl %r14d, 96(%rbx)
  ;;   popq %rbx
  ;;   popq %r14
  ;;   popq %rbp
  ;;   retq
