// SPDX-License-Identifier: MIT
// The first instructions on a new stack (aarch64). Reached by the `br` of switch_to with the stack that make_point wrote:
//
//   before   sp ->  resume address | x29 = 0 | fpcr = 0 | - | entry | argument | (stack top, a multiple of 16)
//   at entry sp ->  (stack top)           x0 = argument, x29 = 0, x30 = return address into this routine
//
// Unwinding: this is the outermost frame, and the CFI says so (x30 undefined), as in libc's clone. Unwinders and debuggers stop here; an
// exception that comes this far has found no handler, but entry is noexcept and terminates first. entry does not return: brk if it does.
#if !defined(WEFT_CONTEXT_BOOST)
asm(R"(
    .text
    .globl weft_start_of_stack
    .type weft_start_of_stack, %function
weft_start_of_stack:
    .cfi_startproc
    .cfi_undefined x30
    hint #36                // bti j: a branch may land here where landings are checked
    ldr x9, [sp, #16]       // floating-point control word of a new process
    msr fpcr, x9            // in force
    ldp x8, x0, [sp, #32]   // entry, argument
    add sp, sp, #48         // sp is the stack top now, a multiple of 16
    mov x29, xzr            // a walk along frame pointers ends here
    blr x8                  // entry(argument)
    brk #1                  // it must not return
    .cfi_endproc
    .size weft_start_of_stack, .-weft_start_of_stack
)");
#endif
