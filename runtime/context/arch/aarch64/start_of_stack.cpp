// SPDX-License-Identifier: MIT
// The first instructions on a new stack (aarch64). Reached by the `br` of switch_to with the stack that make_point wrote:
//
//   sp ->  resume address | x29 = 0 | fpcr = 0 | - | entry | argument
//
// Loads the control word, then enters entry(argument) with a return address of 0: unwinders and debuggers stop there.
#if !defined(WEFT_CONTEXT_BOOST)
asm(R"(
    .text
    .globl weft_start_of_stack
    .hidden weft_start_of_stack
    .type weft_start_of_stack, %function
weft_start_of_stack:
    .cfi_startproc
    .cfi_undefined x30
    msr fpcr, xzr
    ldp x8, x0, [sp, #32]
    add sp, sp, #48
    mov x29, xzr
    mov x30, xzr
    br x8
    .cfi_endproc
    .size weft_start_of_stack, .-weft_start_of_stack
)");
#endif
