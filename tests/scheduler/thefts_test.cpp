// SPDX-License-Identifier: MIT
// When a thief rests. Pure: the clock and the counts are the test's.
#include "scheduler/thefts.hpp"
#include <gtest/gtest.h>

namespace {

using weft::scheduler::thefts;

/// One theft of `tasks`, after which `ended` tasks have ended here and `ns` have passed.
bool rests(thefts& t, std::uint64_t tasks, std::uint64_t ns, std::uint64_t ended) {
    static std::uint64_t now = 1000, all = 50;
    t.took(tasks, now, all);
    EXPECT_TRUE(t.open());
    now += ns;
    all += ended;
    const bool answer = t.rest_after(now, all);
    EXPECT_FALSE(t.open());
    return answer;
}

constexpr std::uint64_t poor = thefts::worth_ns - 1, fair = thefts::worth_ns;

TEST(thefts, nothing_taken_is_nothing_to_judge) {
    const thefts t;
    EXPECT_FALSE(t.open());
}

TEST(thefts, some_poor_ones_in_a_row_make_it_rest_and_then_each_further_one) {
    thefts t;
    for (unsigned i = 1; i < thefts::patience; ++i) {
        EXPECT_FALSE(rests(t, 1, poor, 1));
    }
    EXPECT_TRUE(rests(t, 1, poor, 1));
    EXPECT_TRUE(rests(t, 50, 50 * poor, 50));
}

TEST(thefts, one_that_paid_begins_the_count_anew) {
    thefts t;
    for (unsigned i = 0; i < 2 * thefts::patience; ++i) {
        (void)rests(t, 1, poor, 1);
    }
    EXPECT_FALSE(rests(t, 1, fair, 1));
    EXPECT_FALSE(rests(t, 1, poor, 1));
}

TEST(thefts, long_tasks_pay_and_so_does_the_root_of_a_tree_of_short_ones) {
    thefts t;
    for (unsigned i = 0; i < 2 * thefts::patience; ++i) {
        EXPECT_FALSE(rests(t, 1, 1'000'000, 1));
        EXPECT_FALSE(rests(t, 10, 10 * fair, 10));
        EXPECT_FALSE(rests(t, 1, poor, 3)); // it and two that it has made
    }
}

} // namespace
