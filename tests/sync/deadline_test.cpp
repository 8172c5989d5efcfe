// SPDX-License-Identifier: MIT
// Times that cannot be waited for, in every timed call: the largest is never over, the smallest, and what is not a number, at once. The
// conversions are checked at compile time as well, where an overflow is an error. Seen to fail: with `now < when` in time_between.
#include "agents.hpp"
#include "clocks.hpp"
#include <limits>
#include <ratio>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono;
using namespace std::chrono_literals;
using weft::abi::for_ever;
using weft::abi::saturated;
using weft::abi::time_between;

using steady = steady_clock;
using days_of_32 = duration<std::int32_t, std::ratio<86400>>;
using thirds = duration<std::int64_t, std::ratio<1, 3>>;
using picos = duration<std::int64_t, std::pico>;
using floating_hours = duration<double, std::ratio<3600>>;

static_assert(saturated(0s) == 0ns && saturated(-1s) == 0ns && saturated(5ms) == 5'000'000ns);
static_assert(saturated(hours::max()) == for_ever && saturated(hours::min()) == 0ns);
static_assert(saturated(nanoseconds::max()) == for_ever && saturated(nanoseconds::min()) == 0ns);
static_assert(saturated(duration<std::uint64_t>::max()) == for_ever && saturated(duration<unsigned char, std::milli>::max()) == 255ms);
static_assert(saturated(days_of_32::max()) == for_ever && saturated(days_of_32(7)) == 168h);
static_assert(saturated(picos(1)) == 1ns && saturated(picos(1000)) == 1ns && saturated(picos(1001)) == 2ns); // never early
static_assert(saturated(picos::max()) == 9'223'372'036'854'776ns);
static_assert(saturated(thirds(1)) == 333'333'334ns && saturated(thirds::max()) == for_ever);
static_assert(saturated(hours(24 * 365 * 100)) == for_ever && saturated(hours(24 * 365 * 100 - 1)) == hours(24 * 365 * 100 - 1));
static_assert(saturated(duration<double>(0.5)) == 500ms && saturated(floating_hours(1e300)) == for_ever);
static_assert(saturated(duration<float, std::nano>(1.5f)) == 2ns);
static_assert(saturated(duration<double>(std::numeric_limits<double>::infinity())) == for_ever);
static_assert(saturated(duration<double>(-std::numeric_limits<double>::infinity())) == 0ns);

template <class Duration>
using at = time_point<steady, Duration>;
constexpr at<nanoseconds> now(1'000'000'000'000ns), long_ago(nanoseconds::min());
static_assert(time_between(now, at<hours>::max()) == for_ever && time_between(now, at<hours>::min()) == 0ns);
static_assert(time_between(long_ago, at<nanoseconds>::max()) == for_ever && time_between(at<nanoseconds>::max(), long_ago) == 0ns);
static_assert(time_between(now, at<seconds>(1001s)) == 1s && time_between(now, at<seconds>(1000s)) == 0ns);
static_assert(time_between(now, at<picos>(picos::max())) == 9'222'372'036'854'776ns);
static_assert(time_between(now, at<thirds>(thirds(3001))) == 333'333'334ns);
static_assert(time_between(now, at<duration<double>>(duration<double>(1000.5))) == 500ms);
static_assert(time_between(now, at<duration<double>>(duration<double>(std::numeric_limits<double>::infinity()))) == for_ever);

/// Both ends of every timed call that one object has: waits that last until `end`, given a time and a wait.
struct world {
    weft::counting_semaphore<> unit{0};
    weft::timed_mutex lock;
    weft::shared_timed_mutex shared;
    weft::mutex m;
    weft::condition_variable cv;
    weft::condition_variable_any cv_any;
    bool there = false; // guarded by m
    weft::promise<int> promised;
    weft::shared_future<int> value = promised.get_future().share();
    weft::channel<int> values{0};
    weft::wait_group group{1};
    weft::stop_source stop;
};

struct timed_call {
    const char* what;
    std::function<bool(world&)> wait; // true: not for the time
    std::function<void(world&)> end;
};

template <class T>
concept is_point = requires(T t) { t.time_since_epoch(); };

/// Every timed call, with one time: a duration, or a point of any clock.
template <class Time>
std::vector<timed_call> calls_with(Time time) {
    constexpr bool point = is_point<Time>;
    const auto notify = [](world& w) {
        std::lock_guard hold(w.m);
        w.there = true;
        w.cv.notify_all();
        w.cv_any.notify_all();
    };
    const auto receive = [](world& w) { (void)w.values.receive_for(30s); };
    const auto send = [](world& w) { (void)w.values.send_for(1, 30s); };
    if constexpr (point) {
        return {
            {"semaphore", [=](world& w) { return w.unit.try_acquire_until(time); }, [](world& w) { w.unit.release(); }},
            {"stoppable semaphore", [=](world& w) { return w.unit.try_acquire_until(w.stop.get_token(), time); }, [](world& w) { w.unit.release(); }},
            {"mutex", [=](world& w) { return w.lock.try_lock_until(time) && (w.lock.unlock(), true); }, [](world& w) { w.lock.unlock(); }},
            {"shared mutex", [=](world& w) { return w.shared.try_lock_shared_until(time) && (w.shared.unlock_shared(), true); }, [](world& w) { w.shared.unlock(); }},
            {"cv", [=](world& w) { std::unique_lock hold(w.m); return w.cv.wait_until(hold, time, [&] { return w.there; }); }, notify},
            {"cv any", [=](world& w) { std::unique_lock hold(w.m); return w.cv_any.wait_until(hold, w.stop.get_token(), time, [&] { return w.there; }); }, notify},
            {"future", [=](world& w) { return w.value.wait_until(time) == weft::future_status::ready; }, [](world& w) { w.promised.set_value(1); }},
            {"stoppable future", [=](world& w) { return w.value.wait_until(w.stop.get_token(), time) == weft::future_status::ready; }, [](world& w) { w.promised.set_value(1); }},
            {"send", [=](world& w) { return w.values.send_until(1, time) == weft::channel_status::done; }, receive},
            {"receive", [=](world& w) { return w.values.receive_until(time).has_value(); }, send},
            {"select", [=](world& w) { return weft::select(weft::on_receive(w.values, [](auto) {}), weft::on_deadline(time)) == 0; }, send},
            {"wait group", [=](world& w) { return w.group.wait_until(time); }, [](world& w) { w.group.done(); }},
            {"sleep", [=](world& w) { return !weft::sleep_until(w.stop.get_token(), time); }, [](world& w) { w.stop.request_stop(); }},
        };
    } else {
        return {
            {"semaphore", [=](world& w) { return w.unit.try_acquire_for(time); }, [](world& w) { w.unit.release(); }},
            {"stoppable semaphore", [=](world& w) { return w.unit.try_acquire_for(w.stop.get_token(), time); }, [](world& w) { w.unit.release(); }},
            {"mutex", [=](world& w) { return w.lock.try_lock_for(time) && (w.lock.unlock(), true); }, [](world& w) { w.lock.unlock(); }},
            {"shared mutex", [=](world& w) { return w.shared.try_lock_shared_for(time) && (w.shared.unlock_shared(), true); }, [](world& w) { w.shared.unlock(); }},
            {"cv", [=](world& w) { std::unique_lock hold(w.m); return w.cv.wait_for(hold, time, [&] { return w.there; }); }, notify},
            {"cv any", [=](world& w) { std::unique_lock hold(w.m); return w.cv_any.wait_for(hold, w.stop.get_token(), time, [&] { return w.there; }); }, notify},
            {"future", [=](world& w) { return w.value.wait_for(time) == weft::future_status::ready; }, [](world& w) { w.promised.set_value(1); }},
            {"stoppable future", [=](world& w) { return w.value.wait_for(w.stop.get_token(), time) == weft::future_status::ready; }, [](world& w) { w.promised.set_value(1); }},
            {"send", [=](world& w) { return w.values.send_for(1, time) == weft::channel_status::done; }, receive},
            {"receive", [=](world& w) { return w.values.receive_for(time).has_value(); }, send},
            {"select", [=](world& w) { return weft::select(weft::on_receive(w.values, [](auto) {}), weft::on_timeout(time)) == 0; }, send},
            {"wait group", [=](world& w) { return w.group.wait_for(time); }, [](world& w) { w.group.done(); }},
            {"sleep", [=](world& w) { return !weft::sleep_for(w.stop.get_token(), time); }, [](world& w) { w.stop.request_stop(); }},
        };
    }
}

class deadlines : public test::with_agents {
  public:
    using test::with_agents::run;
    using test::with_agents::start;
};
INSTANTIATE_TEST_SUITE_P(by, deadlines,
                         testing::Combine(testing::Values(1u, 2u, 8u),
                                          testing::Values(test::callers::tasks, test::callers::foreign_threads, test::callers::mixed)),
                         test::agents_in_words);

/// Holds what the calls want.
void prepare(world& w) {
    w.lock.lock();
    w.shared.lock();
}
void put_away(world& w) {
    (void)w.lock.try_lock();
    w.lock.unlock();
    (void)w.shared.try_lock();
    w.shared.unlock();
}

template <class Time>
void lasts(deadlines& test, Time time) {
    int number = 0;
    for (const timed_call& call : calls_with(time)) {
        SCOPED_TRACE(call.what);
        world w;
        prepare(w);
        std::atomic<int> state{0};
        auto waiter = test.start(number++, [&] { state = call.wait(w) ? 1 : 2; });
        for (int i = 0; i < 20; ++i) {
            weft::yield();
        }
        std::this_thread::sleep_for(200us); // not needed for the verdict: an early return is one whenever it comes
        EXPECT_EQ(state, 0) << "returned early";
        call.end(w);
        waiter.join();
        EXPECT_EQ(state, 1) << "timed out";
        put_away(w);
    }
}

template <class Time>
void is_over(deadlines& test, Time time) {
    int number = 0;
    for (const timed_call& call : calls_with(time)) {
        SCOPED_TRACE(call.what);
        world w;
        prepare(w);
        test.run(number++, [&] { EXPECT_FALSE(call.wait(w)); });
        put_away(w);
    }
}

TEST_P(deadlines, the_largest_duration_lasts) {
    lasts(*this, hours::max());
}
TEST_P(deadlines, an_infinite_duration_lasts) {
    lasts(*this, duration<double>(std::numeric_limits<double>::infinity()));
}
TEST_P(deadlines, the_largest_point_of_a_coarse_clock_lasts) {
    lasts(*this, time_point<steady, hours>::max());
    lasts(*this, time_point<system_clock, days>::max());
}
TEST_P(deadlines, the_largest_point_of_a_user_s_clock_lasts) {
    lasts(*this, time_point<test::slow_clock, duration<double>>(duration<double>(std::numeric_limits<double>::infinity())));
    lasts(*this, test::slow_clock::time_point::max());
}
TEST_P(deadlines, the_smallest_is_over_at_once) {
    is_over(*this, hours::min());
    is_over(*this, time_point<steady, hours>::min());
    is_over(*this, steady::time_point::min());
    is_over(*this, duration<double>(-std::numeric_limits<double>::infinity()));
}
TEST_P(deadlines, what_is_not_a_number_is_over_at_once) {
    is_over(*this, duration<float>(std::numeric_limits<float>::quiet_NaN()));
    is_over(*this, time_point<steady, duration<double>>(duration<double>(std::numeric_limits<double>::quiet_NaN())));
}

TEST(a_deadline, what_is_not_a_number_is_over_at_once) {
    // Not a constant expression for every compiler.
    const duration<double> nan(std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(saturated(nan), 0ns);
    EXPECT_EQ(time_between(now, at<duration<double>>(nan)), 0ns);
}

} // namespace
