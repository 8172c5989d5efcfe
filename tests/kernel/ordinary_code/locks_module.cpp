// SPDX-License-Identifier: MIT
#include "kernel/ordinary_code/activities.hpp"
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <semaphore>
#include <shared_mutex>
#include <string>
#include <thread>

namespace ordinary {
namespace {

using namespace std::chrono_literals;

std::mutex plain_mutex;
long plain_count = 0; // guarded by plain_mutex
std::atomic<long> plain_wanted{0};

void plain_lock(lane& l) {
    const unsigned times = 1 + l.below(50);
    for (unsigned i = 0; i < times; ++i) {
        std::lock_guard hold(plain_mutex);
        ++plain_count;
    }
    plain_wanted += times;
}

std::recursive_mutex recursive;
int recursive_depth = 0; // guarded by recursive
void recursive_lock(lane& l) {
    const unsigned depth = 1 + l.below(4);
    for (unsigned i = 0; i < depth; ++i) {
        recursive.lock();
        REQUIRE(++recursive_depth == static_cast<int>(i) + 1);
    }
    if (l.below(4) == 0) {
        sched_yield();
    }
    REQUIRE(recursive.native_handle()->__data.__owner == gettid());
    for (unsigned i = depth; i > 0; --i) {
        REQUIRE(--recursive_depth == static_cast<int>(i) - 1);
        recursive.unlock();
    }
}

std::shared_mutex readers_and_writer;
long left = 0; // left == right, guarded by readers_and_writer
long right = 0;
void shared_lock(lane& l) {
    if (l.below(4) == 0) {
        std::unique_lock hold(readers_and_writer);
        ++left;
        sched_yield();
        ++right;
    } else {
        std::shared_lock hold(readers_and_writer);
        REQUIRE(left == right);
    }
}

std::mutex queue_mutex;
std::condition_variable queue_changed;
int queued = 0; // guarded by queue_mutex
void hand_over(lane& l) {
    // Puts one in and takes one out, so that at any time someone can go on; the wait has a limit and says when it was needed.
    {
        std::lock_guard hold(queue_mutex);
        ++queued;
    }
    l.below(2) ? queue_changed.notify_one() : queue_changed.notify_all();
    std::unique_lock hold(queue_mutex);
    REQUIRE(queue_changed.wait_for(hold, 20s, [] { return queued > 0; }));
    --queued;
}

void timed_waits(lane& l) {
    std::mutex mutex;
    std::condition_variable_any never_notified;
    std::unique_lock hold(mutex);
    const auto limit = std::chrono::microseconds(l.below(300));
    const auto start = std::chrono::steady_clock::now();
    while (never_notified.wait_for(hold, limit) != std::cv_status::timeout) {
    }
    REQUIRE(std::chrono::steady_clock::now() - start >= limit);
    std::timed_mutex timed;
    REQUIRE(timed.try_lock_for(1us));
    timed.unlock();
    std::counting_semaphore<2> semaphore(1);
    semaphore.acquire();
    REQUIRE(!semaphore.try_acquire_for(1us));
    std::this_thread::sleep_for(std::chrono::microseconds(l.below(50)));
}

auto shared_object = std::make_shared<const std::string>("shared by all of them");
std::atomic<std::shared_ptr<int>> swapped{std::make_shared<int>(1)};
void shared_pointers(lane& l) {
    for (int i = 0; i < 100; ++i) {
        std::shared_ptr<const std::string> mine = shared_object;
        std::weak_ptr<const std::string> weak = mine;
        REQUIRE(weak.lock() == mine && mine->size() == 21);
    }
    const auto old = swapped.exchange(std::make_shared<int>(static_cast<int>(l.below(1000))));
    REQUIRE(*old >= 0 && *old < 1000);
}

std::atomic<long> made{0};
std::atomic<long> destroyed{0};
struct counted {
    std::string text = "long enough to lie on the heap, not inside";
    counted() { ++made; }
    ~counted() {
        REQUIRE(text.size() >= 42);
        ++destroyed;
    }
};
void thread_locals(lane& l) {
    static thread_local counted object;
    static thread_local int calls = 0;
    REQUIRE(object.text.size() == 42 + static_cast<std::size_t>(calls));
    object.text += static_cast<char>('a' + l.below(26));
    ++calls;
}

pthread_key_t key;
std::atomic<long> values_set{0};
std::atomic<long> values_destroyed{0};
void keys(lane& l) {
    auto* value = static_cast<std::uint64_t*>(pthread_getspecific(key));
    if (!value) {
        value = new std::uint64_t(reinterpret_cast<std::uintptr_t>(pthread_self()));
        ++values_set;
        REQUIRE(pthread_setspecific(key, value) == 0);
    }
    REQUIRE(*value == reinterpret_cast<std::uintptr_t>(pthread_self()));
    pthread_key_t passing; // keys come and go while threads run
    REQUIRE(pthread_key_create(&passing, nullptr) == 0);
    REQUIRE(pthread_getspecific(passing) == nullptr);
    REQUIRE(pthread_setspecific(passing, &l) == 0 && pthread_getspecific(passing) == &l);
    REQUIRE(pthread_key_delete(passing) == 0);
}

constexpr unsigned flags = 512;
std::once_flag once[flags];
std::atomic<int> called[flags];
void call_once_and_statics(lane& l) {
    const unsigned which = l.below(flags);
    std::call_once(once[which], [&] { ++called[which]; });
    REQUIRE(called[which] == 1);
    static const std::string guarded = [] {
        std::this_thread::sleep_for(1ms);
        return std::string("made once");
    }();
    REQUIRE(guarded == "made once");
}

void other_threads(lane& l) {
    const int number = static_cast<int>(l.below(1000));
    auto later = std::async(std::launch::async, [number] { return number + 1; });
    auto lazy = std::async(std::launch::deferred, [number] { return number + 2; });
    REQUIRE(later.get() == number + 1 && lazy.get() == number + 2);
    auto failing = std::async(std::launch::async, [number] {
        if (number >= 0) {
            throw number;
        }
    });
    try {
        failing.get();
        REQUIRE(false);
    } catch (int e) {
        REQUIRE(e == number);
    }
    std::jthread stopped([](std::stop_token stop) {
        while (!stop.stop_requested()) {
            sched_yield();
        }
    });
    REQUIRE(stopped.get_id() != std::this_thread::get_id() && pthread_equal(pthread_self(), pthread_self()));
}

constexpr activity activities[] = {
    {"std::mutex", plain_lock, 20},         {"std::recursive_mutex", recursive_lock, 10},
    {"std::shared_mutex", shared_lock, 10}, {"std::condition_variable", hand_over, 10},
    {"timed waits", timed_waits, 4},        {"shared_ptr", shared_pointers, 15},
    {"thread_local", thread_locals, 15},    {"pthread keys", keys, 10},
    {"call_once", call_once_and_statics, 8}, {"std::async, std::jthread", other_threads, 2},
};

void begin() {
    REQUIRE(pthread_key_create(&key, [](void* value) {
        REQUIRE(*static_cast<std::uint64_t*>(value) == reinterpret_cast<std::uintptr_t>(pthread_self()));
        delete static_cast<std::uint64_t*>(value);
        ++values_destroyed;
    }) == 0);
}

void end() {
    REQUIRE(plain_count == plain_wanted);
    REQUIRE(left == right && recursive_depth == 0 && queued == 0);
    REQUIRE(shared_object.use_count() == 1);
    REQUIRE(made == destroyed);
    REQUIRE(values_set == values_destroyed);
    pthread_key_delete(key);
}

} // namespace
const group lock_group{"locks", begin, end, activities};
} // namespace ordinary
