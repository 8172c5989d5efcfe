// SPDX-License-Identifier: MIT
#include "lab/bootstrap.hpp"
#include "lab/random.hpp"
#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

namespace weft::lab {
namespace {

/// About normal: the sum of twelve even ones, centred.
double bell(random_source& random) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
        sum += static_cast<double>(random.next() >> 11) * 0x1p-53;
    }
    return sum;
}

std::vector<double> long_tailed(random_source& random, std::size_t count, double median) {
    std::vector<double> samples(count);
    for (double& s : samples) {
        s = median * std::exp(0.3 * bell(random));
    }
    return samples;
}

TEST(ratio_of_medians, of_a_lane_to_itself_is_exactly_one) {
    random_source random(1);
    const std::vector<double> lane = long_tailed(random, 500, 10);
    const interval r = ratio_of_medians(lane, lane);
    EXPECT_EQ(r.estimate, 1);
    EXPECT_EQ(r.low, 1);
    EXPECT_EQ(r.high, 1);
}

TEST(ratio_of_medians, of_constants_has_no_width) {
    const std::vector<double> of(50, 3.0);
    const std::vector<double> to(50, 12.0);
    const interval r = ratio_of_medians(of, to);
    EXPECT_EQ(r.estimate, 0.25);
    EXPECT_EQ(r.low, 0.25);
    EXPECT_EQ(r.high, 0.25);
}

TEST(ratio_of_medians, is_the_same_for_the_same_seed) {
    random_source random(2);
    const std::vector<double> a = long_tailed(random, 300, 10);
    const std::vector<double> b = long_tailed(random, 300, 10);
    const interval first = ratio_of_medians(a, b, {.seed = 5});
    const interval second = ratio_of_medians(a, b, {.seed = 5});
    EXPECT_EQ(first.low, second.low);
    EXPECT_EQ(first.high, second.high);
}

// A 95 % interval that holds the truth in 70 of 100 runs is a lie, one that holds it always is no
// information.
TEST(ratio_of_medians, holds_the_true_ratio_about_as_often_as_it_says) {
    int held = 0;
    constexpr int runs = 300;
    for (int i = 0; i < runs; ++i) {
        random_source random(1000 + static_cast<std::uint64_t>(i));
        const std::vector<double> a = long_tailed(random, 150, 8);
        const std::vector<double> b = long_tailed(random, 150, 10);
        held += ratio_of_medians(a, b, {.resamples = 300}).contains(0.8) ? 1 : 0;
    }
    EXPECT_GE(held, runs * 88 / 100);
    EXPECT_LE(held, runs * 995 / 1000);
}

TEST(ratio_of_medians, of_rounds_that_resemble_their_neighbours_is_less_sure_in_blocks) {
    random_source random(7);
    std::vector<double> a;
    std::vector<double> b;
    double weather = 0; // slow, and on one lane only
    for (int i = 0; i < 1000; ++i) {
        weather = 0.95 * weather + 0.05 * bell(random);
        a.push_back(10 + weather + 0.01 * bell(random));
        b.push_back(10 + 0.01 * bell(random));
    }
    const interval single = ratio_of_medians(a, b, {.block = 1});
    const interval blocks = ratio_of_medians(a, b, {.block = 50});
    EXPECT_GT(blocks.high - blocks.low, 2 * (single.high - single.low));
}

TEST(ratio_of_medians, does_not_see_what_falls_on_both_lanes_alike) {
    random_source random(9);
    std::vector<double> a;
    std::vector<double> b;
    for (int i = 0; i < 400; ++i) {
        const double burst = i % 100 < 30 ? 5 : 1;
        a.push_back(burst * 2);
        b.push_back(burst * 4);
    }
    const interval r = ratio_of_medians(a, b);
    EXPECT_EQ(r.low, 0.5);
    EXPECT_EQ(r.high, 0.5);
}

TEST(ratio_of_separate_medians, takes_runs_of_different_length_and_sees_a_known_ratio) {
    random_source random(21);
    const std::vector<double> a = long_tailed(random, 400, 8);
    const std::vector<double> b = long_tailed(random, 150, 10);
    const interval r = ratio_of_separate_medians(a, b);
    EXPECT_TRUE(r.contains(0.8)) << r.low << " to " << r.high;
    EXPECT_LT(r.high - r.low, 0.4);
    EXPECT_EQ(ratio_of_separate_medians(a, a).estimate, 1);
    EXPECT_LT(ratio_of_separate_medians(a, a).low, 1) << "drawn apart, a run differs from itself";
    EXPECT_THROW((void)ratio_of_separate_medians({}, a), std::invalid_argument);
    EXPECT_THROW((void)ratio_of_separate_medians(a, std::vector<double>{0, 0}), std::invalid_argument);
}

TEST(ratio_of_medians, refuses_what_makes_no_sense) {
    const std::vector<double> two{1, 2};
    const std::vector<double> three{1, 2, 3};
    const std::vector<double> zeros{0, 0};
    EXPECT_THROW((void)ratio_of_medians({}, {}), std::invalid_argument);
    EXPECT_THROW((void)ratio_of_medians(two, three), std::invalid_argument);
    EXPECT_THROW((void)ratio_of_medians(two, zeros), std::invalid_argument);
    EXPECT_THROW((void)ratio_of_medians(two, two, {.resamples = 0}), std::invalid_argument);
    EXPECT_THROW((void)ratio_of_medians(two, two, {.confidence = 1}), std::invalid_argument);
}

} // namespace
} // namespace weft::lab
