// SPDX-License-Identifier: MIT
#include "with_workers.hpp"
#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

WEFT_WITH_WORKERS(this_task);
class this_task_once : public test::census {};

TEST_P(this_task, ids_are_unique_and_the_handle_knows_them) {
    weft::runtime rt(options());
    std::set<std::uint64_t> seen;
    std::mutex lock;
    auto spawn_some = [&] {
        for (int i = 0; i < 700; ++i) { // beyond one worker's reserve of 256
            auto h = weft::spawn([] { return weft::this_task::id(); });
            const auto told = h.id();
            const auto id = h.join();
            EXPECT_EQ(id, told);
            EXPECT_NE(id, 0u);
            std::lock_guard hold(lock);
            EXPECT_TRUE(seen.insert(id).second) << "two tasks called " << id;
        }
    };
    auto inside = rt.spawn(spawn_some);
    std::thread outside(spawn_some);
    outside.join();
    inside.join();
}

TEST_P(this_task, the_id_stays_across_suspensions) {
    weft::runtime rt(options());
    rt.run([] {
        const auto id = weft::this_task::id();
        for (int i = 0; i < 20; ++i) {
            weft::yield();
            weft::sleep_for(50us);
            weft::spawn([] {}).join();
            EXPECT_EQ(weft::this_task::id(), id);
        }
    });
}

TEST_P(this_task, has_the_name_given_at_spawn) {
    weft::runtime rt(options());
    const std::string long_name(300, 'n');
    rt.run([&] {
        EXPECT_EQ(weft::this_task::name(), "");
        EXPECT_EQ(weft::spawn({.name = "first"}, [] { return std::string(weft::this_task::name()); }).join(), "first");
        EXPECT_EQ(weft::spawn([] { return std::string(weft::this_task::name()); }, {.name = "after"}).join(), "after");
        EXPECT_EQ(weft::spawn({.name = long_name}, [] { return std::string(weft::this_task::name()); }).join(), long_name);
        weft::spawn({.name = std::string("temporary") + "!"}, [] {
            weft::yield();
            EXPECT_EQ(weft::this_task::name(), "temporary!") << "the name is copied";
        }).join();
    });
    rt.spawn({.name = "outside"}, [] { EXPECT_EQ(weft::this_task::name(), "outside"); }).join();
}

TEST_P(this_task, knows_its_worker) {
    weft::runtime rt(options());
    rt.run([this] {
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < 100; ++i) {
            all.push_back(weft::spawn([this] {
                EXPECT_GE(weft::this_task::worker(), 0);
                EXPECT_LT(weft::this_task::worker(), static_cast<int>(workers()));
                weft::yield();
            }));
        }
        for (auto& h : all) {
            h.join();
        }
    });
}

TEST_F(this_task_once, on_a_foreign_thread_there_is_no_task) {
    auto check = [] {
        EXPECT_EQ(weft::this_task::id(), 0u);
        EXPECT_EQ(weft::this_task::name(), "");
        EXPECT_EQ(weft::this_task::worker(), -1);
        weft::yield();
        weft::this_task::yield();
    };
    check();
    std::thread(check).join();
    weft::kernel_thread raw(check);
    raw.join();
    weft::runtime rt({.workers = 1});
    check();
}

TEST_P(this_task, yielding_tasks_take_turns) {
    weft::runtime rt({.workers = 1});
    std::string order;
    rt.run([&] {
        std::vector<weft::join_handle<void>> all;
        for (char c : {'a', 'b', 'c'}) {
            all.push_back(weft::spawn([&order, c] {
                for (int i = 0; i < 300; ++i) {
                    order += c;
                    weft::yield();
                }
            }));
        }
        for (auto& h : all) {
            h.join();
        }
    });
    // Nobody laps the others by more than a few turns.
    int turns[3] = {};
    for (char c : order) {
        ++turns[c - 'a'];
        const int most = std::max({turns[0], turns[1], turns[2]});
        if (most < 300) {
            ASSERT_LE(most - std::min({turns[0], turns[1], turns[2]}), 3) << order;
        }
    }
}

TEST_P(this_task, a_yield_loop_lets_everybody_else_run) {
    weft::runtime rt(options());
    std::atomic<int> arrived{0};
    std::atomic<bool> stop{false};
    std::vector<weft::join_handle<void>> loops;
    for (unsigned i = 0; i < workers(); ++i) {
        loops.push_back(rt.spawn([&] {
            while (!stop) {
                weft::yield();
            }
        }));
    }
    for (int i = 0; i < 100; ++i) {
        rt.run([&] { ++arrived; }); // from outside
    }
    rt.run([&] {
        weft::spawn([&] { ++arrived; }).join(); // from inside
        weft::sleep_for(1ms);                   // from the clock
        weft::blocking([] {});
    });
    EXPECT_EQ(arrived.load(), 101);
    stop = true;
    for (auto& h : loops) {
        h.join();
    }
}

TEST_P(this_task, two_tasks_that_wake_each_other_for_ever_do_not_starve_a_third) {
    weft::runtime rt(options());
    std::atomic<bool> stop{false};
    rt.run([&] {
        // Each join wakes the waiter into the slot that runs next.
        std::vector<weft::join_handle<void>> pairs;
        for (int i = 0; i < 8; ++i) {
            pairs.push_back(weft::spawn([&] {
                while (!stop) {
                    weft::spawn([] {}).join();
                }
            }));
        }
        auto third = weft::spawn([&] {
            for (int i = 0; i < 50; ++i) {
                weft::yield();
            }
            stop = true;
        });
        for (auto& h : pairs) {
            h.join();
        }
        third.join();
    });
}

TEST_P(this_task, a_task_that_spins_for_another_gets_it_run_elsewhere) {
    if (workers() == 1) {
        GTEST_SKIP() << "one worker cannot run two tasks at once";
    }
    // Each queue in turn: a fresh task, one that was woken into the slot, one that yielded.
    weft::runtime rt(options());
    for (int round = 0; round < 100; ++round) {
        rt.run([&] {
            std::atomic<bool> fresh{false}, woken{false}, yielded{false};
            auto first = weft::spawn([&] {
                fresh = true;
                weft::yield();
                yielded = true;
                weft::spawn([] {}).join();
                woken = true;
            });
            while (!fresh || !yielded || !woken) {
                std::this_thread::yield(); // never leaves the worker
            }
            first.join();
        });
    }
}

} // namespace
