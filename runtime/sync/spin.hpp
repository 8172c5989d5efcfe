// SPDX-License-Identifier: MIT
// A short look before a wait: whoever holds a lock for a moment gives it back sooner than a suspension and its wake take.
#pragma once

#include "scheduler/runtime_core.hpp"

namespace weft::sync {

/// The pauses between looks. Long ones: a look takes the lock's line away from the holder's CPU, where the next lock or unlock then waits for
/// it, and a lock that changes hands at every look is all misses. A lock that four tasks of two workers want all the time cost 115 ns
/// with a look every 20 ns, 53 with these (bench/workload/mutex).
class spin_pauses {
  public:
    /// False when it has been some 2 us, about what a suspension and its wake cost.
    [[nodiscard]] bool next() noexcept {
        if (length_ > longest) {
            return false;
        }
        for (int i = 0; i < length_; ++i) {
            kernel::cpu_pause();
        }
        length_ *= 2;
        return true;
    }

  private:
    static constexpr int longest = 64;
    int length_ = 32;
};

/// May the holder be running now, on another CPU?
inline bool spinning_helps() noexcept {
    const scheduler::carrier* c = scheduler::this_carrier();
    return !c || !c->held || c->core.worker_count > 1;
}

} // namespace weft::sync
