// SPDX-License-Identifier: MIT
// The stack pool alone, with each kind of guard. (A million stacks at once: million_stacks_test.cpp.)
#include "context/pool_use.hpp"
#include "kernel/clock.hpp"
#include "kernel/features.hpp"
#include "kernel/guard_page.hpp"
#include "support/gtest_watchdog.hpp"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using namespace test;

class a_stack_pool : public testing::TestWithParam<guard_method> {
  protected:
    void SetUp() override {
        if (GetParam() == guard_method::advice && !kernel::has_guard_advice()) {
            GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
        }
    }
    context::stack_pool_options options(std::size_t stack_size = 64 * 1024) const {
        return {.stack_size = stack_size, .guards = GetParam()};
    }
};

TEST_P(a_stack_pool, gives_stacks_that_are_usable_to_the_last_byte_and_lie_apart) {
    stack_pool pool(options());
    EXPECT_GE(pool.usable_size(), 64 * 1024 - kernel::page_size() - 2048);
    const auto tops = acquire(pool, 200);
    ASSERT_EQ(tops.size(), 200u);
    for (std::size_t i = 0; i < tops.size(); ++i) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tops[i]) % 16, 0u);
        fill(pool, tops[i], static_cast<int>(i));
    }
    for (std::size_t i = 0; i < tops.size(); ++i) {
        const auto* low = static_cast<unsigned char*>(tops[i]) - pool.usable_size();
        EXPECT_TRUE(std::all_of(low, low + pool.usable_size(), [&](unsigned char b) { return b == static_cast<unsigned char>(i); }));
    }
    release(pool, tops);
}

TEST_P(a_stack_pool, guards_every_stack_also_after_reuse) {
    auto o = options(16 * 1024);
    o.warm_limit = 8;
    stack_pool pool(o);
    for (int round = 0; round < 4; ++round) {
        const auto tops = acquire(pool, 300);
        ASSERT_EQ(tops.size(), 300u);
        for (void* top : tops) {
            EXPECT_TRUE(kernel::is_guarded(pool.guard_of(top)));
            if (round == 0) { // still zeroes: the page above is no guard, so the probe can say no
                EXPECT_FALSE(kernel::is_guarded(pool.guard_of(top) + kernel::page_size()));
            }
            fill(pool, top, 0xa5);
        }
        release(pool, tops);
    }
    EXPECT_GT(pool.stats().trimmed, 0u);
}

TEST_P(a_stack_pool, hands_out_the_last_one_back_first) {
    stack_pool pool(options());
    auto tops = acquire(pool, 5);
    void* again[5];
    base::refusal why;
    pool.release(tops.data(), 5);
    ASSERT_EQ(pool.acquire(again, 5, &why), 5u);
    std::reverse(tops.begin(), tops.end());
    EXPECT_TRUE(std::equal(tops.begin(), tops.end(), again));
    // One out, one in: always the same one.
    pool.release(again, 5);
    for (int k = 0; k < 100; ++k) {
        void* one = nullptr;
        ASSERT_EQ(pool.acquire(&one, 1, &why), 1u);
        EXPECT_EQ(one, again[4]);
        pool.release(&one, 1);
    }
}

TEST_P(a_stack_pool, maps_little_for_few_and_grows_by_doubling) {
    stack_pool pool(options());
    EXPECT_EQ(pool.stats().mapped, 0u);
    auto tops = acquire(pool, 1);
    EXPECT_LE(pool.stats().mapped, 1024u * 1024);
    auto more = acquire(pool, 5000);
    const auto stats = pool.stats();
    EXPECT_EQ(stats.out, 5001u);
    EXPECT_LE(stats.slabs, 12u);
    EXPECT_LE(stats.mapped, 2 * 5001 * 64 * 1024u);
    release(pool, more);
    release(pool, tops);
    EXPECT_EQ(pool.stats().out, 0u);
}

