// SPDX-License-Identifier: MIT
// From samples to figures: summaries, ratios to the baseline, and the noise figure.
#pragma once
#include "lab/interleave.hpp"
#include "lab/result.hpp"
#include <string>
#include <vector>

namespace weft::lab {

/// Fills the experiment's contenders, rounds and noise. taken.samples[i] belongs to cards[i]; one more lane
/// at the end, if there is one, is the second measurement of cards[doubled].
void evaluate(experiment_result& into, const std::vector<contender_card>& cards, interleaved taken,
              std::size_t doubled, const std::string& baseline, std::uint64_t seed);

} // namespace weft::lab
