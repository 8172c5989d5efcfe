// SPDX-License-Identifier: MIT
// The depot gives surplus memory back, keeps what is in use or was needed lately, and loses no block on the way. The clock is the test's.
#include "scheduler/task_depot.hpp"
#include "support/gtest_watchdog.hpp"
#include <atomic>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <vector>

namespace {

using weft::scheduler::task;
using weft::scheduler::task_depot;

constexpr std::size_t many = 100'000;
constexpr std::size_t keep = task_depot::keep;

std::vector<task*> take(task_depot& d, std::size_t wanted) {
    std::vector<task*> taken;
    while (taken.size() < wanted) {
        task* t = d.take_batch();
        const std::size_t length = t->id;
        EXPECT_LE(length, task_depot::batch);
        for (std::size_t i = 0; i < length; ++i) {
            taken.push_back(t);
            t = t->next;
        }
        EXPECT_EQ(t, nullptr) << "a batch is as long as it says";
    }
    return taken;
}

/// In batches of a cache's size, as caches do.
void give(task_depot& d, const std::vector<task*>& some) {
    for (std::size_t at = 0; at < some.size(); at += task_depot::batch) {
        const std::size_t length = std::min(task_depot::batch, some.size() - at);
        for (std::size_t i = 0; i < length; ++i) {
            some[at + i]->next = i + 1 < length ? some[at + i + 1] : nullptr;
        }
        d.give_batch(some[at], length);
    }
}

void expect_distinct(const std::vector<task*>& some) {
    EXPECT_EQ(std::set<task*>(some.begin(), some.end()).size(), some.size());
}

/// To the end of the interval that begins now, and all the steps; how many they were.
int tidy_after_an_interval(task_depot& d) {
    const std::uint64_t due = d.tidy_due();
    EXPECT_NE(due, weft::kernel::never);
    EXPECT_FALSE(d.tidy(due - 1)) << "before its time";
    int steps = 1;
    while (d.tidy(due)) {
        ++steps;
    }
    return steps;
}

TEST(task_depot, gives_back_the_surplus_after_an_interval_without_need_and_no_sooner) {
    task_depot d;
    const auto all = take(d, many);
    EXPECT_EQ(d.tidy_due(), weft::kernel::never) << "nothing is free";
    const std::size_t slabs = d.stats().slabs;
    give(d, all);
    EXPECT_GT(tidy_after_an_interval(d), 10) << "in small steps";
    const auto after = d.stats();
    EXPECT_LE(after.in_batches, keep);
    EXPECT_GT(after.in_batches + task_depot::batch, keep);
    EXPECT_LT(after.slabs, slabs / 2) << "of slabs with nothing but free blocks none is left";
    EXPECT_EQ(d.tidy_due(), weft::kernel::never) << "and then there is nothing more to do";
}

TEST(task_depot, hands_out_what_it_gave_back_like_new) {
    task_depot d;
    for (int burst = 0; burst < 3; ++burst) {
        const auto all = take(d, many);
        expect_distinct(all);
        for (task* t : all) {
            std::fill_n(reinterpret_cast<char*>(t), sizeof(task), 'x');
        }
        const auto held = d.stats();
        EXPECT_LT(held.slabs, many / 2000 + 3) << "the same memory goes round";
        give(d, all);
        tidy_after_an_interval(d);
    }
}

TEST(task_depot, keeps_what_was_needed_during_the_interval) {
    task_depot d;
    give(d, take(d, many));
    const std::uint64_t first = d.tidy_due();
    give(d, take(d, many - 2 * keep)); // a second burst, a little smaller: 2 * keep stayed free
    EXPECT_TRUE(d.tidy(first));
    while (d.tidy(first)) {
    }
    EXPECT_NEAR(static_cast<double>(d.stats().in_batches), static_cast<double>(many - keep), 2.0 * task_depot::batch);
    const std::uint64_t second = d.tidy_due();
    EXPECT_EQ(second, first + task_depot::interval_ns) << "the next interval follows at once";
    while (d.tidy(second)) {
    }
    EXPECT_LE(d.stats().in_batches, keep) << "and in that one nothing was needed";
}

TEST(task_depot, keeps_a_page_for_a_task_that_lives_on_and_not_a_slab) {
    task_depot d;
    auto all = take(d, many);
    std::vector<task*> live;
    std::vector<task*> ended;
    for (std::size_t i = 0; i < all.size(); ++i) {
        (i % 1000 == 0 ? live : ended).push_back(all[i]);
    }
    give(d, ended);
    tidy_after_an_interval(d);
    const auto after = d.stats();
    EXPECT_GT(after.slabs, 30u) << "each has some that live";
    EXPECT_GT(after.bare, after.slabs * 30) << "of 64 pages, where pages have 4 KiB";
    const auto again = take(d, many);
    std::set<task*> distinct(again.begin(), again.end());
    EXPECT_EQ(distinct.size(), again.size());
    for (task* t : live) {
        EXPECT_EQ(distinct.count(t), 0u) << "in use";
    }
}

TEST(task_depot, loses_nothing_when_tidying_is_broken_off) {
    task_depot d;
    const auto all = take(d, many);
    give(d, all);
    const std::uint64_t due = d.tidy_due();
    for (int steps = 1; d.tidy(due) && steps < 100; ++steps) {
    }
    EXPECT_EQ(d.tidy_due(), 0u) << "it wants to go on";
    const std::size_t slabs = d.stats().slabs;
    const auto again = take(d, all.size());
    expect_distinct(again);
    EXPECT_LE(d.stats().slabs, slabs + 1);
    give(d, again);
    while (d.tidy(due)) {
    }
    tidy_after_an_interval(d);
    EXPECT_LE(d.stats().in_batches, keep);
}

TEST(task_depot, gives_all_back_at_once_when_there_is_nobody_left) {
    task_depot d;
    give(d, take(d, many));
    d.tidy_all();
    EXPECT_LE(d.stats().in_batches, keep);
    d.tidy_all();
    expect_distinct(take(d, many));
}

TEST(task_depot_stress, trading_goes_on_while_somebody_tidies) {
    task_depot d;
    std::atomic<bool> over{false};
    std::atomic<int> clashes{0};
    std::vector<std::thread> traders;
    for (std::uint64_t k = 1; k <= 3; ++k) {
        traders.emplace_back([&, k] {
            for (int round = 0; round < 20; ++round) {
                const auto mine = take(d, 20'000 * k);
                for (task* t : mine) {
                    t->id = k;
                }
                for (task* t : mine) {
                    clashes += t->id != k;
                }
                give(d, mine);
            }
        });
    }
    std::thread tidier([&] {
        std::uint64_t now = weft::kernel::monotonic_ns();
        while (!over) {
            (void)d.tidy_due();
            d.tidy(now += task_depot::interval_ns);
        }
    });
    for (auto& t : traders) {
        t.join();
    }
    over = true;
    tidier.join();
    EXPECT_EQ(clashes, 0);
}

} // namespace
