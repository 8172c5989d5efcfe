// SPDX-License-Identifier: MIT
// once_flag and call_once, line by line of [thread.once]. Seen to fail: with an end() that wakes nobody after an exception.
#include "agents.hpp"
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <weft/mutex.hpp>

namespace {

static_assert(std::is_nothrow_default_constructible_v<weft::once_flag>);
static_assert(!std::is_copy_constructible_v<weft::once_flag> && !std::is_copy_assignable_v<weft::once_flag>);
static_assert(!std::is_move_constructible_v<weft::once_flag> && !std::is_move_assignable_v<weft::once_flag>);
static_assert(std::is_trivially_destructible_v<weft::once_flag>);

constinit weft::once_flag static_flag;
int static_calls = 0;

WEFT_WITH_AGENTS(once);

TEST_P(once, of_many_callers_one_calls_and_all_return_after_it) {
    for (int round = 0; round < 20; ++round) {
        weft::once_flag flag;
        int calls = 0;
        bool done = false;
        std::vector<test::agent> agents;
        for (int i = 0; i < 6; ++i) {
            agents.push_back(start(i, [&] {
                weft::call_once(flag, [&] {
                    ++calls;
                    weft::yield();
                    weft::sleep_for(std::chrono::microseconds(round * 10));
                    done = true;
                });
                EXPECT_TRUE(done);
            }));
        }
        agents.clear();
        EXPECT_EQ(calls, 1);
    }
}

TEST_P(once, an_exception_passes_to_its_caller_and_another_tries_next) {
    for (int round = 0; round < 20; ++round) {
        weft::once_flag flag;
        std::atomic<int> calls{0}, thrown{0}, returned{0};
        std::vector<test::agent> agents;
        for (int i = 0; i < 6; ++i) {
            agents.push_back(start(i, [&] {
                try {
                    weft::call_once(flag, [&] {
                        weft::yield();
                        if (++calls < 4) {
                            throw std::runtime_error("not yet");
                        }
                    });
                    EXPECT_EQ(calls, 4);
                    ++returned;
                } catch (const std::runtime_error&) {
                    ++thrown;
                }
            }));
        }
        agents.clear();
        EXPECT_EQ(calls, 4);
        EXPECT_EQ(thrown, 3);
        EXPECT_EQ(returned, 3);
    }
}

TEST_P(once, arguments_are_forwarded_and_nothing_is_called_when_it_is_done) {
    run(0, [&] {
        weft::once_flag flag;
        struct adder {
            int sum = 0;
            void add(std::unique_ptr<int> n, int& also) { sum += *n + also++; }
        } a;
        int also = 2;
        weft::call_once(flag, &adder::add, a, std::make_unique<int>(40), also);
        weft::call_once(flag, &adder::add, &a, std::make_unique<int>(1000), also);
        EXPECT_EQ(a.sum, 42);
        EXPECT_EQ(also, 3);
    });
}

TEST_P(once, one_flag_may_be_used_inside_another_s_call) {
    run(0, [&] {
        weft::once_flag outer, inner;
        int calls = 0;
        weft::call_once(outer, [&] { weft::call_once(inner, [&] { ++calls; }); });
        weft::call_once(inner, [&] { ++calls; });
        EXPECT_EQ(calls, 1);
    });
}

TEST_P(once, a_static_flag_needs_no_constructor) {
    run(0, [] { weft::call_once(static_flag, [] { ++static_calls; }); });
    EXPECT_EQ(static_calls, 1);
}

} // namespace
