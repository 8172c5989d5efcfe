// SPDX-License-Identifier: MIT
// barrier, line by line of [thread.barrier.class]. Seen to fail: with a begin_next that begins the phase before the completion.
#include "agents.hpp"
#include <optional>
#include <type_traits>
#include <weft/barrier.hpp>
#include <weft/semaphore.hpp>

namespace {

using weft::barrier;
static_assert(!std::is_default_constructible_v<barrier<>> && !std::is_convertible_v<std::ptrdiff_t, barrier<>>);
static_assert(!std::is_copy_constructible_v<barrier<>> && !std::is_copy_assignable_v<barrier<>> && !std::is_move_constructible_v<barrier<>>);
using token = barrier<>::arrival_token;
static_assert(std::is_move_constructible_v<token> && std::is_move_assignable_v<token> && !std::is_copy_constructible_v<token>);
static_assert(barrier<>::max() > 0 && noexcept(barrier<>::max()));
constinit barrier<> static_barrier(1);

struct counter {
    int* completed;
    void operator()() noexcept { ++*completed; }
};

WEFT_WITH_AGENTS(barriers);

TEST_P(barriers, a_phase_ends_when_all_have_arrived_and_its_completion_has_run) {
    int completed = 0;
    std::atomic<int> arrived{0};
    barrier<counter> b(5, counter{&completed});
    std::vector<test::agent> agents;
    for (int i = 0; i < 5; ++i) {
        agents.push_back(start(i, [&, i] {
            for (int phase = 1; phase <= 100; ++phase) {
                ++arrived;
                if (phase % 8 == i) {
                    weft::yield();
                }
                b.arrive_and_wait();
                ASSERT_GE(arrived, 5 * phase);
                ASSERT_GE(completed, phase);
                ASSERT_LE(completed, phase + 1); // the next cannot end without us
            }
        }));
    }
    agents.clear();
    EXPECT_EQ(completed, 100);
}

TEST_P(barriers, who_arrives_may_wait_later_or_not_at_all) {
    int completed = 0;
    barrier<counter> b(3, counter{&completed});
    run(0, [&] {
        std::optional<barrier<counter>::arrival_token> mine(b.arrive());
        auto other = start(1, [&] { (void)b.arrive(2); });
        b.wait(std::move(*mine));
        EXPECT_EQ(completed, 1);
        other.join();
        mine.emplace(b.arrive(3));
        b.wait(std::move(*mine));
        EXPECT_EQ(completed, 2);
    });
}

TEST_P(barriers, who_drops_is_not_expected_any_more) {
    int completed = 0;
    barrier<counter> b(4, counter{&completed});
    std::vector<test::agent> agents;
    for (int i = 0; i < 4; ++i) {
        agents.push_back(start(i, [&, i] {
            for (int phase = 0; phase < 10 * i; ++phase) {
                b.arrive_and_wait();
            }
            b.arrive_and_drop();
        }));
    }
    agents.clear();
    EXPECT_EQ(completed, 31);
}

TEST_P(barriers, a_completion_may_suspend) {
    weft::binary_semaphore go(0);
    const auto wait_for_go = [&]() noexcept {
        go.acquire();
    };
    barrier b(2, wait_for_go);
    std::atomic<bool> over{false};
    std::vector<test::agent> agents;
    for (int i = 0; i < 2; ++i) {
        agents.push_back(start(i, [&] {
            b.arrive_and_wait();
            over = true;
        }));
    }
    run(2, [&] {
        weft::yield();
        EXPECT_FALSE(over);
        go.release();
    });
}

TEST_P(barriers, who_returns_from_wait_may_destroy_it) {
    for (int n = 0; n < 100; ++n) {
        auto b = std::make_unique<barrier<>>(3);
        std::vector<test::agent> others;
        for (int i = 0; i < 2; ++i) {
            others.push_back(start(i, [p = b.get()] { (void)p->arrive(); }));
        }
        run(2 + n, [&] {
            b->arrive_and_wait();
            b.reset();
        });
    }
}

TEST_P(barriers, a_static_one_of_one_never_waits) {
    run(0, [] {
        for (int i = 0; i < 100; ++i) {
            static_barrier.arrive_and_wait();
        }
    });
}

} // namespace
