// SPDX-License-Identifier: MIT
// The first instructions on a new stack (x86-64). Reached by the `jmp` of switch_to with the stack that make_point wrote:
//
//   rsp ->  control words | rbp = 0 | entry | argument | 0 | 0
//
// Loads the control words, then enters entry(argument) with a return address of 0: unwinders and debuggers stop there, and the
// CFI says the same about this routine (rip undefined: the outermost frame). At entry rsp is 8 below a multiple of 16, as the ABI wants.
#if !defined(WEFT_CONTEXT_BOOST)
asm(R"(
    .text
    .globl weft_start_of_stack
    .hidden weft_start_of_stack
    .type weft_start_of_stack, @function
weft_start_of_stack:
    .cfi_startproc
    .cfi_undefined rip
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %rbp
    popq %rax
    popq %rdi
    jmp *%rax
    .cfi_endproc
    .size weft_start_of_stack, .-weft_start_of_stack
)");
#endif
