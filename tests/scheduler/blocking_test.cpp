// SPDX-License-Identifier: MIT
#include "gate.hpp"
#include "with_workers.hpp"
#include <atomic>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace std::chrono_literals;

WEFT_WITH_WORKERS(blocking);
class blocking_once : public test::census {};

TEST_P(blocking, returns_values_and_references_and_passes_exceptions_on) {
    weft::runtime rt(options());
    rt.run([] {
        EXPECT_EQ(weft::blocking([] { return 3; }), 3);
        int x = 0;
        weft::blocking([&]() -> int& { return x; }) = 5;
        EXPECT_EQ(x, 5);
        EXPECT_THROW(weft::blocking([] { throw std::runtime_error("out of f"); }), std::runtime_error);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
    });
    EXPECT_EQ(weft::blocking([] { return 4; }), 4) << "outside of a task it just calls";
}

TEST_P(blocking, a_blocked_kernel_thread_does_not_hold_up_the_other_tasks) {
    weft::runtime rt(options());
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    rt.run([&] {
        // As many readers as workers: without the hand-over nobody could ever write.
        std::vector<weft::join_handle<char>> readers;
        for (unsigned i = 0; i < workers(); ++i) {
            readers.push_back(weft::spawn([&] {
                return weft::blocking([&] {
                    char c = 0;
                    EXPECT_EQ(read(ends[0], &c, 1), 1);
                    return c;
                });
            }));
        }
        weft::sleep_for(5ms);
        auto writer = weft::spawn([&] { EXPECT_EQ(write(ends[1], std::string(workers(), 'w').data(), workers()), long{workers()}); });
        for (auto& r : readers) {
            EXPECT_EQ(r.join(), 'w');
        }
        writer.join();
    });
    close(ends[0]);
    close(ends[1]);
}

TEST_P(blocking, work_that_comes_while_a_worker_stands_idle_without_a_kernel_thread_is_run) {
    // The worker is on the idle list with its kernel thread blocked; then a foreign thread brings a task, for which a spare must come.
    weft::runtime rt(options());
    for (int round = 0; round < 50; ++round) {
        std::mutex lock;
        std::condition_variable changed;
        bool inside = false, done = false;
        std::vector<weft::join_handle<void>> all;
        for (unsigned i = 0; i < workers(); ++i) {
            all.push_back(rt.spawn([&] {
                weft::blocking([&] {
                    std::unique_lock hold(lock);
                    inside = true;
                    changed.notify_all();
                    changed.wait(hold, [&] { return done; });
                });
            }));
        }
        {
            std::unique_lock hold(lock);
            changed.wait(hold, [&] { return inside; });
        }
        rt.run([&] {
            std::lock_guard hold(lock);
            done = true;
            changed.notify_all();
        });
        for (auto& h : all) {
            h.join();
        }
    }
}

TEST_P(blocking, a_sleeping_task_is_woken_while_every_other_task_blocks) {
    // Timers need a keeper also when the last worker with a kernel thread gives it away.
    weft::runtime rt(options());
    for (int round = 0; round < 20; ++round) {
        std::atomic<bool> done{false};
        std::vector<weft::join_handle<void>> all;
        all.push_back(rt.spawn([&] {
            weft::sleep_for(3ms);
            done = true;
        }));
        for (unsigned i = 0; i < workers(); ++i) {
            all.push_back(rt.spawn([&] {
                weft::blocking([&] { test::wait_until([&] { return done.load(); }); });
            }));
        }
        for (auto& h : all) {
            h.join();
        }
    }
}

