// SPDX-License-Identifier: MIT
// Where std::thread calls std::terminate, weft::thread does too, after a sentence that names the thread. The installed terminate handler is
// run, as programs expect.
#include "support/gtest_watchdog.hpp"
#include <cstdlib>
#include <stdexcept>
#include <unistd.h>
#include <weft/runtime.hpp>
#include <weft/thread.hpp>

namespace {

class thread_death : public testing::Test {
  protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

void leave_with_7() {
    _exit(7);
}

TEST_F(thread_death, destroying_a_joinable_thread) {
    EXPECT_DEATH({ weft::thread t([] {}); }, "weft: panic: a joinable thread was destroyed or overwritten: join or detach it first: task [0-9]+");
    EXPECT_EXIT(
        {
            std::set_terminate(leave_with_7);
            weft::thread t([] {});
        },
        testing::ExitedWithCode(7), "joinable thread");
}

TEST_F(thread_death, overwriting_a_joinable_thread) {
    EXPECT_DEATH(
        {
            weft::thread t([] {});
            t = weft::thread();
        },
        "a joinable thread was destroyed or overwritten");
}

TEST_F(thread_death, an_exception_that_leaves_a_thread) {
    EXPECT_DEATH({ weft::thread([] { throw std::runtime_error("nobody catches me"); }).join(); },
                 "weft: an exception left a thread: task [0-9]+(.|\n)*nobody catches me");
    EXPECT_EXIT(
        {
            std::set_terminate(leave_with_7);
            weft::thread([] { throw 5; }).join();
        },
        testing::ExitedWithCode(7), "an exception left a thread");
}

TEST_F(thread_death, an_exception_that_leaves_a_detached_thread) {
    EXPECT_DEATH(
        {
            weft::thread([] { throw std::runtime_error("nor me"); }).detach();
            for (;;) {
                weft::this_thread::yield();
            }
        },
        "an exception left a thread(.|\n)*nor me");
}

TEST_F(thread_death, a_jthread_that_destroys_itself) {
    EXPECT_DEATH(
        {
            auto* self = new weft::jthread;
            std::atomic<bool> made{false};
            *self = weft::jthread([&] {
                while (!made) {
                    weft::this_thread::yield();
                }
                delete self;
            });
            made = true;
            for (;;) {
                weft::this_thread::yield();
            }
        },
        "a thread cannot wait for itself");
}

} // namespace
