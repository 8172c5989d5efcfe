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

/// One resample of a run of so many rounds, in blocks of neighbours: take(place, round) for each place.
template <class Take>
void draw(random_source& random, std::size_t rounds, std::size_t block, Take take) {
    for (std::size_t filled = 0; filled < rounds;) {
        const std::size_t start = random.below(rounds);
        for (std::size_t i = 0; i < block && filled < rounds; ++i, ++filled) {
            take(filled, (start + i) % rounds);
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
        draw(random, rounds, block, [&](std::size_t place, std::size_t round) {
            drawn_of[place] = of[round];
            drawn_to[place] = to[round];
        });
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
        draw(random, of.size(), block_for(of.size(), plan),
             [&](std::size_t place, std::size_t round) { drawn_of[place] = of[round]; });
        draw(random, to.size(), block_for(to.size(), plan),
             [&](std::size_t place, std::size_t round) { drawn_to[place] = to[round]; });
        const double divisor = median_in_place(drawn_to);
        if (divisor > 0) {
            ratios.push_back(median_in_place(drawn_of) / divisor);
        }
    }
    close(result, ratios, plan.confidence);
    return result;
}

} // namespace weft::lab
