// SPDX-License-Identifier: MIT
// What the machine is asked. Control groups are read from made-up trees of files, one for each way in which hosts and
// containers lay them out.
#include "kernel/cgroup.hpp"
#include "kernel/features.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/text_file.hpp"
#include "support/gtest_watchdog.hpp"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sys/mman.h>
#include <thread>

namespace {

using namespace weft;
namespace fs = std::filesystem;

class a_tree_of_files : public testing::Test {
  protected:
    void SetUp() override {
        root = fs::temp_directory_path() / ("weft_features_test." + std::to_string(getpid()));
        fs::remove_all(root);
    }
    void TearDown() override { fs::remove_all(root); }

    void put(const std::string& path, const std::string& text) {
        const fs::path full = root.string() + path;
        fs::create_directories(full.parent_path());
        std::ofstream(full) << text;
    }
    unsigned cpus() { return kernel::cgroup_cpus(root.c_str()); }
    std::uint64_t tasks() { return kernel::cgroup_tasks(root.c_str()); }

    fs::path root;
};

const char* const mount_v2 = "22 1 0:20 / /proc rw shared:5 - proc proc rw\n"
                             "30 22 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST_F(a_tree_of_files, without_control_groups_means_no_limit) {
    EXPECT_EQ(cpus(), 0u);
    EXPECT_EQ(tasks(), 0u);
    put("/proc/self/cgroup", "0::/a\n");
    EXPECT_EQ(cpus(), 0u); // no mount
    put("/proc/self/mountinfo", mount_v2);
    EXPECT_EQ(cpus(), 0u); // no files
}

TEST_F(a_tree_of_files, v2_quota_is_rounded_up) {
    put("/proc/self/mountinfo", mount_v2);
    put("/proc/self/cgroup", "0::/user/app\n");
    const std::string file = "/sys/fs/cgroup/user/app/cpu.max";
    for (auto [text, wanted] : {std::pair{"max 100000\n", 0u}, {"100000 100000\n", 1u}, {"150000 100000\n", 2u}, {"1000 100000\n", 1u},
                                {"200000 100000\n", 2u}, {"200001 100000", 3u}, {"", 0u}, {"garbage\n", 0u}, {"5\n", 0u}, {"100 0\n", 0u},
                                {"-1 100000\n", 0u}, {"18446744073709551615 1\n", 1u << 20}}) {
        put(file, text);
        EXPECT_EQ(cpus(), wanted) << text;
    }
}

TEST_F(a_tree_of_files, v2_the_strictest_group_on_the_way_up_counts) {
    put("/proc/self/mountinfo", mount_v2);
    put("/proc/self/cgroup", "0::/a/b/c\n");
    put("/sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    put("/sys/fs/cgroup/other/cpu.max", "100000 100000\n"); // not ours
    EXPECT_EQ(cpus(), 3u);
    put("/sys/fs/cgroup/cpu.max", "200000 100000\n"); // the top of what a container sees
    EXPECT_EQ(cpus(), 2u);
    put("/sys/fs/cgroup/a/b/pids.max", "500\n");
    put("/sys/fs/cgroup/a/pids.max", "max\n");
    EXPECT_EQ(tasks(), 500u);
}

TEST_F(a_tree_of_files, v2_in_a_container_with_its_own_namespace) {
    put("/proc/self/mountinfo", mount_v2);
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "250000 100000\n");
    EXPECT_EQ(cpus(), 3u);
}

TEST_F(a_tree_of_files, v2_outside_of_the_namespace_that_is_visible) {
    put("/proc/self/mountinfo", mount_v2);
    put("/proc/self/cgroup", "0::/../../elsewhere\n");
    put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    EXPECT_EQ(cpus(), 1u);
}

