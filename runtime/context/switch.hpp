// SPDX-License-Identifier: MIT
// The stackful switch: leave this stack, go on with another one.
//
// Two backends, chosen when the library is built, each in namespace machine:
//   native  (default) context/arch/<machine>/native_switch.hpp, inline assembly that keeps only what the compiler must keep
//   boost   (WEFT_CONTEXT=boost) Boost.Context's fcontext, through boost_switch.hpp
// Both pass the same tests (tests/context/switch_test.cpp). The native one is the default because it is the faster
// (bench/micro/switch_bench.cpp). In a sanitizer build watched_switch.hpp stands between and tells the sanitizer of each switch.
//
// Contract of both:
// I1  A point is used once: whoever switches to it owns that stack from then on.
// I2  switch_to(save, ...) has written *save before the target runs its next instruction.
// I3  Callee-saved registers, the x87 control word and mxcsr (rounding, masks, and SSE's sticky exception flags) belong to the
//     stack. x87's status word, signal mask, errno and thread_locals belong to the kernel thread. The x87 stack must be empty.
// I4  The call is a full compiler barrier; it may return on another kernel thread.
//
// Rejected: ucontext (a system call for the signal mask, 240 ns); setjmp/longjmp (fortified builds refuse it); shared stacks that
// are copied (pointers into a stack break). Shadow stacks (CET, GCS) are not supported: Linux gives them only to programs that
// ask for them, and weft does not.
#pragma once
#include "context/point.hpp"

#if defined(WEFT_CONTEXT_BOOST)
#include "context/boost_switch.hpp"
#elif defined(__x86_64__)
#include "context/arch/x86_64/native_switch.hpp"
#elif defined(__aarch64__)
#include "context/arch/aarch64/native_switch.hpp"
#else
#error "no native switch for this machine: build with WEFT_CONTEXT=boost"
#endif
#include "context/sanitizer.hpp"

#if defined(WEFT_SANITIZED_SWITCH)
#include "context/watched_switch.hpp"
#else
namespace weft::context {

/// Prepares a stack (16-byte aligned top) so that the first switch to the point calls entry(argument). entry must not return. The
/// frame that calls entry is marked as the outermost one for unwinders and debuggers (native backend).
[[nodiscard]] inline point make_point(void* stack_top, std::size_t stack_size, entry_function entry, void* argument) noexcept {
    return machine::make_point(stack_top, stack_size, entry, argument);
}

/// Saves the running stack into *save and goes on with target.
[[gnu::always_inline]] inline void switch_to(point* save, point target) noexcept {
    machine::switch_to(save, target);
}

/// Goes on with target; the running stack is given up, its frames are not unwound.
[[noreturn, gnu::always_inline]] inline void leave_to(point target) noexcept {
    machine::leave_to(target);
}

} // namespace weft::context
#endif
