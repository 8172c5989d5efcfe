// SPDX-License-Identifier: MIT
// shared_mutex and shared_timed_mutex, line by line of [thread.sharedmutex.requirements]. That somebody is in line is seen from outside:
// then try_lock_shared is refused. Seen to fail: with a leave() that does not serve the readers behind a writer that gave up, and with
// readers that pass a waiting writer.
#include "agents.hpp"
#include "clocks.hpp"
#include <shared_mutex>
#include <type_traits>
#include <weft/shared_mutex.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

template <class M>
constexpr bool has_std_traits = std::is_nothrow_default_constructible_v<M> && !std::is_copy_constructible_v<M> &&
                                !std::is_move_constructible_v<M> && !std::is_copy_assignable_v<M> && !std::is_move_assignable_v<M> &&
                                std::is_standard_layout_v<M> && std::is_same_v<bool, decltype(std::declval<M&>().try_lock_shared())>;
static_assert(has_std_traits<weft::shared_mutex> && has_std_traits<weft::shared_timed_mutex>);
static_assert(std::is_same_v<weft::shared_lock<weft::shared_mutex>, std::shared_lock<weft::shared_mutex>>);

constinit weft::shared_mutex static_shared_mutex;
constinit weft::shared_timed_mutex static_shared_timed_mutex;

WEFT_WITH_AGENTS(shared_mutex);

template <class F>
void with_each(F f) {
    f(static_shared_mutex);
    f(static_shared_timed_mutex);
}

TEST_P(shared_mutex, a_writer_is_alone_and_readers_are_with_readers) {
    with_each([&](auto& m) {
        std::atomic<int> readers{0}, writers{0};
        long sum = 0;
        std::vector<test::agent> agents;
        for (int i = 0; i < 6; ++i) {
            agents.push_back(start(i, [&, i] {
                for (int n = 0; n < 200; ++n) {
                    if ((i + n) % 3 == 0) {
                        std::lock_guard hold(m);
                        ASSERT_EQ(++writers, 1);
                        ASSERT_EQ(readers, 0);
                        if (n % 16 == i) {
                            weft::yield();
                        }
                        ++sum;
                        --writers;
                    } else {
                        std::shared_lock hold(m);
                        ++readers;
                        ASSERT_EQ(writers, 0);
                        if (n % 16 == i) {
                            weft::yield();
                        }
                        --readers;
                    }
                }
            }));
        }
        agents.clear();
        EXPECT_EQ(sum, 6 * 200 / 3);
    });
}

TEST_P(shared_mutex, many_readers_are_inside_at_once) {
    with_each([&](auto& m) {
        std::atomic<int> inside{0};
        std::vector<test::agent> agents;
        for (int i = 0; i < 5; ++i) {
            agents.push_back(start(i, [&] {
                std::shared_lock hold(m);
                ++inside;
                test::yield_until([&] { return inside == 5; });
            }));
        }
    });
}

TEST_P(shared_mutex, the_tries_say_what_is_compatible) {
    with_each([&](auto& m) {
        run(0, [&] {
            ASSERT_TRUE(m.try_lock());
            run(1, [&] { EXPECT_FALSE(m.try_lock()); });
            run(1, [&] { EXPECT_FALSE(m.try_lock_shared()); });
            m.unlock();
            ASSERT_TRUE(m.try_lock_shared());
            run(1, [&] {
                EXPECT_FALSE(m.try_lock());
                EXPECT_TRUE(m.try_lock_shared());
                m.unlock_shared();
            });
            m.unlock_shared();
            EXPECT_TRUE(m.try_lock());
            m.unlock();
        });
    });
}

TEST_P(shared_mutex, a_waiting_writer_holds_up_the_readers_that_come_later) {
    with_each([&](auto& m) {
        std::vector<int> order;
        run(0, [&] {
            m.lock_shared();
            auto writer = start(1, [&] {
                std::lock_guard hold(m);
                order.push_back(1);
            });
            test::yield_until([&] { // until it is in line
                const bool passed = m.try_lock_shared();
                if (passed) {
                    m.unlock_shared();
                }
                return !passed;
            });
            auto reader = start(2, [&] {
                std::shared_lock hold(m);
                order.push_back(2);
            });
            for (int i = 0; i < 20; ++i) {
                weft::yield();
            }
            EXPECT_TRUE(order.empty());
            m.unlock_shared();
            writer.join();
            reader.join();
        });
        EXPECT_EQ(order, (std::vector<int>{1, 2}));
    });
}