TEST_F(a_tree_of_files, v1_in_a_container_whose_mount_begins_at_its_group) {
    put("/proc/self/mountinfo",
        "31 30 0:28 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:11 - cgroup cgroup rw,cpu,cpuacct\n"
        "32 30 0:29 /docker/abc /sys/fs/cgroup/pids ro master:12 - cgroup cgroup rw,pids\n");
    put("/proc/self/cgroup", "5:pids:/docker/abc/inner\n4:cpu,cpuacct:/docker/abc/inner\n1:name=systemd:/docker/abc\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "450000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/pids/inner/pids.max", "77\n");
    EXPECT_EQ(cpus(), 5u);
    EXPECT_EQ(tasks(), 77u);
    put("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us", "50000\n");
    EXPECT_EQ(cpus(), 1u);
}

TEST_F(a_tree_of_files, hybrid_reads_both_versions) {
    put("/proc/self/mountinfo", "31 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                                "40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    put("/proc/self/cgroup", "1:cpu:/x\n0::/y\n");
    put("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "400000\n");
    put("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(cpus(), 4u);
    put("/sys/fs/cgroup/unified/y/cpu.max", "300000 100000\n");
    EXPECT_EQ(cpus(), 3u);
}

TEST_F(a_tree_of_files, a_group_whose_name_only_begins_like_the_mount_is_not_below_it) {
    put("/proc/self/mountinfo", "31 30 0:28 /docker/ab /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
    put("/proc/self/cgroup", "0::/docker/abc\n");
    put("/sys/fs/cgroup/c/cpu.max", "100000 100000\n");
    put("/sys/fs/cgroup/cpu.max", "600000 100000\n");
    EXPECT_EQ(cpus(), 6u);
}

TEST_F(a_tree_of_files, mount_points_with_spaces_and_lines_longer_than_the_buffer) {
    put("/proc/self/mountinfo", "29 1 0:26 / /over rw - overlay overlay rw,lowerdir=" + std::string(9000, 'x') + "\n" +
                                    "30 22 0:27 / /my\\040cgroups rw - cgroup2 cgroup2 rw\n");
    put("/proc/self/cgroup", "0::/a:b/c d\n");
    put("/my cgroups/a:b/c d/cpu.max", "700000 100000\n");
    EXPECT_EQ(cpus(), 7u);
}

TEST_F(a_tree_of_files, lines_come_one_by_one_and_a_long_one_is_skipped_whole) {
    const std::string most(4095, 'm');
    put("/text", "first\n\n" + most + "\n" + std::string(5000, 'l') + "max\nlast");
    kernel::text_file file((root.string() + "/text").c_str());
    std::string_view line;
    for (const std::string& wanted : {std::string("first"), std::string(), most, std::string("last")}) {
        ASSERT_TRUE(file.next_line(line));
        EXPECT_EQ(line, wanted);
    }
    EXPECT_FALSE(file.next_line(line));
    kernel::text_file none((root.string() + "/none").c_str());
    EXPECT_FALSE(none.is_open());
    EXPECT_FALSE(none.next_line(line));
}

TEST(usable_cpus, follow_the_affinity_mask_of_the_moment) {
    cpu_set_t old;
    ASSERT_EQ(sched_getaffinity(0, sizeof old, &old), 0);
    const unsigned all = static_cast<unsigned>(CPU_COUNT(&old));
    EXPECT_GE(kernel::usable_cpus(), 1u);
    EXPECT_LE(kernel::usable_cpus(), all);
    int first = 0;
    while (!CPU_ISSET(first, &old)) {
        ++first;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(kernel::usable_cpus(), 1u);
    sched_setaffinity(0, sizeof old, &old);
}

TEST(guard_advice, is_reported_only_where_a_guard_really_holds) {
    const bool claimed = kernel::has_guard_advice();
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(page, MAP_FAILED);
    EXPECT_FALSE(kernel::is_guarded(page));
    const bool installed = kernel::install_guard(page, 4096) == 0;
    EXPECT_EQ(claimed, installed && kernel::is_guarded(page));
    munmap(page, 4096);
    EXPECT_TRUE(kernel::is_guarded(page)); // not readable at all
}

TEST(examining_the_machine, finds_everything_and_changes_nothing) {
    auto count = [](const char* path) {
        return std::distance(fs::directory_iterator(path), fs::directory_iterator());
    };
    sigset_t mask_before, mask_after;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask_before);
    const auto descriptors = count("/proc/self/fd");
    const auto threads = count("/proc/self/task");
    const auto findings = kernel::examine_machine();
    EXPECT_EQ(count("/proc/self/fd"), descriptors);
    EXPECT_EQ(count("/proc/self/task"), threads);
    pthread_sigmask(SIG_BLOCK, nullptr, &mask_after);
    for (int s = 1; s < 64; ++s) {
        EXPECT_EQ(sigismember(&mask_before, s), sigismember(&mask_after, s));
    }
    for (const char* name : {"kernel", "clone3", "rseq", "MADV_GUARD_INSTALL", "FSGSBASE", "futex_waitv", "futex2", "io_uring", "pidfd",
                             "close_range", "CPUs", "cgroup CPU quota", "vm.max_map_count", "kernel.threads-max", "pids.max", "RLIMIT_NPROC",
                             "transparent huge pages"}) {
        const auto at = std::find_if(findings.begin(), findings.end(), [&](const auto& f) { return f.what == name; });
        ASSERT_NE(at, findings.end()) << name;
        EXPECT_FALSE(at->how.empty()) << name;
    }
    for (const auto& f : findings) {
        EXPECT_TRUE(f.present || !f.detail.empty()) << f.what << " is absent and nothing is said about it";
    }
}

} // namespace
