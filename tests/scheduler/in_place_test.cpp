// SPDX-License-Identifier: MIT
// A task that is joined before it has started runs on top of its joiner (run_in_place in scheduler/suspend.cpp). All that makes it a task
// of its own holds there too. Each case first sees that this is what happens: the child's frames lie on its joiner's stack.
#include "context/sanitizer.hpp"
#include "gate.hpp"
#include "migrate.hpp"
#include "with_workers.hpp"
#include <atomic>
#include <cfenv>
#include <exception>
#include <stdexcept>
#include <vector>
#include <weft/fork_join.hpp>
#include <weft/task_local.hpp>
#include <weft/wait_list.hpp>

namespace {

using namespace std::chrono_literals;

WEFT_WITH_WORKERS(in_place);

#if defined(WEFT_SANITIZED_SWITCH)
constexpr bool frames_are_small = false; // a sanitizer's may be too large for a second task
#else
constexpr bool frames_are_small = true;
#endif

const char* frame() {
    return static_cast<const char*>(__builtin_frame_address(0));
}

/// True when the two addresses may lie on one stack of 64 KiB; stacks are told apart by more than this.
bool near(const char* deeper, const char* shallower) {
    return deeper < shallower && shallower - deeper < 2048;
}

/// Runs f in a task, often enough that it has run on top of its joiner at least `times`. A thief may be faster each time.
template <class F>
void until_in_place(int times, F f) {
    for (int n = 0; n < times;) {
        const char* const joiner = frame();
        bool on_top = false;
        weft::spawn([&] {
            on_top = near(frame(), joiner);
            f();
        }).join();
        n += on_top || !frames_are_small ? 1 : 0;
    }
}

TEST_P(in_place, a_child_is_a_task_of_its_own) {
    weft::runtime rt(options());
    rt.run([] {
        const auto me = weft::this_task::id();
        std::vector<std::uint64_t> seen;
        until_in_place(20, [&] { seen.push_back(weft::this_task::id()); });
        EXPECT_EQ(weft::this_task::id(), me);
        for (std::size_t i = 0; i < seen.size(); ++i) {
            EXPECT_NE(seen[i], me);
            EXPECT_TRUE(i == 0 || seen[i] != seen[i - 1]);
        }
    });
}

TEST_P(in_place, a_child_may_suspend_and_end_on_another_kernel_thread) {
    weft::runtime rt(options());
    rt.run([&] {
        int moved = 0;
        until_in_place(20, [&] {
            weft::yield();
            moved += test::migrate() ? 1 : 0;
        });
        EXPECT_GT(moved, 0);
        until_in_place(2, [] { weft::sleep_for(1ms); });
        until_in_place(2, [] { weft::blocking([] { std::this_thread::sleep_for(1ms); }); });
    });
}

TEST_P(in_place, others_run_while_a_child_waits) {
    weft::runtime rt(options());
    rt.run([&] {
        until_in_place(20, [] {
            weft::binary_semaphore given(0);
            auto giver = weft::spawn([&] { given.release(); });
            given.acquire();
            giver.join();
        });
    });
}

TEST_P(in_place, a_child_begins_without_its_joiner_s_exceptions_and_leaves_it_its_own) {
    weft::runtime rt(options());
    rt.run([] {
        try {
            throw std::runtime_error("the joiner's");
        } catch (...) {
            int clean = 0;
            until_in_place(20, [&] {
                clean += !std::current_exception() && std::uncaught_exceptions() == 0 ? 1 : 0;
                try {
                    throw 7;
                } catch (int seven) {
                    weft::yield();
                    clean += seven == 7 ? 1 : 0;
                }
            });
            EXPECT_GE(clean, 40);
            EXPECT_EQ(clean % 2, 0);
            EXPECT_THROW(weft::spawn([] { throw std::logic_error("the child's"); }).join(), std::logic_error);
            try {
                throw; // still the joiner's
            } catch (const std::runtime_error& e) {
                EXPECT_STREQ(e.what(), "the joiner's");
            }
        }
        EXPECT_FALSE(std::current_exception());
    });
}

TEST_P(in_place, rounding_is_each_task_s_own) {
    weft::runtime rt(options());
    rt.run([] {
        std::fesetround(FE_UPWARD);
        int as_new = 0, children = 0;
        until_in_place(20, [&] {
            ++children;
            as_new += std::fegetround() == FE_TONEAREST ? 1 : 0;
            std::fesetround(FE_DOWNWARD);
        });
        EXPECT_EQ(as_new, children);
        EXPECT_EQ(std::fegetround(), FE_UPWARD);
        std::fesetround(FE_TONEAREST);
    });
}

/// Not in place, but by the same rule: a task that begins on the stack on which another has just ended.
TEST_P(in_place, rounding_is_not_inherited_from_who_ended_before) {
    weft::runtime rt(options());
    rt.run([] {
        std::atomic<int> wrong{0};
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < 200; ++i) {
            all.push_back(weft::spawn([&] {
                wrong += std::fegetround() != FE_TONEAREST ? 1 : 0;
                std::fesetround(FE_TOWARDZERO);
            }));
        }
        for (auto& t : all) {
            t.join();
        }
        EXPECT_EQ(wrong, 0);
    });
}

int chain(int left) {
    return left == 0 ? 0 : 1 + weft::spawn([left] { return chain(left - 1); }).join();
}

