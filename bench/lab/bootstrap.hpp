// SPDX-License-Identifier: MIT
// How sure a ratio of two medians is: a block bootstrap over rounds.
//
// The two lanes were measured in the same rounds, and neighbouring rounds resemble each other (a burst of
// other work, a change of clock rate). So whole rounds are drawn, both lanes together, in blocks of
// neighbours that wrap around; drawing single samples would call a drifting run surer than it is. Reference:
// H. Kuensch, doi:10.1214/aos/1176347265; D. Politis and J. Romano (circular blocks), 1992.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace weft::lab {

struct interval {
    double estimate = 0;
    double low = 0;
    double high = 0;
    [[nodiscard]] bool contains(double x) const noexcept { return low <= x && x <= high; }
};

struct bootstrap_plan {
    std::size_t resamples = 1000;
    double confidence = 0.95;
    std::size_t block = 0; // rounds in a block; 0: the cube root of the number of rounds
    std::uint64_t seed = 1;
};

/// median(of) / median(to), with its percentile interval. Both have a sample for each round. Throws
/// std::invalid_argument when they differ in length, are empty, or the median of `to` is not positive.
interval ratio_of_medians(std::span<const double> of, std::span<const double> to,
                          const bootstrap_plan& plan = {});

/// The same for two runs that share no rounds: each is drawn apart, and they may differ in length.
interval ratio_of_separate_medians(std::span<const double> of, std::span<const double> to,
                                   const bootstrap_plan& plan = {});

} // namespace weft::lab
