// SPDX-License-Identifier: MIT
#include "kernel/clock.hpp"
#include "lab/cell.hpp"
#include "lab/interleave.hpp"
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace weft::lab {
namespace {

struct recorded {
    std::vector<std::size_t> turns;
    std::vector<lane> lanes;
    explicit recorded(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            lanes.push_back({"lane", [this, i] {
                                 turns.push_back(i);
                                 return static_cast<double>(turns.size());
                             }});
        }
    }
};

TEST(interleave, takes_every_lane_once_a_round_in_changing_order) {
    recorded r(4);
    progress silent(nullptr);
    const interleaved taken = interleave("test", r.lanes, {.rounds = 200, .warm_up_rounds = 3}, 1, silent);
    EXPECT_EQ(taken.rounds, 200u);
    EXPECT_FALSE(taken.cut_short);
    ASSERT_EQ(r.turns.size(), 4u * 203);
    std::set<std::vector<std::size_t>> orders;
    for (std::size_t round = 0; round < 203; ++round) {
        const auto begin = r.turns.begin() + static_cast<std::ptrdiff_t>(4 * round);
        std::vector<std::size_t> order(begin, begin + 4);
        orders.insert(order);
        std::sort(order.begin(), order.end());
        EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3}));
    }
    EXPECT_EQ(orders.size(), 24u);
}

TEST(interleave, lets_the_echo_of_a_lane_pass_before_the_next_one_begins) {
    constexpr std::uint64_t echo_ns = 3'000'000;
    std::uint64_t ended = 0; // of the lane that echoes; 0: another came between
    std::size_t after_it = 0;
    std::uint64_t least = ~std::uint64_t{0};
    const auto turn = [&](bool echoes) {
        if (ended != 0) {
            ++after_it;
            least = std::min(least, kernel::monotonic_ns() - ended);
        }
        ended = echoes ? kernel::monotonic_ns() : 0;
        return 1.0;
    };
    const std::vector<lane> lanes = {{"loud", [&] { return turn(true); }, echo_ns}, {"quiet", [&] { return turn(false); }}};
    progress silent(nullptr);
    (void)interleave("test", lanes, {.rounds = 20, .warm_up_rounds = 2}, 1, silent);
    EXPECT_GE(after_it, 21u); // every turn of the loud one but perhaps the last
    EXPECT_GE(least, echo_ns);
}

TEST(interleave, keeps_the_samples_by_lane_and_round_without_the_warm_up) {
    recorded r(3);
    progress silent(nullptr);
    const interleaved taken = interleave("test", r.lanes, {.rounds = 50, .warm_up_rounds = 2}, 1, silent);
    for (std::size_t round = 0; round < 50; ++round) {
        double sum = 0;
        for (std::size_t l = 0; l < 3; ++l) {
            ASSERT_EQ(taken.samples[l].size(), 50u);
            sum += taken.samples[l][round];
        }
        const double first = static_cast<double>(3 * (round + 2)) + 1;
        EXPECT_EQ(sum, 3 * first + 3);
    }
}

TEST(interleave, has_the_same_order_for_the_same_seed_and_another_for_another) {
    recorded first(4);
    recorded again(4);
    recorded other(4);
    progress silent(nullptr);
    const extent how_much{.rounds = 30};
    (void)interleave("test", first.lanes, how_much, 5, silent);
    (void)interleave("test", again.lanes, how_much, 5, silent);
    (void)interleave("test", other.lanes, how_much, 6, silent);
    EXPECT_EQ(first.turns, again.turns);
    EXPECT_NE(first.turns, other.turns);
}

TEST(interleave, stops_after_the_round_in_which_the_budget_runs_out) {
    recorded r(2);
    progress silent(nullptr);
    const interleaved taken = interleave("test", r.lanes, {.rounds = 1000, .budget_ns = 0}, 1, silent);
    EXPECT_EQ(taken.rounds, 1u);
    EXPECT_TRUE(taken.cut_short);
    EXPECT_EQ(taken.samples[0].size(), 1u);
    EXPECT_EQ(taken.samples[1].size(), 1u);
}

TEST(interleave, lets_a_failure_pass) {
    progress silent(nullptr);
    const std::vector<lane> lanes{{"bad", []() -> double { throw verification_failed("no"); }}};
    EXPECT_THROW((void)interleave("test", lanes, {}, 1, silent), verification_failed);
}

TEST(progress, says_lines_on_what_is_no_terminal) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* memory = open_memstream(&text, &size);
    progress shown(memory);
    shown.begin("latency", 10);
    shown.at(1);
    shown.end();
    std::fclose(memory);
    EXPECT_EQ(std::string(text, size), "latency: 10 rounds\n");
    std::free(text);
}

} // namespace
} // namespace weft::lab