TEST_P(a_stack_pool, keeps_what_it_needs_warm_and_gives_the_rest_back_little_by_little) {
    stack_pool pool(options());
    const auto tops = acquire(pool, 5000);
    ASSERT_EQ(tops.size(), 5000u);
    release(pool, tops);
    EXPECT_EQ(pool.stats().warm, 5000u) << "nothing was unused for long yet";
    // 500 are in use from here on. So the other 4,500 are surplus in the end, but for the 1,024 that stay (64 MiB of 64 KiB stacks).
    std::size_t most_at_once = 0;
    while (pool.stats().warm > 1024 + 500) {
        const std::size_t before = pool.stats().trimmed;
        release(pool, acquire(pool, 500));
        most_at_once = std::max(most_at_once, pool.stats().trimmed - before);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_LE(most_at_once, 128u * 3) << "a step in 10 ms"; // this loop may be kept from running for longer than that
    EXPECT_GE(pool.stats().warm, 1024u - 32);
    EXPECT_EQ(pool.stats().warm + pool.stats().cold, 5000u);
}

/// Calls tidy() as an idle runtime would, whose clock runs ahead, until it says that there is no more; returns how often memory went back.
std::size_t tidy_all(stack_pool& pool) {
    std::size_t times = 0;
    std::uint64_t now = kernel::monotonic_ns();
    for (int period = 0; period < 3; ++period) {
        now += 1'000'000'000;
        bool more = true;
        while (more) {
            const std::size_t before = pool.stats().trimmed;
            more = pool.tidy(now);
            const std::size_t gone = pool.stats().trimmed - before;
            EXPECT_LE(gone, 128u) << "a step is short";
            times += gone != 0;
        }
    }
    return times;
}

TEST_P(a_stack_pool, gives_surplus_back_side_by_side_in_whatever_order_it_came) {
    stack_pool pool(options());
    auto tops = acquire(pool, 8192);
    ASSERT_EQ(tops.size(), 8192u);
    std::shuffle(tops.begin(), tops.end(), std::minstd_rand(5));
    release(pool, tops);
    const std::size_t times = tidy_all(pool);
    EXPECT_EQ(pool.stats().trimmed, 8192u - 1024) << "all but 64 MiB";
    // Seven of eight leave, so a run has eight of them on average, and sixteen runs make a step. Each alone would be 448 steps.
    EXPECT_LE(times, 7168u / 64);
    EXPECT_EQ(pool.tidy_due(), kernel::never);
    EXPECT_TRUE(none_is_lost(pool));
    // And they are what they were: every one once, guarded, and theirs to the last byte.
    const auto again = acquire(pool, 8192);
    EXPECT_EQ(std::set<void*>(again.begin(), again.end()), std::set<void*>(tops.begin(), tops.end()));
    for (std::size_t i = 0; i < again.size(); i += 97) {
        EXPECT_TRUE(kernel::is_guarded(pool.guard_of(again[i])));
        fill(pool, again[i], 1);
    }
    release(pool, again);
}

TEST_P(a_stack_pool, hands_out_what_is_about_to_leave_before_what_has_left) {
    stack_pool pool(options());
    const auto tops = acquire(pool, 4096);
    for (void* top : tops) {
        std::memset(static_cast<std::byte*>(top) - 64, 7, 64);
    }
    release(pool, tops);
    const std::uint64_t now = kernel::monotonic_ns();
    (void)pool.tidy(now + 1'000'000'000); // a period ends, of which we know only now that it began
    for (int step = 0; step < 4; ++step) {
        ASSERT_TRUE(pool.tidy(now + 2'000'000'000)); // 3,072 are set aside in three steps; 128 leave in the fourth
    }
    ASSERT_EQ(pool.stats().trimmed, 128u);
    const auto again = acquire(pool, 4096 - 128);
    for (void* top : again) {
        ASSERT_EQ(static_cast<unsigned char*>(top)[-1], 7) << "its memory is still there";
    }
    EXPECT_EQ(pool.stats().cold, 128u);
    release(pool, again);
    EXPECT_TRUE(none_is_lost(pool));
}

TEST_P(a_stack_pool, does_not_give_back_what_was_of_use_after_all) {
    stack_pool pool(options());
    release(pool, acquire(pool, 4096));
    const std::uint64_t now = kernel::monotonic_ns();
    (void)pool.tidy(now + 1'000'000'000);
    ASSERT_TRUE(pool.tidy(now + 2'000'000'000)); // 3,072 are surplus, and a third of those is set aside
    release(pool, acquire(pool, 4096));          // but now they are wanted
    while (pool.tidy(now + 2'000'000'000)) {
    }
    EXPECT_EQ(pool.stats().trimmed, 0u);
    EXPECT_TRUE(none_is_lost(pool));
}

TEST_P(a_stack_pool, keeps_to_its_limit_also_while_it_gives_surplus_back) {
    auto o = options(4 << 20); // so that more than 16 may be surplus
    o.warm_limit = 512;
    stack_pool pool(o);
    auto tops = acquire(pool, 4096);
    ASSERT_EQ(tops.size(), 4096u);
    std::shuffle(tops.begin(), tops.end(), std::minstd_rand(3));
    // A slow drain: for longer than the period after which the first that came are surplus.
    for (std::size_t at = 0; at < tops.size(); at += 4) {
        pool.release(&tops[at], 4);
        ASSERT_LE(pool.stats().warm, 512u);
        std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
    EXPECT_TRUE(none_is_lost(pool));
}

TEST_P(a_stack_pool, gives_the_memory_of_a_burst_back_at_once_above_its_limit) {
    auto o = options();
    o.warm_limit = 1024;
    stack_pool pool(o);
    const std::size_t before = resident_bytes();
    auto tops = acquire(pool, 5000);
    ASSERT_EQ(tops.size(), 5000u);
    std::shuffle(tops.begin(), tops.begin() + 2500, std::minstd_rand(1)); // half of them not beside their neighbours
    for (void* top : tops) {
        std::memset(static_cast<std::byte*>(top) - 8192, 1, 8192);
    }
    const std::size_t peak = resident_bytes();
    EXPECT_GT(peak - before, 5000u * 8192 - (2u << 20));
    release(pool, tops);
    const auto stats = pool.stats();
    EXPECT_LE(stats.warm, 1024u);
    EXPECT_EQ(stats.warm + stats.cold, 5000u);
    if (!test::sanitized) { // their shadow memory stays
        EXPECT_LT(resident_bytes() - before, 1024u * 8192 + (4u << 20)) << "peak was " << peak - before;
    }
    // And all of it is still good.
    const auto again = acquire(pool, 5000);
    ASSERT_EQ(again.size(), 5000u);
    EXPECT_EQ(std::set<void*>(again.begin(), again.end()), std::set<void*>(tops.begin(), tops.end()));
    for (void* top : again) {
        std::memset(static_cast<std::byte*>(top) - 64, 2, 64);
    }
    release(pool, again);
}

TEST_P(a_stack_pool, serves_threads_at_once) {
    auto o = options(4 << 20); // so that more than 16 may be surplus
    o.warm_limit = 64;
    stack_pool pool(o);
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::vector<std::thread> threads;
    std::atomic<unsigned> clashes{0};
    std::atomic<bool> over{false};
    std::thread tidier([&] {
        std::uint64_t now = kernel::monotonic_ns();
        while (!over) {
            (void)pool.tidy(now += 50'000'000);
        }
    });
    for (unsigned number = 1; number <= 4; ++number) {
        threads.emplace_back([&, number] {
            std::mt19937 random(seed + number);
            std::vector<void*> mine;
            for (int step = 0; step < (test::sanitized ? 300 : 3000); ++step) {
                void* batch[16];
                const std::size_t n = 1 + random() % 16;
                if (random() % 2 == 0 || mine.size() < n) {
                    base::refusal why;
                    const std::size_t got = pool.acquire(batch, n, &why);
                    for (std::size_t i = 0; i < got; ++i) {
                        static_cast<std::uint64_t*>(batch[i])[-1] = number; // ours now
                        mine.push_back(batch[i]);
                    }
                } else {
                    std::shuffle(mine.begin(), mine.end(), random);
                    for (std::size_t i = 0; i < n; ++i) {
                        batch[i] = mine.back();
                        mine.pop_back();
                        clashes += static_cast<std::uint64_t*>(batch[i])[-1] != number;
                    }
                    pool.release(batch, n);
                }
            }
            release(pool, mine);
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    over = true;
    tidier.join();
    EXPECT_EQ(clashes, 0u);
    EXPECT_EQ(pool.stats().out, 0u);
    EXPECT_TRUE(none_is_lost(pool));
}

TEST_P(a_stack_pool, gives_every_mapping_back_at_its_end) {
    const std::size_t before = mappings();
    for (int round = 0; round < 3; ++round) {
        stack_pool pool(options());
        release(pool, acquire(pool, 500));
    }
    if (!test::thread_sanitized) { // it maps a new shadow for each that ends
        EXPECT_LE(mappings(), before + 2); // the allocator may have grown
    }
}

INSTANTIATE_TEST_SUITE_P(guarded_by, a_stack_pool, testing::Values(guard_method::advice, guard_method::mprotect),
                         [](const auto& each) { return each.param == guard_method::advice ? "advice" : "mprotect"; });

TEST(a_stack_pool_of_any_kind, needs_one_mapping_for_many_guards_where_the_kernel_can) {
    if (!kernel::has_guard_advice()) {
        GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
    }
    stack_pool pool({.stack_size = 16 * 1024});
    EXPECT_EQ(pool.stats().method, guard_method::advice);
    const std::size_t before = mappings();
    const auto tops = acquire(pool, 10'000);
    EXPECT_EQ(tops.size(), 10'000u);
    if (!test::thread_sanitized) { // it maps a shadow for each
        EXPECT_LE(mappings(), before + pool.stats().slabs + 3) << "a mapping for each slab, and for each of the pool's tables";
    }
    release(pool, tops);
}

TEST(a_stack_pool_of_any_kind, spreads_the_tops_over_the_sets_of_a_cache) {
    stack_pool pool({});
    const auto tops = acquire(pool, 64);
    std::set<std::uintptr_t> places;
    for (void* top : tops) {
        places.insert(reinterpret_cast<std::uintptr_t>(top) % 4096);
        // Whatever the colour, all that may be used lies between the guard and the top.
        EXPECT_GE(static_cast<std::byte*>(top) - pool.usable_size(), pool.guard_of(top) + pool.guard_size());
    }
    EXPECT_EQ(places.size(), 32u);
    release(pool, tops);
}

TEST(a_stack_pool_of_any_kind, rounds_sizes_up_to_pages) {
    stack_pool pool({.stack_size = 20'001});
    EXPECT_GE(pool.usable_size() + kernel::page_size() + 2048, 20'001u);
    auto tops = acquire(pool, 3);
    fill(pool, tops[1], 3);
    release(pool, tops);
}

} // namespace
