// SPDX-License-Identifier: MIT
#include "lab/evaluate.hpp"
#include <algorithm>
#include <cmath>
#include <utility>

namespace weft::lab {

namespace {

/// Fewer draws for long runs: the price of one grows with the rounds, and so does what one tells.
bootstrap_plan plan_for(std::size_t rounds, std::uint64_t seed) {
    return {.resamples = rounds > 2000 ? 500u : 1000u, .confidence = 0.95, .block = 0, .seed = seed};
}

} // namespace

void evaluate(experiment_result& into, const std::vector<contender_card>& cards, interleaved taken,
              std::size_t doubled, const std::string& baseline, std::uint64_t seed) {
    into.rounds = taken.rounds;
    into.cut_short = taken.cut_short;
    into.seconds = taken.seconds;
    for (std::size_t i = 0; i < cards.size(); ++i) {
        measured m;
        m.card = cards[i];
        m.samples = taken.samples[i];
        m.figures = summarise(m.samples);
        into.contenders.push_back(std::move(m));
    }
    const bootstrap_plan plan = plan_for(taken.rounds, seed);
    if (const measured* base = into.find(baseline); base && base->figures.p50 > 0) {
        into.baseline = baseline;
        for (measured& m : into.contenders) {
            m.ratio = ratio_of_medians(m.samples, base->samples, plan);
        }
    }
    if (taken.samples.size() > cards.size() && into.contenders[doubled].figures.p50 > 0) {
        noise_figure noise;
        noise.card = cards[doubled];
        noise.samples = std::move(taken.samples.back());
        noise.figures = summarise(noise.samples);
        noise.ratio = ratio_of_medians(noise.samples, into.contenders[doubled].samples, plan);
        noise.figure = std::max({std::abs(noise.ratio.low - 1), std::abs(noise.ratio.high - 1),
                                 std::abs(noise.ratio.estimate - 1)});
        into.noise = std::move(noise);
    }
}

} // namespace weft::lab
