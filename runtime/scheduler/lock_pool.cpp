// SPDX-License-Identifier: MIT
#include "scheduler/lock_pool.hpp"
#include <new>

namespace weft::scheduler {

// Constant-initialised and trivially destroyed: there before the first constructor of a static, and still there after the last
// destructor of one.
constinit pooled_lock lock_pool[std::size_t{1} << lock_pool_bits];

void free_lock_pool() noexcept {
    for (pooled_lock& each : lock_pool) {
        ::new (static_cast<void*>(&each)) pooled_lock; // a thread that this process does not have may have held it
    }
}

} // namespace weft::scheduler
