// SPDX-License-Identifier: MIT
#include "with_workers.hpp"
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

WEFT_WITH_WORKERS(runtime);
class runtime_once : public test::census {};

TEST_P(runtime, run_returns_the_value_of_the_function) {
    weft::runtime rt(options());
    EXPECT_EQ(rt.workers(), workers());
    EXPECT_EQ(rt.run([] { return 42; }), 42);
    EXPECT_EQ(*rt.run([] { return std::make_unique<int>(7); }), 7);
    EXPECT_EQ(rt.run([] { return std::string(1000, 'x'); }).size(), 1000u);
    bool ran = false;
    rt.run([&] { ran = true; });
    EXPECT_TRUE(ran);
}

TEST_P(runtime, run_returns_references_as_references) {
    weft::runtime rt(options());
    int x = 1;
    static_assert(std::is_same_v<decltype(rt.run([&]() -> int& { return x; })), int&>);
    rt.run([&]() -> int& { return x; }) = 2;
    EXPECT_EQ(x, 2);
    const std::string text = "kept";
    EXPECT_EQ(&rt.run([&]() -> const std::string& { return text; }), &text);
    std::string moved = "moved";
    static_assert(std::is_same_v<decltype(rt.run([&]() -> std::string&& { return std::move(moved); })), std::string&&>);
    const std::string taken = rt.run([&]() -> std::string&& { return std::move(moved); });
    EXPECT_EQ(taken, "moved");
}

TEST_P(runtime, run_rethrows_what_the_function_throws) {
    weft::runtime rt(options());
    try {
        rt.run([]() -> int { throw std::out_of_range("far"); });
        FAIL() << "nothing was thrown";
    } catch (const std::out_of_range& e) {
        EXPECT_STREQ(e.what(), "far");
    }
    EXPECT_EQ(rt.run([] { return 1; }), 1) << "the runtime goes on";
}

TEST_P(runtime, tasks_spawned_by_tasks_all_run) {
    weft::runtime rt(options());
    struct tree {
        static long count(int depth) {
            if (depth == 0) {
                return 1;
            }
            auto left = weft::spawn([depth] { return count(depth - 1); });
            auto right = weft::spawn([depth] { return count(depth - 1); });
            return 1 + left.join() + right.join();
        }
    };
    EXPECT_EQ(rt.run([] { return tree::count(12); }), (1 << 13) - 1);
}

TEST_P(runtime, one_task_may_spawn_more_than_every_queue_holds) {
    weft::runtime rt(options());
    const long sum = rt.run([] {
        std::vector<weft::join_handle<int>> handles;
        for (int i = 0; i < 20'000; ++i) {
            handles.push_back(weft::spawn([i] { return i; }));
        }
        long total = 0;
        for (auto& h : handles) {
            total += h.join();
        }
        return total;
    });
    EXPECT_EQ(sum, 20'000L * 19'999 / 2);
}

TEST_P(runtime, the_destructor_waits_for_detached_tasks_and_their_children) {
    std::atomic<int> ended{0};
    {
        weft::runtime rt(options());
        for (int i = 0; i < 100; ++i) {
            rt.spawn([&ended] {
                weft::sleep_for(5ms);
                weft::spawn([&ended] {
                    weft::yield();
                    weft::sleep_for(5ms);
                    ++ended;
                }).detach();
                ++ended;
            }).detach();
        }
    }
    EXPECT_EQ(ended.load(), 200);
}

TEST_P(runtime, the_value_of_a_detached_task_is_destroyed_before_the_runtime_ends_even_if_its_destructor_suspends) {
    static std::atomic<int> destroyed{0};
    destroyed = 0;
    struct slow {
        bool armed = true;
        slow() = default;
        slow(slow&& other) noexcept : armed(std::exchange(other.armed, false)) {}
        ~slow() {
            if (armed) {
                weft::sleep_for(2ms);
                weft::yield();
                weft::spawn([] { ++destroyed; }).join();
                ++destroyed;
            }
        }
    };
    {
        weft::runtime rt(options());
        for (int i = 0; i < 50; ++i) {
            rt.spawn([] { return slow(); }).detach();
        }
    }
    EXPECT_EQ(destroyed.load(), 100);
}

