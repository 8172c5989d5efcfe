// SPDX-License-Identifier: MIT
// Reading sysfs: a machine of two sockets, trees with holes and nonsense in them, and the machine that we are on.
#include "scheduler/topology.hpp"
#include "fake_sysfs.hpp"
#include "scheduler/pinning.hpp"
#include <gtest/gtest.h>

namespace {

using namespace weft::scheduler;
using test::fake_sysfs;
using test::machine;

class topology : public testing::Test {
  protected:
    topology() { two_sockets.write_to(tree); }
    std::vector<cpu_place> read() const { return read_topology(two_sockets.all(), tree.root()); }
    distance far_apart(unsigned a, unsigned b) const {
        const auto places = read();
        EXPECT_EQ(between(places[a], places[b]), between(places[b], places[a]));
        return between(places[a], places[b]);
    }

    const machine two_sockets; // 2 sockets, 2 L3 caches each, 4 cores each, 2 threads each; 16 and up are second threads
    fake_sysfs tree;
};

TEST_F(topology, tells_every_distance_on_a_machine_of_two_sockets) {
    const auto places = read();
    ASSERT_EQ(places.size(), 32u);
    for (const cpu_place& a : places) {
        for (const cpu_place& b : places) {
            const distance expected = two_sockets.socket_of(a.cpu) != two_sockets.socket_of(b.cpu) ? distance::other_node
                                      : two_sockets.l3_of(a.cpu) != two_sockets.l3_of(b.cpu)       ? distance::same_node
                                      : two_sockets.core_of(a.cpu) != two_sockets.core_of(b.cpu)   ? distance::same_l3
                                                                                                   : distance::same_core;
            EXPECT_EQ(between(a, b), expected) << a.cpu << " and " << b.cpu;
        }
    }
}

TEST_F(topology, knows_cores_that_share_an_l2_cache) {
    for (unsigned c : {0u, 1u}) {
        tree.write(tree.cpu(c, "cache/index2/shared_cpu_list"), "0-1,16-17\n");
    }
    EXPECT_EQ(far_apart(0, 1), distance::same_l2);
    EXPECT_EQ(far_apart(0, 2), distance::same_l3);
}

TEST_F(topology, reads_only_the_cpus_that_it_is_asked_for_and_keeps_their_order) {
    const std::vector<unsigned> subset{21, 5, 9}; // an affinity mask or cpuset that leaves out the first CPU of each domain
    const auto places = read_topology(subset, tree.root());
    ASSERT_EQ(places.size(), 3u);
    EXPECT_EQ(places[0].cpu, 21u);
    EXPECT_EQ(places[2].cpu, 9u);
    EXPECT_EQ(between(places[0], places[1]), distance::same_core);
    EXPECT_EQ(between(places[0], places[2]), distance::other_node);
}

TEST_F(topology, leaves_an_offline_cpu_alone_in_the_first_node_and_the_others_as_they_are) {
    tree.remove(tree.cpu(3, "")); // offline: no topology, no caches, in no list
    const auto without = [&](auto same) { return two_sockets.list([&, same](unsigned o) { return o != 3 && same(o); }); };
    tree.write(tree.node(0), without([&](unsigned o) { return two_sockets.socket_of(o) == 0; }));
    for (unsigned c : {0u, 1u, 2u, 16u, 17u, 18u, 19u}) {
        tree.write(tree.cpu(c, "cache/index3/shared_cpu_list"), without([&](unsigned o) { return two_sockets.l3_of(o) == 0; }));
    }
    for (const char* file : {"topology/core_cpus_list", "cache/index2/shared_cpu_list"}) {
        tree.write(tree.cpu(19, file), "19\n");
    }
    EXPECT_EQ(far_apart(3, 0), distance::same_node);
    EXPECT_EQ(far_apart(3, 19), distance::same_node);
    EXPECT_EQ(far_apart(19, 0), distance::same_l3);
    EXPECT_EQ(far_apart(1, 17), distance::same_core);
}

TEST_F(topology, takes_nothing_from_a_broken_list) {
    for (const char* nonsense : {"", "all\n", "16-\n", "-16\n", "16-0\n", "0,,16\n", "0 16\n", "0-99999999\n", "99999999999999999999\n", "5-7\n"}) {
        tree.write(tree.cpu(16, "topology/core_cpus_list"), nonsense); // the last is a fine list, but not of CPU 16
        tree.write(tree.cpu(16, "cache/index2/shared_cpu_list"), nonsense);
        EXPECT_EQ(far_apart(0, 16), distance::same_l3) << nonsense;
        tree.write(tree.cpu(16, "cache/index3/shared_cpu_list"), nonsense);
        EXPECT_EQ(far_apart(0, 16), distance::same_node) << nonsense;
        EXPECT_EQ(far_apart(1, 17), distance::same_core) << nonsense;
        tree.write(tree.cpu(16, "cache/index3/shared_cpu_list"), "0-3,16-19\n");
    }
    tree.write(tree.cpu(16, "cache/index2/shared_cpu_list"), "0,16\n");
    tree.write(tree.cpu(16, "topology/core_cpus_list"), std::string(5000, '0').append(1, '\n')); // longer than any line that is read
    EXPECT_EQ(far_apart(0, 16), distance::same_l2) << "the caches still tell";
    tree.write(tree.cpu(16, "cache/index2/level"), "two\n"); // and then not even those
    EXPECT_EQ(far_apart(0, 16), distance::same_node);
}

TEST_F(topology, reads_the_name_of_older_kernels) {
    for (unsigned c : {0u, 16u}) {
        tree.remove(tree.cpu(c, "topology/core_cpus_list"));
        tree.write(tree.cpu(c, "topology/thread_siblings_list"), "0,16\n");
    }
    EXPECT_EQ(far_apart(0, 16), distance::same_core);
}

TEST_F(topology, takes_a_core_for_its_caches_where_a_virtual_machine_shows_none) {
    for (unsigned c = 0; c < two_sockets.cpus(); ++c) {
        tree.remove(tree.cpu(c, "cache"));
    }
    EXPECT_EQ(far_apart(0, 16), distance::same_core);
    EXPECT_EQ(far_apart(0, 1), distance::same_node);
    EXPECT_EQ(far_apart(0, 8), distance::other_node);
}

TEST_F(topology, has_sockets_for_nodes_where_the_kernel_knows_none) {
    tree.remove("sys/devices/system/node");
    EXPECT_TRUE(read_nodes(tree.root()).empty());
    EXPECT_EQ(far_apart(0, 7), distance::same_node);
    EXPECT_EQ(far_apart(0, 8), distance::other_node);
    tree.write(tree.cpu(8, "topology/physical_package_id"), "-1\n");
    EXPECT_EQ(far_apart(0, 8), distance::same_node) << "not known is the first";
}

TEST_F(topology, splits_a_cache_that_spans_two_nodes) {
    tree.write(tree.node(0), "0-3,16-19\n");
    tree.write(tree.node(2), "4-7,20-23\n");
    tree.write(fake_sysfs::online, "0-2\n");
    for (unsigned c = 0; c < 8; ++c) {
        tree.write(tree.cpu(c, "cache/index3/shared_cpu_list"), "0-7,16-23\n");
    }
    EXPECT_EQ(far_apart(0, 3), distance::same_l3);
    EXPECT_EQ(far_apart(0, 4), distance::other_node);
}

TEST_F(topology, lists_nodes_by_cpu_with_holes_and_memory_without_cpus) {
    tree.write(fake_sysfs::online, "4,7-8\n");
    tree.write(tree.node(4), "0-1,6\n");
    tree.write(tree.node(7), "3\n");
    tree.write(tree.node(8), "\n");
    EXPECT_EQ(read_nodes(tree.root()), (std::vector<unsigned>{4, 4, 4, 7, 4, 4, 4}));
    EXPECT_EQ(far_apart(3, 0), distance::other_node);
    EXPECT_EQ(far_apart(31, 0), distance::same_node) << "in no list: the first node";
    tree.write(fake_sysfs::online, "4\n");
    EXPECT_TRUE(read_nodes(tree.root()).empty()) << "one node";
    tree.write(fake_sysfs::online, "0-99999\n");
    EXPECT_TRUE(read_nodes(tree.root()).empty());
}

TEST(topology_of_nothing, puts_every_cpu_alone_into_one_node) {
    const std::vector<unsigned> three{0, 1, 2};
    for (const char* root : {"/nowhere/at/all", "/dev/null"}) {
        const auto places = read_topology(three, root);
        ASSERT_EQ(places.size(), 3u);
        EXPECT_EQ(between(places[0], places[2]), distance::same_node);
        EXPECT_TRUE(read_nodes(root).empty());
    }
    EXPECT_TRUE(read_topology({}, "").empty());
}

TEST(topology_of_this_machine, has_each_cpu_that_we_may_use_at_no_distance_from_itself) {
    const auto cpus = cpus_of_this_thread();
    const auto places = read_topology(cpus);
    ASSERT_EQ(places.size(), cpus.size());
    for (std::size_t i = 0; i < cpus.size(); ++i) {
        EXPECT_EQ(places[i].cpu, cpus[i]);
        EXPECT_EQ(between(places[i], places[i]), distance::same_core);
    }
}

} // namespace
