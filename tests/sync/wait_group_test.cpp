// SPDX-License-Identifier: MIT
// All that a wait_group promises. Seen to fail: waking one who waits instead of all.
#include "sides.hpp"
#include <atomic>
#include <memory>
#include <vector>
#include <weft/stop_token.hpp>
#include <weft/wait_group.hpp>

namespace {

using namespace std::chrono_literals;

WEFT_ON_BOTH_SIDES(wait_groups);

TEST_P(wait_groups, a_wait_ends_when_all_is_done_and_not_before) {
    weft::runtime rt(options());
    weft::wait_group g;
    std::atomic<int> done{0};
    g.wait(); // nothing to wait for
    EXPECT_TRUE(g.try_wait());
    g.add(3);
    std::vector<test::agent> works;
    for (int i = 0; i < 3; ++i) {
        works.push_back(other(rt, [&] {
            weft::sleep_for(1ms);
            ++done;
            g.done();
        }));
    }
    as_one(rt, [&] {
        g.wait();
        EXPECT_EQ(done, 3);
        EXPECT_TRUE(g.try_wait());
    });
}

TEST_P(wait_groups, everybody_who_waits_goes_on_and_the_group_can_be_used_again) {
    weft::runtime rt(options());
    weft::wait_group g(1);
    for (int round = 1; round < 30; ++round) {
        std::atomic<int> went_on{0};
        std::vector<test::agent> waiting;
        for (int i = 0; i < 5; ++i) {
            waiting.push_back(other(rt, [&] {
                g.wait();
                ++went_on;
            }));
        }
        as_one(rt, [&] {
            EXPECT_FALSE(g.try_wait());
            if (round % 2) {
                weft::sleep_for(200us); // so that some wait already
            }
            EXPECT_EQ(went_on, 0);
            g.done();
        });
        waiting.clear();
        EXPECT_EQ(went_on, 5);
        g.add();
    }
    g.done();
}

TEST_P(wait_groups, a_limit_is_kept_and_leaves_nobody_behind) {
    weft::runtime rt(options());
    weft::wait_group g(1);
    as_one(rt, [&] {
        const auto start = std::chrono::steady_clock::now();
        EXPECT_FALSE(g.wait_for(2ms));
        EXPECT_FALSE(g.wait_until(std::chrono::steady_clock::now() + 2ms));
        EXPECT_GE(std::chrono::steady_clock::now() - start, 4ms);
        const auto wall = std::chrono::system_clock::now() + 2ms;
        EXPECT_FALSE(g.wait_until(wall));
        EXPECT_GE(std::chrono::system_clock::now(), wall);
        EXPECT_FALSE(g.wait_for(-1h));
    });
    auto worker = other(rt, [&] {
        weft::sleep_for(1ms);
        g.done();
    });
    as_one(rt, [&] { EXPECT_TRUE(g.wait_for(1h)); });
    EXPECT_TRUE(g.wait_for(0s));
}

template <class Source>
void a_stop_ends_the_wait(weft::runtime& rt, test::place waits, test::place stops) {
    weft::wait_group g(1);
    Source source;
    std::atomic<bool> begun{false};
    test::agent waiter(rt, waits, [&] {
        begun = true;
        EXPECT_FALSE(g.wait(source.get_token()));
        EXPECT_FALSE(g.wait(source.get_token())) << "a stop that was requested before";
    });
    test::agent(rt, stops, [&] {
        test::let_others_run_until([&] { return begun.load(); });
        weft::sleep_for(1ms);
        source.request_stop();
    }).join();
    waiter.join();
    g.done();
    Source later;
    EXPECT_TRUE(g.wait(later.get_token()));
}

TEST_P(wait_groups, a_stop_request_ends_the_wait_by_std_s_token_and_by_ours) {
    weft::runtime rt(options());
    a_stop_ends_the_wait<std::stop_source>(rt, GetParam().other, GetParam().one);
    a_stop_ends_the_wait<weft::stop_source>(rt, GetParam().other, GetParam().one);
}

TEST_P(wait_groups, may_be_destroyed_when_the_last_wait_has_returned) {
    weft::runtime rt(options());
    const int often = rounds(3000);
    for (int i = 0; i < often; ++i) {
        auto g = std::make_unique<weft::wait_group>(2);
        auto a = other(rt, [&g = *g] { g.done(); });
        auto b = other(rt, [&g = *g] { g.done(); });
        as_one(rt, [&] {
            if (i % 2) {
                g->wait();
            } else {
                while (!g->try_wait()) {
                    weft::yield();
                }
            }
            g.reset();
        });
    }
}

TEST(wait_group_death, more_done_than_added_is_a_panic) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(weft::wait_group().done(), "weft::wait_group: more was done than had been added");
}

} // namespace
