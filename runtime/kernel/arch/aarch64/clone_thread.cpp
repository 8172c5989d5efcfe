// SPDX-License-Identifier: MIT
// clone3(2) and clone(2) for a child that starts on a stack of its own (aarch64).
//
//   C        long weft_clone3_thread(clone_args* args, size_t size, entry, argument)
//            x0=args  x1=size  x2=entry  x3=argument                           -> x0: tid or -errno
//   kernel   x8=435 (SYS_clone3)  x0=args  x1=size                             -> x0: tid in the parent, 0 in the child
//
//   C        long weft_clone_thread(flags, stack_top, parent_tid, child_tid, tls, start)
//            x0=flags x1=top x2=ptid x3=ctid x4=tls x5=start
//   kernel   x8=220 (SYS_clone)  x0=flags x1=stack x2=ptid x3=tls x4=ctid       -> as above (tls before ctid: CLONE_BACKWARDS)
//
// svc destroys x0 alone; entry and argument travel in registers. The child's sp is the (16-byte aligned) top; there is no
// return address on the stack, x30 = 0 says that nobody called. Assembly because after the system call two threads run the same code
// with different stacks. CFI: x30 undefined, unwinders stop there.
asm(R"(
    .text
    .globl weft_clone3_thread
    .hidden weft_clone3_thread
    .type weft_clone3_thread, %function
    .p2align 4
weft_clone3_thread:
    .cfi_startproc
    mov x8, #435               // SYS_clone3
    svc #0
    cbz x0, 1f                 // 0: we are the child, on the new stack
    ret                        // tid or -errno, in the parent
1:  .cfi_undefined x30         // nobody called the child
    mov x29, xzr               // outermost frame
    mov x30, xzr
    mov x0, x3                 // argument
    br x2                      // entry never returns
    .cfi_endproc
    .size weft_clone3_thread, .-weft_clone3_thread

    .globl weft_clone_thread
    .hidden weft_clone_thread
    .type weft_clone_thread, %function
    .p2align 4
weft_clone_thread:
    .cfi_startproc
    mov x8, #220               // SYS_clone
    mov x6, x3                 // child_tid and tls change places
    mov x3, x4
    mov x4, x6
    svc #0
    cbz x0, 1f                 // 0: we are the child, on the new stack
    ret                        // tid or -errno, in the parent
1:  .cfi_undefined x30         // nobody called the child
    mov x29, xzr               // outermost frame
    mov x30, xzr
    ldp x2, x0, [x5]           // start->entry, start->argument
    br x2                      // never returns
    .cfi_endproc
    .size weft_clone_thread, .-weft_clone_thread
)");
