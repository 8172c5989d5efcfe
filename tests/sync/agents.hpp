// SPDX-License-Identifier: MIT
// The fixture of tests about waiting: each case runs with 1, 2 and 8 workers, and each time by tasks alone, by foreign kernel threads
// alone and by both in turn.
#pragma once
#include "agent.hpp"
#include "scheduler/with_workers.hpp"
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace test {

enum class callers { tasks, foreign_threads, mixed };

class with_agents : public census, public testing::WithParamInterface<std::tuple<unsigned, callers>> {
  protected:
    with_agents() : rt({.workers = std::get<0>(GetParam())}) {}

    bool is_task(int number) const {
        const callers who = std::get<1>(GetParam());
        return who == callers::tasks || (who == callers::mixed && number % 2 == 0);
    }
    /// The number-th agent of the case.
    template <class F>
    agent start(int number, F&& f) {
        return agent(rt, place_for(is_task(number)), std::forward<F>(f));
    }
    /// The same, to its end.
    template <class F>
    void run(int number, F&& f) {
        start(number, std::forward<F>(f)).join();
    }

    weft::runtime rt;
};

/// Lets others run until the condition holds, as a task or on a kernel thread. The watchdog bounds it.
template <class Condition>
void yield_until(Condition holds) {
    while (!holds()) {
        weft::yield();
    }
}

inline std::string agents_in_words(const testing::TestParamInfo<std::tuple<unsigned, callers>>& info) {
    static constexpr const char* words[] = {"tasks", "foreign_threads", "mixed"};
    return std::string(words[static_cast<int>(std::get<1>(info.param))]) + "_" + std::to_string(std::get<0>(info.param)) +
           (std::get<0>(info.param) == 1 ? "_worker" : "_workers");
}

} // namespace test

#define WEFT_WITH_AGENTS(NAME)                                                                                                     \
    class NAME : public test::with_agents {};                                                                                      \
    INSTANTIATE_TEST_SUITE_P(by, NAME,                                                                                             \
                             testing::Combine(testing::Values(1u, 2u, 8u),                                                         \
                                              testing::Values(test::callers::tasks, test::callers::foreign_threads,                \
                                                              test::callers::mixed)),                                              \
                             test::agents_in_words)
