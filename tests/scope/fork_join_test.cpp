// SPDX-License-Identifier: MIT
// What fork_join promises, with 1, 2 and 8 workers, called by a task and by a foreign thread.
#include "support/gtest_watchdog.hpp"
#include "sync/sides.hpp"
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <variant>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

WEFT_ON_BOTH_SIDES(fork_joins);

long fib(int n) {
    if (n < 2) {
        return n;
    }
    auto [a, b] = weft::fork_join([&] { return fib(n - 1); }, [&] { return fib(n - 2); });
    return a + b;
}

TEST_P(fork_joins, return_every_result_in_its_place_and_nothing_when_all_are_void) {
    weft::runtime rt(options());
    as_one(rt, [] {
        auto all = weft::fork_join([] { return 1; }, [] {}, [] { return std::make_unique<int>(3); }, [] { return std::string("four"); });
        static_assert(std::is_same_v<decltype(all), std::tuple<int, std::monostate, std::unique_ptr<int>, std::string>>);
        EXPECT_EQ(std::get<0>(all), 1);
        EXPECT_EQ(*std::get<2>(all), 3);
        EXPECT_EQ(std::get<3>(all), "four");
        static_assert(std::is_void_v<decltype(weft::fork_join([] {}, [] {}))>);
        EXPECT_EQ(std::get<0>(weft::fork_join([] { return 5; })), 5);
    });
}

TEST_P(fork_joins, nest_to_a_depth_at_which_every_call_forks) {
    weft::runtime rt(options());
    as_one(rt, [] { EXPECT_EQ(fib(18), 2584); });
}

TEST_P(fork_joins, let_one_half_wait_for_the_other_in_both_directions) {
    weft::runtime rt(options());
    as_one(rt, [] {
        for (int i = 0; i < 50; ++i) {
            weft::binary_semaphore there(0), back(0);
            weft::fork_join(
                [&] {
                    there.acquire();
                    back.release();
                },
                [&] {
                    there.release();
                    back.acquire();
                });
        }
        std::atomic<bool> come{false}; // a wait that is a loop of yields
        weft::fork_join(
            [&] {
                while (!come) {
                    weft::yield();
                }
            },
            [&] { come = true; });
        come = false;
        weft::fork_join([&] { weft::blocking([&] { while (!come) std::this_thread::sleep_for(100us); }); }, [&] { come = true; });
    });
}

TEST_P(fork_joins, hand_out_older_jobs_of_a_task_that_migrates_while_it_runs_a_younger_one) {
    weft::runtime rt(options());
    as_one(rt, [] {
        for (int i = 0; i < 50; ++i) {
            weft::binary_semaphore a(0), b(0);
            std::atomic<int> order{0};
            auto [x, y] = weft::fork_join(
                [&] {
                    auto [p, q] = weft::fork_join(
                        [&] {
                            a.acquire(); // of the job below
                            b.acquire(); // of the outer one
                            return ++order;
                        },
                        [&] {
                            a.release();
                            return 10;
                        });
                    return p + q;
                },
                [&] {
                    b.release();
                    return 100;
                });
            EXPECT_EQ(x, 11);
            EXPECT_EQ(y, 100);
        }
    });
}

TEST_P(fork_joins, rethrow_the_leftmost_exception_when_all_have_ended) {
    weft::runtime rt(options());
    as_one(rt, [] {
        for (const bool suspends : {false, true}) {
            std::atomic<int> ended{0};
            const auto fail = [&](const char* what) {
                if (suspends) {
                    weft::yield();
                }
                ++ended;
                throw std::runtime_error(what);
            };
            const auto message = [&](auto... f) {
                try {
                    weft::fork_join(f...);
                } catch (const std::runtime_error& e) {
                    return std::string(e.what());
                }
                return std::string("none");
            };
            EXPECT_EQ(message([&] { fail("left"); }, [&] { fail("right"); }), "left");
            EXPECT_EQ(message([&] { ++ended; }, [&] { fail("right"); }, [&] { fail("far right"); }), "right");
            EXPECT_EQ(message([&] { fail("left"); }, [&] { ++ended; }), "left");
            EXPECT_EQ(ended, 7);
        }
    });
}

