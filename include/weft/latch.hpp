// SPDX-License-Identifier: MIT
// latch: std's, for tasks and kernel threads alike. Counting down never suspends, and is one compare-and-swap; the last one lets all go
// that wait, and may be the last use of the latch: whoever returns from wait() may destroy it.
//
// Checked, by a panic: a count below zero or above max(), and the end with waiters.
#pragma once
#include <weft/stoppable.hpp>
#include <weft/wait_list.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace weft {

class latch {
  public:
    static constexpr std::ptrdiff_t max() noexcept { return std::numeric_limits<std::ptrdiff_t>::max(); }

    constexpr explicit latch(std::ptrdiff_t expected) noexcept : word_(static_cast<std::uint64_t>(expected)) {
        if (expected < 0) {
            bad_count();
        }
    }
    latch(const latch&) = delete;
    latch& operator=(const latch&) = delete;
    ~latch() {
        // mo: relaxed: nobody else may be near.
        if ((word_.load(std::memory_order_relaxed) & queued) != 0) {
            destroyed_in_use();
        }
    }

    /// update from 0 to what is left. Synchronises with every wait() and try_wait() that finds zero.
    void count_down(std::ptrdiff_t update = 1) noexcept;
    [[nodiscard]] bool try_wait() const noexcept {
        // mo: acquire -> count_down's CAS and store: what came before each of them.
        return word_.load(std::memory_order_acquire) == 0;
    }
    /// Suspends until the count is zero.
    void wait() const;
    /// The same until a stop is requested: false when it was, also before the call.
    template <abi::stop_token_like Token>
    [[nodiscard]] bool wait(const Token& token) const {
        if (token.stop_requested()) {
            return false;
        }
        abi::wait_race race;
        abi::wait_node node(race);
        if (try_wait() || !enter(node)) {
            return true;
        }
        const abi::interrupt_on_stop<Token> on_stop(token, race);
        if (race.wait() == abi::wait_result::woken) {
            return true;
        }
        leave(node);
        return false;
    }
    void arrive_and_wait(std::ptrdiff_t update = 1) {
        count_down(update);
        wait();
    }

  private:
    static constexpr std::uint64_t queued = std::uint64_t{1} << 63;

    /// In line; or false: the count is zero.
    [[nodiscard]] bool enter(abi::wait_node& node) const noexcept;
    /// Of one who gives up. The latch may be gone, if it has come to zero.
    void leave(abi::wait_node& node) const noexcept;
    [[noreturn]] static void bad_count() noexcept;
    [[noreturn]] static void destroyed_in_use() noexcept;

    mutable std::atomic<std::uint64_t> word_; // atomic, see mo: the count, and queued while somebody waits (set in the section)
    mutable abi::wait_list waiters_;          // guarded by its section
};

} // namespace weft
