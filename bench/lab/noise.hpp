// SPDX-License-Identifier: MIT
// What every experiment may have beside its figures: a noise figure, and those that were not measured.
#pragma once
#include "lab/bootstrap.hpp"
#include "lab/card.hpp"
#include "lab/settings.hpp"
#include "lab/statistics.hpp"
#include <string>
#include <vector>

namespace weft::lab {

struct skipped {
    contender_card card;
    std::string why;
};

/// A/A: one contender, measured twice in the same rounds as if it were two. Whatever difference is seen
/// between the two is noise.
struct noise_figure {
    contender_card card;
    std::vector<double> samples; // the second one's, by round
    summary figures;             // the second one's
    interval ratio;              // of the second to the first
    double figure = 0;           // the farthest from 1 that the interval reaches
    [[nodiscard]] bool too_few() const noexcept { return figures.count < fewest_rounds; }
    [[nodiscard]] bool too_noisy() const noexcept { return figure > noise_threshold || too_few(); }
};

} // namespace weft::lab
