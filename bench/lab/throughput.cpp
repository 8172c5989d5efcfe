// SPDX-License-Identifier: MIT
// Question: how many pieces of work a second, when many are created before the first is joined?
// Held fixed: the work, the number in a batch, the order (create 0..N-1, join 0..N-1), default attributes.
// Checking the answers is not timed. Falsified by: a noise figure above the threshold; a cost of an item that
// falls when the batch is halved (then the batch measured the machine's memory, not creation).
#include "kernel/clock.hpp"
#include "lab/evaluate.hpp"
#include "lab/experiment.hpp"
#include "lab/roster.hpp"
#include <algorithm>

namespace weft::lab {

namespace {

double one_batch(contender& who, std::vector<cell>& cells, std::uint64_t& next_input, double clock_cost_ns) {
    double elapsed = 0;
    who.in_its_place([&] {
        load(cells, next_input);
        next_input += cells.size();
        who.before_each();
        const std::uint64_t begin = kernel::monotonic_ns();
        who.create_and_join_all(cells);
        const std::uint64_t end = kernel::monotonic_ns();
        verify(cells, who.about().title);
        elapsed = static_cast<double>(end - begin);
    });
    return std::max(elapsed - clock_cost_ns, 0.0) / static_cast<double>(cells.size());
}

} // namespace

experiment_result measure_throughput(const contenders& all, const settings& asked, double clock_cost_ns,
                                     progress& shown) {
    const std::size_t batch = batch_size(asked);
    experiment_result result;
    result.name = "throughput";
    result.title = "Create " + std::to_string(batch) + ", then join all";
    result.question = "How many pieces of work a second get done when " + std::to_string(batch) +
                      " are created before the first is joined?";
    result.unit = "ns per item";
    result.unit_of_rate = "items";
    result.held_fixed = "the work (its answers checked after the clock has stopped), " +
                        std::to_string(batch) +
                        " in a batch, created and joined in the same order, default attributes";
    result.falsified_by =
        "a noise figure above the threshold, or a cost of an item that falls when the batch is halved";

    std::uint64_t next_input = asked.seed << 32;
    std::vector<cell> cells(batch);
    std::vector<lane> lanes;
    std::vector<contender_card> cards;
    contender* first = nullptr;
    const auto add_lane = [&](contender& who) {
        lanes.push_back({who.about().name, [&who, &cells, &next_input, clock_cost_ns] {
                             return one_batch(who, cells, next_input, clock_cost_ns);
                         }});
    };
    for (const auto& who : all) {
        std::string why = who->missing();
        if (why.empty()) {
            why = who->no_batches();
        }
        if (!why.empty()) {
            result.skips.push_back({who->about(), std::move(why)});
            continue;
        }
        if (!first) {
            first = who.get();
        }
        cards.push_back(who->about());
        add_lane(*who);
    }
    if (!first) {
        return result;
    }
    add_lane(*first); // A/A

    const extent how_much = throughput_extent(asked);
    result.planned_rounds = how_much.rounds;
    evaluate(result, cards, interleave(result.name, lanes, how_much, asked.seed, shown), 0, creation_baseline,
             asked.seed);
    return result;
}

} // namespace weft::lab
