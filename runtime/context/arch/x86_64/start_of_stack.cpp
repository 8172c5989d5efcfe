// SPDX-License-Identifier: MIT
// The first instructions on a new stack (x86-64). Reached by the `jmp` of switch_to with the stack that make_point wrote:
//
//   before   rsp ->  control words | rbp = 0 | entry | argument | (stack top, a multiple of 16)
//   at entry rsp ->  return address into this routine | (stack top)         rdi = argument, rbp = 0
//
// Unwinding: this is the outermost frame, and the CFI says so (rip undefined), as in libc's clone. Unwinders and debuggers stop here; an exception
// that comes this far has found no handler, but entry is noexcept and terminates first. entry does not return: ud2 if it does.
#if !defined(WEFT_CONTEXT_BOOST)
asm(R"(
    .text
    .globl weft_start_of_stack
    .type weft_start_of_stack, @function
weft_start_of_stack:
    .cfi_startproc
    .cfi_undefined rip
    ldmxcsr (%rsp)          # SSE control word of a new process
    fldcw 4(%rsp)           # x87 control word
    addq $8, %rsp           # past them
    popq %rbp               # 0: a walk along frame pointers ends here
    popq %rax               # entry
    popq %rdi               # its argument; rsp is the stack top now, a multiple of 16
    call *%rax              # entry(argument)
    ud2                     # it must not return
    .cfi_endproc
    .size weft_start_of_stack, .-weft_start_of_stack
)");
#endif
