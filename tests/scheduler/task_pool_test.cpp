// SPDX-License-Identifier: MIT
#include "scheduler/task_pool.hpp"
#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <vector>

namespace {

using weft::abi::task;
using weft::scheduler::give_to_depot;
using weft::scheduler::take_from_depot;
using weft::scheduler::task_cache;

TEST(task_pool, hands_out_distinct_aligned_fresh_descriptors) {
    task_cache cache;
    std::set<task*> seen;
    for (int i = 0; i < 5000; ++i) {
        task* t = cache.take();
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t) % 64, 0u);
        EXPECT_EQ(t->context, nullptr);
        EXPECT_EQ(t->stack_top, nullptr);
        EXPECT_EQ(t->join_word.load(), weft::abi::join_waiting);
        EXPECT_TRUE(seen.insert(t).second) << "handed out twice";
    }
    for (task* t : seen) {
        cache.give(t);
    }
}

TEST(task_pool, reuses_what_another_cache_freed) {
    // One side only takes, the other only gives: memory must go round instead of growing.
    task_cache maker;
    task_cache ender;
    std::set<task*> seen;
    for (int round = 0; round < 1000; ++round) {
        std::vector<task*> some;
        for (int i = 0; i < 100; ++i) {
            some.push_back(maker.take());
        }
        seen.insert(some.begin(), some.end());
        for (task* t : some) {
            ender.give(t);
        }
    }
    EXPECT_LT(seen.size(), 8192u) << "100,000 descriptors passed through, never more than 100 at once";
}

TEST(task_pool, single_gives_of_foreign_threads_come_back_to_caches) {
    task_cache maker;
    std::set<task*> seen;
    for (int i = 0; i < 50'000; ++i) {
        task* t = maker.take();
        seen.insert(t);
        give_to_depot(t);
    }
    EXPECT_LT(seen.size(), 8192u);
    task* t = take_from_depot();
    ASSERT_NE(t, nullptr);
    give_to_depot(t);
}

TEST(task_pool_stress, threads_that_trade_descriptors_never_share_one) {
    std::vector<std::thread> threads;
    std::atomic<int> clashes{0};
    for (int k = 0; k < 4; ++k) {
        threads.emplace_back([&, k] {
            task_cache cache;
            std::vector<task*> mine;
            for (int i = 0; i < 50'000; ++i) {
                task* t = cache.take();
                t->id = static_cast<std::uint64_t>(k);
                mine.push_back(t);
                if (mine.size() > 150) {
                    for (task* old : mine) {
                        clashes += old->id != static_cast<std::uint64_t>(k);
                        cache.give(old);
                    }
                    mine.clear();
                }
            }
            for (task* old : mine) {
                cache.give(old);
            }
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(clashes.load(), 0);
}

} // namespace
