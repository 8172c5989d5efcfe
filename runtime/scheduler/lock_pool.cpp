// SPDX-License-Identifier: MIT
#include "scheduler/lock_pool.hpp"

namespace weft::scheduler {

// Constant-initialised and trivially destroyed: there before the first constructor of a static, and still there after the last
// destructor of one.
constinit pooled_lock lock_pool[std::size_t{1} << lock_pool_bits];

} // namespace weft::scheduler
