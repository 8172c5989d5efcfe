// SPDX-License-Identifier: MIT
// A one-place token on which one kernel thread sleeps.
//
//              unpark                       park: CAS                 unpark: exchange, futex_wake
//   token(2) <---------- empty(0) ----------------------> asleep(1) -----------------------------> token
//      |  park: exchange 0, return at once                    |  deadline passed: exchange 0, return
//      +---------------> empty                                +----------> empty
//
// unpark before park is not lost: park finds the token. Two unparks are one token: callers loop on their own condition.
// Reference: the token protocol of java.util.concurrent.locks.LockSupport; futex(2).
#pragma once
#include "kernel/futex.hpp"
#include <atomic>
#include <cstdint>

namespace weft::scheduler {

class parker {
  public:
    /// Blocks the kernel thread until a token comes or the deadline passes. True when a token was taken.
    bool park(std::uint64_t deadline_ns = kernel::never) noexcept {
        std::uint32_t seen = empty;
        // mo: acquire, both orders -> unpark's exchange: what the waker wrote before. On failure a token was seen.
        if (!word_.compare_exchange_strong(seen, asleep, std::memory_order_acquire, std::memory_order_acquire)) {
            // mo: acquire -> unpark's exchange, as above.
            word_.exchange(empty, std::memory_order_acquire);
            return true;
        }
        for (;;) {
            const auto outcome = kernel::futex_wait(word_, asleep, deadline_ns);
            // mo: relaxed: only a look; taking the token below synchronises.
            if (word_.load(std::memory_order_relaxed) == token || outcome == kernel::futex_outcome::timed_out) {
                // mo: acquire -> unpark's exchange: what the waker wrote before.
                return word_.exchange(empty, std::memory_order_acquire) == token;
            }
        }
    }

    /// Leaves a token and wakes the sleeper if there is one. Callable from anywhere, also a signal handler.
    void unpark() noexcept {
        // mo: release -> park's CAS and exchange: what we wrote before.
        if (word_.exchange(token, std::memory_order_release) == asleep) {
            kernel::futex_wake(word_, 1);
        }
    }

    /// Whether park() would return at once. By who parks.
    [[nodiscard]] bool has_token() const noexcept {
        // mo: relaxed: only a look; taking the token synchronises.
        return word_.load(std::memory_order_relaxed) == token;
    }

  private:
    static constexpr std::uint32_t empty = 0, asleep = 1, token = 2;
    std::atomic<std::uint32_t> word_{empty}; // atomic, see mo
};

} // namespace weft::scheduler
