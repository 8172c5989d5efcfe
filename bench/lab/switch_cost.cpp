// SPDX-License-Identifier: MIT
// Question: what does it cost to let the other one run?
// Held fixed: two sides that do nothing else; a sample lasts at least a millisecond, its number of calls is
// found before the first round and then kept; creation and join of the two are not timed. Falsified by: a
// noise figure above the threshold; a count of switches that differs from the calls where every call must
// switch (that fails the run).
#include "lab/evaluate.hpp"
#include "lab/experiment.hpp"
#include "lab/roster.hpp"
#include <algorithm>

namespace weft::lab {

namespace {

constexpr double sample_ns = 1e6;
constexpr std::uint64_t most_calls = 1u << 24;

/// The first and the last call of each side may find nobody on the other side.
constexpr std::uint64_t ends = 4;

void check_turns(const switcher& who, const switch_count& count) {
    if (who.every_call_switches() && count.switches + ends < count.calls) {
        throw verification_failed(who.about().title + ": only " + std::to_string(count.switches) + " of " +
                                  std::to_string(count.calls) + " calls reached the other side");
    }
}

std::uint64_t calls_for_a_sample(switcher& who) {
    for (std::uint64_t calls = 64;; calls *= 2) {
        const switch_count count = who.run(calls);
        check_turns(who, count);
        if (count.nanoseconds >= sample_ns || calls >= most_calls) {
            return calls;
        }
    }
}

struct tally {
    std::uint64_t calls = 0;
    std::uint64_t switches = 0;
};

double one_sample(switcher& who, std::uint64_t calls, tally& so_far) {
    const switch_count count = who.run(calls);
    check_turns(who, count);
    so_far.calls += count.calls;
    so_far.switches += count.switches;
    return count.nanoseconds / static_cast<double>(std::max<std::uint64_t>(count.switches, 1));
}

} // namespace

experiment_result measure_switch(const switchers& all, const settings& asked, progress& shown) {
    experiment_result result;
    result.name = "switch";
    result.title = "The cost of a switch";
    result.question = "How long does it take to stop running and let the other one run?";
    result.unit = "ns per switch";
    result.unit_of_rate = "switches";
    result.held_fixed =
        "two sides that do nothing else; a sample lasts a millisecond or more; their creation and join "
        "are not timed; only switches that both sides saw are counted";
    result.falsified_by =
        "a noise figure above the threshold, or fewer switches than calls where every call must "
        "switch (which fails the run)";

    std::vector<lane> lanes;
    std::vector<contender_card> cards;
    std::vector<tally> tallies(all.size() + 1);
    switcher* first = nullptr;
    const auto add_lane = [&](switcher& who, std::uint64_t calls) {
        lanes.push_back({who.about().name, [&who, calls, &so_far = tallies[lanes.size()]] {
                             return one_sample(who, calls, so_far);
                         }});
    };
    std::uint64_t first_calls = 0;
    for (const auto& who : all) {
        std::string why = who->missing();
        if (!why.empty()) {
            result.skips.push_back({who->about(), std::move(why)});
            continue;
        }
        const std::uint64_t calls = calls_for_a_sample(*who);
        if (!first) {
            first = who.get();
            first_calls = calls;
        }
        cards.push_back(who->about());
        add_lane(*who, calls);
    }
    if (!first) {
        return result;
    }
    add_lane(*first, first_calls); // A/A

    const extent how_much = switch_extent(asked);
    result.planned_rounds = how_much.rounds;
    evaluate(result, cards, interleave(result.name, lanes, how_much, asked.seed, shown), 0, switch_baseline,
             asked.seed);
    for (std::size_t i = 0; i < result.contenders.size(); ++i) {
        result.contenders[i].calls_per_switch =
            static_cast<double>(tallies[i].calls) /
            static_cast<double>(std::max<std::uint64_t>(tallies[i].switches, 1));
    }
    return result;
}

} // namespace weft::lab
