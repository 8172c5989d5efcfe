// SPDX-License-Identifier: MIT
// What a task may ask and do about itself. Every function also works on a kernel thread that is no worker.
#pragma once
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
/// deadline in nanoseconds of CLOCK_MONOTONIC, that far from now; saturates.
std::uint64_t ns_from_now(std::chrono::nanoseconds duration) noexcept;

template <class Rep, class Period>
std::uint64_t deadline_after(const std::chrono::duration<Rep, Period>& duration) noexcept {
    using std::chrono::nanoseconds;
    if (duration <= duration.zero()) {
        return ns_from_now(nanoseconds::zero());
    }
    constexpr std::chrono::duration<double> longest = std::chrono::hours(24 * 365 * 100);
    if (std::chrono::duration<double>(duration) >= longest) {
        return ~std::uint64_t{0};
    }
    return ns_from_now(std::chrono::ceil<nanoseconds>(duration));
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
    for (auto now = Clock::now(); now < when; now = Clock::now()) {
        abi::sleep_until_ns(abi::deadline_after(when - now));
    }
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
