// SPDX-License-Identifier: MIT
// What contention may cost, by count: how often a waiter is overtaken, and how often it is woken. A kernel thread's wake-ups are counted by the kernel: it
// has slept as often as it was woken (ru_nvcsw); tasks are woken by the same code (abi::wait_section).
// Seen to fail: without the hand-over (patience without end) in mutex.cpp; with a notify_all that wakes instead of moving.
#include "agent.hpp"
#include "scheduler/with_workers.hpp"
#include "sync/mutex_watch.hpp"
#include <atomic>
#include <mutex>
#include <sys/resource.h>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

constexpr int crowd = 50;

class contention : public test::census {};

TEST_F(contention, no_waiter_is_overtaken_more_often_than_the_bound) {
    weft::sync::overtaken_so_far = 0;
    unsigned most = 0;
    for (int round = 0; round < 3; ++round) {
        weft::runtime rt({.workers = 2});
        weft::mutex m;
        std::atomic<bool> stop{false};
        std::atomic<long> rounds{0};
        const auto hammer = [&] {
            while (!stop) {
                std::lock_guard hold(m);
                if (++rounds % 64 == 0) {
                    weft::yield(); // with the lock: others queue up
                }
            }
        };
        std::vector<test::agent> agents;
        for (int i = 0; i < 6; ++i) {
            agents.emplace_back(rt, test::place::task, hammer);
        }
        agents.emplace_back(rt, test::place::foreign, hammer);
        test::wait_until([&] { return rounds > 200'000; });
        stop = true;
        agents.clear();
        most = std::max(most, weft::sync::overtaken_so_far.load());
    }
    EXPECT_LE(most, weft::sync::most_often_overtaken);
    EXPECT_GE(most, 1u) << "nobody was ever overtaken: this has shown nothing";
}

/// How often this kernel thread has gone to sleep so far.
long sleeps() {
    rusage use{};
    getrusage(RUSAGE_THREAD, &use);
    return use.ru_nvcsw;
}

/// Threads that begin one after the other, each when the one before sleeps in its wait: so that nothing but the wait makes them sleep.
class line_of_threads {
  public:
    /// wait(): the wait itself; returns how often it slept.
    template <class Wait>
    explicit line_of_threads(Wait wait) {
        for (int i = 0; i < crowd; ++i) {
            std::atomic<int> tid{0};
            threads_.emplace_back([this, &tid, wait, i] {
                tid = gettid();
                slept_[i] = wait();
            });
            test::wait_until([&] { return tid != 0; });
            const std::string path = "/proc/self/task/" + std::to_string(tid) + "/syscall";
            test::wait_until([&] {
                char text[16] = {};
                std::FILE* f = std::fopen(path.c_str(), "re");
                const bool read = f && std::fgets(text, sizeof text, f);
                if (f) {
                    std::fclose(f);
                }
                return read && std::atoi(text) == SYS_futex && text[0] != 'r'; // "running"
            });
        }
    }
    void expect_one_wake_each() {
        for (auto& t : threads_) {
            t.join();
        }
        threads_.clear();
        for (int i = 0; i < crowd; ++i) {
            EXPECT_EQ(slept_[i], 1) << "thread " << i;
        }
    }

  private:
    std::vector<std::thread> threads_;
    long slept_[crowd] = {};
};

TEST_F(contention, each_unlock_wakes_one_of_many) {
    weft::mutex m;
    m.lock();
    line_of_threads waiters([&] {
        const long before = sleeps();
        m.lock();
        const long slept = sleeps() - before;
        m.unlock();
        return slept;
    });
    m.unlock();
    waiters.expect_one_wake_each();
}

TEST_F(contention, notify_one_wakes_one) {
    weft::mutex m;
    weft::condition_variable cv;
    std::atomic<int> through{0};
    line_of_threads waiters([&] {
        std::unique_lock hold(m);
        const long before = sleeps();
        cv.wait(hold);
        ++through;
        return sleeps() - before;
    });
    for (int i = 0; i < crowd; ++i) {
        EXPECT_EQ(through, i);
        cv.notify_one();
        test::wait_until([&] { return through == i + 1; });
    }
    waiters.expect_one_wake_each();
}

TEST_F(contention, notify_all_moves_and_wakes_each_once) {
    weft::mutex m;
    weft::condition_variable cv;
    std::atomic<int> through{0};
    line_of_threads waiters([&] {
        std::unique_lock hold(m);
        const long before = sleeps();
        cv.wait(hold);
        ++through;
        return sleeps() - before;
    });
    {
        std::lock_guard hold(m);
        cv.notify_all(); // they wait for the mutex now
        EXPECT_EQ(through, 0);
    }
    waiters.expect_one_wake_each();
    EXPECT_EQ(through, crowd);
}

TEST_F(contention, a_semaphore_s_unit_wakes_one) {
    weft::counting_semaphore<> s(0);
    std::atomic<int> through{0};
    line_of_threads waiters([&] {
        const long before = sleeps();
        s.acquire();
        ++through;
        return sleeps() - before;
    });
    for (int i = 0; i < crowd; ++i) {
        EXPECT_EQ(through, i);
        s.release();
        test::wait_until([&] { return through == i + 1; });
    }
    waiters.expect_one_wake_each();
}

} // namespace
