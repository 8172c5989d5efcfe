// SPDX-License-Identifier: MIT
// latch, line by line of [thread.latch.class]. Seen to fail: with a count_down that does not look for waiters.
#include "agents.hpp"
#include <type_traits>
#include <weft/latch.hpp>

namespace {

using weft::latch;
static_assert(!std::is_default_constructible_v<latch> && !std::is_convertible_v<std::ptrdiff_t, latch>);
static_assert(std::is_constructible_v<latch, std::ptrdiff_t>);
static_assert(!std::is_copy_constructible_v<latch> && !std::is_copy_assignable_v<latch> && !std::is_move_constructible_v<latch>);
static_assert(latch::max() > 0 && noexcept(latch::max()));
static_assert(noexcept(std::declval<const latch&>().try_wait()));
constinit latch static_latch(1);

WEFT_WITH_AGENTS(latches);

TEST_P(latches, wait_returns_when_the_count_is_zero_and_never_before) {
    for (int round = 0; round < 30; ++round) {
        latch l(6);
        std::atomic<int> counted{0};
        std::vector<test::agent> agents;
        for (int i = 0; i < 4; ++i) {
            agents.push_back(start(i, [&] {
                l.wait();
                EXPECT_EQ(counted, 6);
                EXPECT_TRUE(l.try_wait());
            }));
        }
        run(round, [&] {
            for (int n : {1, 2, 3}) {
                EXPECT_FALSE(l.try_wait());
                weft::yield();
                l.count_down(0);
                counted += n;
                l.count_down(n);
            }
        });
    }
}

TEST_P(latches, all_that_arrive_and_wait_go_on_together) {
    for (int round = 0; round < 30; ++round) {
        latch l(8);
        std::atomic<int> arrived{0};
        std::vector<test::agent> agents;
        for (int i = 0; i < 4; ++i) {
            agents.push_back(start(i, [&] {
                arrived += 2;
                l.arrive_and_wait(2);
                EXPECT_EQ(arrived, 8);
            }));
        }
    }
}

TEST_P(latches, one_of_zero_is_open) {
    run(0, [] {
        latch l(0);
        EXPECT_TRUE(l.try_wait());
        l.wait();
        l.count_down(0);
        l.arrive_and_wait(0);
        latch wide(latch::max());
        wide.count_down(latch::max());
        wide.wait();
    });
}

TEST_P(latches, who_returns_from_wait_may_destroy_it) {
    for (int n = 0; n < 200; ++n) {
        auto l = std::make_unique<latch>(2);
        auto counter = start(0, [p = l.get()] { p->count_down(); });
        auto another = start(1, [p = l.get(), n] {
            if (n % 2 == 0) {
                weft::yield();
            }
            p->count_down();
        });
        run(2 + n, [&] {
            l->wait();
            l.reset();
        });
    }
}

} // namespace
