// SPDX-License-Identifier: MIT
// this_thread against [thread.thread.this] of C++20: yield, sleep_for, sleep_until, from tasks and from foreign threads, by any clock.
#include "agents.hpp"
#include <atomic>
#include <limits>
#include <weft/future.hpp>
#include <weft/thread.hpp>

namespace {

using namespace std::chrono_literals;
namespace mt = weft::this_thread;

static_assert(noexcept(mt::yield()) && noexcept(mt::get_id()));
static_assert(std::is_same_v<decltype(mt::sleep_for(1s)), void>);

WEFT_WITH_AGENTS(this_thread);

TEST_P(this_thread, sleep_for_lasts_at_least_that_long) {
    run(0, [] {
        const auto begin = std::chrono::steady_clock::now();
        mt::sleep_for(3ms);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 3ms);
    });
}

TEST_P(this_thread, a_duration_that_is_not_positive_does_not_sleep) {
    run(0, [] {
        mt::sleep_for(0s);
        mt::sleep_for(-1h);
        mt::sleep_for(std::chrono::nanoseconds::min());
        mt::sleep_for(std::chrono::hours::min());
        mt::sleep_for(std::chrono::duration<double>(-1e300));
        mt::sleep_until(std::chrono::steady_clock::now() - 1h);
        mt::sleep_until(std::chrono::system_clock::time_point());
        mt::sleep_until(std::chrono::steady_clock::time_point::min());
    });
}

TEST_P(this_thread, any_representation_of_a_duration_will_do) {
    run(0, [] {
        const auto begin = std::chrono::steady_clock::now();
        mt::sleep_for(std::chrono::duration<double, std::milli>(0.5));
        mt::sleep_for(std::chrono::duration<float>(0.0005f));
        mt::sleep_for(std::chrono::duration<unsigned char, std::micro>(250));
        mt::sleep_for(std::chrono::duration<short, std::ratio<1, 3000>>(3));
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 2250us - 1us);
    });
}

TEST_P(this_thread, sleep_until_ends_when_the_clock_says_so) {
    run(0, [] {
        const auto steady = std::chrono::steady_clock::now() + 2ms;
        mt::sleep_until(steady);
        EXPECT_GE(std::chrono::steady_clock::now(), steady);
        const auto wall = std::chrono::system_clock::now() + 2ms;
        mt::sleep_until(wall);
        EXPECT_GE(std::chrono::system_clock::now(), wall);
    });
}

/// Runs ten times as slow as the steady clock, and begins near the end of its range.
struct slow_clock {
    using duration = std::chrono::duration<long long, std::micro>;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<slow_clock>;
    static constexpr bool is_steady = false;
    static inline std::atomic<int> asked{0};
    static time_point now() {
        ++asked;
        const auto real = std::chrono::steady_clock::now().time_since_epoch() / 10;
        return time_point(std::chrono::duration_cast<duration>(real) + std::chrono::hours(24 * 365 * 1000));
    }
};

static_assert(!slow_clock::is_steady);

TEST_P(this_thread, sleep_until_asks_a_user_s_clock_again_until_it_agrees) {
    run(0, [] {
        slow_clock::asked = 0;
        const auto begin = std::chrono::steady_clock::now();
        const auto when = slow_clock::now() + 1ms;
        mt::sleep_until(when);
        EXPECT_GE(slow_clock::now(), when);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 9ms);
        EXPECT_GE(slow_clock::asked.load(), 3);
    });
}

TEST_P(this_thread, a_sleeping_task_leaves_its_worker_to_others) {
    std::atomic<bool> wake{false};
    auto sleeper = rt.spawn([&] {
        while (!wake) {
            mt::sleep_for(1ms);
        }
    });
    // With one worker this can only run while the other sleeps.
    rt.run([&] { wake = true; });
    sleeper.join();
}

TEST_P(this_thread, yield_lets_others_make_the_condition_true) {
    std::atomic<int> turn{0};
    constexpr int rounds = 200;
    auto player = [&](int parity) {
        for (int i = 0; i < rounds; ++i) {
            while (turn % 2 != parity) {
                mt::yield();
            }
            ++turn;
        }
    };
    auto a = start(0, [&] { player(0); });
    auto b = start(1, [&] { player(1); });
    a.join();
    b.join();
    EXPECT_EQ(turn, 2 * rounds);
}

TEST_P(this_thread, a_task_that_yields_alone_sees_what_comes_from_outside_and_from_timers) {
    std::atomic<bool> injected{false}, slept{false};
    auto waiting = rt.spawn([&] {
        weft::thread late([&] {
            mt::sleep_for(2ms);
            slept = true;
        });
        while (!injected || !slept) {
            mt::yield();
        }
        late.join();
    });
    rt.spawn([&] { injected = true; }).join();
    waiting.join();
}

/// Keeps its worker, and calls nothing of weft's.
template <class Condition>
void spin_until(Condition holds) {
    while (!holds()) {
    }
}

TEST_P(this_thread, a_thread_that_spins_does_not_hold_up_the_others_of_its_worker_when_there_is_a_second) {
    if (rt.workers() == 1) {
        GTEST_SKIP() << "with one worker it holds up all others, as weft/thread.hpp says";
    }
    rt.run([] {
        // What it has just started, what it has just woken, and what sleeps.
        std::atomic<bool> started{false}, woken{false}, slept{false};
        weft::promise<void> wake;
        weft::thread waiter([&, f = wake.get_future()]() mutable {
            f.get();
            woken = true;
        });
        weft::thread sleeper([&] {
            mt::sleep_for(3ms);
            slept = true;
        });
        weft::thread spinner([&] {
            mt::sleep_for(1ms);
            weft::thread child([&] { started = true; });
            wake.set_value();
            spin_until([&] { return started && woken && slept; });
            child.join();
        });
        spinner.join();
        waiter.join();
        sleeper.join();
    });
}

TEST_P(this_thread, two_threads_play_on_while_a_third_spins) {
    if (rt.workers() == 1) {
        GTEST_SKIP() << "with one worker it holds up all others, as weft/thread.hpp says";
    }
    std::atomic<bool> over{false};
    auto spinner = rt.spawn([&] { spin_until([&] { return over.load(); }); });
    std::atomic<int> turn{0};
    auto player = [&](int parity) {
        for (int i = 0; i < 300; ++i) {
            while (turn % 2 != parity) {
                mt::sleep_for(10us);
            }
            ++turn;
        }
    };
    auto a = rt.spawn([&] { player(0); });
    auto b = rt.spawn([&] { player(1); });
    a.join();
    b.join();
    over = true;
    spinner.join();
}

} // namespace
