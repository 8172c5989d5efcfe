// SPDX-License-Identifier: MIT
// Question: what does each step cost from a whole process down to a task? The same single operation as in
// latency.cpp (create, first instruction in the child, end, join or wait), for every way that the kernel,
// libc and weft offer, and when in it the creating call returns and the child begins. Held fixed: the work,
// one at a time, stacks of bare clones kept. Falsified by: a noise figure above the threshold.
#include "lab/evaluate.hpp"
#include "lab/experiment.hpp"
#include "lab/roster.hpp"
#include "lab/turn.hpp"
#include <algorithm>

namespace weft::lab {

experiment_result measure_ladder(const contenders& all, const settings& asked, double clock_cost_ns,
                                 progress& shown) {
    experiment_result result;
    result.name = "ladder";
    result.title = "The ladder: from a process to a task";
    result.question = "What does each way to have work done by somebody new cost, from before the creation "
                      "until the join or wait "
                      "has returned, and when in it does the child begin?";
    result.unit = "ns per operation";
    result.held_fixed = "the work (its answer checked; by processes through shared memory), one at a time, "
                        "stacks of bare clones kept; "
                        "each rung repeats the operation untimed for 50 us before its timed one; after a rung that "
                        "copied the memory threads are made for 2 ms, untimed";
    result.falsified_by = "a noise figure above the threshold";

    std::uint64_t next_input = asked.seed << 32 | std::uint64_t{1} << 31;
    std::vector<lane> lanes;
    std::vector<contender_card> cards;
    std::vector<contender*> rungs;
    std::vector<stage_samples> stages(all.size());
    for (const auto& who : all) {
        if (std::string why = who->missing(); !why.empty()) {
            result.skips.push_back({who->about(), std::move(why)});
            continue;
        }
        check_identity(*who);
        lanes.push_back(
            {who->about().name, [&who = *who, &next_input, clock_cost_ns, &of = stages[lanes.size()]] {
                 return one_turn(who, next_input, clock_cost_ns, &of);
             },
             who->echo_ns()});
        cards.push_back(who->about());
        rungs.push_back(who.get());
    }
    if (lanes.empty()) {
        return result;
    }
    const auto base =
        std::find_if(cards.begin(), cards.end(), [](const auto& c) { return c.name == ladder_baseline; });
    const std::size_t doubled = base == cards.end() ? 0 : static_cast<std::size_t>(base - cards.begin());
    lanes.push_back({cards[doubled].name, [&who = *rungs[doubled], &next_input, clock_cost_ns] { // A/A
                         return one_turn(who, next_input, clock_cost_ns);
                     },
                     rungs[doubled]->echo_ns()});

    const extent how_much = ladder_extent(asked);
    result.planned_rounds = how_much.rounds;
    evaluate(result, cards, interleave(result.name, lanes, how_much, asked.seed, shown), doubled,
             ladder_baseline, asked.seed);
    for (std::size_t i = 0; i < result.contenders.size(); ++i) {
        stage_samples& of = stages[i];
        for (std::vector<double>* each : {&of.call_returned, &of.first_instruction, &of.end_to_joined}) {
            // Warm-up rounds come first.
            each->erase(each->begin(), each->end() - static_cast<std::ptrdiff_t>(std::min(each->size(), result.rounds)));
        }
        result.contenders[i].stages =
            life_stages{summarise(of.call_returned), summarise(of.first_instruction), summarise(of.end_to_joined)};
    }
    return result;
}

} // namespace weft::lab
