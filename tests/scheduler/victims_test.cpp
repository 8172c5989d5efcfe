// SPDX-License-Identifier: MIT
// The order of a search: who is visited, when, how often, and that nobody is left out. On machines of fake_sysfs.hpp.
#include "scheduler/victims.hpp"
#include "fake_sysfs.hpp"
#include "scheduler/runtime_core.hpp"
#include "support/gtest_watchdog.hpp"
#include "support/random_source.hpp"
#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <weft/weft.hpp>

namespace {

using namespace weft::scheduler;
using test::fake_sysfs;
using test::machine;

constexpr unsigned rounds = 64;

struct visitor {
    support::random_source source{7};
    /// The victims of one round, in order.
    std::vector<unsigned> operator()(const victims& order, unsigned self, unsigned round) {
        std::vector<unsigned> seen;
        const bool found = order.visit(
            self, round, round + 1 == rounds, [&] { return static_cast<std::uint32_t>(source()); },
            [&](unsigned i) {
                seen.push_back(i);
                return false;
            });
        EXPECT_FALSE(found);
        return seen;
    }
};

std::vector<unsigned> everybody_but(unsigned self, unsigned workers) {
    std::vector<unsigned> all;
    for (unsigned i = 0; i < workers; ++i) {
        if (i != self) {
            all.push_back(i);
        }
    }
    return all;
}

std::vector<unsigned> sorted(std::vector<unsigned> some) {
    std::sort(some.begin(), some.end());
    return some;
}

/// I1, for any order: each but oneself once in the last round, nobody twice in any round.
void expect_nobody_is_left_out(const victims& order, unsigned workers) {
    visitor visit;
    for (unsigned self = 0; self < workers; ++self) {
        EXPECT_EQ(sorted(visit(order, self, rounds - 1)), everybody_but(self, workers)) << self;
        std::set<unsigned> ever;
        for (unsigned round = 0; round + 1 < rounds; ++round) {
            const auto seen = visit(order, self, round);
            const std::set<unsigned> different(seen.begin(), seen.end());
            EXPECT_EQ(different.size(), seen.size()) << "twice in round " << round;
            EXPECT_EQ(different.count(self), 0u);
            EXPECT_FALSE(seen.empty() && workers > 1) << "a round for nothing";
            ever.insert(different.begin(), different.end());
        }
        EXPECT_EQ(ever.size(), workers - 1) << "before the last round, too";
    }
}

class victims_of_two_sockets : public testing::Test {
  protected:
    victims_of_two_sockets() { two_sockets.write_to(tree); }
    victims pinned(unsigned workers) const { return victims::of_machine(workers, two_sockets.all(), tree.root()); }

    const machine two_sockets;
    fake_sysfs tree;
};

TEST(victims_of_one_group, are_all_the_others_in_every_round) {
    for (unsigned workers : {1u, 2u, 3u, 8u, 64u}) {
        const victims order(workers);
        EXPECT_FALSE(order.roams());
        expect_nobody_is_left_out(order, workers);
        visitor visit;
        for (unsigned round = 0; round < rounds; ++round) {
            EXPECT_EQ(sorted(visit(order, workers - 1, round)), everybody_but(workers - 1, workers));
        }
    }
}

TEST(victims_of_one_group, begin_anywhere) {
    const victims order(8);
    visitor visit;
    std::map<unsigned, int> first;
    for (int i = 0; i < 7000; ++i) {
        ++first[visit(order, 3, 0).front()];
    }
    ASSERT_EQ(first.size(), 7u);
    for (const auto& [victim, times] : first) {
        EXPECT_GT(times, 700) << victim; // 1,000 on average, of a fixed seed
    }
}

TEST(victims_of_one_group, end_with_the_first_find) {
    const victims order(8);
    int probes = 0;
    const int found = order.visit(0, 0, false, [] { return 0u; }, [&](unsigned i) { return ++probes, i == 3 ? 42 : 0; });
    EXPECT_EQ(found, 42);
    EXPECT_EQ(probes, 3);
}

TEST_F(victims_of_two_sockets, stand_in_groups_by_distance) {
    const victims order = pinned(32);
    EXPECT_FALSE(order.roams());
    expect_nobody_is_left_out(order, 32);
    for (unsigned self = 0; self < 32; ++self) {
        const auto groups = order.groups_of(self);
        const auto expected = [&](auto same) {
            std::vector<unsigned> some;
            for (unsigned i : everybody_but(self, 32)) {
                if (same(i)) {
                    some.push_back(i);
                }
            }
            return some;
        };
        const machine& m = two_sockets;
        EXPECT_EQ(sorted(groups[0]), expected([&](unsigned i) { return m.core_of(i) == m.core_of(self); }));
        EXPECT_TRUE(groups[1].empty());
        EXPECT_EQ(sorted(groups[2]), expected([&](unsigned i) { return m.l3_of(i) == m.l3_of(self) && m.core_of(i) != m.core_of(self); }));
        EXPECT_EQ(sorted(groups[3]), expected([&](unsigned i) { return m.socket_of(i) == m.socket_of(self) && m.l3_of(i) != m.l3_of(self); }));
        EXPECT_EQ(sorted(groups[4]), expected([&](unsigned i) { return m.socket_of(i) != m.socket_of(self); }));
    }
}

TEST_F(victims_of_two_sockets, are_visited_nearest_first_and_the_far_ones_less_often) {
    const victims order = pinned(32);
    visitor visit;
    std::map<unsigned, unsigned> visits;
    for (unsigned round = 0; round + 1 < rounds; ++round) {
        const auto seen = visit(order, 5, round);
        EXPECT_EQ(seen.front(), 21u) << "the other thread of the core";
        const auto places = read_topology(two_sockets.all(), tree.root());
        EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end(),
                                   [&](unsigned a, unsigned b) { return between(places[5], places[a]) < between(places[5], places[b]); }));
        for (unsigned i : seen) {
            ++visits[i];
        }
    }
    EXPECT_EQ(visits[21], rounds - 1);
    EXPECT_EQ(visits[6], rounds - 1);
    EXPECT_EQ(visits[1], (rounds - 1) / victims::period(distance::same_node));
    EXPECT_EQ(visits[8], (rounds - 1) / victims::period(distance::other_node));
    EXPECT_LT(visits[8], visits[1]);
}

