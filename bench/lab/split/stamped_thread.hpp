// SPDX-License-Identifier: MIT
// weft's own kernel threads, with the time of each moment of their lives: the kernel floor compiled a second
// time with WEFT_LAB_STAMPS (runtime/kernel/stamps.hpp), in a namespace of its own beside the library's.
// Nothing here may include the kernel floor's headers, which in this build mean the other namespace.
#pragma once
#include "lab/cell.hpp"
#include "lab/split/life.hpp"
#include <cstddef>

namespace weft::lab {

enum class joiner { parks, spins };

/// Has perform(c) done by a kernel thread with this stack, and joins it. `cold`: on a block that is mapped
/// for it and unmapped behind it; else on one that a thread used before, if there is one. One at a time.
/// Throws std::system_error.
[[nodiscard]] life live_stamped(cell& c, std::size_t stack_size, bool cold, joiner how);

} // namespace weft::lab
