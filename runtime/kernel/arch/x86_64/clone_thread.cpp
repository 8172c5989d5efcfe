// SPDX-License-Identifier: MIT
// clone3(2) and clone(2) for a child that starts on a stack of its own (x86-64).
//
//   C        long weft_clone3_thread(clone_args* args, size_t size, entry, argument)
//            rdi=args  rsi=size  rdx=entry  rcx=argument                        -> rax: tid or -errno
//   kernel   rax=435 (SYS_clone3)  rdi=args  rsi=size                           -> rax: tid in the parent, 0 in the child
//
//   C        long weft_clone_thread(flags, stack_top, parent_tid, child_tid, tls, start_on_stack)
//            rdi=flags rsi=top rdx=ptid rcx=ctid r8=tls r9=start
//   kernel   rax=56 (SYS_clone)  rdi=flags rsi=stack rdx=ptid r10=ctid r8=tls   -> as above
//
// The instruction destroys rax, rcx and r11; everything else is the child's too, so entry and argument travel in rdx and r8. For
// clone, all argument registers are taken: `start` (a struct of entry and argument, which outlives the start) goes over in r9.
//
//   the child's stack    before          rsp -> top (16-byte aligned)
//                        at entry        rsp -> [return address 0]            i.e. 8 below a multiple of 16, as the ABI wants
//
// Assembly because after the system call two threads run the same code with different stacks: a compiler would return
// through a frame that the child does not have. CFI: the caller of entry is undefined, unwinders and debuggers stop there, so an exception that
// nobody catches ends in std::terminate.
asm(R"(
    .text
    .globl weft_clone3_thread
    .hidden weft_clone3_thread
    .type weft_clone3_thread, @function
    .p2align 4
weft_clone3_thread:
    .cfi_startproc
    movl $435, %eax            # SYS_clone3
    movq %rcx, %r8             # argument: rcx does not survive the instruction
    syscall
    testq %rax, %rax
    jz 1f                      # 0: we are the child, on the new stack
    ret                        # tid or -errno, in the parent
1:  .cfi_undefined rip         # nobody called the child
    xorl %ebp, %ebp            # outermost frame for frame-pointer walkers
    movq %r8, %rdi             # argument
    pushq $0                   # the "return address" of entry
    jmp *%rdx                  # entry never returns
    .cfi_endproc
    .size weft_clone3_thread, .-weft_clone3_thread

    .globl weft_clone_thread
    .hidden weft_clone_thread
    .type weft_clone_thread, @function
    .p2align 4
weft_clone_thread:
    .cfi_startproc
    movl $56, %eax             # SYS_clone
    movq %rcx, %r10            # child_tid: the kernel's fourth argument register
    syscall
    testq %rax, %rax
    jz 1f                      # 0: we are the child, on the new stack
    ret                        # tid or -errno, in the parent
1:  .cfi_undefined rip         # nobody called the child
    xorl %ebp, %ebp            # outermost frame for frame-pointer walkers
    movq 8(%r9), %rdi          # start->argument
    pushq $0                   # the "return address" of entry
    jmp *(%r9)                 # start->entry never returns
    .cfi_endproc
    .size weft_clone_thread, .-weft_clone_thread
)");
