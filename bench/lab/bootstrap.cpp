// SPDX-License-Identifier: MIT
#include "lab/bootstrap.hpp"
#include "lab/random.hpp"
#include "lab/statistics.hpp"
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace weft::lab {

namespace {

void check(const bootstrap_plan& plan) {
    if (!(plan.confidence > 0 && plan.confidence < 1) || plan.resamples == 0) {
        throw std::invalid_argument(
            "a bootstrap needs a confidence between 0 and 1 and at least one resample");
    }
}

std::size_t block_for(std::size_t rounds, const bootstrap_plan& plan) {
    const auto root = static_cast<std::size_t>(std::cbrt(static_cast<double>(rounds)));
    return std::clamp<std::size_t>(plan.block ? plan.block : root, 1, rounds);
}

double base_of(std::vector<double>& samples) {
    const double base = median_in_place(samples);
    if (!(base > 0)) {
        throw std::invalid_argument("a ratio to a median that is not positive was asked for");
    }
    return base;
}

/// Sorts the drawn ratios and takes the interval from them.
void close(interval& result, std::vector<double>& ratios, double confidence) {
    if (ratios.empty()) {
        ratios.push_back(result.estimate);
    }
    std::sort(ratios.begin(), ratios.end());
    result.low = quantile_of_sorted(ratios, (1 - confidence) / 2);
    result.high = quantile_of_sorted(ratios, (1 + confidence) / 2);
}

/// One resample of a run, in blocks of neighbours.
void draw(random_source& random, std::span<const double> from, std::size_t block, std::vector<double>& into) {
    for (std::size_t filled = 0; filled < from.size();) {
        const std::size_t start = random.below(from.size());
        for (std::size_t i = 0; i < block && filled < from.size(); ++i, ++filled) {
            into[filled] = from[(start + i) % from.size()];
        }
    }
}

} // namespace

interval ratio_of_medians(std::span<const double> of, std::span<const double> to,
                          const bootstrap_plan& plan) {
    const std::size_t rounds = of.size();
    if (rounds == 0 || rounds != to.size()) {
        throw std::invalid_argument("a ratio needs two lanes with the same rounds");
    }
    check(plan);
    std::vector<double> drawn_of(of.begin(), of.end());
    std::vector<double> drawn_to(to.begin(), to.end());
    const double base = base_of(drawn_to);
    interval result;
    result.estimate = median_in_place(drawn_of) / base;

    const std::size_t block = block_for(rounds, plan);
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
    close(result, ratios, plan.confidence);
    return result;
}

interval ratio_of_separate_medians(std::span<const double> of, std::span<const double> to,
                                   const bootstrap_plan& plan) {
    if (of.empty() || to.empty()) {
        throw std::invalid_argument("a ratio needs samples on both sides");
    }
    check(plan);
    std::vector<double> drawn_of(of.begin(), of.end());
    std::vector<double> drawn_to(to.begin(), to.end());
    const double base = base_of(drawn_to);
    interval result;
    result.estimate = median_in_place(drawn_of) / base;
    random_source random(plan.seed);
    std::vector<double> ratios;
    ratios.reserve(plan.resamples);
    for (std::size_t r = 0; r < plan.resamples; ++r) {
        draw(random, of, block_for(of.size(), plan), drawn_of);
        draw(random, to, block_for(to.size(), plan), drawn_to);
        const double divisor = median_in_place(drawn_to);
        if (divisor > 0) {
            ratios.push_back(median_in_place(drawn_of) / divisor);
        }
    }
    close(result, ratios, plan.confidence);
    return result;
}

} // namespace weft::lab
