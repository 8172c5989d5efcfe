// SPDX-License-Identifier: MIT
// mutex, timed_mutex, recursive_mutex, recursive_timed_mutex, line by line of [thread.mutex.requirements], and std's lock templates over
// them. Seen to fail: with an unlock that wakes nobody, with a patience without end, with an owner that is the kernel thread.
#include "agents.hpp"
#include "clocks.hpp"
#include <cstring>
#include <mutex>
#include <type_traits>
#include <weft/mutex.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

template <class M>
constexpr bool has_std_traits = std::is_nothrow_default_constructible_v<M> && !std::is_copy_constructible_v<M> &&
                                !std::is_move_constructible_v<M> && !std::is_copy_assignable_v<M> && !std::is_move_assignable_v<M> &&
                                std::is_standard_layout_v<M> && std::is_same_v<void, decltype(std::declval<M&>().lock())> &&
                                std::is_same_v<bool, decltype(std::declval<M&>().try_lock())> &&
                                std::is_same_v<void, decltype(std::declval<M&>().unlock())>;
static_assert(has_std_traits<weft::mutex> && has_std_traits<weft::timed_mutex>);
static_assert(has_std_traits<weft::recursive_mutex> && has_std_traits<weft::recursive_timed_mutex>);
static_assert(std::is_same_v<weft::unique_lock<weft::mutex>, std::unique_lock<weft::mutex>>);
static_assert(std::is_same_v<weft::lock_guard<weft::mutex>, std::lock_guard<weft::mutex>>);

constinit weft::mutex static_mutex;
constinit weft::timed_mutex static_timed_mutex;
constinit weft::recursive_mutex static_recursive_mutex;
constinit weft::recursive_timed_mutex static_recursive_timed_mutex;

template <class F>
void with_each_mutex(F f) {
    f(static_mutex);
    f(static_timed_mutex);
    f(static_recursive_mutex);
    f(static_recursive_timed_mutex);
}
template <class F>
void with_each_timed_mutex(F f) {
    f(static_timed_mutex);
    f(static_recursive_timed_mutex);
}
template <class F>
void with_each_recursive_mutex(F f) {
    f(static_recursive_mutex);
    f(static_recursive_timed_mutex);
}

WEFT_WITH_AGENTS(mutexes);

TEST_P(mutexes, at_most_one_holds_it_and_what_it_wrote_is_seen_by_the_next) {
    with_each_mutex([&](auto& m) {
        long sum = 0, inside = 0;
        {
            std::vector<test::agent> agents;
            for (int i = 0; i < 6; ++i) {
                agents.push_back(start(i, [&, i] {
                    for (int n = 0; n < 300; ++n) {
                        std::lock_guard hold(m);
                        ASSERT_EQ(++inside, 1);
                        if (n % 16 == i) {
                            weft::yield(); // the others come and wait
                        }
                        ++sum;
                        --inside;
                    }
                }));
            }
        }
        EXPECT_EQ(sum, 6 * 300);
    });
}

TEST_P(mutexes, try_lock_takes_a_free_one_and_never_waits_for_a_held_one) {
    with_each_mutex([&](auto& m) {
        run(0, [&] {
            ASSERT_TRUE(m.try_lock());
            run(1, [&] { EXPECT_FALSE(m.try_lock()); });
            m.unlock();
            run(2, [&] {
                EXPECT_TRUE(m.try_lock());
                m.unlock();
            });
        });
    });
}

TEST_P(mutexes, try_lock_by_the_holder_of_a_non_recursive_one_is_false) {
    run(0, [&] {
        std::lock_guard hold(static_mutex);
        EXPECT_FALSE(static_mutex.try_lock());
        std::lock_guard hold_timed(static_timed_mutex);
        EXPECT_FALSE(static_timed_mutex.try_lock());
        EXPECT_FALSE(static_timed_mutex.try_lock_for(1ms));
    });
}