/// Each joins the next: a stack holds but the first few of them, and then another begins.
TEST_P(in_place, a_chain_of_any_length_has_room) {
    weft::runtime_options small = options();
    small.stack_size = 16 * 1024;
    weft::runtime rt(small);
    EXPECT_EQ(rt.run([] { return chain(2000); }), 2000);
}

void deep(int left, const char* top, int& apart) {
    volatile char room[1024];
    room[0] = static_cast<char>(left);
    if (left > 0) {
        deep(left - 1, top, apart);
    } else {
        weft::spawn([&] { apart += near(frame(), const_cast<const char*>(&room[0])) ? 0 : 1; }).join();
    }
    room[1] = room[0];
}

TEST_P(in_place, a_joiner_deep_in_its_stack_keeps_the_rest_for_itself) {
    weft::runtime rt(options());
    rt.run([] {
        int apart = 0;
        for (int i = 0; i < 50; ++i) {
            deep(4, frame(), apart);
        }
        EXPECT_EQ(apart, 50);
    });
}

/// A loop of spawns and joins lets others in: those that are ready, and those that come from outside.
TEST_P(in_place, nobody_starves_beside_a_loop_of_spawns_and_joins) {
    weft::runtime rt(options());
    std::atomic<bool> beside{false}, outside{false};
    std::thread foreign;
    rt.run([&] {
        auto other = weft::spawn([&] {
            weft::yield(); // now it is one of those that yielded
            beside = true;
        });
        weft::yield();
        foreign = std::thread([&] { rt.spawn([&] { outside = true; }).join(); });
        while (!beside || !outside) {
            weft::spawn([] {}).join();
        }
        other.join();
    });
    foreign.join();
}

TEST_P(in_place, forks_of_the_joiner_stay_its_own) {
    weft::runtime rt(options());
    rt.run([] {
        int right = 0, seen = 0;
        weft::fork_join(
            [&] {
                const void* const mine = weft::abi::this_jobs();
                until_in_place(20, [&] {
                    seen += weft::abi::this_jobs() ? 1 : 0;
                    weft::fork_join([] {}, [] { weft::yield(); });
                });
                EXPECT_EQ(weft::abi::this_jobs(), mine);
            },
            [&] { right = 1; });
        EXPECT_EQ(seen, 0);
        EXPECT_EQ(right, 1);
    });
}

/// Its destructor suspends, and may go on elsewhere; it says in whose name it ran.
struct leaver {
    std::uint64_t* gone_by = nullptr;
    ~leaver() {
        if (gone_by) {
            weft::yield();
            *gone_by = weft::this_task::id();
        }
    }
};
constinit weft::task_local<leaver> leaving;

TEST_P(in_place, task_locals_of_a_child_are_its_own_and_gone_when_its_joiner_goes_on) {
    weft::runtime rt(options());
    rt.run([] {
        std::uint64_t mine = 0, child = 0, gone_by = 0;
        leaving->gone_by = &mine;
        until_in_place(20, [&] {
            EXPECT_EQ(gone_by, child); // the one before
            child = weft::this_task::id();
            EXPECT_EQ(leaving->gone_by, nullptr);
            leaving->gone_by = &gone_by;
        });
        EXPECT_EQ(gone_by, child);
        EXPECT_EQ(mine, 0u);
        leaving->gone_by = nullptr;
    });
}

TEST_P(in_place, who_was_woken_before_goes_first) {
    if (workers() != 1) {
        GTEST_SKIP() << "with several workers another may take either";
    }
    weft::runtime rt(options());
    rt.run([] {
        for (int i = 0; i < 50; ++i) {
            weft::binary_semaphore given(0);
            bool woken_ran = false, child_saw_it = false;
            auto woken = weft::spawn([&] {
                given.acquire();
                woken_ran = true;
            });
            weft::yield(); // it waits
            given.release();
            weft::spawn([&] { child_saw_it = woken_ran; }).join();
            ASSERT_TRUE(child_saw_it) << i;
            woken.join();
        }
    });
}

thread_local int borrowed = 0;

/// Whoever has thread_locals of its own runs on a stack of its own, as a joiner and as a child.
TEST_P(in_place, thread_locals_of_a_thread_are_not_seen_by_who_joins_or_is_joined) {
#if defined(WEFT_SANITIZED_SWITCH)
    GTEST_SKIP() << "a sanitizer build has no thread_locals of a task's own";
#endif
    weft::runtime rt(options());
    rt.run([] {
        for (int i = 0; i < 20; ++i) {
            weft::spawn({.own_tls = true}, [] {
                borrowed = 7;
                weft::spawn([] { EXPECT_NE(borrowed, 7); }).join();
                EXPECT_EQ(borrowed, 7);
            }).join();
            EXPECT_NE(borrowed, 7);
        }
    });
}

/// Not in place: a task that was picked by one who then had no need to wait, and was put back, before it had started.
TEST_P(in_place, a_task_that_was_put_back_runs_like_any_other) {
    weft::runtime rt(options());
    rt.run([this] {
        for (int i = 0; i < 50; ++i) {
            for (const bool own : {false, true}) {
                int ran = 0;
                auto child = weft::spawn({.own_tls = own}, [&] {
                    weft::yield();
                    ++ran;
                });
                weft::abi::wait_list nobody;
                EXPECT_EQ(weft::abi::wait(nobody, [](void*) noexcept { return false; }, nullptr), weft::abi::wait_result::not_needed);
                EXPECT_TRUE(workers() != 1 || ran == 0);
                child.join();
                EXPECT_EQ(ran, 1);
            }
        }
    });
}

} // namespace
