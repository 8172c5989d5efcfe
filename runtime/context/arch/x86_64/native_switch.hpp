// SPDX-License-Identifier: MIT
// The switch on x86-64, inline.
//
//   C signature   void switch_to(point* save /* any register */, point target /* any register */)
//   kernel        not involved
//
// Assembly because C++ cannot exchange the stack pointer. Inline, because a called routine must save all six callee-saved
// registers, while here every register but rsp and rbp is declared destroyed, so that the compiler keeps only those that are alive. The target
// is reached by `jmp`: a `ret` would be predicted from the return stack, always wrongly (9.8 against 2.9 ns).
//
//   a suspended stack         offset  written by
//   rsp ->  resume address      0     the leaver: its label 1, or start_of_stack for a new stack
//           mxcsr, x87 control  8     the leaver; reloaded on arrival only when they differ (below)
//           rbp                16     the leaver (rbp cannot be declared destroyed where it is the frame pointer)
//           128 bytes          24     the red zone of the function that we are inlined into; never touched
//
// Control words: a comparison is predicted, and what follows need not wait for the stack's line, as it must for a load. With 8,192 stacks in
// turn a switch takes 29 ns so and 33 with loads unasked; with one, which is in the cache, 7.0 and 5.4 (bench/micro/switch_bench.cpp).
//
// Unwinding: library code is built with frame pointers, so CFI is rbp-based around the pushes; a suspended task is walked from its saved
// rbp. A new stack starts in start_of_stack, whose CFI says that there is no caller.
// EDGE stack-switch: the stack pointer changes between two C++ statements.
#pragma once
#include "context/point.hpp"
#include <cstdint>

namespace weft::context::machine {

extern "C" void weft_start_of_stack() noexcept; // start_of_stack.cpp

inline point make_point(void* stack_top, std::size_t, entry_function entry, void* argument) noexcept {
    auto* word = static_cast<std::uint64_t*>(stack_top);
    *--word = reinterpret_cast<std::uint64_t>(argument);      // popped by start_of_stack
    *--word = reinterpret_cast<std::uint64_t>(entry);         // popped by start_of_stack
    *--word = 0;                                              // rbp: the outermost frame
    *--word = (std::uint64_t{0x037f} << 32) | 0x1f80;         // x87 and SSE control words as a process starts with them
    *--word = reinterpret_cast<std::uint64_t>(&weft_start_of_stack);
    return word;
}

[[gnu::always_inline]] inline void switch_to(point* save, point target) noexcept {
    asm volatile("leaq -128(%%rsp), %%rsp\n\t"  // step over the red zone
                 "pushq %%rbp\n\t"              // frame pointer
                 "pushq %%rax\n\t"              // room for the control words
                 "stmxcsr (%%rsp)\n\t"          // SSE control word
                 "fnstcw 4(%%rsp)\n\t"          // x87 control word
                 "movl (%%rsp), %%ecx\n\t"      // ecx: the SSE control word now in force
                 "movzwl 4(%%rsp), %%edx\n\t"   // edx: the x87 control word now in force
                 "leaq 1f(%%rip), %%rax\n\t"    // where to go on
                 "pushq %%rax\n\t"              // resume address
                 "movq %%rsp, (%%rdi)\n\t"      // *save: this stack may be resumed from here on (I2)
                 "movq %%rsi, %%rsp\n\t"        // onto the target stack
                 "popq %%rax\n\t"               // its resume address
                 "jmp *%%rax\n\t"               // there
                 "1:\n\t"                       // resumed: rsp is at our control words; ecx and edx are the leaver's
                 "cmpl (%%rsp), %%ecx\n\t"      // same SSE control word?
                 "je 2f\n\t"                    //
                 "ldmxcsr (%%rsp)\n\t"          // no: ours
                 "2:\n\t"                       //
                 "cmpw 4(%%rsp), %%dx\n\t"      // same x87 control word?
                 "je 3f\n\t"                    //
                 "fldcw 4(%%rsp)\n\t"           // no: ours
                 "3:\n\t"                       //
                 "popq %%rax\n\t"               // control words
                 "popq %%rbp\n\t"               // frame pointer
                 "leaq 128(%%rsp), %%rsp\n\t"   // back over the red zone
                 : "+D"(save), "+S"(target)
                 :
                 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2",
                   "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                   "xmm15",
#if defined(__AVX512F__)
                   "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26",
                   "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7",
#endif
#if defined(__APX_F__)
                   "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30",
                   "r31",
#endif
                   "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc", "memory");
}

[[noreturn, gnu::always_inline]] inline void leave_to(point target) noexcept {
    asm volatile("leaq -8(%%rsp), %%rsp\n\t"  // scratch on the stack that we give up
                 "stmxcsr (%%rsp)\n\t"        // SSE control word
                 "fnstcw 4(%%rsp)\n\t"        // x87 control word
                 "movl (%%rsp), %%ecx\n\t"    // as switch_to leaves them for the arriver
                 "movzwl 4(%%rsp), %%edx\n\t" //
                 "movq %%rsi, %%rsp\n\t"      // onto the target stack
                 "popq %%rax\n\t"             // its resume address
                 "jmp *%%rax\n\t"             // there, for good
                 :
                 : "S"(target)
                 : "rax", "rcx", "rdx", "memory");
    __builtin_unreachable();
}

} // namespace weft::context::machine
