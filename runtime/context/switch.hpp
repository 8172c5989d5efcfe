// SPDX-License-Identifier: MIT
// The stackful switch: leave this stack, go on with another one.
//
// Two backends behind three functions, chosen when the library is built:
//   native  (default) context/arch/<machine>/native_switch.hpp, inline assembly that keeps only what the compiler must keep
//   boost   (WEFT_CONTEXT=boost) Boost.Context's fcontext, through boost_switch.hpp
// Both pass the same tests. The native one is the default where it is the faster (bench/micro/switch_bench.cpp).
//
// Contract of both:
// I1  A point is used once: whoever switches to it owns that stack from then on.
// I2  switch_to(save, ...) has written *save before the target runs its next instruction.
// I3  Callee-saved registers and the floating-point control words (rounding, exceptions masks) belong to the stack.
//     Signal mask, errno and thread_locals belong to the kernel thread.
// I4  The call is a full compiler barrier; it may return on another kernel thread.
//
// Rejected: ucontext (a system call for the signal mask, 240 ns); setjmp/longjmp (fortified builds refuse it); shared stacks that
// are copied (pointers into a stack break). Shadow stacks (CET) are not supported: Linux gives them only to programs that
// ask for them, and weft does not.
#pragma once
#include <cstddef>

namespace weft::context {

/// A suspended stack.
using point = void*;

using entry_function = void (*)(void* argument) noexcept;

} // namespace weft::context

#if defined(WEFT_CONTEXT_BOOST)
#include "context/boost_switch.hpp"
#elif defined(__x86_64__)
#include "context/arch/x86_64/native_switch.hpp"
#elif defined(__aarch64__)
#include "context/arch/aarch64/native_switch.hpp"
#else
#error "no native switch for this machine: build with WEFT_CONTEXT=boost"
#endif

// Each backend defines, in weft::context:
//
//   point make_point(void* stack_top, std::size_t stack_size, entry_function entry, void* argument) noexcept;
//     Prepares a stack (16-byte aligned top) so that the first switch to the point calls entry(argument). entry must not
//     return. The frame above entry is marked as the outermost one for unwinders and debuggers.
//
//   void switch_to(point* save, point target) noexcept;
//     Saves the running stack into *save and goes on with target.
//
//   [[noreturn]] void leave_to(point target) noexcept;
//     Goes on with target; the running stack is given up.
