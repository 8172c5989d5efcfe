// SPDX-License-Identifier: MIT
// The fixture of the tests of two sides that wait for each other: each case runs with 1, 2 and 8 workers, and with each side as a task or
// as a foreign kernel thread. And a look behind a channel: who waits on it.
#pragma once
#include "agent.hpp"
#include "scheduler/with_workers.hpp"
#include "support/sanitized.hpp"
#include "sync/channel.hpp"
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <weft/channel.hpp>

namespace test {

struct setting {
    unsigned workers;
    place one;   // the side that the test is about
    place other; // its partner
};

inline std::string setting_in_words(const testing::TestParamInfo<setting>& info) {
    const auto word = [](place p) { return std::string(p == place::task ? "task" : "foreign"); };
    return std::to_string(info.param.workers) + "_workers_" + word(info.param.one) + "_with_" + word(info.param.other);
}

class on_both_sides : public census, public testing::WithParamInterface<setting> {
  protected:
    weft::runtime_options options() const {
        weft::runtime_options o;
        o.workers = GetParam().workers;
        return o;
    }
    /// How often to let both sides meet: `often` when they are tasks, less when each meeting makes a kernel thread or is watched by a
    /// sanitizer.
    int rounds(int often) const {
        const bool tasks = GetParam().one == place::task && GetParam().other == place::task;
        return often / (tasks ? 1 : 16) / (sanitized ? 4 : 1) + 1;
    }
    /// Runs f where this setting says and waits for it.
    template <class F>
    void as_one(weft::runtime& rt, F f) {
        one(rt, std::move(f)).join();
    }
    template <class F>
    agent one(weft::runtime& rt, F f) {
        return agent(rt, GetParam().one, std::move(f));
    }
    template <class F>
    agent other(weft::runtime& rt, F f) {
        return agent(rt, GetParam().other, std::move(f));
    }
};

/// From a task or a thread: lets others run until the condition holds. The watchdog bounds it.
template <class Condition>
void let_others_run_until(Condition holds) {
    while (!holds()) {
        weft::sleep_for(std::chrono::microseconds(50));
    }
}

template <class T>
bool has_waiting_receiver(const weft::abi::channel_handle<T>& c) {
    weft::sync::channel_guard hold(c.core()->lock);
    return !c.core()->receivers.empty();
}

template <class T>
bool has_waiting_sender(const weft::abi::channel_handle<T>& c) {
    weft::sync::channel_guard hold(c.core()->lock);
    return !c.core()->senders.empty();
}

template <class T>
std::size_t waiting_receivers(const weft::abi::channel_handle<T>& c) {
    weft::sync::channel_guard hold(c.core()->lock);
    return c.core()->receivers.size();
}

template <class T>
std::size_t waiting_senders(const weft::abi::channel_handle<T>& c) {
    weft::sync::channel_guard hold(c.core()->lock);
    return c.core()->senders.size();
}

} // namespace test

/// One class name a file, as WEFT_WITH_WORKERS.
#define WEFT_ON_BOTH_SIDES(NAME)                                                                                                   \
    class NAME : public test::on_both_sides {};                                                                                    \
    INSTANTIATE_TEST_SUITE_P(on, NAME,                                                                                             \
                             testing::Values(test::setting{1, test::place::task, test::place::task},                               \
                                             test::setting{2, test::place::task, test::place::task},                               \
                                             test::setting{8, test::place::task, test::place::task},                               \
                                             test::setting{1, test::place::task, test::place::foreign},                            \
                                             test::setting{2, test::place::task, test::place::foreign},                            \
                                             test::setting{8, test::place::task, test::place::foreign},                            \
                                             test::setting{1, test::place::foreign, test::place::task},                            \
                                             test::setting{2, test::place::foreign, test::place::task},                            \
                                             test::setting{8, test::place::foreign, test::place::task},                            \
                                             test::setting{1, test::place::foreign, test::place::foreign},                         \
                                             test::setting{8, test::place::foreign, test::place::foreign}),                        \
                             test::setting_in_words)
