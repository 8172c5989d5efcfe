// SPDX-License-Identifier: MIT
// clone(2) and clone3(2) as the raw doors need them (x86-64).
//
//   C++      pid_t weft::raw_clone(flags, stack, parent_tid, child_tid, tls)           returns twice; errno
//            rdi rsi rdx rcx r8
//   C++      pid_t weft::raw_clone3(args, size)                                        returns twice; errno
//            rdi rsi
//   C        long weft_clone_call(flags, stack, parent_tid, child_tid, tls, fn, arg)   the child calls fn(arg); -errno
//            rdi rsi rdx rcx r8 r9 [rsp+8]
//   C        long weft_clone3_call(args, size, fn, arg)                                the child calls fn(arg); -errno
//            rdi rsi rdx rcx
//   (the first two are labelled by their mangled names: a frame of C++ around the call could not return twice)
//   kernel   rax=56 (SYS_clone)    rdi=flags rsi=stack rdx=ptid r10=ctid r8=tls        -> rax (rcx, r11 destroyed)
//   kernel   rax=435 (SYS_clone3)  rdi=args  rsi=size                                  -> rax
//
// Returning twice: a child with CLONE_VM and no stack (vfork's way) returns through the parent's own stack and writes over
// what lies there. So the return address goes over in a register (r9) and each side pushes it again; below the stack pointer nothing
// is kept. A child that was given a stack has no frame there to return to: it ends with 127.
//
//   stack      at entry  rsp -> [return address]     around the call  rsp -> (caller's frame)     at the end as at entry
//
// Calling fn: nothing is written to the child's stack before it runs there, so that any pointer reaches the kernel as it is. arg travels in rbx,
// which the parent keeps on its stack; the child begins at rsp = stack, rounded down to 16, and fn's result is its exit status.
// Assembly because after the system call two run the same code, perhaps on different stacks. Shadow stacks (CET) do not know such returns;
// glibc does not switch them on here. CFI: rip is undefined in the child; unwinders stop there.
asm(R"(
    .text
    .globl _ZN4weft9raw_cloneEmPvS0_S0_m
    .type _ZN4weft9raw_cloneEmPvS0_S0_m, @function
    .p2align 4
_ZN4weft9raw_cloneEmPvS0_S0_m:
    .cfi_startproc
    movq %rcx, %r10            # child_tid: the kernel's fourth argument register
    popq %r9                   # return address, out of the child's reach
    .cfi_adjust_cfa_offset -8
    .cfi_register rip, r9
    movl $56, %eax             # SYS_clone
    syscall
    testq %rax, %rax
    jnz 1f                     # the parent
    testq %rsi, %rsi
    jnz weft_raw_clone_lost    # a child on a new stack
1:  pushq %r9                  # the return address again
    .cfi_adjust_cfa_offset 8
    .cfi_offset rip, -8
    testq %rax, %rax
    js weft_raw_clone_refused
    ret                        # tid in the parent, 0 in the child
    .cfi_endproc
    .size _ZN4weft9raw_cloneEmPvS0_S0_m, .-_ZN4weft9raw_cloneEmPvS0_S0_m

    .globl _ZN4weft10raw_clone3EPKvm
    .type _ZN4weft10raw_clone3EPKvm, @function
    .p2align 4
_ZN4weft10raw_clone3EPKvm:
    .cfi_startproc
    popq %r9                   # return address, out of the child's reach
    .cfi_adjust_cfa_offset -8
    .cfi_register rip, r9
    movq %rsp, %r8             # the stack that may return
    movl $435, %eax            # SYS_clone3
    syscall
    testq %rax, %rax
    jnz 1f                     # the parent
    cmpq %rsp, %r8
    jne weft_raw_clone_lost    # a child on a new stack
1:  pushq %r9                  # the return address again
    .cfi_adjust_cfa_offset 8
    .cfi_offset rip, -8
    testq %rax, %rax
    js weft_raw_clone_refused
    ret                        # tid in the parent, 0 in the child
    .cfi_endproc
    .size _ZN4weft10raw_clone3EPKvm, .-_ZN4weft10raw_clone3EPKvm

    .type weft_raw_clone_refused, @function
weft_raw_clone_refused:        # rax = -errno, rsp -> [return address]
    .cfi_startproc
    negl %eax
    pushq %rax                 # keeps it, and aligns the stack
    .cfi_adjust_cfa_offset 8
    call __errno_location@PLT
    popq %rdx
    .cfi_adjust_cfa_offset -8
    movl %edx, (%rax)          # errno
    movq $-1, %rax
    ret
    .cfi_endproc
    .size weft_raw_clone_refused, .-weft_raw_clone_refused

    .type weft_raw_clone_lost, @function
weft_raw_clone_lost:           # the child has nowhere to return to
    movl $127, %edi            # as a shell says "not found"
    movl $60, %eax             # SYS_exit
    syscall
    .size weft_raw_clone_lost, .-weft_raw_clone_lost

    .globl weft_clone_call
    .hidden weft_clone_call
    .type weft_clone_call, @function
    .p2align 4
weft_clone_call:
    .cfi_startproc
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_offset rbx, -16
    movq 16(%rsp), %rbx        # arg
    movq %rcx, %r10            # child_tid: the kernel's fourth argument register
    movl $56, %eax             # SYS_clone
    syscall
    testq %rax, %rax
    jz weft_clone_child
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbx
    ret                        # tid or -errno, in the parent
    .cfi_endproc
    .size weft_clone_call, .-weft_clone_call

    .globl weft_clone3_call
    .hidden weft_clone3_call
    .type weft_clone3_call, @function
    .p2align 4
weft_clone3_call:
    .cfi_startproc
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_offset rbx, -16
    movq %rcx, %rbx            # arg: rcx does not survive the instruction
    movq %rdx, %r9             # fn, where the child looks for it
    movl $435, %eax            # SYS_clone3
    syscall
    testq %rax, %rax
    jz weft_clone_child
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbx
    ret                        # tid or -errno, in the parent
    .cfi_endproc
    .size weft_clone3_call, .-weft_clone3_call

    .type weft_clone_child, @function
weft_clone_child:              # the child: r9 = fn, rbx = arg
    .cfi_startproc
    .cfi_undefined rip         # nobody called it
    xorl %ebp, %ebp            # outermost frame for frame-pointer walkers
    andq $-16, %rsp            # whatever stack was given
    movq %rbx, %rdi            # arg
    call *%r9                  # fn
    movl %eax, %edi            # its result is the exit status
    movl $60, %eax             # SYS_exit: this thread alone
    syscall
    .cfi_endproc
    .size weft_clone_child, .-weft_clone_child
)");
