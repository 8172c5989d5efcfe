// SPDX-License-Identifier: MIT
// The size that keeps two writers out of each other's cache line. A constant, not
// std::hardware_destructive_interference_size, because that value may change with the compiler's
// flags and it is part of our binary interface.
#pragma once
#include <cstddef>

namespace weft::base {
inline constexpr std::size_t cache_line = 64;
} // namespace weft::base
