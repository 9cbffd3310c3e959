;; Bits of integers: counts, rotations, shifts, extensions.
(module
  (func (export "rotl_by_7") (param i32) (result i32) (i32.rotl (local.get 0) (i32.const 7)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   rorxl $25, %esi, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "rotr_by_12") (param i64) (result i64) (i64.rotr (local.get 0) (i64.const 12)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   rorxq $12, %rsi, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "rotl") (param i32 i32) (result i32) (i32.rotl (local.get 0) (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %edx, %ecx
  ;;   movl %esi, %eax
  ;;   roll %cl, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "rotr") (param i64 i64) (result i64) (i64.rotr (local.get 0) (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq %rdx, %rcx
  ;;   movq %rsi, %rax
  ;;   rorq %cl, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "popcnt") (param i32) (result i32) (i32.popcnt (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   popcntl %esi, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "clz") (param i64) (result i64) (i64.clz (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   lzcntq %rsi, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "ctz") (param i32) (result i32) (i32.ctz (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   tzcntl %esi, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "shl") (param i32 i32) (result i32) (i32.shl (local.get 0) (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   shlxl %edx, %esi, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "shr_s") (param i64 i64) (result i64) (i64.shr_s (local.get 0) (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   sarxq %rdx, %rsi, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "extend8_s") (param i32) (result i32) (i32.extend8_s (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movsbl %sil, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "extend32_s") (param i64) (result i64) (i64.extend32_s (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movslq %esi, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "shifts_that_extend") (param i32) (result i32)
    (i32.shr_s (i32.shl (local.get 0) (i32.const 16)) (i32.const 16)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movswl %si, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "field") (param i64) (result i64)
    (i64.and (i64.shr_u (local.get 0) (i64.const 11)) (i64.const 2047)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq %rsi, %rax
  ;;   shrl $11, %eax
  ;;   andl $2047, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "byte_swap") (param i32) (result i32)
    (i32.or
      (i32.and (i32.rotl (local.get 0) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get 0) (i32.const 8)) (i32.const 0xff00ff00)))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movl %esi, %eax
  ;;   bswapl %eax
  ;;   popq %rbp
  ;;   retq