TEST_P(blocking, inside_a_section_the_task_counts_as_a_foreign_thread) {
    weft::runtime rt(options());
    rt.run([] {
        const auto id = weft::this_task::id();
        const int before = gettid();
        weft::blocking([&] {
            EXPECT_EQ(weft::this_task::id(), id) << "it is still this task";
            EXPECT_EQ(weft::this_task::worker(), -1);
            EXPECT_EQ(gettid(), before) << "the kernel thread stays the task's own";
            weft::yield();
            weft::sleep_for(1ms);
            EXPECT_EQ(gettid(), before);
            EXPECT_EQ(weft::spawn([] { return 6; }).join(), 6) << "into the task's own runtime";
            EXPECT_EQ(weft::blocking([] { return 7; }), 7) << "a section in a section is nothing new";
            EXPECT_EQ(weft::this_task::worker(), -1);
            EXPECT_THROW(weft::spawn([] { throw 1; }).join(), int);
        });
        EXPECT_GE(weft::this_task::worker(), 0);
        EXPECT_EQ(weft::this_task::id(), id);
    });
}

TEST_P(blocking, sections_by_the_hundred_come_back_to_the_workers) {
    weft::runtime rt(options());
    std::atomic<int> ended{0};
    rt.run([&] {
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < 200; ++i) {
            all.push_back(weft::spawn([&, i] {
                for (int k = 0; k < 20; ++k) {
                    weft::blocking([&] {
                        if ((i + k) % 5 == 0) {
                            std::this_thread::sleep_for(100us);
                        }
                    });
                    if (k % 3 == 0) {
                        weft::yield();
                    }
                }
                ++ended;
            }));
        }
        for (auto& h : all) {
            h.join();
        }
    });
    EXPECT_EQ(ended.load(), 200);
}

TEST_F(blocking_once, max_blocking_bounds_the_kernel_threads_and_nothing_is_lost_at_the_bound) {
    const int before = support::count_threads();
    weft::runtime rt({.workers = 2, .max_blocking = 3});
    std::atomic<int> most{0};
    rt.run([&] {
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < 40; ++i) {
            all.push_back(weft::spawn([&] {
                weft::blocking([&] {
                    const int now = support::count_threads();
                    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                    }
                    std::this_thread::sleep_for(1ms);
                });
            }));
        }
        for (auto& h : all) {
            h.join();
        }
    });
    EXPECT_LE(most.load(), before + 2 + 3);
    EXPECT_GT(most.load(), before + 2) << "no spare was ever made";
}

TEST_F(blocking_once, without_spares_a_section_blocks_its_worker_and_comes_back) {
    weft::runtime rt({.workers = 1, .max_blocking = 0});
    int order = 0;
    rt.run([&] {
        auto queued = weft::spawn([&] { EXPECT_EQ(order, 1); });
        weft::blocking([&] {
            std::this_thread::sleep_for(5ms);
            order = 1;
        });
        queued.join();
    });
}

TEST_F(blocking_once, sections_that_wait_for_tasks_end_however_few_spares_there_are) {
    for (const unsigned spares : {0u, 1u, 2u}) {
        weft::runtime rt({.workers = 1, .max_blocking = spares});
        std::atomic<int> met{0};
        rt.run([&] {
            std::vector<weft::join_handle<void>> all;
            for (int i = 0; i < 4; ++i) {
                all.push_back(weft::spawn([&] {
                    for (int k = 0; k < 100; ++k) {
                        weft::blocking([&] { weft::spawn([&] { ++met; }).join(); });
                    }
                }));
            }
            for (auto& h : all) {
                h.join();
            }
        });
        EXPECT_EQ(met, 400);
    }
}

TEST_F(blocking_once, a_queue_that_fills_while_a_section_blocks_its_worker_is_run_when_it_ends) {
    weft::runtime rt({.workers = 1, .max_blocking = 0});
    std::atomic<bool> inside{false};
    auto blocked = rt.spawn([&] {
        weft::blocking([&] {
            inside = true;
            std::this_thread::sleep_for(20ms);
        });
    });
    test::wait_until([&] { return inside.load(); });
    std::vector<weft::join_handle<int>> all;
    for (int i = 0; i < 100; ++i) {
        all.push_back(rt.spawn([i] { return i; }));
    }
    int sum = 0;
    for (auto& h : all) {
        sum += h.join();
    }
    EXPECT_EQ(sum, 4950);
    blocked.join();
}

} // namespace
