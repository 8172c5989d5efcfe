// SPDX-License-Identifier: MIT
#include "scheduler/lock_pool.hpp"
#include "kernel/futex.hpp"
#include <new>

namespace weft::scheduler {

// Constant-initialised and trivially destroyed: there before the first constructor of a static, and still there after the last
// destructor of one.
constinit pooled_lock lock_pool[std::size_t{1} << lock_pool_bits];

void pooled_lock::acquire_contended(std::uint64_t nap_ns) noexcept {
    // Sections are tens of nanoseconds, a sleep costs microseconds: a short spin usually suffices, unless the holder has lost its CPU.
    for (int spin = 0; spin < 100; ++spin) {
        // mo: relaxed: a hint; the exchange decides.
        if (word_.load(std::memory_order_relaxed) == free) {
            // mo: acquire -> release's store: what the last holder wrote.
            if (word_.exchange(held, std::memory_order_acquire) == free) {
                return;
            }
        }
        kernel::cpu_pause();
    }
    // mo: seq_cst: S1, before S2's exchange.
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    // mo: acquire -> release's store: what the last holder wrote.
    while (word_.exchange(held, std::memory_order_acquire) != free) {
        kernel::futex_wait(word_, held, kernel::monotonic_ns() + nap_ns);
    }
    // mo: relaxed: a wake too many harms nobody.
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

void pooled_lock::wake_sleeper() noexcept {
    kernel::futex_wake(word_, 1);
}

void free_lock_pool() noexcept {
    for (pooled_lock& each : lock_pool) {
        ::new (static_cast<void*>(&each)) pooled_lock; // a thread that this process does not have may have held it
    }
}

} // namespace weft::scheduler
