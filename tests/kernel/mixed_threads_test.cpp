// SPDX-License-Identifier: MIT
// Raw threads and pthreads in one process: each makes the other, and they meet at the standard library's locks.
#include "support/program.hpp"
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <pthread.h>
#include <shared_mutex>
#include <thread>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;

namespace {

void each_makes_the_other() {
    std::atomic<int> depth{0};
    kernel_thread([&] {
        ++depth;
        std::thread([&] {
            ++depth;
            kernel_thread([&] {
                ++depth;
                std::jthread([&] { ++depth; });
            }).join();
        }).join();
    }).join();
    REQUIRE(depth == 4);
}

void std_thread_made_first() {
    // glibc has its own first thread, and so its own lists, before ours.
    std::atomic<bool> leave{false};
    std::thread first([&] { REQUIRE(support::eventually([&] { return leave.load(); })); });
    std::vector<kernel_thread> threads;
    std::atomic<int> ran{0};
    for (int i = 0; i < 10; ++i) {
        threads.emplace_back([&] { ++ran; });
    }
    for (auto& t : threads) {
        t.join();
    }
    leave = true;
    first.join();
    REQUIRE(ran == 10);
}

void identities_differ() {
    std::atomic<int> arrived{0};
    pthread_t selves[4] = {};
    std::thread::id ids[4];
    const auto note = [&](int i) {
        selves[i] = pthread_self();
        ids[i] = std::this_thread::get_id();
        ++arrived;
        REQUIRE(support::eventually([&] { return arrived == 4; }));
    };
    kernel_thread a(note, 0);
    kernel_thread b(note, 1);
    std::thread c(note, 2);
    note(3);
    a.join();
    b.join();
    c.join();
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < i; ++j) {
            REQUIRE(!pthread_equal(selves[i], selves[j]) && ids[i] != ids[j]);
        }
    }
}

void condition_variables() {
    std::mutex mutex;
    std::condition_variable changed;
    long turn = 0;
    constexpr long rounds = 4000;
    const auto play = [&](long mine) {
        for (long i = mine; i < rounds; i += 4) {
            std::unique_lock hold(mutex);
            REQUIRE(changed.wait_for(hold, std::chrono::seconds(30), [&] { return turn == i; }));
            ++turn;
            changed.notify_all();
        }
    };
    kernel_thread a(play, 0);
    std::thread b(play, 1);
    kernel_thread c(play, 2);
    std::thread d(play, 3);
    a.join();
    b.join();
    c.join();
    d.join();
    REQUIRE(turn == rounds);
}

void standard_meeting_points() {
    std::latch begin(4);
    int phases = 0;
    std::barrier barrier(4, [&]() noexcept { ++phases; });
    std::shared_mutex shared;
    long written = 0;
    const auto work = [&] {
        begin.arrive_and_wait();
        for (int i = 0; i < 500; ++i) {
            {
                std::unique_lock hold(shared);
                ++written;
            }
            barrier.arrive_and_wait();
            std::shared_lock hold(shared);
            REQUIRE(written % 4 == 0 || written > 4L * i);
        }
    };
    kernel_thread a(work);
    std::thread b(work);
    kernel_thread c(work);
    std::thread d(work);
    a.join();
    b.join();
    c.join();
    d.join();
    REQUIRE(phases == 500 && written == 2000);
}

void futures() {
    std::promise<std::string> promise;
    auto later = promise.get_future();
    kernel_thread fulfils([&] { promise.set_value_at_thread_exit("set when the raw thread ended"); });
    REQUIRE(later.get() == "set when the raw thread ended");
    fulfils.join();
    std::packaged_task<int(int)> task([](int n) { return n * 2; });
    auto doubled = task.get_future();
    kernel_thread(std::move(task), 21).join();
    REQUIRE(doubled.get() == 42);
    kernel_thread([] {
        auto inner = std::async(std::launch::async, [] { return 7; });
        REQUIRE(inner.get() == 7);
    }).join();
    std::mutex mutex;
    std::condition_variable ended;
    bool over = false;
    kernel_thread notifies([&] {
        std::unique_lock hold(mutex);
        over = true;
        std::notify_all_at_thread_exit(ended, std::move(hold));
    });
    {
        std::unique_lock hold(mutex);
        REQUIRE(ended.wait_for(hold, std::chrono::seconds(20), [&] { return over; }));
    }
    notifies.join();
}

void one_time_things() {
    static std::atomic<int> once_runs;
    static std::atomic<int> static_runs;
    once_runs = static_runs = 0;
    std::once_flag flag;
    pthread_once_t c_flag = PTHREAD_ONCE_INIT;
    const auto work = [&] {
        std::call_once(flag, [] {
            support::sleep_ms(5);
            ++once_runs;
        });
        pthread_once(&c_flag, [] { ++once_runs; });
        static const int guarded = ++static_runs;
        REQUIRE(guarded == 1 && once_runs >= 1);
    };
    std::vector<kernel_thread> raw;
    std::vector<std::thread> standard;
    for (int i = 0; i < 4; ++i) {
        raw.emplace_back(work);
        standard.emplace_back(work);
    }
    for (int i = 0; i < 4; ++i) {
        raw[static_cast<std::size_t>(i)].join();
        standard[static_cast<std::size_t>(i)].join();
    }
    REQUIRE(once_runs == 2 && static_runs == 1);
}

void priority_inheritance() {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    REQUIRE(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT) == 0);
    pthread_mutex_t mutex;
    REQUIRE(pthread_mutex_init(&mutex, &attributes) == 0);
    long count = 0;
    const auto work = [&] {
        for (int i = 0; i < 500; ++i) {
            REQUIRE(pthread_mutex_lock(&mutex) == 0); // the kernel finds the owner by the tid in the word
            ++count;
            if (i % 50 == 0) {
                sched_yield();
            }
            REQUIRE(pthread_mutex_unlock(&mutex) == 0);
        }
    };
    kernel_thread a(work);
    kernel_thread b(work);
    std::thread c(work);
    a.join();
    b.join();
    c.join();
    REQUIRE(count == 1500);
    pthread_mutex_destroy(&mutex);
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"each makes the other", each_makes_the_other},
         {"beside a living std::thread", std_thread_made_first},
         {"pthread_self and std::thread::id differ", identities_differ},
         {"condition variables", condition_variables},
         {"latch, barrier, shared_mutex", standard_meeting_points},
         {"promise, packaged_task, async, at_thread_exit", futures},
         {"call_once, pthread_once, guarded statics", one_time_things},
         {"priority-inheriting mutexes", priority_inheritance}});
}
