// SPDX-License-Identifier: MIT
// What a task may ask and do about itself. Every function also works on a kernel thread that is no worker.
#pragma once
#include <weft/deadline.hpp>
#include <weft/stoppable.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace weft {

/// Lets other ready tasks of this worker run first. Suspends if there are any. On a foreign kernel thread:
/// sched_yield(2).
void yield() noexcept;

namespace abi {
/// Suspends the task (blocks a foreign thread) until CLOCK_MONOTONIC reaches deadline_ns. Throws std::bad_alloc.
void sleep_until_ns(std::uint64_t deadline_ns);
/// True when the time has come, false when a stop was requested before. Throws std::bad_alloc.
template <stop_token_like Token>
bool sleep_until_ns(const Token& token, std::uint64_t deadline_ns) {
    if (token.stop_requested()) {
        return false;
    }
    wait_race race;
    const interrupt_on_stop<Token> on_stop(token, race);
    return race.wait(deadline_ns) != wait_result::interrupted;
}
} // namespace abi

/// Suspends the task for at least `duration` of steady time; the worker runs others meanwhile. Blocks a foreign
/// kernel thread.
template <class Rep, class Period>
void sleep_for(const std::chrono::duration<Rep, Period>& duration) {
    if (duration > duration.zero()) {
        abi::sleep_until_ns(abi::deadline_after(duration));
    }
}

/// Suspends the task until `Clock` says `when` or later. Any clock: one that is not steady is asked again on wake.
template <class Clock, class Duration>
void sleep_until(const std::chrono::time_point<Clock, Duration>& when) {
    for (auto left = abi::time_left(when); left > left.zero(); left = abi::time_left(when)) {
        abi::sleep_until_ns(abi::deadline_in(left));
    }
}

/// The same until a stop is requested; false when it was, also before the call.
template <abi::stop_token_like Token, class Rep, class Period>
[[nodiscard]] bool sleep_for(const Token& token, const std::chrono::duration<Rep, Period>& duration) {
    return abi::sleep_until_ns(token, abi::deadline_after(duration));
}
template <abi::stop_token_like Token, class Clock, class Duration>
[[nodiscard]] bool sleep_until(const Token& token, const std::chrono::time_point<Clock, Duration>& when) {
    do {
        if (!abi::sleep_until_ns(token, abi::deadline_at(when))) {
            return false;
        }
    } while (!abi::reached(when));
    return true;
}

namespace this_task {

/// The running task's id, unique in the process; 0 on a kernel thread that runs no task.
[[nodiscard]] std::uint64_t id() noexcept;

/// The name given at spawn, empty if none was.
[[nodiscard]] std::string_view name() noexcept;

/// The index of the worker that runs this task just now, -1 outside of a worker. May change at each suspension.
[[nodiscard]] int worker() noexcept;

using weft::sleep_for;
using weft::sleep_until;
using weft::yield;

} // namespace this_task
} // namespace weft
