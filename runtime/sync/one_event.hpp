// SPDX-License-Identifier: MIT
// One event for which at most one task or kernel thread waits. A word, so that it can lie in a public header:
//
//   nothing yet(0) -- wait: CAS --> waiter* -- set: exchange --> happened(1), and the setter wakes the waiter
//        +------------- set: exchange --------------------------> happened(1)
//
// I1  set() touches the word once; afterwards the memory may be gone. The waiter leaves only by the wake that it is owed.
#pragma once
#include <atomic>
#include <cstdint>

namespace weft::sync {

inline constexpr std::uintptr_t event_happened = 1;

/// Suspends a task, blocks a foreign kernel thread. Synchronises with set_event.
void await_event(std::atomic<std::uintptr_t>& word) noexcept;

/// Once an event. Does not suspend.
void set_event(std::atomic<std::uintptr_t>& word) noexcept;

} // namespace weft::sync
