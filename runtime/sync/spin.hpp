// SPDX-License-Identifier: MIT
// A short look before a wait: whoever holds a lock for a moment gives it back sooner than a suspension and its wake take.
#pragma once

#include "scheduler/runtime_core.hpp"

namespace weft::sync {

inline constexpr int spin_rounds = 60; // some 2 us, about what a suspension and its wake cost

/// May the holder be running now, on another CPU?
inline bool spinning_helps() noexcept {
    const scheduler::carrier* c = scheduler::this_carrier();
    return !c || !c->held || c->core.worker_count > 1;
}

} // namespace weft::sync
