// SPDX-License-Identifier: MIT
#include "lab/bootstrap.hpp"
#include "lab/random.hpp"
#include "lab/statistics.hpp"
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace weft::lab {

interval ratio_of_medians(std::span<const double> of, std::span<const double> to,
                          const bootstrap_plan& plan) {
    const std::size_t rounds = of.size();
    if (rounds == 0 || rounds != to.size()) {
        throw std::invalid_argument("a ratio needs two lanes with the same rounds");
    }
    if (!(plan.confidence > 0 && plan.confidence < 1) || plan.resamples == 0) {
        throw std::invalid_argument(
            "a bootstrap needs a confidence between 0 and 1 and at least one resample");
    }
    std::vector<double> drawn_of(of.begin(), of.end());
    std::vector<double> drawn_to(to.begin(), to.end());
    const double base = median_in_place(drawn_to);
    if (!(base > 0)) {
        throw std::invalid_argument("a ratio to a median that is not positive was asked for");
    }
    interval result;
    result.estimate = median_in_place(drawn_of) / base;

    const auto root = static_cast<std::size_t>(std::cbrt(static_cast<double>(rounds)));
    const std::size_t block = std::clamp<std::size_t>(plan.block ? plan.block : root, 1, rounds);
    random_source random(plan.seed);
    std::vector<double> ratios;
    ratios.reserve(plan.resamples);
    for (std::size_t r = 0; r < plan.resamples; ++r) {
        for (std::size_t filled = 0; filled < rounds;) {
            const std::size_t start = random.below(rounds);
            for (std::size_t i = 0; i < block && filled < rounds; ++i, ++filled) {
                const std::size_t round = (start + i) % rounds;
                drawn_of[filled] = of[round];
                drawn_to[filled] = to[round];
            }
        }
        const double divisor = median_in_place(drawn_to);
        if (divisor > 0) {
            ratios.push_back(median_in_place(drawn_of) / divisor);
        }
    }
    if (ratios.empty()) {
        ratios.push_back(result.estimate);
    }
    std::sort(ratios.begin(), ratios.end());
    result.low = quantile_of_sorted(ratios, (1 - plan.confidence) / 2);
    result.high = quantile_of_sorted(ratios, (1 + plan.confidence) / 2);
    return result;
}

} // namespace weft::lab
