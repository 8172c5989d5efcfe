// SPDX-License-Identifier: MIT
// The locks that guard wait lists: a fixed set of kernel locks, chosen by the address of the object that the list lies in.
//
// Why not a lock in the object: an object may be destroyed as soon as one of its users has been told something (a mutex by who was
// handed it last, a condition variable after notify_all), while the one who told still has to unlock, and one who timed out still
// has to look whether it is linked. A lock that never dies makes both safe, and a primitive smaller.
// Two objects may share a lock. That costs time, never correctness: nobody holds one while waiting for anything else but the second
// of a pair, and pairs are taken in the order of their addresses.
// Rejected: a spin bit in each object (dies with it; a holder that has lost its CPU lets the others spin).
// Reference: that waiting is kept beside the object and found by its address is the idea of WebKit's ParkingLot (F. Pizlo, 2016).
#pragma once
#include "base/cache_line.hpp"
#include "kernel/lock.hpp"
#include "scheduler/after_fork.hpp"
#include <cstddef>
#include <cstdint>

namespace weft::scheduler {

struct alignas(base::cache_line) pooled_lock {
    kernel::lock lock;
};

inline constexpr unsigned lock_pool_bits = 8;
extern constinit pooled_lock lock_pool[std::size_t{1} << lock_pool_bits];

/// The index of the lock for the object at `key`.
[[nodiscard]] inline std::size_t pool_index(const void* key) noexcept {
    // Fibonacci hashing: the top bits of a product with 2^64 / golden ratio. The lowest bits of an address say nothing.
    const std::uint64_t product = (reinterpret_cast<std::uintptr_t>(key) >> 3) * 0x9e3779b97f4a7c15u;
    return static_cast<std::size_t>(product >> (64 - lock_pool_bits));
}

[[nodiscard]] inline kernel::lock& pool_lock(const void* key) noexcept {
    notice_fork();
    return lock_pool[pool_index(key)].lock;
}

} // namespace weft::scheduler
