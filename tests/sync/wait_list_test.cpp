// SPDX-License-Identifier: MIT
// The wait list by itself: one winner of a race, whoever it is, and nodes that are out of their lists when they die. Seen to fail: with
// a deadline that does not take its timer back, and with an early winner's waiter that goes on without the lock.
#include "agents.hpp"
#include <weft/wait_list.hpp>

namespace {

using namespace std::chrono_literals;
using namespace weft::abi;

WEFT_WITH_AGENTS(wait_lists);

std::uint64_t in(std::chrono::nanoseconds d) {
    return deadline_after(d);
}

bool empty(wait_list& l) {
    wait_section held(&l);
    return l.empty();
}

TEST_P(wait_lists, a_waiter_that_need_not_wait_does_not) {
    run(0, [] {
        wait_list l;
        EXPECT_EQ(wait(l, [](void*) noexcept { return false; }, nullptr), wait_result::not_needed);
    });
}

TEST_P(wait_lists, a_deadline_ends_a_wait_and_leaves_nothing_behind) {
    run(0, [] {
        wait_list l;
        const auto always = [](void*) noexcept { return true; };
        EXPECT_EQ(wait(l, always, nullptr, in(-1s)), wait_result::timed_out);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(wait(l, always, nullptr, in(3ms)), wait_result::timed_out);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 3ms);
        EXPECT_TRUE(empty(l));
    });
}

TEST_P(wait_lists, a_waiter_sees_all_that_its_taker_has_written_also_when_it_was_taken_before_it_slept) {
    wait_list l;
    for (int n = 0; n < 300; ++n) {
        auto taker = start(0, [&] {
            for (bool taken = false; !taken; weft::yield()) {
                wait_section held(&l);
                if (wait_node* first = held.take_first(l)) {
                    for (int i = 0; i < 5000; ++i) { // after the win, while the section lasts
                        *static_cast<volatile std::uintptr_t*>(&first->note) = static_cast<std::uintptr_t>(i);
                    }
                    taken = true;
                }
            }
        });
        run(1, [&] {
            wait_race race;
            wait_node node(race, 1000);
            {
                wait_section held(&l);
                held.link_back(l, node);
            }
            if (n % 3 == 0) {
                test::yield_until([&] { return race.over(); }); // taken before it sleeps, and the section may still last
            }
            ASSERT_EQ(race.wait(n % 2 == 0 ? no_deadline : in(1h)), wait_result::woken);
            ASSERT_EQ(race.winner(), &node);
            ASSERT_EQ(node.note, 4999u);
            ASSERT_EQ(node.list, nullptr);
        });
    }
    EXPECT_TRUE(empty(l));
}

TEST_P(wait_lists, one_race_in_several_lists_has_one_winner_and_the_others_are_left) {
    constexpr int count = 4;
    wait_list lists[count];
    for (int n = 0; n < 100; ++n) {
        std::atomic<int> won{0};
        std::atomic<bool> linked{false};
        std::vector<test::agent> takers;
        for (int i = 0; i < count; ++i) {
            takers.push_back(start(i, [&, i] {
                test::yield_until([&] { return linked.load(); });
                wait_section held(&lists[i]);
                if (held.take_first(lists[i])) {
                    ++won;
                }
            }));
        }
        run(n, [&] {
            wait_race race;
            wait_node nodes[count] = {wait_node(race, 0), wait_node(race, 1), wait_node(race, 2), wait_node(race, 3)};
            for (int i = 0; i < count; ++i) {
                wait_section held(&lists[i]);
                held.link_back(lists[i], nodes[i]);
            }
            linked = true;
            ASSERT_EQ(race.wait(), wait_result::woken);
            ASSERT_EQ(race.winner(), &nodes[race.winner()->note]);
        });
        takers.clear();
        ASSERT_EQ(won, 1);
        for (auto& l : lists) {
            ASSERT_TRUE(empty(l));
        }
    }
}

TEST_P(wait_lists, waker_deadline_and_interrupt_at_once_end_a_wait_exactly_once) {
    wait_list l;
    std::atomic<int> results[3]{};
    for (int n = 0; n < 300; ++n) {
        wait_race race;
        std::atomic<int> won{0};
        std::atomic<bool> linked{false};
        auto waker = start(0, [&] {
            test::yield_until([&] { return linked.load(); });
            wait_section held(&l);
            won += held.take_first(l) != nullptr;
        });
        auto interrupter = start(1, [&] {
            test::yield_until([&] { return linked.load(); });
            won += race.interrupt();
        });
        wait_result how = wait_result::not_needed;
        run(2 + n, [&] {
            wait_node node(race);
            {
                wait_section held(&l);
                held.link_back(l, node);
            }
            linked = true;
            how = race.wait(in(std::chrono::microseconds(n % 60)));
        });
        waker.join();
        interrupter.join();
        ASSERT_NE(how, wait_result::not_needed);
        ASSERT_EQ(won, how == wait_result::timed_out ? 0 : 1);
        ++results[static_cast<int>(how)];
    }
    EXPECT_TRUE(empty(l));
    EXPECT_EQ(results[0] + results[1] + results[2], 300);
}

TEST_P(wait_lists, a_race_that_was_interrupted_before_it_waits_does_not_sleep) {
    run(0, [] {
        wait_list l;
        wait_race race;
        wait_node node(race);
        {
            wait_section held(&l);
            held.link_back(l, node);
        }
        EXPECT_FALSE(race.over());
        EXPECT_TRUE(race.interrupt());
        EXPECT_FALSE(race.interrupt());
        EXPECT_TRUE(race.over());
        EXPECT_EQ(race.wait(), wait_result::interrupted);
        {
            wait_section held(&l);
            EXPECT_FALSE(held.take(node)); // too late, but unlinked
        }
        EXPECT_TRUE(empty(l));
    });
}

TEST_P(wait_lists, a_waiter_waits_as_a_kernel_thread_inside_blocking) {
    wait_list l;
    auto waiter = start(0, [&] {
        weft::blocking([&] {
            EXPECT_EQ(wait(l, [](void*) noexcept { return true; }, nullptr), wait_result::woken);
        });
    });
    run(1, [&] {
        for (bool taken = false; !taken; weft::yield()) {
            wait_section held(&l);
            taken = held.take_first(l) != nullptr;
        }
    });
}

TEST(wait_list_order, nodes_leave_in_the_order_in_which_they_came_and_from_the_middle_too) {
    wait_list l;
    wait_race races[4];
    wait_node a(races[0]), b(races[1]), c(races[2]), d(races[3]);
    wait_section held(&l);
    held.link_back(l, b);
    held.link_back(l, c);
    held.link_front(l, a);
    held.link_back(l, d);
    held.unlink(b);
    EXPECT_EQ(l.first, &a);
    EXPECT_EQ(a.next, &c);
    EXPECT_EQ(c.previous, &a);
    EXPECT_EQ(held.take_first(l), &a);
    EXPECT_EQ(held.take_first(l), &c);
    EXPECT_EQ(held.take_first(l), &d);
    EXPECT_EQ(held.take_first(l), nullptr);
    EXPECT_EQ(l.last, nullptr);
}

} // namespace
