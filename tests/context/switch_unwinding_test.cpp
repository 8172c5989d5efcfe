// SPDX-License-Identifier: MIT
// Walking up a task's stack: exceptions, backtraces, and where both end.
#include "context/test_stacks.hpp"
#include "support/gtest_watchdog.hpp"
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <unwind.h>
#include <vector>

#if !defined(WEFT_CONTEXT_BOOST)
extern "C" void weft_start_of_stack() noexcept;
#endif

namespace {

using namespace weft;
using test::coroutine;

class a_task_stack : public testing::Test {
  protected:
    context::stack_pool pool{{.stack_size = 256 * 1024}};
};

[[gnu::noinline]] void throw_from(int depth) {
    if (depth == 0) {
        throw std::runtime_error("from below");
    }
    throw_from(depth - 1);
    asm volatile("");
}

TEST_F(a_task_stack, is_where_an_exception_that_was_thrown_on_it_is_caught) {
    int caught = 0;
    coroutine c(pool, [&](coroutine& self) {
        for (int k = 0; k < 3; ++k) {
            try {
                throw_from(k * 10);
            } catch (const std::runtime_error& error) {
                caught += std::string(error.what()) == "from below";
            }
            self.suspend(); // outside of the handler
        }
    });
    while (!c.ended()) {
        try {
            throw_from(5);
        } catch (const std::runtime_error&) {
        }
        c.resume();
    }
    EXPECT_EQ(caught, 3);
}

struct frames {
    std::vector<std::uintptr_t> functions;
};

_Unwind_Reason_Code note_frame(_Unwind_Context* at, void* into) {
    auto& all = *static_cast<frames*>(into);
    all.functions.push_back(reinterpret_cast<std::uintptr_t>(_Unwind_FindEnclosingFunction(reinterpret_cast<void*>(_Unwind_GetIP(at)))));
    return all.functions.size() < 500 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

TEST_F(a_task_stack, ends_a_backtrace_where_it_starts) {
    frames seen;
    seen.functions.reserve(500);
    coroutine c(pool, [&](coroutine& self) {
        self.suspend();
        _Unwind_Backtrace(&note_frame, &seen);
    });
    c.resume();
    c.resume();
    ASSERT_GT(seen.functions.size(), 1u);
    EXPECT_LT(seen.functions.size(), 50u) << "the unwinder ran past the stack";
#if !defined(WEFT_CONTEXT_BOOST)
    while (seen.functions.back() == 0) { // the caller of the outermost frame, as for main and for clone
        seen.functions.pop_back();
    }
    EXPECT_EQ(seen.functions.back(), reinterpret_cast<std::uintptr_t>(&weft_start_of_stack));
#endif
}

using a_task_stack_death_test = a_task_stack;

TEST_F(a_task_stack_death_test, an_exception_that_nobody_catches_terminates) {
    EXPECT_DEATH(
        {
            std::set_terminate([] {
                std::fputs("terminated as it should\n", stderr);
                std::abort();
            });
            coroutine c(pool, [](coroutine&) { throw_from(3); });
            c.resume();
        },
        "terminated as it should");
}

TEST_F(a_task_stack_death_test, an_entry_that_returns_ends_the_process) {
    EXPECT_DEATH(
        {
            test::stack s(pool);
            context::point outside = nullptr;
            context::switch_to(&outside, context::make_point(
                                             s.top(), s.size(), +[](void*) noexcept {}, nullptr));
            std::_Exit(0); // not reached
        },
        "");
}

} // namespace