TEST_P(mutexes, a_recursive_one_is_free_after_as_many_unlocks_as_locks) {
    with_each_recursive_mutex([&](auto& m) {
        run(0, [&] {
            m.lock();
            ASSERT_TRUE(m.try_lock());
            m.lock();
            for (int i = 0; i < 3; ++i) {
                weft::yield(); // perhaps to another kernel thread: still the holder
                run(1, [&] { EXPECT_FALSE(m.try_lock()); });
                m.unlock();
            }
            run(1, [&] {
                EXPECT_TRUE(m.try_lock());
                m.unlock();
            });
        });
    });
}

TEST_P(mutexes, a_recursive_one_tells_tasks_of_the_same_worker_apart) {
    with_each_recursive_mutex([&](auto& m) {
        std::atomic<bool> held{false}, looked{false};
        auto holder = start(0, [&] {
            std::lock_guard hold(m);
            held = true;
            test::yield_until([&] { return looked.load(); });
        });
        run(2, [&] {
            test::yield_until([&] { return held.load(); });
            EXPECT_FALSE(m.try_lock());
        });
        looked = true;
        holder.join();
    });
}

TEST_P(mutexes, a_timed_try_gives_up_at_its_time_and_not_before) {
    with_each_timed_mutex([&](auto& m) {
        std::lock_guard hold(m);
        run(1, [&] {
            const auto begin = steady::now();
            EXPECT_FALSE(m.try_lock_for(5ms));
            EXPECT_GE(steady::now() - begin, 5ms);
            const auto until = steady::now() + 5ms;
            EXPECT_FALSE(m.try_lock_until(until));
            EXPECT_GE(steady::now(), until);
            const auto wall = std::chrono::system_clock::now() + 5ms;
            EXPECT_FALSE(m.try_lock_until(wall));
            EXPECT_GE(std::chrono::system_clock::now(), wall);
            const auto slow = test::slow_clock::now() + 5ms;
            EXPECT_FALSE(m.try_lock_until(slow));
            EXPECT_GE(test::slow_clock::now(), slow);
        });
    });
}

TEST_P(mutexes, a_timed_try_whose_time_is_over_still_takes_a_free_one) {
    with_each_timed_mutex([&](auto& m) {
        run(0, [&] {
            EXPECT_TRUE(m.try_lock_for(0ms));
            m.unlock();
            EXPECT_TRUE(m.try_lock_for(-1h));
            m.unlock();
            EXPECT_TRUE(m.try_lock_until(steady::now() - 1h));
            m.unlock();
            EXPECT_TRUE(m.try_lock_until(steady::time_point::min()));
            m.unlock();
        });
    });
}

TEST_P(mutexes, a_timed_try_takes_one_that_is_given_back_in_time) {
    with_each_timed_mutex([&](auto& m) {
        std::atomic<bool> held{false}, tries{false};
        auto holder = start(0, [&] {
            std::lock_guard hold(m);
            held = true;
            test::yield_until([&] { return tries.load(); });
            weft::sleep_for(2ms);
        });
        run(1, [&] {
            test::yield_until([&] { return held.load(); });
            tries = true;
            EXPECT_TRUE(m.try_lock_until(steady::time_point::max()));
            m.unlock();
        });
        holder.join();
    });
}

TEST_P(mutexes, many_timed_tries_that_fail_lose_no_unlock) {
    with_each_timed_mutex([&](auto& m) {
        std::atomic<int> got{0};
        std::vector<test::agent> agents;
        for (int i = 0; i < 8; ++i) {
            agents.push_back(start(i, [&, i] {
                for (int n = 0; n < 40; ++n) {
                    if (i < 2) { // these wait without limit: each unlock must come to them
                        std::lock_guard hold(m);
                        weft::sleep_for(50us);
                        ++got;
                    } else if (m.try_lock_for(std::chrono::microseconds(10 * n))) {
                        m.unlock();
                    }
                }
            }));
        }
        agents.clear();
        EXPECT_EQ(got, 80);
    });
}

