// SPDX-License-Identifier: MIT
#include "lab/random.hpp"
#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <vector>

namespace weft::lab {
namespace {

TEST(random_source, gives_the_published_numbers_of_splitmix64) {
    random_source random(1234567);
    EXPECT_EQ(random.next(), 6457827717110365317u);
    EXPECT_EQ(random.next(), 3203168211198807973u);
    EXPECT_EQ(random.next(), 9817491932198370423u);
}

TEST(random_source, draws_evenly_below_a_bound) {
    random_source random(3);
    std::array<int, 7> hits{};
    for (int i = 0; i < 70'000; ++i) {
        ++hits.at(random.below(7));
    }
    for (const int h : hits) { // 10,000 expected, 93 a standard deviation
        EXPECT_NEAR(h, 10'000, 500);
    }
    EXPECT_EQ(random.below(1), 0u);
}

TEST(random_source, shuffles_into_every_order_about_equally_often) {
    random_source random(11);
    std::map<std::array<int, 4>, int> seen;
    for (int i = 0; i < 24'000; ++i) {
        std::array<int, 4> order{0, 1, 2, 3};
        random.shuffle(std::span<int>(order));
        ++seen[order];
    }
    EXPECT_EQ(seen.size(), 24u);
    for (const auto& [order, times] : seen) { // 1,000 expected, 31 a standard deviation
        EXPECT_NEAR(times, 1000, 200);
    }
}

} // namespace
} // namespace weft::lab
