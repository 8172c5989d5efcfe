// SPDX-License-Identifier: MIT
// counting_semaphore and binary_semaphore, line by line of [thread.sema.cnt]. Seen to fail: with a release that only adds, and with one
// that adds first and looks for waiters afterwards.
#include "agents.hpp"
#include "clocks.hpp"
#include <limits>
#include <type_traits>
#include <weft/semaphore.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

using few = weft::counting_semaphore<3>;
static_assert(!std::is_default_constructible_v<few> && !std::is_convertible_v<std::ptrdiff_t, few>);
static_assert(std::is_constructible_v<few, std::ptrdiff_t>);
static_assert(!std::is_copy_constructible_v<few> && !std::is_copy_assignable_v<few> && !std::is_move_constructible_v<few>);
static_assert(few::max() >= 3 && noexcept(few::max()));
static_assert(weft::counting_semaphore<>::max() == std::numeric_limits<std::ptrdiff_t>::max());
static_assert(weft::counting_semaphore<0>::max() >= 0);
static_assert(std::is_same_v<weft::binary_semaphore, weft::counting_semaphore<1>>);
static_assert(noexcept(std::declval<few&>().try_acquire()));
constinit weft::counting_semaphore<> static_semaphore(2);

WEFT_WITH_AGENTS(semaphore);

TEST_P(semaphore, the_counter_is_what_was_given_less_what_was_taken) {
    run(0, [&] {
        few s(2);
        EXPECT_TRUE(s.try_acquire());
        s.acquire();
        EXPECT_FALSE(s.try_acquire());
        s.release(0);
        EXPECT_FALSE(s.try_acquire());
        s.release(3);
        EXPECT_TRUE(s.try_acquire());
        EXPECT_TRUE(s.try_acquire_for(0s));
        EXPECT_TRUE(s.try_acquire_until(steady::time_point::min()));
        EXPECT_FALSE(s.try_acquire_for(-1h));
        static_semaphore.acquire();
        static_semaphore.release();
    });
}

TEST_P(semaphore, the_largest_counter_can_be_reached) {
    run(0, [&] {
        constexpr auto most = weft::counting_semaphore<>::max();
        weft::counting_semaphore<> s(most);
        s.acquire();
        s.release();
        weft::counting_semaphore<> t(0);
        t.release(most);
        t.acquire();
    });
}

TEST_P(semaphore, no_more_are_inside_than_the_counter_lets_in) {
    few s(3);
    std::atomic<int> inside{0};
    std::vector<test::agent> agents;
    for (int i = 0; i < 7; ++i) {
        agents.push_back(start(i, [&, i] {
            for (int n = 0; n < 150; ++n) {
                s.acquire();
                ASSERT_LE(++inside, 3);
                if (n % 16 == i) {
                    weft::yield();
                }
                --inside;
                s.release();
            }
        }));
    }
}

TEST_P(semaphore, one_release_of_many_lets_as_many_go) {
    for (int round = 0; round < 30; ++round) {
        weft::counting_semaphore<> s(0);
        std::atomic<int> gone{0};
        std::vector<test::agent> agents;
        for (int i = 0; i < 6; ++i) {
            agents.push_back(start(i, [&] {
                s.acquire();
                ++gone;
            }));
        }
        run(round, [&] {
            s.release(4);
            test::yield_until([&] { return gone == 4; });
            EXPECT_FALSE(s.try_acquire_for(100us));
            s.release(2);
        });
        agents.clear();
        EXPECT_EQ(gone, 6);
    }
}

TEST_P(semaphore, two_hand_each_other_the_turn) {
    weft::binary_semaphore ping(0), pong(0);
    int turn = 0;
    auto other = start(0, [&] {
        for (int n = 0; n < 500; ++n) {
            ping.acquire();
            ASSERT_EQ(turn++, 2 * n);
            pong.release();
        }
    });
    run(1, [&] {
        for (int n = 0; n < 500; ++n) {
            ping.release();
            pong.acquire();
            ASSERT_EQ(turn++, 2 * n + 1);
        }
    });
}

TEST_P(semaphore, timed_tries_give_up_at_their_time_and_not_before) {
    run(0, [&] {
        weft::binary_semaphore s(0);
        const auto begin = steady::now();
        EXPECT_FALSE(s.try_acquire_for(3ms));
        EXPECT_GE(steady::now() - begin, 3ms);
        const auto slow = test::slow_clock::now() + 3ms;
        EXPECT_FALSE(s.try_acquire_until(slow));
        EXPECT_GE(test::slow_clock::now(), slow);
        const auto wall = std::chrono::system_clock::now() + 3ms;
        EXPECT_FALSE(s.try_acquire_until(wall));
        EXPECT_GE(std::chrono::system_clock::now(), wall);
    });
}

TEST_P(semaphore, a_unit_is_never_lost_between_a_timeout_and_a_release) {
    weft::counting_semaphore<> s(0);
    std::atomic<int> taken{0};
    std::vector<test::agent> agents;
    for (int i = 0; i < 6; ++i) {
        agents.push_back(start(i, [&, i] {
            while (taken < 300) {
                if (s.try_acquire_for(std::chrono::microseconds(10 + 15 * i))) {
                    ++taken;
                }
            }
        }));
    }
    run(7, [&] {
        for (int n = 0; n < 300; ++n) {
            s.release();
            if (n % 4 == 0) {
                weft::sleep_for(20us);
            }
        }
    });
    agents.clear();
    EXPECT_EQ(taken, 300);
    EXPECT_FALSE(s.try_acquire());
}

TEST_P(semaphore, who_has_acquired_may_destroy_it_while_the_releaser_still_returns) {
    for (int n = 0; n < 200; ++n) {
        auto s = std::make_unique<weft::binary_semaphore>(0);
        auto acquirer = start(0, [&] {
            if (n % 2 == 0) {
                s->acquire();
            } else {
                EXPECT_TRUE(s->try_acquire_for(1h));
            }
            s.reset();
        });
        run(1, [&, p = s.get()] {
            if (n % 3 == 0) {
                weft::yield();
            }
            p->release();
        });
    }
}

TEST(semaphore_policy, those_who_wait_are_served_in_the_order_in_which_they_came) {
    weft::runtime rt({.workers = 1});
    rt.run([] {
        weft::counting_semaphore<> s(0);
        std::vector<int> order;
        std::vector<weft::join_handle<void>> waiters;
        for (int i = 0; i < 5; ++i) {
            waiters.push_back(weft::spawn([&, i] {
                s.acquire();
                order.push_back(i);
            }));
            weft::yield();
        }
        for (int i = 0; i < 5; ++i) {
            s.release();
            EXPECT_FALSE(s.try_acquire()) << "a newcomer has overtaken who waited";
            weft::yield();
        }
        for (auto& w : waiters) {
            w.join();
        }
        EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
    });
}

} // namespace
