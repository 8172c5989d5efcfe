// SPDX-License-Identifier: MIT
// The sanitizers see through the switch: what is wrong on a task stack is reported there. (That what is right is not reported, every
// other test of a sanitizer build shows.) Built with WEFT_SANITIZE alone.
#include "context/sanitizer.hpp"
#include "context/test_stacks.hpp"
#include "support/gtest_watchdog.hpp"
#include <thread>

namespace {

using namespace weft;
using test::coroutine;

class sanitizer_death_test : public testing::Test {
  protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); } // the watchdog is a thread
    context::stack_pool pool{{.stack_size = 256 * 1024}};
};

#if defined(WEFT_ADDRESS_SANITIZER)

[[gnu::noinline]] int read_at(const volatile int* numbers, int index) {
    return numbers[index];
}

TEST_F(sanitizer_death_test, an_overflow_of_a_local_on_a_task_stack_is_reported_as_one_of_a_stack) {
    EXPECT_DEATH(
        {
            coroutine c(pool, [](coroutine& self) {
                volatile int numbers[8] = {};
                self.suspend();
                (void)read_at(numbers, 8);
            });
            c.resume();
            c.resume();
        },
        "stack-buffer-overflow");
}

TEST_F(sanitizer_death_test, a_stack_is_clean_for_its_next_user) {
    // The first user is abandoned while it is suspended, with red zones around its locals; the second one's locals lie elsewhere.
    test::stack s(pool);
    static context::point outside, abandoned;
    auto leave_dirty = +[](void*) noexcept {
        volatile int numbers[300] = {};
        (void)read_at(numbers, 299);
        context::switch_to(&abandoned, outside);
        (void)read_at(numbers, 298);
    };
    context::switch_to(&outside, context::make_point(s.top(), s.size(), leave_dirty, nullptr));
    bool clean = false;
    context::switch_to(&outside, context::make_point(
                                     s.top(), s.size(),
                                     +[](void* clean_flag) noexcept {
                                         auto* here = static_cast<char*>(__builtin_frame_address(0));
                                         *static_cast<bool*>(clean_flag) = __asan_region_is_poisoned(here - 4096, 4000) == nullptr;
                                         context::leave_to(outside);
                                     },
                                     &clean));
    EXPECT_TRUE(clean);
}

#else

long shared_number;

void add_to_it(coroutine& self) {
    for (int k = 0; k < 10; ++k) {
        ++shared_number;
        self.suspend();
    }
}

TEST_F(sanitizer_death_test, a_race_of_two_tasks_on_two_kernel_threads_is_reported) {
    EXPECT_EXIT(
        {
            coroutine a(pool, &add_to_it);
            coroutine b(pool, &add_to_it);
            std::thread t([&] {
                for (int k = 0; k < 5; ++k) {
                    a.resume();
                }
            });
            for (int k = 0; k < 5; ++k) {
                b.resume();
            }
            t.join();
            std::exit(0); // the sanitizer makes it 66
        },
        testing::ExitedWithCode(66), "data race");
}

TEST_F(sanitizer_death_test, tasks_that_follow_each_other_on_one_kernel_thread_do_not_race) {
    EXPECT_EXIT(
        {
            coroutine a(pool, &add_to_it);
            coroutine b(pool, &add_to_it);
            for (int k = 0; k < 5; ++k) {
                a.resume();
                b.resume();
            }
            std::exit(shared_number == 10 ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

#endif

} // namespace
