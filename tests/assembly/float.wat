;; Floats.
(module
  (memory 1)

  (func (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vorpd %xmm1, %xmm0, %xmm2
  ;;   vminsd %xmm1, %xmm0, %xmm3
  ;;   vcmpeqsd %xmm1, %xmm0, %xmm4
  ;;   vblendvpd %xmm4, %xmm2, %xmm3, %xmm2
  ;;   vaddsd %xmm1, %xmm0, %xmm3
  ;;   vcmpunordsd %xmm1, %xmm0, %xmm0
  ;;   vblendvpd %xmm0, %xmm3, %xmm2, %xmm0
  ;;   popq %rbp
  ;;   retq

  (func (export "max") (param f32 f32) (result f32) (f32.max (local.get 0) (local.get 1)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vandps %xmm1, %xmm0, %xmm2
  ;;   vmaxss %xmm1, %xmm0, %xmm3
  ;;   vcmpeqss %xmm1, %xmm0, %xmm4
  ;;   vblendvps %xmm4, %xmm2, %xmm3, %xmm2
  ;;   vaddss %xmm1, %xmm0, %xmm3
  ;;   vcmpunordss %xmm1, %xmm0, %xmm0
  ;;   vblendvps %xmm0, %xmm3, %xmm2, %xmm0
  ;;   popq %rbp
  ;;   retq

  (func (export "abs_neg") (param f64) (result f64) (f64.neg (f64.abs (local.get 0))))
  ;; constant1:
  ;;   .quad 0x8000000000000000
  ;;   .quad 0x8000000000000000
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vorps constant1(%rip), %xmm0, %xmm0
  ;;   popq %rbp
  ;;   retq

  (func (export "copysign") (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
  ;; constant1:
  ;;   .quad 0x8000000000000000
  ;;   .quad 0x8000000000000000
  ;; constant2:
  ;;   .quad 0x7fffffffffffffff
  ;;   .quad 0x7fffffffffffffff
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vandps constant1(%rip), %xmm1, %xmm1
  ;;   vandps constant2(%rip), %xmm0, %xmm0
  ;;   vorps %xmm1, %xmm0, %xmm0
  ;;   popq %rbp
  ;;   retq

  (func (export "nearest") (param f64) (result f64) (f64.nearest (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vroundsd $8, %xmm0, %xmm0, %xmm0
  ;;   popq %rbp
  ;;   retq

  (func (export "sqrt_of_sum") (param f64 f64) (result f64)
    (f64.sqrt (f64.add (f64.mul (local.get 0) (local.get 0)) (f64.mul (local.get 1) (local.get 1)))))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vmulsd %xmm0, %xmm0, %xmm0
  ;;   vmulsd %xmm1, %xmm1, %xmm1
  ;;   vaddsd %xmm1, %xmm0, %xmm0
  ;;   vsqrtsd %xmm0, %xmm0, %xmm0
  ;;   popq %rbp
  ;;   retq

  (func (export "trunc_f64_s") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  ;; constant1:
  ;;   .quad 0xc1e0000000200000
  ;; constant2:
  ;;   .quad 0x41e0000000000000
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vcvttsd2si %xmm0, %eax
  ;;   movl %eax, %ecx
  ;;   negl %ecx
  ;;   jo L2
  ;; L1:
  ;;   popq %rbp
  ;;   retq
  ;; L2:
  ;;   vucomisd %xmm0, %xmm0
  ;;   jp L4
  ;;   vucomisd constant1(%rip), %xmm0
  ;;   jbe L3
  ;;   vmovsd constant2(%rip), %xmm1
  ;;   vucomisd %xmm0, %xmm1
  ;;   ja L1
  ;; L3:
  ;;   movq (%rdi), %rax
  ;;   movl $7, %esi
  ;;   callq *(%rax)
  ;; L4:
  ;;   movq (%rdi), %rax
  ;;   movl $9, %esi
  ;;   callq *(%rax)

  (func (export "trunc_f32_u") (param f32) (result i64) (i64.trunc_f32_u (local.get 0)))
  ;; constant1:
  ;;   .long 0xbf800000
  ;; constant2:
  ;;   .long 0x5f800000
  ;; constant3:
  ;;   .long 0x5f000000
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vucomiss %xmm0, %xmm0
  ;;   jp L1
  ;;   vucomiss constant1(%rip), %xmm0
  ;;   jbe L2
  ;;   vmovss constant2(%rip), %xmm1
  ;;   vucomiss %xmm0, %xmm1
  ;;   jbe L2
  ;;   vcvttss2si %xmm0, %rcx
  ;;   movq %rcx, %rdx
  ;;   sarq $63, %rdx
  ;;   vsubss constant3(%rip), %xmm0, %xmm0
  ;;   vcvttss2si %xmm0, %rax
  ;;   andq %rdx, %rax
  ;;   orq %rcx, %rax
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   movq (%rdi), %rax
  ;;   movl $9, %esi
  ;;   callq *(%rax)
  ;; L2:
  ;;   movq (%rdi), %rax
  ;;   movl $7, %esi
  ;;   callq *(%rax)

  (func (export "trunc_sat_f64_s") (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))
  ;; constant1:
  ;;   .quad 0xc1e0000000000000
  ;; constant2:
  ;;   .quad 0x41dfffffffc00000
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vcvttsd2si %xmm0, %eax
  ;;   movl %eax, %ecx
  ;;   negl %ecx
  ;;   jo L1
  ;;   popq %rbp
  ;;   retq
  ;; L1:
  ;;   vmaxsd constant1(%rip), %xmm0, %xmm1
  ;;   vminsd constant2(%rip), %xmm1, %xmm1
  ;;   vcvttsd2si %xmm1, %ecx
  ;;   xorl %eax, %eax
  ;;   vucomisd %xmm0, %xmm0
  ;;   cmovnpl %ecx, %eax
  ;;   popq %rbp
  ;;   retq

  (func (export "trunc_sat_f64_u") (param f64) (result i64) (i64.trunc_sat_f64_u (local.get 0)))
  ;; constant1:
  ;;   .quad 0x43e0000000000000
  ;; constant2:
  ;;   .quad 0x43efffffffffffff
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   vcvttsd2si %xmm0, %rax
  ;;   movq %rax, %rcx
  ;;   vsubsd constant1(%rip), %xmm0, %xmm1
  ;;   sarq $63, %rcx
  ;;   vcvttsd2si %xmm1, %rdx
  ;;   andq %rcx, %rdx
  ;;   orq %rax, %rdx
  ;;   xorl %ecx, %ecx
  ;;   vxorpd %xmm1, %xmm1, %xmm1
  ;;   vucomisd %xmm1, %xmm0
  ;;   cmovaeq %rdx, %rcx
  ;;   vucomisd constant2(%rip), %xmm0
  ;;   movq $-1, %rax
  ;;   cmovbeq %rcx, %rax
  ;;   popq %rbp
  ;;   retq

  (func (export "convert_i64_u") (param i64) (result f64) (f64.convert_i64_u (local.get 0)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq %rsi, %rax
  ;;   shrq %rax
  ;;   movl %esi, %ecx
  ;;   andl $1, %ecx
  ;;   orq %rax, %rcx
  ;;   testq %rsi, %rsi
  ;;   cmovnsq %rsi, %rcx
  ;;   vcvtsi2sd %rcx, %xmm15, %xmm0
  ;;   jns L1
  ;;   vaddsd %xmm0, %xmm0, %xmm0
  ;; L1:
  ;;   popq %rbp
  ;;   retq

  (func (export "dot") (param $a i32) (param $b i32) (param $n i32) (result f64) (local $sum f64)
    (loop $next
      (local.set $sum
        (f64.add (local.get $sum) (f64.mul (f64.load (local.get $a)) (f64.load (local.get $b)))))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
  ;;   pushq %rbp
  ;;   movq %rsp, %rbp
  ;;   movq 40(%rdi), %rax
  ;;   leal -1(%rcx), %edi
  ;;   movl %ecx, %r8d
  ;;   andl $3, %r8d
  ;;   je L2
  ;;   xorl %r9d, %r9d
  ;;   vxorpd %xmm0, %xmm0, %xmm0
  ;; L1:
  ;;   movl %esi, %r10d
  ;;   vmovsd (%rax,%r10), %xmm1
  ;;   movl %edx, %r10d
  ;;   vmulsd (%rax,%r10), %xmm1, %xmm1
  ;;   vaddsd %xmm1, %xmm0, %xmm0
  ;;   addl $8, %esi
  ;;   addl $8, %edx
  ;;   incl %r9d
  ;;   cmpl %r9d, %r8d
  ;;   jne L1
  ;;   subl %r9d, %ecx
  ;;   cmpl $3, %edi
  ;;   jae L3
  ;;   jmp L5
  ;; L2:
  ;;   vxorpd %xmm0, %xmm0, %xmm0
  ;;   cmpl $3, %edi
  ;;   jb L5
  ;; L3:
  ;;   xorl %edi, %edi
  ;; L4:
  ;;   leal (%rsi,%rdi), %r8d
  ;;   leal (%rdx,%rdi), %r9d
  ;;   vmovsd (%rax,%r8), %xmm1
  ;;   vmulsd (%rax,%r9), %xmm1, %xmm1
  ;;   vaddsd %xmm1, %xmm0, %xmm0
  ;;   leal 8(%rsi,%rdi), %r8d
  ;;   leal 8(%rdx,%rdi), %r9d
  ;;   vmovsd (%rax,%r8), %xmm1
  ;;   vmulsd (%rax,%r9), %xmm1, %xmm1
  ;;   vaddsd %xmm1, %xmm0, %xmm0
  ;;   leal 16(%rsi,%rdi), %r8d
  ;;   leal 16(%rdx,%rdi), %r9d
  ;;   vmovsd (%rax,%r8), %xmm1
  ;;   vmulsd (%rax,%r9), %xmm1, %xmm1
  ;;   vaddsd %xmm1, %xmm0, %xmm0
  ;;   leal 24(%rsi,%rdi), %r8d
  ;;   leal 24(%rdx,%rdi), %r9d
  ;;   vmovsd (%rax,%r8), %xmm1
  ;;   vmulsd (%rax,%r9), %xmm1, %xmm1
  ;;   vaddsd %xmm1, %xmm0, %xmm0
  ;;   addl $32, %edi
  ;;   addl $-4, %ecx
  ;;   jne L4
  ;; L5:
  ;;   popq %rbp
  ;;   retq
