// SPDX-License-Identifier: MIT
// The word of CLONE_CHILD_CLEARTID, and two ways to wait for it: asleep, or awake.
#pragma once
#include "kernel/futex.hpp"
#include <atomic>
#include <cstdint>
#include <sched.h>

namespace weft::lab {

/// What a bare thread shares, and the cleared word.
inline constexpr unsigned long bare_thread_flags =
    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;

class clone_word {
  public:
    void arm() noexcept {
        word_.store(
            1, std::memory_order_relaxed); // mo: relaxed: the clone publishes it to the kernel and the child
    }
    void* address() noexcept { return &word_; }

    /// Sleeps at once. Shared scope: the kernel's wake is one.
    void wait_parked() noexcept {
        // mo: acquire -> the kernel's clearing of the word, after everything that the thread did.
        while (word_.load(std::memory_order_acquire) != 0) {
            kernel::futex_wait(word_, 1, kernel::never, kernel::futex_scope::shared);
        }
    }
    /// Never sleeps.
    void wait_spinning() noexcept {
        // mo: acquire -> the kernel's clearing of the word, after everything that the thread did.
        while (word_.load(std::memory_order_acquire) != 0) {
            kernel::cpu_pause();
        }
    }

  private:
    std::atomic<std::uint32_t> word_{0}; // atomic: creator, and the kernel at the end
};

} // namespace weft::lab
