// SPDX-License-Identifier: MIT
#include "scheduler/deque.hpp"
#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

namespace {

using weft::scheduler::deque;

TEST(deque, pops_youngest_first_and_is_stolen_oldest_first) {
    deque<int, 8> d;
    int x[3];
    for (int& e : x) {
        ASSERT_TRUE(d.push(&e));
    }
    EXPECT_EQ(d.size(), 3);
    EXPECT_EQ(d.steal(), &x[0]);
    EXPECT_EQ(d.pop(), &x[2]);
    EXPECT_EQ(d.pop(), &x[1]);
    EXPECT_EQ(d.pop(), nullptr);
    EXPECT_EQ(d.steal(), nullptr);
    EXPECT_TRUE(d.empty());
}

TEST(deque, gives_the_same_without_thieves) {
    deque<int, 4> d;
    int x[4];
    for (int round = 0; round < 1000; ++round) {
        for (int& e : x) {
            ASSERT_TRUE(d.push(&e));
        }
        ASSERT_FALSE(d.push(&x[0]));
        ASSERT_EQ(d.steal_unshared(), &x[0]);
        ASSERT_EQ(d.pop_unshared(), &x[3]);
        ASSERT_TRUE(d.push(&x[0])); // as many as fit, again
        ASSERT_EQ(d.pop(), &x[0]);  // both kinds, in turn
        ASSERT_EQ(d.steal_unshared(), &x[1]);
        ASSERT_EQ(d.pop_unshared(), &x[2]);
        ASSERT_EQ(d.pop_unshared(), nullptr);
        ASSERT_EQ(d.steal_unshared(), nullptr);
        ASSERT_TRUE(d.empty());
    }
}

TEST(deque, refuses_when_full_and_takes_again_after_a_pop_or_a_steal) {
    deque<int, 4> d;
    int x[6];
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(d.push(&x[i]));
    }
    EXPECT_FALSE(d.push(&x[4]));
    EXPECT_EQ(d.steal(), &x[0]);
    EXPECT_TRUE(d.push(&x[4]));
    EXPECT_FALSE(d.push(&x[5]));
    EXPECT_EQ(d.pop(), &x[4]);
    EXPECT_TRUE(d.push(&x[5]));
}

TEST(deque, works_after_its_indices_have_wrapped_many_times) {
    deque<int, 2> d;
    int x[2];
    for (int i = 0; i < 100'000; ++i) {
        ASSERT_TRUE(d.push(&x[0]));
        ASSERT_TRUE(d.push(&x[1]));
        ASSERT_EQ(d.steal(), &x[0]);
        ASSERT_EQ(d.pop(), &x[1]);
    }
}

/// Every element is taken by exactly one of the owner and the thieves. The small capacity keeps them fighting for the last one.
template <std::int64_t Capacity>
void each_element_is_taken_once(int thieves, int count) {
    auto d = std::make_unique<deque<std::atomic<int>, Capacity>>();
    std::vector<std::atomic<int>> taken(static_cast<std::size_t>(count));
    std::atomic<int> total{0};
    auto take = [&](std::atomic<int>* e) {
        if (e) {
            e->fetch_add(1);
            total.fetch_add(1);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < thieves; ++i) {
        threads.emplace_back([&] {
            while (total.load() < count) {
                take(d->steal());
            }
        });
    }
    for (int next = 0; next < count;) {
        for (int burst = 0; burst < 3 && next < count; ++burst) {
            if (d->push(&taken[static_cast<std::size_t>(next)])) {
                ++next;
            }
        }
        take(d->pop());
        if (next % 7 == 0) {
            take(d->steal()); // the owner may steal too
        }
    }
    while (total.load() < count) {
        take(d->pop());
    }
    for (auto& t : threads) {
        t.join();
    }
    for (auto& t : taken) {
        ASSERT_EQ(t.load(), 1);
    }
}

TEST(deque_stress, every_element_is_taken_exactly_once_with_a_tiny_deque) {
    each_element_is_taken_once<2>(2, 300'000);
}

TEST(deque_stress, every_element_is_taken_exactly_once_with_many_thieves) {
    each_element_is_taken_once<64>(7, 300'000);
}

} // namespace
