// SPDX-License-Identifier: MIT
#include "lab/statistics.hpp"
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>

namespace weft::lab {
namespace {

TEST(quantile, of_one_sample_is_that_sample) {
    const std::array<double, 1> one{7};
    for (const double p : {0.0, 0.3, 1.0}) {
        EXPECT_EQ(quantile_of_sorted(one, p), 7);
    }
}

// The same figures as R's quantile(x, type = 7) and numpy.quantile's default.
TEST(quantile, lies_linearly_between_neighbours) {
    const std::array<double, 5> five{1, 2, 4, 8, 16};
    EXPECT_DOUBLE_EQ(quantile_of_sorted(five, 0.0), 1);
    EXPECT_DOUBLE_EQ(quantile_of_sorted(five, 0.25), 2);
    EXPECT_DOUBLE_EQ(quantile_of_sorted(five, 0.5), 4);
    EXPECT_DOUBLE_EQ(quantile_of_sorted(five, 0.6), 5.6);
    EXPECT_DOUBLE_EQ(quantile_of_sorted(five, 0.9), 12.8);
    EXPECT_DOUBLE_EQ(quantile_of_sorted(five, 1.0), 16);
}

TEST(quantile, refuses_no_samples_and_a_p_outside) {
    const std::array<double, 2> two{1, 2};
    EXPECT_THROW((void)quantile_of_sorted({}, 0.5), std::invalid_argument);
    EXPECT_THROW((void)quantile_of_sorted(two, -0.1), std::invalid_argument);
    EXPECT_THROW((void)quantile_of_sorted(two, 1.1), std::invalid_argument);
    EXPECT_THROW((void)quantile_of_sorted(two, std::nan("")), std::invalid_argument);
}

TEST(median, of_odd_and_even_counts_in_any_order) {
    std::array<double, 5> odd{9, 1, 5, 3, 7};
    EXPECT_EQ(median_in_place(odd), 5);
    std::array<double, 6> even{9, 1, 5, 3, 7, 100};
    EXPECT_EQ(median_in_place(even), 6);
    std::array<double, 2> two{4, 2};
    EXPECT_EQ(median_in_place(two), 3);
    EXPECT_THROW((void)median_in_place({}), std::invalid_argument);
}

TEST(median_absolute_deviation, has_a_known_answer) {
    const std::array<double, 7> samples{1, 1, 2, 2, 4, 6, 9}; // median 2, distances 1 1 0 0 2 4 7
    EXPECT_EQ(median_absolute_deviation(samples), 1);
}

TEST(median_absolute_deviation, is_not_moved_by_a_few_wild_samples) {
    std::vector<double> samples;
    for (int i = 0; i < 101; ++i) {
        samples.push_back(100 + i % 5); // 100..104, median 102
    }
    const double calm = median_absolute_deviation(samples);
    for (int i = 0; i < 20; ++i) {
        samples[static_cast<std::size_t>(i)] = 1e9;
    }
    EXPECT_LE(std::abs(median_absolute_deviation(samples) - calm), 1);
}

TEST(summary, of_one_to_a_thousand_and_one) {
    std::vector<double> samples;
    for (int i = 1001; i >= 1; --i) {
        samples.push_back(i);
    }
    const summary s = summarise(samples);
    EXPECT_EQ(s.count, 1001u);
    EXPECT_EQ(s.min, 1);
    EXPECT_EQ(s.p10, 101);
    EXPECT_EQ(s.p25, 251);
    EXPECT_EQ(s.p50, 501);
    EXPECT_EQ(s.p75, 751);
    EXPECT_EQ(s.p90, 901);
    EXPECT_EQ(s.p99, 991);
    EXPECT_EQ(s.max, 1001);
    EXPECT_EQ(s.mean, 501);
    EXPECT_EQ(s.mad, 250);
    EXPECT_DOUBLE_EQ(s.relative_iqr(), 500.0 / 501);
    EXPECT_THROW((void)summarise({}), std::invalid_argument);
}

TEST(summary, of_zeros_divides_by_nothing) {
    const std::array<double, 4> zeros{};
    EXPECT_EQ(summarise(zeros).relative_iqr(), 0);
    EXPECT_EQ(summarise(zeros).relative_mad(), 0);
}

} // namespace
} // namespace weft::lab
