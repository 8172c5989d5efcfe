// SPDX-License-Identifier: MIT
// A task that runs off its stack hits the guard page and gets SIGSEGV, on a stack that has no room for a handler. So every carrier has an
// alternate signal stack, and a handler says which task it was before the process ends as it would have ended.
//
// The handler belongs to the process, and a program may want it for itself: it is installed only where SIGSEGV has its default action
// when the first runtime is made, a program may install its own at any time, and any fault that is not a task's overflow
// gets the default action. A carrier that somebody has given an alternate stack keeps that one (sanitizers do).
// Rejected: checking the room at every spawn or call, which the compiler could do and nobody would pay for.
// Reference: sigaltstack(2), sigaction(2).
#pragma once
#include <cstddef>

namespace weft::scheduler {

/// Once a process; see above. Does not fail: without it an overflow is a SIGSEGV without a sentence.
void report_stack_overflows() noexcept;

/// This kernel thread's alternate signal stack, for as long as the object lives.
class signal_stack {
  public:
    signal_stack() noexcept;
    ~signal_stack();
    signal_stack(const signal_stack&) = delete;
    signal_stack& operator=(const signal_stack&) = delete;

  private:
    bool ours_ = false;                     // r/o after construction
    alignas(16) std::byte room_[32 * 1024]; // the kernel's frame takes up to 12 KiB of it (AMX), the handler 2
};

} // namespace weft::scheduler
