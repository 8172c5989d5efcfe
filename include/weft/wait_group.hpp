// SPDX-License-Identifier: MIT
// wait_group: waits until a number of things are done, where the number may grow meanwhile (a latch's may not).
//
//   weft::wait_group g;
//   for (auto& p : parts) { g.add(); weft::spawn([&] { work(p); g.done(); }).detach(); }
//   g.wait();
//
// add() for a thing comes before the thing can be done, and before a wait() that shall include it. When the count comes to zero all who
// wait go on; the group can be used again. It may be destroyed as soon as its last wait has returned.
#pragma once
#include <weft/channel_core.hpp>
#include <weft/this_task.hpp>
#include <weft/wait_list.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weft {

class wait_group {
  public:
    constexpr wait_group() noexcept = default;
    /// Begins with n things to be done.
    constexpr explicit wait_group(std::ptrdiff_t n) noexcept : count_(n) {}
    wait_group(const wait_group&) = delete;
    wait_group& operator=(const wait_group&) = delete;
    /// Panics when somebody still waits.
    ~wait_group() {
        if (!waiting_.empty()) {
            destroyed_with_waiters();
        }
    }

    /// n more things to do (or fewer). Does not suspend. Panics when the count falls below zero.
    void add(std::ptrdiff_t n = 1) noexcept;
    /// One is done. Synchronises with the waits that end by it.
    void done() noexcept { add(-1); }

    /// Suspends a task, blocks a foreign kernel thread, until the count is zero; returns at once when it is.
    void wait() noexcept { (void)wait_until_ns(abi::no_deadline); }
    /// True when the count is zero. Does not suspend.
    [[nodiscard]] bool try_wait() noexcept { return wait_until_ns(0); }
    /// False when the time came first. Throws std::bad_alloc when there is no room for a timer.
    template <class Rep, class Period>
    [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& limit) {
        return wait_until_ns(abi::deadline_after(limit));
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& when) {
        do {
            if (wait_until_ns(abi::deadline_at(when))) {
                return true;
            }
        } while (!abi::reached(when));
        return false;
    }
    /// False when a stop was requested first, also before the call.
    template <abi::stop_token_like Token>
    [[nodiscard]] bool wait(const Token& token) {
        if (token.stop_requested()) {
            return false;
        }
        abi::wait_race race;
        abi::wait_node node(race);
        if (!must_wait(node)) {
            return true;
        }
        const abi::interrupt_on_stop<Token> on_stop(token, race);
        return race.wait() == abi::wait_result::woken;
    }

  private:
    /// A deadline of 0 does not wait.
    bool wait_until_ns(std::uint64_t deadline);
    /// Links the node when the count is not zero.
    bool must_wait(abi::wait_node& node) noexcept;
    [[noreturn]] void destroyed_with_waiters() const noexcept;

    std::atomic<std::ptrdiff_t> count_{0}; // atomic, see mo; comes to zero under the list's lock only
    abi::wait_list waiting_;               // guarded by its lock
};

} // namespace weft
