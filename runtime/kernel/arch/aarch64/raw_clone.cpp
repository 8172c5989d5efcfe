// SPDX-License-Identifier: MIT
// clone(2) and clone3(2) as the raw doors need them (aarch64).
//
//   C++      pid_t weft::raw_clone(flags, stack, parent_tid, child_tid, tls)           returns twice; errno
//            x0 x1 x2 x3 x4
//   C++      pid_t weft::raw_clone3(args, size)                                        returns twice; errno
//            x0 x1
//   C        long weft_clone_call(flags, stack, parent_tid, child_tid, tls, fn, arg)   the child calls fn(arg); -errno
//            x0 x1 x2 x3 x4 x5 x6
//   C        long weft_clone3_call(args, size, fn, arg)                                the child calls fn(arg); -errno
//            x0 x1 x2 x3
//   (the first two are labelled by their mangled names: a frame of C++ around the call could not return twice)
//   kernel   x8=220 (SYS_clone)    x0=flags x1=stack x2=ptid x3=tls x4=ctid            -> x0 (tls before ctid: CLONE_BACKWARDS)
//   kernel   x8=435 (SYS_clone3)   x0=args  x1=size                                    -> x0
//
// Returning twice is easy here: the return address is in x30, and nothing lies on the stack that a child with CLONE_VM and no stack of its
// own (vfork's way) could destroy. A child that was given a stack has no frame there to return to: it ends with 127.
//
//   stack      untouched by both sides; only a refusal pushes [x19 x30] around the look for errno
//
// Calling fn: nothing is written to the child's stack before it runs there, so that any pointer reaches the kernel as it is. svc destroys x0 alone, so
// fn and arg travel in registers; the child rounds sp down to 16, and fn's result is its exit status.
// Assembly because after the system call two run the same code, perhaps on different stacks. CFI: x30 undefined in the child.
asm(R"(
    .text
    .globl _ZN4weft9raw_cloneEmPvS0_S0_m
    .type _ZN4weft9raw_cloneEmPvS0_S0_m, %function
    .p2align 4
_ZN4weft9raw_cloneEmPvS0_S0_m:
    .cfi_startproc
    mov x9, x3                 // child_tid and tls change places
    mov x3, x4
    mov x4, x9
    mov x9, sp                 // the stack that may return
    mov x8, #220               // SYS_clone
    svc #0
    b weft_raw_clone_answer
    .cfi_endproc
    .size _ZN4weft9raw_cloneEmPvS0_S0_m, .-_ZN4weft9raw_cloneEmPvS0_S0_m

    .globl _ZN4weft10raw_clone3EPKvm
    .type _ZN4weft10raw_clone3EPKvm, %function
    .p2align 4
_ZN4weft10raw_clone3EPKvm:
    .cfi_startproc
    mov x9, sp                 // the stack that may return
    mov x8, #435               // SYS_clone3
    svc #0
    b weft_raw_clone_answer
    .cfi_endproc
    .size _ZN4weft10raw_clone3EPKvm, .-_ZN4weft10raw_clone3EPKvm

    .type weft_raw_clone_answer, %function
weft_raw_clone_answer:         // x0 = answer, x9 = sp before the call, x30 = return address
    .cfi_startproc
    cbnz x0, 1f                // the parent
    mov x10, sp
    cmp x9, x10
    b.eq 2f                    // a child on its parent's stack, or on the copy of it
    mov x0, #127               // a child on a new stack has nowhere to return to
    mov x8, #93                // SYS_exit
    svc #0
1:  tbnz x0, #63, 3f           // negative: refused
2:  ret                        // tid in the parent, 0 in the child
3:  stp x19, x30, [sp, #-16]!
    .cfi_adjust_cfa_offset 16
    .cfi_offset x19, -16
    .cfi_offset x30, -8
    neg w19, w0                // errno
    bl __errno_location
    str w19, [x0]
    mov x0, #-1
    ldp x19, x30, [sp], #16
    .cfi_adjust_cfa_offset -16
    .cfi_restore x19
    .cfi_restore x30
    ret
    .cfi_endproc
    .size weft_raw_clone_answer, .-weft_raw_clone_answer

    .globl weft_clone_call
    .hidden weft_clone_call
    .type weft_clone_call, %function
    .p2align 4
weft_clone_call:
    .cfi_startproc
    mov x9, x3                 // child_tid and tls change places
    mov x3, x4
    mov x4, x9
    mov x8, #220               // SYS_clone
    svc #0
    cbz x0, weft_clone_child
    ret                        // tid or -errno, in the parent
    .cfi_endproc
    .size weft_clone_call, .-weft_clone_call

    .globl weft_clone3_call
    .hidden weft_clone3_call
    .type weft_clone3_call, %function
    .p2align 4
weft_clone3_call:
    .cfi_startproc
    mov x5, x2                 // fn and arg, where the child looks for them
    mov x6, x3
    mov x8, #435               // SYS_clone3
    svc #0
    cbz x0, weft_clone_child
    ret                        // tid or -errno, in the parent
    .cfi_endproc
    .size weft_clone3_call, .-weft_clone3_call

    .type weft_clone_child, %function
weft_clone_child:              // the child: x5 = fn, x6 = arg
    .cfi_startproc
    .cfi_undefined x30         // nobody called it
    mov x29, xzr               // outermost frame
    mov x30, xzr
    mov x9, sp
    and x9, x9, #-16           // whatever stack was given
    mov sp, x9
    mov x0, x6                 // arg
    blr x5                     // fn
    mov x8, #93                // SYS_exit: this thread alone, with fn's result in x0
    svc #0
    .cfi_endproc
    .size weft_clone_child, .-weft_clone_child
)");
