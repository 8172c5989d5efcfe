// SPDX-License-Identifier: MIT
// Timed calls by any clock. Inside, weft waits by CLOCK_MONOTONIC alone; a clock that is not steady, or a user's, is asked again after
// each wait, so a call does not return early by it. A step of the wall clock does not move a wait by a duration or by steady_clock.
#pragma once
#include <weft/this_task.hpp>

#include <chrono>
#include <cstdint>

namespace weft::abi {

/// attempt(deadline in nanoseconds of CLOCK_MONOTONIC) again and again, until it says true, or the clock says `when` or later: then
/// false. Throws what the clock and the attempt throw.
template <class Clock, class Duration, class Attempt>
bool attempt_until(const std::chrono::time_point<Clock, Duration>& when, Attempt attempt) {
    for (auto now = Clock::now(); now < when; now = Clock::now()) {
        if (attempt(deadline_after(when - now))) {
            return true;
        }
    }
    return false;
}

/// When `when` will be, by CLOCK_MONOTONIC, if neither clock is set meanwhile; now, if it is past. Throws what the clock throws.
template <class Clock, class Duration>
std::uint64_t deadline_at(const std::chrono::time_point<Clock, Duration>& when) {
    const auto now = Clock::now();
    return when <= now ? ns_from_now(std::chrono::nanoseconds::zero()) : deadline_after(when - now);
}

} // namespace weft::abi
