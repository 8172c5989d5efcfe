// SPDX-License-Identifier: MIT
// Breaches of the primitives' contracts end the program with a sentence.
#include "support/gtest_watchdog.hpp"
#include <memory>
#include <new>
#include <weft/weft.hpp>

namespace {

class sync_death : public testing::Test {
  protected:
    // The child starts anew: a fork of a process with kernel threads would keep none of them.
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

/// f with one worker, in a task.
template <class F>
void in_task(F f) {
    weft::runtime rt({.workers = 1});
    rt.run(f);
}

TEST_F(sync_death, unlocking_a_mutex_that_nobody_holds) {
    EXPECT_DEATH(weft::mutex().unlock(), "weft: panic: a mutex was unlocked that nobody holds");
    EXPECT_DEATH(weft::timed_mutex().unlock(), "weft: panic: a mutex was unlocked that nobody holds");
}

TEST_F(sync_death, unlocking_a_recursive_mutex_of_another) {
    EXPECT_DEATH(weft::recursive_mutex().unlock(), "weft: panic: a recursive mutex was unlocked by somebody who does not hold it");
    EXPECT_DEATH(in_task([] {
                     weft::recursive_timed_mutex m;
                     m.lock();
                     weft::spawn({.name = "stranger"}, [&] { m.unlock(); }).join();
                 }),
                 "weft: panic: a recursive mutex was unlocked by somebody who does not hold it(.|\n)*'stranger'");
}

TEST_F(sync_death, destroying_a_mutex_that_is_held_or_waited_for) {
    EXPECT_DEATH(
        {
            weft::mutex m;
            m.lock();
        },
        "weft: panic: a mutex was destroyed while it was locked");
    EXPECT_DEATH(in_task([] {
                     auto m = std::make_unique<weft::mutex>();
                     m->lock();
                     auto waiter = weft::spawn([&] { m->lock(); });
                     weft::yield();
                     m->unlock(); // the waiter is woken and has not come yet
                     m.reset();
                 }),
                 "weft: panic: a mutex was destroyed while somebody waited for it");
}

TEST_F(sync_death, unlocking_a_shared_mutex_that_is_not_held_so) {
    EXPECT_DEATH(weft::shared_mutex().unlock(), "weft: panic: a shared mutex was unlocked that nobody holds exclusively");
    EXPECT_DEATH(weft::shared_mutex().unlock_shared(), "weft: panic: a shared mutex was unlocked that nobody holds shared");
    EXPECT_DEATH(
        {
            weft::shared_timed_mutex m;
            m.lock();
            m.unlock_shared();
        },
        "weft: panic: a shared mutex was unlocked that nobody holds shared");
    EXPECT_DEATH(
        {
            weft::shared_timed_mutex m;
            m.lock_shared();
            m.unlock();
        },
        "weft: panic: a shared mutex was unlocked that nobody holds exclusively");
    EXPECT_DEATH(
        {
            weft::shared_mutex m;
            m.lock_shared();
        },
        "weft: panic: a shared mutex was destroyed");
}

TEST_F(sync_death, condition_variables_without_their_lock_with_two_locks_and_destroyed_too_early) {
    EXPECT_DEATH(
        {
            weft::mutex m;
            std::unique_lock hold(m, std::defer_lock);
            weft::condition_variable().wait(hold);
        },
        "weft: panic: a condition variable is waited for by somebody who does not hold the lock");
    EXPECT_DEATH(in_task([] {
                     weft::mutex a, b;
                     weft::condition_variable c;
                     auto waiter = weft::spawn([&] {
                         std::unique_lock hold(a);
                         c.wait(hold);
                     });
                     weft::yield();
                     std::unique_lock hold(b);
                     c.wait(hold);
                 }),
                 "weft: panic: a condition variable is waited for with two different mutexes at once");
    EXPECT_DEATH(in_task([] {
                     weft::mutex m;
                     auto c = std::make_unique<weft::condition_variable_any>();
                     auto waiter = weft::spawn([&] {
                         std::unique_lock hold(m);
                         c->wait(hold);
                     });
                     weft::yield();
                     c.reset();
                 }),
                 "weft: panic: a condition variable was destroyed while somebody waited for it");
}

TEST_F(sync_death, semaphores_outside_of_their_range_or_destroyed_too_early) {
    EXPECT_DEATH(weft::binary_semaphore(2), "weft: panic: a semaphore was made with a counter outside of 0 to max");
    EXPECT_DEATH(weft::counting_semaphore<>(-1), "weft: panic: a semaphore was made with a counter outside of 0 to max");
    EXPECT_DEATH(weft::binary_semaphore(1).release(), "weft: panic: a semaphore was released above its max");
    EXPECT_DEATH(weft::counting_semaphore<5>(3).release(3), "weft: panic: a semaphore was released above its max");
    EXPECT_DEATH(weft::counting_semaphore<>(3).release(-1), "weft: panic: a semaphore was released by a negative number");
    EXPECT_DEATH(in_task([] {
                     auto s = std::make_unique<weft::binary_semaphore>(0);
                     auto waiter = weft::spawn([&] { s->acquire(); });
                     weft::yield();
                     s.reset();
                 }),
                 "weft: panic: a semaphore was destroyed while somebody waited for it");
}

TEST_F(sync_death, latches_below_zero_or_destroyed_too_early) {
    EXPECT_DEATH(weft::latch(-1), "weft: panic: a latch was made with a count below zero");
    EXPECT_DEATH(weft::latch(1).count_down(2), "weft: panic: a latch was counted down below zero");
    EXPECT_DEATH(weft::latch(1).count_down(-1), "weft: panic: a latch was counted down by a negative number");
    EXPECT_DEATH(in_task([] {
                     auto l = std::make_unique<weft::latch>(1);
                     auto waiter = weft::spawn([&] { l->wait(); });
                     weft::yield();
                     l.reset();
                 }),
                 "weft: panic: a latch was destroyed while somebody waited for it");
}

TEST_F(sync_death, barriers_with_more_arrivals_than_expected_or_destroyed_too_early) {
    EXPECT_DEATH(weft::barrier<>(-1), "weft: panic: a barrier was made with a count below zero");
    EXPECT_DEATH((void)weft::barrier<>(1).arrive(2), "weft: panic: more have arrived at a barrier than were expected");
    EXPECT_DEATH(
        {
            weft::barrier<> b(1);
            auto old = b.arrive();
            (void)b.arrive();
            (void)b.arrive();
            b.wait(std::move(old));
        },
        "weft: panic: a barrier was waited for by a token of another phase");
    EXPECT_DEATH(in_task([] {
                     auto b = std::make_unique<weft::barrier<>>(2);
                     auto waiter = weft::spawn([&] { b->arrive_and_wait(); });
                     weft::yield();
                     b.reset();
                 }),
                 "weft: panic: a barrier was destroyed while somebody waited for it");
}

TEST_F(sync_death, a_promise_that_is_given_a_null_exception) {
    EXPECT_DEATH(weft::promise<int>().set_exception(nullptr), "weft: panic: a promise was given a null exception");
    EXPECT_DEATH(weft::promise<void>().set_exception_at_thread_exit(nullptr), "weft: panic: a promise was given a null exception");
}

} // namespace
