// SPDX-License-Identifier: MIT
// Where the time of one creation goes.
#pragma once
#include "lab/progress.hpp"
#include "lab/settings.hpp"
#include "lab/split_result.hpp"

namespace weft::lab {

/// The names of its bars, with a sentence each.
std::vector<contender_card> split_cards();

/// Throws verification_failed, std::system_error.
split_result measure_split(const settings& asked, double clock_cost_ns, progress& shown);

} // namespace weft::lab
