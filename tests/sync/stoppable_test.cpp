// SPDX-License-Identifier: MIT
// Each wait that takes a stop token, by one table: a stop before it, during it, after it; and no stop. Seen to fail: with a latch that
// keeps its mark when its last waiter has given up.
#include "agents.hpp"
#include <stop_token>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

struct world {
    weft::counting_semaphore<> unit{0};
    weft::latch gate{1};
    weft::barrier<> meeting{2};
    weft::barrier<>::arrival_token arrived = meeting.arrive();
    weft::promise<int> promised;
    weft::future<int> value = promised.get_future();
    weft::channel<int> values{0};
    weft::wait_group group{1};
};

template <class Token>
struct stoppable_call {
    const char* what;
    std::function<bool(world&, const Token&)> wait; // false: stopped
    std::function<void(world&)> satisfy;            // what is waited for comes
};

template <class Token>
std::vector<stoppable_call<Token>> all_calls() {
    using W = world&;
    using T = const Token&;
    const auto release = [](W w) { w.unit.release(); };
    const auto keep = [](W w) { w.promised.set_value(1); };
    return {
        {"semaphore::acquire", [](W w, T t) { return w.unit.acquire(t); }, release},
        {"semaphore::try_acquire_for", [](W w, T t) { return w.unit.try_acquire_for(t, 1h); }, release},
        {"semaphore::try_acquire_until", [](W w, T t) { return w.unit.try_acquire_until(t, steady::now() + 1h); }, release},
        {"latch::wait", [](W w, T t) { return w.gate.wait(t); }, [](W w) { w.gate.count_down(); }},
        {"barrier::wait", [](W w, T t) { return w.meeting.wait(w.arrived, t); }, [](W w) { (void)w.meeting.arrive(); }},
        {"future::wait", [](W w, T t) { return w.value.wait(t); }, keep},
        {"future::wait_for", [](W w, T t) { return w.value.wait_for(t, 1h) == weft::future_status::ready; }, keep},
        {"future::wait_until", [](W w, T t) { return w.value.wait_until(t, steady::now() + 1h) == weft::future_status::ready; }, keep},
        {"channel::receive", [](W w, T t) { return w.values.receive(t).has_value(); }, [](W w) { w.values.send(1); }},
        {"channel::send", [](W w, T t) { return w.values.send(1, t) == weft::channel_status::done; }, [](W w) { (void)w.values.receive(); }},
        {"wait_group::wait", [](W w, T t) { return w.group.wait(t); }, [](W w) { w.group.done(); }},
    };
}

WEFT_WITH_AGENTS(stoppable);

TEST_P(stoppable, a_stop_before_the_call_ends_it_at_once_even_when_there_is_nothing_to_wait_for) {
    int number = 0;
    for (const auto& call : all_calls<weft::stop_token>()) {
        SCOPED_TRACE(call.what);
        world w;
        weft::stop_source stop;
        stop.request_stop();
        run(number, [&] { EXPECT_FALSE(call.wait(w, stop.get_token())); });
        if (std::string(call.what).find("channel") == std::string::npos) { // whose other side would wait
            call.satisfy(w);
            run(number, [&] { EXPECT_FALSE(call.wait(w, stop.get_token())); });
            run(number, [&] { EXPECT_TRUE(call.wait(w, weft::stop_token())); }); // nothing was used up
        }
        ++number;
    }
}

template <class Source, class Token>
void a_stop_during(const std::function<test::agent(int, std::function<void()>)>& start) {
    int number = 0;
    for (const auto& call : all_calls<Token>()) {
        SCOPED_TRACE(call.what);
        world w;
        Source stop;
        std::atomic<int> state{0};
        auto waiter = start(number, [&] { state = call.wait(w, stop.get_token()) ? 1 : 2; });
        for (int i = 0; i < number % 3 * 30; ++i) { // sometimes before it waits
            weft::yield();
        }
        EXPECT_EQ(state, 0);
        stop.request_stop();
        waiter.join();
        EXPECT_EQ(state, 2);
        // The next one waits as if there had been none, and gets what comes.
        auto next = start(number + 1, [&] { state = call.wait(w, Token()) ? 1 : 2; });
        call.satisfy(w);
        next.join();
        EXPECT_EQ(state, 1);
        ++number;
    }
}

TEST_P(stoppable, a_stop_ends_the_wait_and_leaves_the_object_as_it_was) {
    a_stop_during<weft::stop_source, weft::stop_token>([this](int n, std::function<void()> f) { return start(n, std::move(f)); });
}

