// SPDX-License-Identifier: MIT
// The locks that guard wait lists: a fixed set, chosen by the address of the object that the list lies in.
//
// Why not a lock in the object: an object may be destroyed as soon as one of its users has been told something (a mutex by who was
// handed it last, a condition variable after notify_all), while the one who told still has to unlock, and one who timed out still
// has to look whether it is linked. A lock that never dies makes both safe, and a primitive smaller.
// Two objects may share a lock. That costs time, never correctness: nobody holds one while waiting for anything else but the second
// of a pair, and pairs are taken in the order of their addresses.
//
// Every wait and every wake goes through one, so it costs one locked instruction and not two: release() is a plain store, and then a
// look for sleepers. A look that overtakes the store on its way to memory can miss one who falls asleep at that moment:
//
//   acquire_contended                        release
//   S1  sleepers_ + 1                        R1  word_ = free
//   S2  take the word; held? futex_wait      R2  sleepers_ != 0? futex_wake
//
// R1 and R2 are a store and a load without a fence between them. So a sleeper does not rely on the wake: it looks again by itself after
// longest_nap_ns. That is a bound for a case that wants R2 and all of S1 to S2, a system call, within the life of a store in a buffer.
// Rejected: kernel::lock, whose release is an exchange (6 ns of a wait's or a wake's 30); a spin bit in each object (dies with it; a
// holder that has lost its CPU lets the others spin).
// Reference: that waiting is kept beside the object and found by its address is the idea of WebKit's ParkingLot (F. Pizlo, 2016).
#pragma once
#include "base/cache_line.hpp"
#include "scheduler/after_fork.hpp"
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weft::scheduler {

/// Lives for ever: release() looks at it when another may hold it already. Blocks the kernel thread, never a task. Whoever acquires it need
/// not be who releases it: a task that falls asleep leaves that to the next context (suspend.hpp).
class alignas(base::cache_line) pooled_lock {
  public:
    constexpr pooled_lock() noexcept = default;
    pooled_lock(const pooled_lock&) = delete;
    pooled_lock& operator=(const pooled_lock&) = delete;

    void acquire(std::uint64_t nap_ns = longest_nap_ns) noexcept {
        // mo: acquire -> release's store: what the last holder wrote.
        if (word_.exchange(held, std::memory_order_acquire) != free) [[unlikely]] {
            acquire_contended(nap_ns);
        }
    }
    void release() noexcept {
        // mo: release -> acquire's exchange: publishes the section.
        word_.store(free, std::memory_order_release);
        // mo: relaxed: may miss a sleeper, see above.
        if (sleepers_.load(std::memory_order_relaxed) != 0) [[unlikely]] {
            wake_sleeper();
        }
    }

    /// How many sleep on it, or are about to; for tests.
    [[nodiscard]] std::uint32_t sleepers() const noexcept {
        // mo: relaxed: a look.
        return sleepers_.load(std::memory_order_relaxed);
    }

    static constexpr std::uint64_t longest_nap_ns = 1'000'000;

  private:
    static constexpr std::uint32_t free = 0, held = 1;
    void acquire_contended(std::uint64_t nap_ns) noexcept;
    void wake_sleeper() noexcept;

    std::atomic<std::uint32_t> word_{free};  // atomic, see mo
    std::atomic<std::uint32_t> sleepers_{0}; // atomic, see mo: in acquire_contended's sleep
};

inline constexpr unsigned lock_pool_bits = 8;
extern constinit pooled_lock lock_pool[std::size_t{1} << lock_pool_bits];

/// The index of the lock for the object at `key`.
[[nodiscard]] inline std::size_t pool_index(const void* key) noexcept {
    // Fibonacci hashing: the top bits of a product with 2^64 / golden ratio. The lowest bits of an address say nothing.
    const std::uint64_t product = (reinterpret_cast<std::uintptr_t>(key) >> 3) * 0x9e3779b97f4a7c15u;
    return static_cast<std::size_t>(product >> (64 - lock_pool_bits));
}

[[nodiscard]] inline pooled_lock& pool_lock(const void* key) noexcept {
    notice_fork();
    return lock_pool[pool_index(key)];
}

} // namespace weft::scheduler