TEST_F(victims_of_two_sockets, are_not_waited_for_by_a_worker_that_is_alone_in_its_node) {
    const std::vector<unsigned> cpus{0, 8, 9, 10}; // an affinity mask
    const victims order = victims::of_machine(4, cpus, tree.root());
    visitor visit;
    EXPECT_EQ(sorted(visit(order, 0, 0)), (std::vector<unsigned>{1, 2, 3})) << "its nearest are far, and visited in each round";
    EXPECT_EQ(sorted(visit(order, 1, 0)), (std::vector<unsigned>{2, 3}));
    expect_nobody_is_left_out(order, 4);
}

TEST_F(victims_of_two_sockets, share_cpus_when_there_are_more_workers_than_cpus) {
    const std::vector<unsigned> cpus{0, 8};
    const victims order = victims::of_machine(6, cpus, tree.root());
    EXPECT_EQ(sorted(order.groups_of(2)[0]), (std::vector<unsigned>{0, 4}));
    EXPECT_EQ(sorted(order.groups_of(2)[4]), (std::vector<unsigned>{1, 3, 5}));
    expect_nobody_is_left_out(order, 6);
    expect_nobody_is_left_out(pinned(100), 100);
}

TEST_F(victims_of_two_sockets, of_few_workers_need_no_topology) {
    for (unsigned workers : {1u, 2u}) {
        expect_nobody_is_left_out(pinned(workers), workers);
        EXPECT_FALSE(victims::of_machine(workers, {}, tree.root()).roams());
    }
}

TEST_F(victims_of_two_sockets, that_are_not_pinned_stand_by_the_node_where_they_were_seen) {
    victims order = victims::of_machine(6, {}, tree.root());
    ASSERT_TRUE(order.roams());
    expect_nobody_is_left_out(order, 6); // nobody has been seen yet
    for (unsigned i = 0; i < 6; ++i) {
        order.seen_on(i, i < 3 ? 1 : 9);
    }
    EXPECT_EQ(sorted(order.groups_of(4)[3]), (std::vector<unsigned>{3, 5}));
    visitor visit;
    EXPECT_EQ(sorted(visit(order, 4, 0)), (std::vector<unsigned>{3, 5}));
    expect_nobody_is_left_out(order, 6);
    order.seen_on(3, 0);
    order.seen_on(5, 0);
    EXPECT_EQ(sorted(visit(order, 4, 0)), (std::vector<unsigned>{0, 1, 2, 3, 5})) << "alone in its node now";
    order.seen_on(4, -1);
    order.seen_on(4, 4711);
    EXPECT_TRUE(order.groups_of(4)[3].empty()) << "what is not known changes nothing";
}

TEST(victims_of_one_node, that_are_not_pinned_are_one_group) {
    const machine one_socket{.sockets = 1};
    fake_sysfs tree;
    one_socket.write_to(tree);
    const victims order = victims::of_machine(16, {}, tree.root());
    EXPECT_FALSE(order.roams());
    EXPECT_EQ(order.groups_of(0)[3].size(), 15u);
}

/// A runtime on a machine whose two CPUs are, it is told, two sockets: work is found on the far one, and a far worker that is out of work
/// does not sleep beside it.
void run_across_two_nodes(bool pinned) {
    const machine two_cpus{.sockets = 2, .l3s = 1, .cores = 1, .threads = 1};
    fake_sysfs tree;
    two_cpus.write_to(tree);
    weft::abi::runtime_core core({.workers = 8, .pin_workers = pinned}, tree.root());
    core.start();
    std::atomic<int> inside{0};
    std::atomic<int> ran{0};
    weft::abi::spawn_in(&core, {}, [&] {
        // Eight tasks that hold a kernel thread each until all are there: every worker, near and far, must come and take one.
        for (int i = 0; i < 7; ++i) {
            weft::spawn([&] {
                ++inside;
                while (inside != 8) {
                    std::this_thread::yield();
                }
                ++ran;
            }).detach();
        }
        ++inside;
        while (inside != 8) {
            std::this_thread::yield();
        }
    }).join();
    core.stop();
    EXPECT_EQ(ran, 7);
}

TEST(victims_of_a_runtime, are_found_on_the_far_node_by_pinned_workers) {
    run_across_two_nodes(true);
}
TEST(victims_of_a_runtime, are_found_on_the_far_node_by_roaming_workers) {
    run_across_two_nodes(false);
}

} // namespace
