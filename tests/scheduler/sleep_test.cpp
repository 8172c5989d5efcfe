// SPDX-License-Identifier: MIT
#include "with_workers.hpp"
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

WEFT_WITH_WORKERS(sleeping);
class sleeping_once : public test::census {};

TEST_P(sleeping, lasts_at_least_as_long_as_asked) {
    weft::runtime rt(options());
    rt.run([] {
        for (const auto wait : {1us, 100us, 1000us, 20000us}) {
            const auto start = steady::now();
            weft::sleep_for(wait);
            EXPECT_GE(steady::now() - start, wait);
        }
        const auto when = steady::now() + 5ms;
        weft::sleep_until(when);
        EXPECT_GE(steady::now(), when);
        const auto wall = std::chrono::system_clock::now() + 5ms;
        weft::this_task::sleep_until(wall);
        EXPECT_GE(std::chrono::system_clock::now(), wall);
    });
}

TEST_P(sleeping, for_no_time_or_until_the_past_returns_at_once) {
    weft::runtime rt(options());
    auto check = [] {
        weft::sleep_for(0s);
        weft::sleep_for(-1h);
        weft::sleep_for(std::chrono::nanoseconds::min());
        weft::sleep_until(steady::time_point::min());
        weft::sleep_until(steady::now() - 1s);
    };
    rt.run(check);
    check();
}

TEST_P(sleeping, sleepers_wake_in_the_order_of_their_deadlines_on_one_queue_and_none_is_lost) {
    weft::runtime rt(options());
    std::atomic<int> woken{0};
    const auto start = steady::now();
    rt.run([&] {
        std::mt19937 random(5);
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < 2000; ++i) {
            const auto wait = std::chrono::microseconds(random() % 50'000);
            all.push_back(weft::spawn([&woken, wait] {
                const auto begin = steady::now();
                weft::sleep_for(wait);
                EXPECT_GE(steady::now() - begin, wait);
                ++woken;
            }));
        }
        for (auto& h : all) {
            h.join();
        }
    });
    EXPECT_EQ(woken.load(), 2000);
    EXPECT_GE(steady::now() - start, 40ms);
}

TEST_P(sleeping, one_worker_and_two_sleepers_wake_by_deadline) {
    weft::runtime rt({.workers = 1});
    std::string order;
    rt.run([&] {
        auto late = weft::spawn([&] {
            weft::sleep_for(20ms);
            order += 'b';
        });
        auto early = weft::spawn([&] {
            weft::sleep_for(5ms);
            order += 'a';
        });
        late.join();
        early.join();
    });
    EXPECT_EQ(order, "ab");
}

TEST_P(sleeping, an_earlier_deadline_wakes_the_worker_that_sleeps_for_a_later_one) {
    weft::runtime rt(options());
    auto late = rt.spawn([] { weft::sleep_for(3s); });
    std::this_thread::sleep_for(5ms); // every worker is parked, one of them until the late deadline
    for (int i = 0; i < 20; ++i) {
        const auto start = steady::now();
        rt.run([] { weft::sleep_for(2ms); });
        EXPECT_LT(steady::now() - start, 2s);
    }
    EXPECT_FALSE(late.done());
    late.join();
}

TEST_P(sleeping, a_deadline_is_kept_while_every_worker_but_one_computes) {
    if (workers() == 1) {
        GTEST_SKIP() << "the one worker computes: nobody may keep the time";
    }
    weft::runtime rt(options());
    std::atomic<bool> woken{false};
    std::atomic<unsigned> busy{0};
    std::vector<weft::join_handle<void>> all;
    for (unsigned i = 0; i + 1 < workers(); ++i) {
        all.push_back(rt.spawn([&] { // spins without a suspension until the sleeper has woken elsewhere
            ++busy;
            while (!woken) {
                std::this_thread::yield();
            }
        }));
    }
    test::wait_until([&] { return busy == workers() - 1; });
    all.push_back(rt.spawn([&] {
        weft::sleep_for(3ms);
        woken = true;
    }));
    for (auto& h : all) {
        h.join();
    }
}

TEST_P(sleeping, a_sleeper_is_woken_between_tasks_that_never_leave_the_worker_idle) {
    weft::runtime rt(options());
    std::atomic<bool> woken{false};
    rt.run([&] {
        auto sleeper = weft::spawn([&] {
            weft::sleep_for(2ms);
            woken = true;
        });
        std::vector<weft::join_handle<void>> spinners;
        for (unsigned i = 0; i < 2 * workers(); ++i) {
            spinners.push_back(weft::spawn([&] {
                while (!woken) {
                    weft::yield();
                }
            }));
        }
        for (auto& h : spinners) {
            h.join();
        }
        sleeper.join();
    });
}

TEST_P(sleeping, long_running_tasks_do_not_make_sleepers_wait_for_many_of_them) {
    // 61 picks lie between two looks at the clock, unless the picks are long: tasks of 1 ms must not delay a deadline by 61 ms. The
    // bound is loose (a busy machine), the number of tasks that ran meanwhile is not.
    weft::runtime rt({.workers = 1});
    std::atomic<int> ran{0};
    int ran_at_wake = 0;
    rt.run([&] {
        std::vector<weft::join_handle<void>> all;
        auto ticker = weft::spawn([&] { // makes the worker notice that its tasks are long
            for (int i = 0; i < 40; ++i) {
                weft::sleep_for(1us);
            }
            const int before = ran;
            weft::sleep_for(1us);
            ran_at_wake = ran - before;
        });
        for (int i = 0; i < 4; ++i) {
            all.push_back(weft::spawn([&] {
                while (!ticker.done()) {
                    const auto until = steady::now() + 1ms;
                    while (steady::now() < until) {
                    }
                    ++ran;
                    weft::yield();
                }
            }));
        }
        for (auto& h : all) {
            h.join();
        }
        ticker.join();
    });
    EXPECT_LE(ran_at_wake, 15);
}

TEST_F(sleeping_once, foreign_threads_sleep_too) {
    const auto start = steady::now();
    weft::sleep_for(3ms);
    EXPECT_GE(steady::now() - start, 3ms);
    weft::kernel_thread t([] {
        const auto begin = steady::now();
        weft::this_task::sleep_for(3ms);
        EXPECT_GE(steady::now() - begin, 3ms);
    });
    t.join();
}

} // namespace
