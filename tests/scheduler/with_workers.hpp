// SPDX-License-Identifier: MIT
// The fixture of the scheduler's tests: every case runs with 1, 2 and 8 workers (the machine may well have fewer CPUs), under a
// watchdog, and ends with as many kernel threads and descriptors as it began with. What the runtime itself checks at its end comes on
// top: every task has ended and every stack is back (~stack_pool panics otherwise).
#pragma once
#include "support/census.hpp"
#include "support/gtest_watchdog.hpp"
#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <utility>
#include <weft/weft.hpp>

namespace test {

using namespace std::chrono_literals;

/// Waits on the calling kernel thread until the condition holds. The watchdog bounds it.
template <class Condition>
void wait_until(Condition holds) {
    while (!holds()) {
        std::this_thread::sleep_for(200us);
    }
}

class census : public testing::Test {
  protected:
    census() : threads_(support::count_threads()), descriptors_(steady_descriptors()) {}
    ~census() override {
        // A joined thread stays listed for the moment that the kernel needs to bury it.
        for (int i = 0; support::count_threads() > threads_ && i < 5000; ++i) {
            std::this_thread::sleep_for(1ms);
        }
        EXPECT_LE(support::count_threads(), threads_) << "kernel threads were left behind";
        EXPECT_EQ(support::count_descriptors(), descriptors_) << "descriptors were left behind";
    }

  private:
    /// A process that has just begun may still have some open for a moment: a sanitizer's own, that it reads /proc by.
    static int steady_descriptors() {
        int before = support::count_descriptors();
        for (int now = -1; now != before; std::this_thread::sleep_for(1ms)) {
            now = std::exchange(before, support::count_descriptors());
        }
        return before;
    }

    const int threads_;
    const int descriptors_;
};

class with_workers : public census, public testing::WithParamInterface<unsigned> {
  protected:
    unsigned workers() const { return GetParam(); }
    weft::runtime_options options() const {
        weft::runtime_options o;
        o.workers = workers();
        return o;
    }
};

inline std::string workers_in_words(const testing::TestParamInfo<unsigned>& info) {
    return std::to_string(info.param) + (info.param == 1 ? "_worker" : "_workers");
}

} // namespace test

/// One class name a file, so that case names stay short: WEFT_WITH_WORKERS(blocking) and then TEST_P(blocking, ...).
#define WEFT_WITH_WORKERS(NAME)                                                                                                    \
    class NAME : public test::with_workers {};                                                                                     \
    INSTANTIATE_TEST_SUITE_P(on, NAME, testing::Values(1u, 2u, 8u), test::workers_in_words)
