// SPDX-License-Identifier: MIT
// A mutex for kernel threads: three states in one futex word. It blocks the kernel thread, never a task:
// for short sections that do not suspend. (A channel's is kept by a task until it has left its stack, and given back by the next context.)
//
//          lock: CAS 0->1                     unlock: exchange 0
//   free(0) ---------------> held(1) --------------------------> free
//                               |  a second locker: exchange 2
//                               v
//                         contended(2) -- unlock: exchange 0, futex_wake(1)
//
// I1  The word is 2 whenever somebody may sleep on it, so unlock wakes only then.
// Reference: U. Drepper, "Futexes Are Tricky" (2011), mutex 2.
#pragma once
#include "kernel/futex.hpp"
#include <atomic>
#include <cstdint>

namespace weft::kernel {

class lock {
  public:
    constexpr lock() noexcept = default;
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;

    void acquire() noexcept {
        std::uint32_t free = 0;
        // mo: acquire -> release's exchange: what the last holder wrote. Failure order relaxed: the slow
        // path reads nothing that the word protects.
        if (!word_.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed)) {
            acquire_contended();
        }
    }

    [[nodiscard]] bool try_acquire() noexcept {
        std::uint32_t free = 0;
        // mo: acquire -> release's exchange, as in acquire().
        return word_.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed);
    }

    void release() noexcept {
        // mo: release -> acquire()'s CAS and acquire_contended()'s exchange: publishes the section.
        if (word_.exchange(0, std::memory_order_release) == 2) {
            futex_wake(word_, 1);
        }
    }


  private:
    void acquire_contended() noexcept;
    std::atomic<std::uint32_t> word_{0}; // atomic, see mo
};

/// Holds a lock for a block.
class guard {
  public:
    explicit guard(lock& l) noexcept : lock_(l) { lock_.acquire(); }
    ~guard() { lock_.release(); }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;

  private:
    lock& lock_;
};

} // namespace weft::kernel