TEST_P(stoppable, std_s_token_does_as_well) {
    a_stop_during<std::stop_source, std::stop_token>([this](int n, std::function<void()> f) { return start(n, std::move(f)); });
}

TEST_P(stoppable, without_a_stop_what_is_waited_for_comes_and_a_later_stop_changes_nothing) {
    int number = 0;
    for (const auto& call : all_calls<weft::stop_token>()) {
        SCOPED_TRACE(call.what);
        world w;
        weft::stop_source stop;
        auto waiter = start(number++, [&] { EXPECT_TRUE(call.wait(w, stop.get_token())); });
        call.satisfy(w);
        waiter.join();
        stop.request_stop();
    }
}

TEST_P(stoppable, an_object_dies_after_its_last_waiter_has_given_up) {
    int number = 0;
    for (const auto& call : all_calls<weft::stop_token>()) {
        SCOPED_TRACE(call.what);
        weft::stop_source stop;
        auto w = std::make_unique<world>();
        {
            std::vector<test::agent> three;
            for (int i = 0; i < 3; ++i) {
                if (std::string(call.what).find("future") != std::string::npos && i > 0) {
                    break; // a future is one caller's
                }
                three.push_back(start(number++, [&] { EXPECT_FALSE(call.wait(*w, stop.get_token())); }));
            }
            weft::yield();
            stop.request_stop();
        }
        w.reset(); // panics when it thinks that somebody waits
    }
}

TEST_P(stoppable, a_sleep_ends_at_the_stop_or_after_its_time) {
    weft::stop_source stop;
    std::atomic<int> woken{0};
    std::vector<test::agent> sleepers;
    for (int i = 0; i < 4; ++i) {
        sleepers.push_back(start(i, [&, i] {
            EXPECT_FALSE(i % 2 == 0 ? weft::this_thread::sleep_for(stop.get_token(), 1h)
                                    : weft::this_thread::sleep_until(stop.get_token(), std::chrono::system_clock::now() + 1h));
            ++woken;
        }));
    }
    weft::yield();
    EXPECT_EQ(woken, 0);
    stop.request_stop();
    sleepers.clear();
    run(0, [&] { EXPECT_FALSE(weft::sleep_for(stop.get_token(), 0s)); }); // requested before
    run(1, [&] {
        const auto begun = steady::now();
        EXPECT_TRUE(weft::sleep_for(weft::stop_source().get_token(), 3ms));
        EXPECT_TRUE(weft::sleep_until(weft::stop_token(), begun + 4ms));
        EXPECT_GE(steady::now() - begun, 4ms);
        EXPECT_TRUE(weft::sleep_for(weft::stop_token(), -1s));
    });
}

TEST_P(stoppable, the_time_of_a_stoppable_wait_is_kept_too) {
    run(0, [] {
        world w;
        weft::stop_source stop;
        const auto begun = steady::now();
        EXPECT_FALSE(w.unit.try_acquire_for(stop.get_token(), 2ms));
        EXPECT_FALSE(w.unit.try_acquire_until(stop.get_token(), begun + 4ms));
        EXPECT_EQ(w.value.wait_for(stop.get_token(), 2ms), weft::future_status::timeout);
        EXPECT_EQ(w.value.wait_until(stop.get_token(), begun + 8ms), weft::future_status::timeout);
        EXPECT_GE(steady::now() - begun, 8ms);
    });
}

TEST_P(stoppable, a_deferred_call_runs_in_the_wait_and_an_empty_future_says_so) {
    run(0, [] {
        auto deferred = weft::async(weft::launch::deferred, [] { return 5; });
        EXPECT_EQ(deferred.wait_for(weft::stop_token(), 1h), weft::future_status::deferred);
        EXPECT_TRUE(deferred.wait(weft::stop_token()));
        EXPECT_EQ(deferred.get(), 5);
        EXPECT_THROW((void)deferred.wait(weft::stop_token()), std::future_error);
        EXPECT_THROW((void)deferred.wait_for(weft::stop_token(), 1h), std::future_error);
    });
}

TEST_P(stoppable, who_gives_up_at_a_barrier_has_arrived_all_the_same) {
    run(0, [] {
        weft::barrier<> two(2);
        auto mine = two.arrive();
        weft::stop_source stop;
        stop.request_stop();
        EXPECT_FALSE(two.wait(mine, stop.get_token()));
        (void)two.arrive();
        EXPECT_TRUE(two.wait(mine, weft::stop_token()));
        two.wait(std::move(mine)); // the phase is over
    });
}

} // namespace
