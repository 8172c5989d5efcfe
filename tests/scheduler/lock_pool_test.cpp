// SPDX-License-Identifier: MIT
// The locks of wait lists. Seen to fail: a release that wakes nobody, a sleeper that is never counted down.
#include "scheduler/lock_pool.hpp"
#include "support/gtest_watchdog.hpp"
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace {

using weft::scheduler::pooled_lock;
using namespace std::chrono_literals;
constexpr std::uint64_t hours = 3'600'000'000'000ull * 24;

/// Sleepers nap for so long that only a wake can end it. (A wake may be missed, in a moment that is next to never met: see the header.)
TEST(lock_pool, a_release_wakes_who_sleeps_and_nobody_is_counted_for_ever) {
    static constinit pooled_lock lock;
    constexpr std::uint32_t sleepers = 5;
    int inside = 0, passed = 0; // guarded by lock
    lock.acquire();
    std::vector<std::thread> all;
    for (std::uint32_t i = 0; i < sleepers; ++i) {
        all.emplace_back([&] {
            lock.acquire(hours);
            EXPECT_EQ(++inside, 1);
            ++passed;
            --inside;
            lock.release();
        });
    }
    while (lock.sleepers() != sleepers) {
        std::this_thread::sleep_for(100us);
    }
    std::this_thread::sleep_for(5ms); // they are counted; now they sleep
    lock.release();
    for (auto& each : all) {
        each.join();
    }
    EXPECT_EQ(passed, static_cast<int>(sleepers));
    EXPECT_EQ(lock.sleepers(), 0u);
}

TEST(lock_pool, excludes_under_contention) {
    static constinit pooled_lock lock;
    long sum = 0; // guarded by lock
    std::vector<std::thread> all;
    for (int t = 0; t < 4; ++t) {
        all.emplace_back([&] {
            for (int i = 0; i < 20'000; ++i) {
                lock.acquire();
                sum = sum + 1;
                lock.release();
            }
        });
    }
    for (auto& each : all) {
        each.join();
    }
    EXPECT_EQ(sum, 80'000);
    EXPECT_EQ(lock.sleepers(), 0u);
}

} // namespace
