// SPDX-License-Identifier: MIT
// How a selector sleeps until its chooser is decided, and how the clock decides it.
//
// The fire of the winner and the sleep meet on the chooser's event, as a task's end and its joiner do on the join word:
//
//   nobody(0) -- sleep: CAS --> waiter* -- fire: exchange --> fired(1), and the winner wakes the waiter
//      +---------- fire: exchange -------------------------> fired(1): sleep's CAS fails, and it goes on at once
//
// A task publishes itself after it has left its stack (the one door), so it is never resumed while it still runs. Either the CAS comes
// first, and then the exchange sees the waiter and wakes it, or the exchange comes first, and then the CAS sees that and does not
// sleep: both are read-modify-writes of one word, so no wake-up is lost and none is doubled.
//
// A deadline is a timer beside it. One that has been taken from the heap but has not fired yet would touch the selector's memory later;
// so a selector that cannot remove its timer, and was not decided by it, waits for the second event, timer_over.
#pragma once
#include "scheduler/runtime_core.hpp"
#include <weft/channel_core.hpp>

namespace weft::sync {

/// Waits until who is decided and fired; the deadline decides it for timed_out. Suspends a task, blocks a foreign kernel thread. Make it
/// before who is known to anybody, since making it may throw std::bad_alloc.
class sleep_of_chooser {
  public:
    sleep_of_chooser(abi::chooser& who, std::uint64_t deadline);
    /// Once.
    void sleep() noexcept;

  private:
    abi::chooser& who_;
    const std::uint64_t deadline_;
};

} // namespace weft::sync
