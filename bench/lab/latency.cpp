// SPDX-License-Identifier: MIT
// Question: what does it cost to have one small piece of work done by a new thread or task, from before its
// creation until its join has returned? Held fixed: the work (a few nanoseconds, checked), one at a time,
// default attributes; before its timed operation a contender repeats the operation untimed for 50 us, so that
// each is met with its own caches warm. Falsified by: a noise figure above the threshold; a ratio that
// changes with the seed by more than its interval.
#include "lab/evaluate.hpp"
#include "lab/experiment.hpp"
#include "lab/roster.hpp"
#include "lab/turn.hpp"
#include <algorithm>

namespace weft::lab {

experiment_result measure_latency(const contenders& all, const settings& asked, double clock_cost_ns,
                                  progress& shown) {
    experiment_result result;
    result.name = "latency";
    result.title = "Create, run, join: one at a time";
    result.question =
        "How long does it take to have one small piece of work done by somebody new, from before the "
        "creation until the join has returned?";
    result.unit = "ns per operation";
    result.held_fixed =
        "the work (a few nanoseconds, its answer checked), one at a time, default attributes; each "
        "contender repeats the operation untimed for 50 us before its one timed operation of a round";
    result.falsified_by =
        "a noise figure above the threshold, or a ratio that leaves its interval when only the seed "
        "changes";

    std::uint64_t next_input = asked.seed << 32;
    std::vector<lane> lanes;
    std::vector<contender_card> cards;
    const auto add_lane = [&](contender& who) {
        lanes.push_back({who.about().name, [&who, &next_input, clock_cost_ns] {
                             return one_turn(who, next_input, clock_cost_ns);
                         }});
    };
    for (const auto& who : all) {
        if (std::string why = who->missing(); !why.empty()) {
            result.skips.push_back({who->about(), std::move(why)});
            continue;
        }
        check_identity(*who);
        cards.push_back(who->about());
        add_lane(*who);
    }
    if (lanes.empty()) {
        return result;
    }
    const auto first = std::find_if(all.begin(), all.end(),
                                    [&](const auto& who) { return who->about().name == cards.front().name; });
    add_lane(**first); // A/A

    const extent how_much = latency_extent(asked);
    result.planned_rounds = how_much.rounds;
    evaluate(result, cards, interleave(result.name, lanes, how_much, asked.seed, shown), 0, creation_baseline,
             asked.seed);
    return result;
}

} // namespace weft::lab
