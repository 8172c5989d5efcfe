// SPDX-License-Identifier: MIT
// The switch on aarch64, inline. The idea is that of the x86-64 one: everything that may be declared destroyed is, so the compiler keeps
// only what is alive; x29 (frame pointer) and sp are kept by hand. x18 is a scratch register like others on Linux (gcc keeps loop counters
// there), so it is declared destroyed too; a build that reserves it for a shadow call stack is not supported.
//
//   a suspended stack         offset  written by
//   sp ->   resume address      0     the leaver: its label 1, or start_of_stack for a new stack
//           x29                 8     the leaver
//           fpcr               16     the leaver; reloaded on arrival only when it differs
//           (padding)          24     sp stays a multiple of 16
//
// There is no red zone on aarch64 Linux. EDGE stack-switch: as on x86-64.
#pragma once
#include "context/point.hpp"
#include <cstdint>

#if defined(__ARM_FEATURE_BTI_DEFAULT)
#define WEFT_BRANCH_TARGET "hint #36\n\t" // bti j
#else
#define WEFT_BRANCH_TARGET
#endif
#if defined(__ARM_FEATURE_SVE)
#define WEFT_SVE_REGISTERS                                                                                                  \
    "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "p13", "p14", "p15",
#else
#define WEFT_SVE_REGISTERS
#endif

namespace weft::context::machine {

extern "C" void weft_start_of_stack() noexcept; // start_of_stack.cpp

inline point make_point(void* stack_top, std::size_t, entry_function entry, void* argument) noexcept {
    auto* word = static_cast<std::uint64_t*>(stack_top) - 6;
    word[0] = reinterpret_cast<std::uint64_t>(&weft_start_of_stack);
    word[1] = 0; // x29: the outermost frame
    word[2] = 0; // fpcr: round to nearest, nothing trapped
    word[3] = 0;
    word[4] = reinterpret_cast<std::uint64_t>(entry);
    word[5] = reinterpret_cast<std::uint64_t>(argument);
    return word;
}

[[gnu::always_inline]] inline void switch_to(point* save, point target) noexcept {
    register point* slot asm("x0") = save;
    register point next asm("x1") = target;
    asm volatile("sub sp, sp, #32\n\t"      // room for the record
                 "adr x2, 1f\n\t"           // where to go on
                 "mrs x3, fpcr\n\t"         // x3: the control word now in force, for the arriver
                 "stp x2, x29, [sp]\n\t"    // resume address, frame pointer
                 "str x3, [sp, #16]\n\t"    // control word
                 "mov x4, sp\n\t"           //
                 "str x4, [x0]\n\t"         // *save: this stack may be resumed from here on (I2)
                 "mov sp, x1\n\t"           // onto the target stack
                 "ldr x2, [sp]\n\t"         // its resume address
                 "br x2\n\t"                // there
                 "1:\n\t"                   // resumed: x3 is the leaver's control word
                 WEFT_BRANCH_TARGET         // (a landing mark where landings are checked)
                 "ldr x4, [sp, #16]\n\t"    // ours
                 "cmp x3, x4\n\t"           //
                 "b.eq 2f\n\t"              //
                 "msr fpcr, x4\n\t"         // differs: put ours in force
                 "2:\n\t"                   //
                 "ldr x29, [sp, #8]\n\t"    // frame pointer
                 "add sp, sp, #32\n\t"      //
                 : "+r"(slot), "+r"(next)
                 :
                 : WEFT_SVE_REGISTERS "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                   "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4",
                   "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20",
                   "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc", "memory");
}

[[noreturn, gnu::always_inline]] inline void leave_to(point target) noexcept {
    register point next asm("x1") = target;
    asm volatile("mrs x3, fpcr\n\t"  // as switch_to leaves it for the arriver
                 "mov sp, x1\n\t"    // onto the target stack
                 "ldr x2, [sp]\n\t"  // its resume address
                 "br x2\n\t"         // there, for good
                 :
                 : "r"(next)
                 : "x2", "x3", "memory");
    __builtin_unreachable();
}

} // namespace weft::context::machine

#undef WEFT_BRANCH_TARGET
#undef WEFT_SVE_REGISTERS
