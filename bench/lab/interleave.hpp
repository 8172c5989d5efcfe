// SPDX-License-Identifier: MIT
// Takes one sample of each lane in every round, in an order that is shuffled anew for each round: whatever
// drifts (clock rate, other work, memory) falls on all lanes alike, and none always runs behind the same
// other one.
#pragma once
#include "lab/progress.hpp"
#include "lab/settings.hpp"
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace weft::lab {

/// Something that is measured once a round.
struct lane {
    std::string name;
    std::function<double()> take; // one turn: prepares, times, verifies, and returns nanoseconds
    std::uint64_t echo_ns = 0;    // for so long threads are made untimed after each turn: contender::echo_ns
};

struct interleaved {
    std::vector<std::vector<double>> samples; // [lane][round]
    std::size_t rounds = 0;                   // that were finished
    bool cut_short = false;                   // the budget ran out before all rounds were done
    double seconds = 0;
};

/// Throws what a lane throws. At least one round is done, whatever the budget.
interleaved interleave(const std::string& what, const std::vector<lane>& lanes, const extent& how_much,
                       std::uint64_t seed, progress& shown);

} // namespace weft::lab