TEST_P(fork_joins, run_in_a_blocking_section_and_in_a_thread) {
    weft::runtime rt(options());
    as_one(rt, [] {
        weft::blocking([] { EXPECT_EQ(fib(12), 144); });
        auto [a, b] = weft::fork_join([] { return weft::blocking([] { return fib(10); }); }, [] { return fib(11); });
        EXPECT_EQ(a + b, 144);
    });
    weft::thread([] { EXPECT_EQ(fib(16), 987); }).join();
}

TEST_P(fork_joins, belong_to_the_scope_in_which_they_were_forked) {
    weft::runtime rt(options());
    as_one(rt, [] {
        std::atomic<int> inner_stops{0}, outer_stops{0};
        weft::scope outer;
        weft::fork_join(
            [&] {
                weft::scope inner;
                inner.request_stop();
                weft::fork_join(
                    [&] {
                        weft::yield(); // now both become tasks
                        weft::scope probe;
                        inner_stops += probe.stop_requested();
                    },
                    [&] {
                        weft::scope probe;
                        inner_stops += probe.stop_requested();
                    });
                inner.join();
            },
            [&] {
                weft::scope probe;
                outer_stops += probe.stop_requested();
            });
        EXPECT_EQ(inner_stops, 2);
        EXPECT_EQ(outer_stops, 0);
        outer.join();
    });
}

TEST_P(fork_joins, of_a_scope_stop_each_other_and_fail_as_its_children_do) {
    weft::runtime rt(options());
    as_one(rt, [] {
        weft::scope s;
        std::atomic<bool> stopped{false};
        weft::binary_semaphore begun(0);
        s.fork(
            [&](const weft::stop_token& stop) {
                begun.release();
                stopped = weft::select(weft::on_stop(stop), weft::on_timeout(1h)) == 0;
            },
            [&] {
                begun.acquire();
                throw std::runtime_error("as planned");
            });
        EXPECT_TRUE(stopped);
        bool called = false;
        s.fork([&] { called = true; }, [&] { called = true; });
        EXPECT_FALSE(called);
        EXPECT_THROW(s.join(), std::runtime_error);
    });
}

TEST(fork_join, calls_all_in_order_where_no_runtime_lives) {
    std::string order;
    weft::fork_join([&] { order += 'a'; }, [&] { order += 'b'; }, [&] { order += 'c'; });
    EXPECT_EQ(order, "abc");
}

TEST(fork_join, has_both_workers_run_parts_when_there_is_work_for_two) {
    weft::runtime rt({.workers = 2});
    rt.run([] {
        std::atomic<unsigned> arrived{0};
        // Neither leaves before the other has come, and neither suspends: so two workers are in it at once.
        const auto meet = [&] {
            ++arrived;
            while (arrived != 2) {
            }
            return weft::this_task::worker();
        };
        auto [a, b] = weft::fork_join(meet, meet);
        EXPECT_NE(a, b);
    });
}

TEST(fork_join, leaves_its_worker_to_others_while_a_stolen_half_runs) {
    weft::runtime rt({.workers = 2});
    rt.run([] {
        std::atomic<int> thief{-1}, parent{-1};
        std::atomic<bool> other_ran{false};
        weft::join_handle<void> other;
        weft::fork_join(
            [&] {
                while (thief == -1) { // keeps this worker: the half below must be stolen
                }
                parent = weft::this_task::worker();
                other = weft::spawn([&] { other_ran = true; }); // can run only here: the thief does not suspend
            },
            [&] {
                thief = weft::this_task::worker();
                while (!other_ran) {
                }
            });
        EXPECT_NE(thief, parent);
        other.join();
    });
}

} // namespace