TEST_P(runtime, foreign_threads_spawn_and_join_at_the_same_time) {
    weft::runtime rt(options());
    std::atomic<long> sum{0};
    auto work = [&] {
        for (int i = 0; i < 2000; ++i) {
            if (i % 3 == 0) {
                sum += rt.run([i] { return i; });
            } else {
                auto h = weft::spawn([i] { return i; });
                sum += h.join();
            }
        }
    };
    std::thread a(work);
    std::thread b(work);
    weft::kernel_thread c(work);
    work();
    a.join();
    b.join();
    c.join();
    EXPECT_EQ(sum.load(), 4 * 1999L * 2000 / 2);
}

TEST_P(runtime, a_handle_travels_to_another_thread_and_is_joined_there) {
    weft::runtime rt(options());
    auto h = rt.spawn([] {
        weft::sleep_for(2ms);
        return std::string("from the task");
    });
    std::string got;
    std::thread joiner([&got, handle = std::move(h)]() mutable { got = handle.join(); });
    joiner.join();
    EXPECT_EQ(got, "from the task");
    // And from a task to another: the second joins what the first has spawned.
    auto child = rt.run([] { return weft::spawn([] { return 5; }); });
    EXPECT_EQ(rt.run([&child] { return child.join(); }), 5);
}

TEST_P(runtime, runtimes_nest_and_tasks_join_across_them) {
    weft::runtime outer(options());
    weft::runtime other(options());
    const int got = outer.run([&] {
        weft::runtime inner({.workers = 2, .name = "inner"});
        // Three runtimes at work: a task of each waits for one of another.
        auto h = other.spawn([&] { return inner.run([] { return weft::spawn([] { return 20; }).join() + 1; }); });
        const int own = weft::spawn([] { return 1; }).join();
        return h.join() + inner.run([&] { return outer.run([] { return 20; }); }) + own;
    });
    EXPECT_EQ(got, 42);
}

TEST_P(runtime, a_task_destroys_another_runtime_without_holding_up_its_own) {
    weft::runtime outer(options());
    std::atomic<bool> released{false};
    outer.run([&] {
        auto inner = std::make_unique<weft::runtime>(weft::runtime_options{.workers = 1});
        // The inner runtime cannot end before a task of the outer one has run: with one outer worker this hangs if ~runtime blocks it.
        inner->spawn([&] {
                 outer.run([&] { released = true; });
             }).detach();
        inner.reset();
        EXPECT_TRUE(released.load());
    });
}

TEST_F(runtime_once, spawn_on_a_foreign_thread_uses_the_oldest_living_runtime) {
    auto name_of_the_kernel_thread = [] {
        char name[16] = {};
        pthread_getname_np(pthread_self(), name, sizeof name);
        return std::string(name);
    };
    auto first = std::make_unique<weft::runtime>(weft::runtime_options{.workers = 1, .name = "first"});
    weft::runtime second({.workers = 1, .name = "second"});
    EXPECT_EQ(weft::spawn(name_of_the_kernel_thread).join(), "first/0");
    EXPECT_EQ(second.run([&] { return weft::spawn(name_of_the_kernel_thread).join(); }), "second/0") << "a task's own comes first";
    first.reset();
    EXPECT_EQ(weft::spawn(name_of_the_kernel_thread).join(), "second/0");
}

TEST_F(runtime_once, many_runtimes_come_and_go_and_leave_nothing) {
    auto round = [] {
        weft::runtime rt({.workers = 4});
        rt.run([] {
            auto h = weft::spawn([] { weft::yield(); });
            weft::blocking([] {});
            weft::sleep_for(10us);
            h.join();
        });
    };
    for (int i = 0; i < 50; ++i) {
        round(); // caches fill
    }
    const int mappings = support::count_mappings();
    const long resident = support::resident_bytes();
    for (int i = 0; i < 300; ++i) {
        round();
    }
    EXPECT_LE(support::count_mappings(), mappings + 8);
    if (!test::sanitized) { // they keep freed memory and records of ended threads
        EXPECT_LE(support::resident_bytes(), resident + (4 << 20));
    }
}

} // namespace
