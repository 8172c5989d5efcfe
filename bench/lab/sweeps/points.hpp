// SPDX-License-Identifier: MIT
// Measures some points of a sweep, interleaved.
#pragma once
#include "lab/cell.hpp"
#include "lab/progress.hpp"
#include "lab/settings.hpp"
#include "lab/sweep_result.hpp"
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace weft::lab {

struct sweep_lane {
    std::size_t series = 0;
    std::size_t point = 0;
    std::function<double()> take; // nanoseconds
    std::uint64_t echo_ns = 0;    // as lane's
};

/// Adds these lanes' figures to the sweep. The first lane of a sweep's first call is measured twice, for the
/// noise figure.
void measure_points(sweep_result& into, const std::vector<sweep_lane>& lanes, const extent& how_much,
                    std::uint64_t seed, progress& shown);

/// One untimed operation, then one timed: `prepare` before each, untimed; `act` does perform(c) by somebody
/// else and waits. Checks every answer. Returns nanoseconds.
double timed_operation(const std::string& title, double clock_cost_ns, const std::function<void()>& prepare,
                       const std::function<void(cell&)>& act);

/// "64 KiB", "1 GiB".
std::string as_bytes(double bytes);

} // namespace weft::lab
