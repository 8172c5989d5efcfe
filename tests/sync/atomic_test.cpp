// SPDX-License-Identifier: MIT
// atomic wait and notify, line by line of [atomics.wait]. Seen to fail: with a wait that asks for the value before it has the lock, and
// with a notify that does not compare the address.
#include "agents.hpp"
#include <type_traits>
#include <weft/atomic.hpp>

namespace {

static_assert(std::is_base_of_v<std::atomic<int>, weft::atomic<int>>);
static_assert(!std::is_copy_constructible_v<weft::atomic<int>> && !std::is_copy_assignable_v<weft::atomic<int>>);
static_assert(noexcept(std::declval<const weft::atomic<int>&>().wait(0)));
constinit weft::atomic<int> static_atomic{7};
constinit weft::atomic_flag static_flag;

WEFT_WITH_AGENTS(atomics);

TEST_P(atomics, wait_returns_at_once_when_the_value_is_another) {
    run(0, [] {
        weft::atomic<int> a = 1;
        a.wait(0);
        a = 2;
        EXPECT_EQ(a, 2);
        static_atomic.wait(8, std::memory_order_acquire);
        static_flag.wait(true);
        std::atomic<long> s{3};
        weft::atomic_wait(&s, 4);
        weft::atomic_wait_explicit(&s, 4, std::memory_order_relaxed);
    });
}

TEST_P(atomics, two_hand_each_other_the_turn) {
    weft::atomic<int> turn{0};
    auto other = start(0, [&] {
        for (int n = 0; n < 300; ++n) {
            turn.wait(2 * n);
            ASSERT_EQ(turn, 2 * n + 1);
            ++turn;
            turn.notify_one();
        }
    });
    run(1, [&] {
        for (int n = 0; n < 300; ++n) {
            ASSERT_EQ(turn, 2 * n);
            ++turn;
            turn.notify_one();
            turn.wait(2 * n + 1);
        }
    });
}

TEST_P(atomics, notify_all_wakes_all_that_wait_at_the_address) {
    for (int round = 0; round < 20; ++round) {
        std::atomic<bool> go{false};
        std::vector<test::agent> agents;
        for (int i = 0; i < 6; ++i) {
            agents.push_back(start(i, [&] {
                weft::atomic_wait(&go, false);
                EXPECT_TRUE(go);
            }));
        }
        run(round, [&] {
            weft::yield();
            go = true;
            weft::atomic_notify_all(&go);
        });
    }
}

TEST_P(atomics, many_addresses_share_a_lock_and_are_not_mixed_up) {
    // More addresses than the library has locks, and one notify_one each.
    constexpr int count = 600;
    std::vector<weft::atomic<int>> words(count);
    std::vector<test::agent> agents;
    const int waiters = std::get<1>(GetParam()) == test::callers::tasks ? count : 24;
    for (int i = 0; i < waiters; ++i) {
        agents.push_back(start(i, [&, i] { words[i].wait(0); }));
    }
    run(1, [&] {
        for (int i = waiters - 1; i >= 0; --i) {
            words[i] = 1;
            words[i].notify_one();
        }
    });
}

TEST_P(atomics, a_flag_can_be_waited_for) {
    weft::atomic_flag flag;
    auto waiter = start(0, [&] {
        flag.wait(false);
        EXPECT_TRUE(flag.test());
        flag.clear();
        flag.notify_all();
    });
    run(1, [&] {
        weft::yield();
        flag.test_and_set();
        flag.notify_one();
        flag.wait(true);
    });
}

TEST_P(atomics, a_wake_that_finds_the_old_value_again_waits_on) {
    weft::atomic<int> a{0};
    std::atomic<bool> returned{false};
    auto waiter = start(0, [&] {
        a.wait(0);
        returned = true;
    });
    run(1, [&] {
        for (int i = 0; i < 20; ++i) {
            a.notify_one(); // without a change
            weft::yield();
            EXPECT_FALSE(returned);
        }
        a = 1;
        a.notify_one();
    });
}

TEST_P(atomics, a_volatile_one_waits_as_well) {
    volatile weft::atomic<int> a{0};
    auto waiter = start(0, [&] { a.wait(0); });
    run(1, [&] {
        a.store(1);
        a.notify_one();
        a.notify_all();
    });
}

TEST_P(atomics, the_free_functions_take_volatile_ones) {
    volatile weft::atomic<int> a{0};
    volatile std::atomic<int> s{0};
    volatile weft::atomic_flag f;
    auto waiter = start(0, [&] {
        weft::atomic_wait(&a, 0);
        weft::atomic_wait_explicit(&s, 0, weft::memory_order_acquire);
        weft::atomic_flag_wait(&f, false);
        f.wait(false, weft::memory_order::acquire);
    });
    run(1, [&] {
        a.store(1);
        weft::atomic_notify_one(&a);
        weft::atomic_notify_all(&a);
        s.store(1);
        weft::atomic_notify_one(&s);
        weft::atomic_notify_all(&s);
        f.test_and_set();
        weft::atomic_flag_notify_one(&f);
        weft::atomic_flag_notify_all(&f);
        EXPECT_TRUE(weft::atomic_flag_test(&f));
    });
}

TEST_P(atomics, references_to_one_object_meet_in_their_waits) {
    int object = 0;
    auto waiter = start(0, [&] {
        const weft::atomic_ref mine(object);
        mine.wait(0);
        EXPECT_EQ(mine.load(), 1);
    });
    run(1, [&] {
        const weft::atomic_ref<int> other(object), copy(other);
        copy.notify_all(); // without a change
        copy = 1;
        copy.notify_one();
    });
    waiter.join();
    weft::atomic_ref sum(object);
    sum += 4;
    EXPECT_EQ(object, 5);
    static_assert(!std::is_copy_assignable_v<weft::atomic_ref<int>> && std::is_nothrow_copy_constructible_v<weft::atomic_ref<int>>);
    static_assert(!std::is_convertible_v<int&, weft::atomic_ref<int>> && weft::atomic_ref<int>::is_always_lock_free);
}

TEST(atomic_names, a_namespace_swap_finds_them) {
    weft::atomic_int a{1};
    weft::atomic_fetch_add(&a, 2);
    EXPECT_EQ(weft::atomic_load_explicit(&a, weft::memory_order_relaxed), 3);
    weft::atomic_thread_fence(weft::memory_order_seq_cst);
    weft::atomic_signal_fence(weft::memory_order_acq_rel);
}

} // namespace
