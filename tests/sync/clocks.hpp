// SPDX-License-Identifier: MIT
// Clocks of a user, for timed calls: one that a test sets by hand, and one that runs at half the steady clock's speed, so that a wait
// which believes its first conversion comes back too early.
#pragma once
#include <atomic>
#include <chrono>

namespace test {

struct hand_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<hand_clock>;
    static constexpr bool is_steady = false;
    static inline std::atomic<rep> ticks{0};
    static time_point now() noexcept { return time_point(duration(ticks.load())); }
};

struct slow_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<slow_clock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept { return time_point(std::chrono::steady_clock::now().time_since_epoch() / 2); }
};

} // namespace test
