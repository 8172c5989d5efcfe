// SPDX-License-Identifier: MIT
// [thread.condition], [thread.sema], [thread.coord] of C++20.
#include "conformance.hpp"
#include <atomic>
#include <memory>

namespace {

using namespace std::chrono_literals;
using conformance::both;
using conformance::own_clock;
using conformance::stays;

static_assert(std::is_default_constructible_v<mt::condition_variable> && stays<mt::condition_variable> && std::is_standard_layout_v<mt::condition_variable>);
static_assert(std::is_default_constructible_v<mt::condition_variable_any> && stays<mt::condition_variable_any>);
static_assert(noexcept(std::declval<mt::condition_variable&>().notify_one()) && noexcept(std::declval<mt::condition_variable&>().notify_all()) &&
              noexcept(std::declval<mt::condition_variable_any&>().notify_one()) && noexcept(std::declval<mt::condition_variable_any&>().notify_all()));
static_assert(static_cast<int>(mt::cv_status::no_timeout) != static_cast<int>(mt::cv_status::timeout));

static_assert(mt::counting_semaphore<5>::max() >= 5 && mt::binary_semaphore::max() >= 1 && mt::counting_semaphore<>::max() > 0 && noexcept(mt::binary_semaphore::max()));
static_assert(std::is_same_v<mt::binary_semaphore, mt::counting_semaphore<1>>);
static_assert(stays<mt::binary_semaphore> && !std::is_default_constructible_v<mt::binary_semaphore> && !std::is_convertible_v<std::ptrdiff_t, mt::binary_semaphore>);
static_assert(noexcept(std::declval<mt::binary_semaphore&>().try_acquire()));
mt::counting_semaphore<> early(2);

static_assert(stays<mt::latch> && !std::is_default_constructible_v<mt::latch> && !std::is_convertible_v<std::ptrdiff_t, mt::latch>);
static_assert(mt::latch::max() > 1000 && noexcept(mt::latch::max()) && noexcept(std::declval<const mt::latch&>().try_wait()));
mt::latch early_latch(1);

struct completion {
    int* runs;
    void operator()() noexcept { ++*runs; }
};
static_assert(stays<mt::barrier<>> && stays<mt::barrier<completion>> && !std::is_convertible_v<std::ptrdiff_t, mt::barrier<>>);
static_assert(mt::barrier<>::max() > 1000 && noexcept(mt::barrier<completion>::max()));
using arrival = mt::barrier<>::arrival_token;
static_assert(std::is_move_constructible_v<arrival> && std::is_move_assignable_v<arrival> && std::is_destructible_v<arrival> && !std::is_copy_constructible_v<arrival>);

void a_notification_ends_a_wait() {
    mt::mutex m;
    mt::condition_variable c;
    int stage = 0;
    both(
        [&] {
            mt::unique_lock hold(m);
            c.wait(hold, [&] { return stage == 1; });
            stage = 2;
            c.notify_all();
            while (stage != 3) {
                c.wait(hold);
            }
            CHECK(hold.owns_lock());
        },
        [&] {
            mt::unique_lock hold(m);
            stage = 1;
            c.notify_one();
            CHECK(c.wait_for(hold, 90s, [&] { return stage == 2; }));
            CHECK(c.wait_until(hold, own_clock::now() + 90s, [&] { return stage == 2; }));
            stage = 3;
            c.notify_one();
        });
}

template <class Condition, class Lock>
void limits(Condition& c, Lock& hold) {
    // A spurious wake-up is a no_timeout: at last it is a timeout.
    const auto until = [&](auto when, auto now) {
        while (c.wait_until(hold, when) == mt::cv_status::no_timeout) {
        }
        CHECK(now() >= when && hold.owns_lock());
    };
    until(std::chrono::steady_clock::now() + 2ms, [] { return std::chrono::steady_clock::now(); });
    until(std::chrono::system_clock::now() + 2ms, [] { return std::chrono::system_clock::now(); });
    until(own_clock::now() + 2ms, [] { return own_clock::now(); });
    CHECK(c.wait_until(hold, own_clock::now() - 1h) == mt::cv_status::timeout);
    CHECK(c.wait_for(hold, -1h) == mt::cv_status::timeout);
    CHECK(!c.wait_for(hold, 2ms, [] { return false; }) && c.wait_for(hold, 0s, [] { return true; }));
    int asked = 0;
    CHECK(!c.wait_until(hold, std::chrono::steady_clock::now() - 1s, [&] { return ++asked > 9; }) && asked >= 1);
    CHECK(!c.wait_for(hold, std::chrono::duration<double>(0.001), [] { return false; }));
    CHECK(hold.owns_lock());
    try {
        c.wait(hold, []() -> bool { throw 4; });
        CHECK(false);
    } catch (int four) {
        CHECK(four == 4 && hold.owns_lock());
    }
}

/// The least that condition_variable_any may ask of a lock.
struct basic_lock {
    mt::mutex inside;
    bool held = false;
    void lock() {
        inside.lock();
        held = true;
    }
    void unlock() {
        held = false;
        inside.unlock();
    }
};

/// `lock` locks m, or is m.
template <class Lock, class Mutex>
void any_lock(Lock& lock, Mutex& m) {
    mt::condition_variable_any c;
    bool told = false;
    mt::thread tells([&] {
        m.lock();
        told = true;
        m.unlock();
        c.notify_one();
    });
    lock.lock();
    c.wait(lock, [&] { return told; });
    CHECK(!c.wait_for(lock, 1ms, [] { return false; }));
    lock.unlock();
    tells.join();
}

void any() {
    basic_lock basic;
    any_lock(basic, basic);
    CHECK(!basic.held);
    mt::mutex m;
    any_lock(m, m);
    mt::timed_mutex t;
    any_lock(t, t);
    mt::recursive_mutex r;
    any_lock(r, r);
    mt::shared_mutex s;
    any_lock(s, s);
    mt::unique_lock deferred(t, mt::defer_lock);
    any_lock(deferred, t);
    mt::condition_variable_any c;
    mt::shared_lock readers(s);
    limits(c, readers);
    mt::unique_lock hold(m);
    limits(c, hold);
}

void stoppable() {
    mt::mutex m;
    mt::condition_variable_any c;
    mt::unique_lock hold(m);
    mt::stop_source source;
    const mt::stop_token token = source.get_token();
    CHECK(c.wait(hold, token, [] { return true; }));
    CHECK(!c.wait_for(hold, token, 1ms, [] { return false; }));
    CHECK(!c.wait_until(hold, token, own_clock::now() + 1ms, [] { return false; }));
    CHECK(!c.wait_for(hold, mt::stop_token(), 1ms, [] { return false; })); // no stop can come
    mt::thread stops([&] {
        mt::this_thread::sleep_for(2ms);
        source.request_stop();
    });
    CHECK(!c.wait(hold, token, [] { return false; }) && hold.owns_lock());
    CHECK(token.stop_requested());
    int asked = 0;
    CHECK(!c.wait(hold, token, [&] { return ++asked, false; }) && asked == 1);
    CHECK(c.wait(hold, token, [] { return true; }));
    CHECK(!c.wait_for(hold, token, 1h, [] { return false; }) && !c.wait_until(hold, token, own_clock::now() + 1h, [] { return false; }));
    hold.unlock();
    stops.join();
    mt::jthread by_its_own([&](mt::stop_token mine) {
        mt::unique_lock h(m);
        CHECK(!c.wait(h, mine, [] { return false; }));
    });
}

void at_exit() {
    mt::mutex m;
    mt::condition_variable c;
    bool ready = false;
    mt::thread t([&] {
        mt::unique_lock hold(m);
        ready = true;
        mt::notify_all_at_thread_exit(c, std::move(hold));
    });
    mt::unique_lock hold(m);
    c.wait(hold, [&] { return ready; });
    hold.unlock();
    t.join();
}

void semaphores() {
    early.acquire();
    CHECK(early.try_acquire() && !early.try_acquire());
    CHECK(!early.try_acquire_for(1ms) && !early.try_acquire_for(-1h) && !early.try_acquire_until(own_clock::now() + 1ms));
    const auto before = std::chrono::steady_clock::now();
    CHECK(!early.try_acquire_for(std::chrono::duration<double, std::milli>(2)) && std::chrono::steady_clock::now() - before >= 2ms);
    early.release(0);
    CHECK(!early.try_acquire());
    early.release(3);
    CHECK(early.try_acquire_for(0s) && early.try_acquire_until(own_clock::now() - 1h) && early.try_acquire());
    mt::counting_semaphore<> full(mt::counting_semaphore<>::max());
    CHECK(full.try_acquire() && (full.release(), true));
    mt::binary_semaphore ping(0), pong(0);
    int turn = 0;
    both(
        [&] {
            for (int i = 0; i < 200; ++i) {
                ping.acquire();
                CHECK(++turn == 2 * i + 1);
                pong.release();
            }
        },
        [&] {
            for (int i = 0; i < 200; ++i) {
                ping.release();
                CHECK(pong.try_acquire_for(90s));
                CHECK(++turn == 2 * i + 2);
            }
        });
}

void latches() {
    CHECK(!early_latch.try_wait());
    early_latch.count_down(0);
    early_latch.arrive_and_wait();
    CHECK(early_latch.try_wait());
    early_latch.wait();
    mt::latch none(0);
    none.wait();
    mt::latch five(5);
    std::atomic<int> before{0};
    both(
        [&] {
            before += 2;
            five.arrive_and_wait(2);
            CHECK(before == 5);
        },
        [&] {
            ++before;
            five.count_down();
            before += 2;
            five.count_down(2);
            five.wait();
            CHECK(before == 5);
        });
}

void barriers() {
    int runs = 0;
    mt::barrier b(2, completion{&runs});
    const auto lap = [&] {
        for (int i = 0; i < 100; ++i) {
            b.arrive_and_wait();
            CHECK(runs >= i + 1 && runs <= i + 2);
        }
    };
    both(lap, lap);
    CHECK(runs == 100);
    auto first = b.arrive();
    auto second = b.arrive();
    b.wait(std::move(first)); // of the phase before: over
    b.wait(std::move(second));
    auto third = b.arrive(2);
    b.wait(std::move(third));
    CHECK(runs == 102);
    b.arrive_and_drop();
    b.arrive_and_wait();
    b.arrive_and_wait(); // alone from here on
    CHECK(runs == 104);
    b.arrive_and_drop();
    CHECK(runs == 105);
    mt::barrier plain(1);
    plain.arrive_and_wait();
    mt::barrier by_pointer(1, +[]() noexcept {});
    by_pointer.arrive_and_drop();
    struct only_moves {
        std::unique_ptr<int> p;
        void operator()() noexcept { ++*p; }
    };
    mt::barrier moved(1, only_moves{std::make_unique<int>(0)});
    moved.arrive_and_wait();
}

} // namespace

int main() {
    a_notification_ends_a_wait();
    {
        mt::mutex m;
        mt::condition_variable c;
        mt::unique_lock hold(m);
        limits(c, hold);
    }
    any();
    stoppable();
    at_exit();
    semaphores();
    latches();
    barriers();
}