TEST_P(mutexes, std_s_lock_templates_work_over_them) {
    run(0, [&] {
        weft::mutex a;
        weft::timed_mutex b;
        weft::recursive_mutex c;
        {
            weft::scoped_lock all(a, b, c);
            run(1, [&] { EXPECT_EQ(weft::try_lock(c, b, a), 0); });
        }
        weft::unique_lock x(a, weft::defer_lock);
        weft::unique_lock y(b, 1ms);
        EXPECT_TRUE(y.owns_lock());
        y.unlock();
        weft::lock(x, y, c);
        c.unlock();
        EXPECT_FALSE(weft::unique_lock(*x.mutex(), weft::try_to_lock).owns_lock());
        x.unlock();
        a.lock();
        weft::lock_guard adopted(a, weft::adopt_lock);
    });
}

TEST_P(mutexes, two_that_lock_in_opposite_orders_by_scoped_lock_do_not_deadlock) {
    weft::mutex a, b;
    std::vector<test::agent> agents;
    long sum = 0;
    for (int i = 0; i < 4; ++i) {
        agents.push_back(start(i, [&, i] {
            for (int n = 0; n < 200; ++n) {
                if (i % 2 == 0) {
                    std::scoped_lock hold(a, b);
                    ++sum;
                } else {
                    std::scoped_lock hold(b, a);
                    ++sum;
                }
            }
        }));
    }
    agents.clear();
    EXPECT_EQ(sum, 800);
}

TEST_P(mutexes, the_next_holder_may_destroy_it_at_once) {
    for (int n = 0; n < 200; ++n) {
        auto m = std::make_unique<weft::mutex>();
        std::atomic<bool> held{false};
        auto first = start(0, [&] {
            m->lock();
            held = true;
            if (n % 2 == 0) {
                weft::yield();
            }
            m->unlock(); // not to be touched from here on
        });
        run(1, [&] {
            test::yield_until([&] { return held.load(); });
            m->lock();
            m->unlock();
            std::memset(static_cast<void*>(m.get()), 0, sizeof *m); // whatever is read of it now is wrong
            m.reset();
        });
        first.join();
    }
}

TEST_P(mutexes, a_task_inside_blocking_counts_as_the_same_owner) {
    run(0, [&] {
        std::lock_guard hold(static_recursive_mutex);
        weft::blocking([&] {
            EXPECT_TRUE(static_recursive_mutex.try_lock());
            static_recursive_mutex.unlock();
        });
    });
}

// With one worker nothing is left to chance: the hog gives the waiter a turn after each time that it has overtaken it.
TEST(mutex_policy, a_waiter_is_overtaken_three_times_and_then_handed_the_mutex) {
    weft::runtime rt({.workers = 1});
    rt.run([] {
        weft::mutex m;
        bool waiter_had_it = false;
        m.lock();
        auto waiter = weft::spawn([&] {
            std::lock_guard hold(m);
            waiter_had_it = true;
        });
        int overtaken = 0;
        for (;; ++overtaken) {
            weft::yield(); // the waiter finds the mutex held, and sleeps
            ASSERT_FALSE(waiter_had_it);
            m.unlock(); // and is woken,
            if (!m.try_lock()) {
                break; // but not overtaken any more
            }
            ASSERT_LT(overtaken, 100) << "the waiter starves";
        }
        EXPECT_EQ(overtaken, 3);
        waiter.join();
        EXPECT_TRUE(waiter_had_it);
    });
}

TEST(mutex_policy, those_who_wait_get_it_in_the_order_in_which_they_came) {
    weft::runtime rt({.workers = 1});
    rt.run([] {
        weft::mutex m;
        std::vector<int> order;
        std::vector<weft::join_handle<void>> waiters;
        m.lock();
        for (int i = 0; i < 5; ++i) {
            waiters.push_back(weft::spawn([&, i] {
                std::lock_guard hold(m);
                order.push_back(i);
            }));
            weft::yield();
        }
        m.unlock();
        for (auto& w : waiters) {
            w.join();
        }
        EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
    });
}

TEST(mutex_policy, a_hog_on_another_kernel_thread_does_not_starve_a_task) {
    weft::runtime rt({.workers = 2});
    weft::mutex m;
    std::atomic<bool> end{false};
    std::thread hog([&] {
        while (!end) {
            std::lock_guard hold(m);
        }
    });
    rt.run([&] {
        for (int i = 0; i < 200; ++i) {
            std::lock_guard hold(m);
        }
    });
    end = true;
    hog.join();
}

} // namespace
