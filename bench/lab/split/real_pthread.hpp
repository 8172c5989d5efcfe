// SPDX-License-Identifier: MIT
// pthread_create itself, as far as its life can be seen from outside.
#pragma once
#include "lab/cell.hpp"
#include "lab/split/life.hpp"
#include <cstddef>

namespace weft::lab {

/// Only began, signals_open, user_code_left and end_seen (the join's return) are known; c must ask for the
/// time. Throws std::system_error.
[[nodiscard]] life live_pthread(cell& c, std::size_t stack_size);

} // namespace weft::lab
