// SPDX-License-Identifier: MIT
// counting_semaphore, binary_semaphore: std's, for tasks and kernel threads alike.
//
// A release gives its units to those who wait, first come, first served, before anybody else can take them; so nobody starves, and the
// counter is only above zero when nobody waits. Uncontended, acquire and release are one compare-and-swap each. release synchronises
// with the acquire that takes the unit; it may be the last use of the semaphore, which the acquirer may then destroy.
//
// Checked, by a panic: a counter outside of 0 to max(), and the end with waiters.
#pragma once
#include <weft/deadline.hpp>
#include <weft/stoppable.hpp>
#include <weft/wait_list.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace weft {

namespace abi {

class semaphore_core {
  public:
    constexpr explicit semaphore_core(std::ptrdiff_t initial) noexcept : word_(static_cast<std::uint64_t>(initial)) {}
    semaphore_core(const semaphore_core&) = delete;
    semaphore_core& operator=(const semaphore_core&) = delete;
    ~semaphore_core() {
        // mo: relaxed: nobody else may be near.
        if ((word_.load(std::memory_order_relaxed) & queued) != 0) {
            destroyed_in_use();
        }
    }

    [[nodiscard]] bool try_acquire() noexcept {
        // mo: relaxed: a look; the CAS takes.
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        while ((seen & count_bits) != 0) {
            // mo: acquire -> release's CAS: what the releaser did before. Failure relaxed: nothing is read.
            if (word_.compare_exchange_weak(seen, seen - 1, std::memory_order_acquire, std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }
    void acquire() { (void)acquire_until(no_deadline); }
    [[nodiscard]] bool acquire_until(std::uint64_t deadline_ns) { return try_acquire() || wait_for_one(deadline_ns); }
    template <stop_token_like Token>
    [[nodiscard]] bool acquire_until(const Token& token, std::uint64_t deadline_ns) {
        if (token.stop_requested()) {
            return false;
        }
        if (try_acquire()) {
            return true;
        }
        wait_race race;
        wait_node node(race);
        if (!enter(node)) {
            return true;
        }
        const place_in_line<semaphore_core> at_end{*this, node};
        const interrupt_on_stop<Token> on_stop(token, race);
        return race.wait(deadline_ns) == wait_result::woken;
    }
    /// Panics when the counter would exceed most.
    void release(std::ptrdiff_t update, std::ptrdiff_t most) noexcept;

    [[noreturn]] static void bad_initial_value() noexcept;

  private:
    static constexpr std::uint64_t queued = std::uint64_t{1} << 63, count_bits = queued - 1;

    friend place_in_line<semaphore_core>;

    [[nodiscard]] bool wait_for_one(std::uint64_t deadline_ns);
    /// In line; or false: there was a unit, and it is ours.
    [[nodiscard]] bool enter(wait_node& node) noexcept;
    [[nodiscard]] bool enter_in(wait_section& held, wait_node& node) noexcept;
    void leave(wait_node& node) noexcept;
    [[noreturn]] static void destroyed_in_use() noexcept;

    std::atomic<std::uint64_t> word_; // atomic, see mo: the counter, and queued while somebody waits (changed in the section only)
    wait_list waiters_;               // guarded by the section of this
};

} // namespace abi

template <std::ptrdiff_t LeastMaxValue = std::numeric_limits<std::ptrdiff_t>::max()>
class counting_semaphore {
    static_assert(LeastMaxValue >= 0, "weft::counting_semaphore: a counter cannot be negative");

  public:
    static constexpr std::ptrdiff_t max() noexcept { return LeastMaxValue; }

    constexpr explicit counting_semaphore(std::ptrdiff_t desired) noexcept : core_(desired) {
        if (desired < 0 || desired > max()) {
            abi::semaphore_core::bad_initial_value();
        }
    }
    counting_semaphore(const counting_semaphore&) = delete;
    counting_semaphore& operator=(const counting_semaphore&) = delete;

    /// Does not suspend. update from 0 to max() - counter.
    void release(std::ptrdiff_t update = 1) noexcept { core_.release(update, max()); }
    /// Suspends until there is a unit.
    void acquire() { core_.acquire(); }
    /// Never suspends, never fails for no reason.
    [[nodiscard]] bool try_acquire() noexcept { return core_.try_acquire(); }
    /// Both suspend until there is a unit or the time is over. Throw std::bad_alloc, and what the clock throws.
    template <class Rep, class Period>
    [[nodiscard]] bool try_acquire_for(const std::chrono::duration<Rep, Period>& duration) {
        return core_.try_acquire() || (duration > duration.zero() && core_.acquire_until(abi::deadline_after(duration)));
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& when) {
        return core_.try_acquire() ||
               abi::attempt_until(when, [this](std::uint64_t deadline_ns) { return core_.acquire_until(deadline_ns); });
    }

    // ---- the same until a stop is requested: false when it was, also before the call

    template <abi::stop_token_like Token>
    [[nodiscard]] bool acquire(const Token& token) {
        return core_.acquire_until(token, abi::no_deadline);
    }
    template <abi::stop_token_like Token, class Rep, class Period>
    [[nodiscard]] bool try_acquire_for(const Token& token, const std::chrono::duration<Rep, Period>& duration) {
        return core_.acquire_until(token, abi::deadline_after(duration));
    }
    template <abi::stop_token_like Token, class Clock, class Duration>
    [[nodiscard]] bool try_acquire_until(const Token& token, const std::chrono::time_point<Clock, Duration>& when) {
        do {
            if (core_.acquire_until(token, abi::deadline_at(when))) {
                return true;
            }
        } while (!token.stop_requested() && !abi::reached(when));
        return false;
    }

  private:
    abi::semaphore_core core_;
};

using binary_semaphore = counting_semaphore<1>;

} // namespace weft
