// SPDX-License-Identifier: MIT
#include "time/timer_heap.hpp"
#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <vector>

namespace {

using weft::time::timer;
using weft::time::timer_heap;

std::vector<std::uint64_t> drain(timer_heap& heap, std::uint64_t now) {
    std::vector<std::uint64_t> deadlines;
    while (timer* t = heap.pop_due(now)) {
        deadlines.push_back(t->deadline);
    }
    return deadlines;
}

TEST(timer_heap, gives_timers_back_earliest_first) {
    timer_heap heap;
    std::vector<timer> timers(1000);
    std::mt19937 random(7);
    std::vector<std::uint64_t> expected;
    for (timer& t : timers) {
        t.deadline = random() % 500; // many equal deadlines
        expected.push_back(t.deadline);
        heap.insert(t);
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(heap.earliest(), expected.front());
    EXPECT_EQ(drain(heap, 1000), expected);
    EXPECT_TRUE(heap.empty());
}

TEST(timer_heap, keeps_what_is_not_due) {
    timer_heap heap;
    timer early, late;
    early.deadline = 10;
    late.deadline = 20;
    heap.insert(late);
    heap.insert(early);
    EXPECT_EQ(heap.pop_due(9), nullptr);
    EXPECT_EQ(heap.pop_due(10), &early);
    EXPECT_EQ(heap.pop_due(19), nullptr);
    EXPECT_EQ(heap.size(), 1u);
}

TEST(timer_heap, removes_from_any_place_and_only_once) {
    std::mt19937 random(11);
    for (int round = 0; round < 200; ++round) {
        timer_heap heap;
        std::vector<timer> timers(1 + random() % 60);
        for (timer& t : timers) {
            t.deadline = random() % 100;
            heap.insert(t);
        }
        std::vector<std::uint64_t> expected;
        for (timer& t : timers) {
            if (random() % 2) {
                EXPECT_TRUE(heap.remove(t));
                EXPECT_FALSE(heap.remove(t)) << "removed twice";
            } else {
                expected.push_back(t.deadline);
            }
        }
        std::sort(expected.begin(), expected.end());
        EXPECT_EQ(drain(heap, 100), expected);
    }
}

/// Against a sorted list, over sizes that need several blocks, with room given back in between.
TEST(timer_heap, holds_what_it_should_at_any_size) {
    std::mt19937 random(13);
    timer_heap heap;
    std::vector<timer> timers(3000);
    std::multiset<std::uint64_t> in;
    for (int step = 0; step < 40'000; ++step) {
        timer& t = timers[random() % timers.size()];
        const bool growing = step / 5000 % 2 == 0;
        if (t.place != 0 && (!growing || random() % 3 == 0)) {
            in.erase(in.find(t.deadline));
            ASSERT_TRUE(heap.remove(t));
        } else if (t.place == 0 && (growing || random() % 3 == 0)) {
            t.deadline = random() % 10'000;
            heap.insert(t);
            in.insert(t.deadline);
        } else if (random() % 200 == 0) {
            heap.shrink(random() % 1000);
        } else if (!in.empty() && random() % 50 == 0) {
            const timer* const due = heap.pop_due(10'000);
            ASSERT_EQ(due->deadline, *in.begin());
            in.erase(in.begin());
        }
        ASSERT_EQ(heap.size(), in.size());
        ASSERT_GE(heap.capacity(), heap.size());
        if (!in.empty()) {
            ASSERT_EQ(heap.earliest(), *in.begin());
        }
    }
    ASSERT_GT(in.size(), 0u);
    EXPECT_EQ(drain(heap, 10'000), std::vector<std::uint64_t>(in.begin(), in.end()));
}

TEST(timer_heap, a_fired_timer_is_not_removable) {
    timer_heap heap;
    timer t;
    t.deadline = 1;
    heap.insert(t);
    EXPECT_EQ(heap.pop_due(1), &t);
    EXPECT_FALSE(heap.remove(t));
}

TEST(timer_heap, shrinks_to_what_is_asked_and_never_below_what_is_in) {
    timer_heap heap;
    heap.reserve(10'000);
    std::vector<timer> timers(100);
    for (std::size_t i = 0; i < timers.size(); ++i) {
        timers[i].deadline = 1000 - i;
        heap.insert(timers[i]);
    }
    heap.shrink(200);
    EXPECT_GE(heap.capacity(), 200u);
    EXPECT_LT(heap.capacity(), 1000u);
    heap.shrink(0);
    EXPECT_GE(heap.capacity(), 100u);
    EXPECT_TRUE(heap.remove(timers[50])) << "places are as they were";
    std::uint64_t last = 0;
    std::size_t fired = 0;
    while (timer* t = heap.pop_due(2000)) {
        EXPECT_GT(t->deadline, last);
        last = t->deadline;
        ++fired;
    }
    EXPECT_EQ(fired, 99u);
}

} // namespace