TEST_P(shared_mutex, timed_tries_give_up_at_their_time_and_not_before) {
    auto& m = static_shared_timed_mutex;
    const auto refused = [](auto attempt, auto now, auto limit) {
        const auto until = now() + limit;
        EXPECT_FALSE(attempt());
        EXPECT_GE(now(), until);
    };
    run(0, [&] {
        std::lock_guard hold(m);
        run(1, [&] {
            refused([&] { return m.try_lock_for(3ms); }, &steady::now, 3ms);
            refused([&] { return m.try_lock_shared_for(3ms); }, &steady::now, 3ms);
            refused([&] { return m.try_lock_until(test::slow_clock::now() + 3ms); }, &test::slow_clock::now, 3ms);
            refused([&] { return m.try_lock_shared_until(std::chrono::system_clock::now() + 3ms); }, &std::chrono::system_clock::now, 3ms);
            EXPECT_FALSE(m.try_lock_for(-1s));
            EXPECT_FALSE(m.try_lock_shared_until(steady::time_point::min()));
        });
    });
    run(0, [&] {
        EXPECT_TRUE(m.try_lock_shared_for(0s));
        EXPECT_TRUE(m.try_lock_shared_until(steady::time_point::min()));
        EXPECT_FALSE(m.try_lock_for(1ms));
        m.unlock_shared();
        m.unlock_shared();
        EXPECT_TRUE(m.try_lock_until(steady::time_point::min()));
        m.unlock();
    });
}

TEST_P(shared_mutex, a_writer_that_gives_up_lets_the_readers_behind_it_in) {
    auto& m = static_shared_timed_mutex;
    for (int round = 0; round < 10; ++round) {
        run(0, [&] {
            std::shared_lock hold(m); // held all the time
            auto writer = start(1, [&] { EXPECT_FALSE(m.try_lock_for(2ms)); });
            std::vector<test::agent> readers;
            for (int i = 0; i < 3; ++i) {
                readers.push_back(start(2 + i, [&] { std::shared_lock with_us(m); }));
            }
            writer.join();
            readers.clear();
        });
    }
}

TEST_P(shared_mutex, tries_that_time_out_lose_no_unlock) {
    auto& m = static_shared_timed_mutex;
    std::atomic<long> done{0};
    std::vector<test::agent> agents;
    for (int i = 0; i < 8; ++i) {
        agents.push_back(start(i, [&, i] {
            for (int n = 0; n < 40; ++n) {
                const auto limit = std::chrono::microseconds(15 * n);
                if (i == 0) {
                    std::lock_guard hold(m);
                    weft::sleep_for(40us);
                } else if (i == 1) {
                    std::shared_lock hold(m);
                    weft::sleep_for(40us);
                } else if (i % 2 == 0) {
                    std::unique_lock hold(m, limit);
                } else {
                    std::shared_lock hold(m, limit);
                }
                ++done;
            }
        }));
    }
    agents.clear();
    EXPECT_EQ(done, 320);
    EXPECT_TRUE(m.try_lock());
    m.unlock();
}

TEST_P(shared_mutex, the_next_holder_may_destroy_it_at_once) {
    for (int n = 0; n < 100; ++n) {
        auto m = std::make_unique<weft::shared_mutex>();
        std::atomic<int> held{0};
        std::vector<test::agent> readers;
        for (int i = 0; i < 2; ++i) {
            readers.push_back(start(i, [&] {
                m->lock_shared();
                ++held;
                weft::yield();
                m->unlock_shared(); // the last touch
            }));
        }
        run(2 + n, [&] {
            test::yield_until([&] { return held == 2; });
            m->lock();
            m->unlock();
            m.reset();
        });
    }
}

TEST(shared_mutex_policy, neither_readers_nor_writers_starve) {
    weft::runtime rt({.workers = 2});
    weft::shared_mutex m;
    std::atomic<bool> end{false};
    std::vector<std::thread> hogs;
    for (int i = 0; i < 2; ++i) {
        hogs.emplace_back([&] {
            while (!end) {
                std::shared_lock hold(m); // there is always a reader inside
            }
        });
    }
    rt.run([&] {
        for (int i = 0; i < 100; ++i) {
            std::lock_guard hold(m);
        }
    });
    std::thread writer([&] {
        while (!end) {
            std::lock_guard hold(m);
        }
    });
    rt.run([&] {
        for (int i = 0; i < 100; ++i) {
            std::shared_lock hold(m);
        }
    });
    end = true;
    writer.join();
    for (auto& hog : hogs) {
        hog.join();
    }
}

} // namespace
