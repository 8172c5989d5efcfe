// SPDX-License-Identifier: MIT
// Two std::threads, each on a CPU that was chosen for it, that begin together.
#pragma once
#include "lab/switches/two_sides.hpp"
#include <array>
#include <cstdint>
#include <functional>

namespace weft::lab {

/// Runs body(0, sides[0]) and body(1, sides[1]) on two new threads pinned to these CPUs, when both are there.
/// Throws std::system_error when a thread or the pinning is refused.
void on_two_threads(std::array<unsigned, 2> cpus, std::array<side, 2>& sides,
                    const std::function<void(std::uint32_t me, side& mine)>& body);

} // namespace weft::lab
