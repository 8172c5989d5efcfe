// SPDX-License-Identifier: MIT
// runtime_options as the kernel sees them: names, affinity, number of kernel threads, stack size.
#include "scheduler/runtime_core.hpp"
#include "with_workers.hpp"
#include <dirent.h>
#include <fstream>
#include <sched.h>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

class options : public test::census {};

std::multiset<std::string> names_of_kernel_threads() {
    std::multiset<std::string> names;
    DIR* folder = opendir("/proc/self/task");
    while (const dirent* entry = readdir(folder)) {
        std::ifstream comm(std::string("/proc/self/task/") + entry->d_name + "/comm");
        std::string name;
        if (std::getline(comm, name)) {
            names.insert(name);
        }
    }
    closedir(folder);
    return names;
}

TEST_F(options, the_kernel_shows_the_workers_by_name_and_number) {
    weft::runtime rt({.workers = 3, .name = "loom"});
    // A kernel thread names itself when it starts to run.
    test::wait_until([] { return names_of_kernel_threads().count("loom/2") == 1; });
    test::wait_until([] { return names_of_kernel_threads().count("loom/0") == 1 && names_of_kernel_threads().count("loom/1") == 1; });
    EXPECT_EQ(names_of_kernel_threads().count("loom/3"), 0u);
}

TEST_F(options, a_long_name_keeps_its_first_ten_bytes_and_the_number) {
    weft::runtime rt({.workers = 12, .name = "abcdefghijklmnop"});
    test::wait_until([] { return names_of_kernel_threads().count("abcdefghij/11") == 1; });
}

TEST_F(options, as_many_kernel_threads_as_workers_and_no_more) {
    const int before = support::count_threads();
    weft::runtime rt({.workers = 5});
    EXPECT_EQ(support::count_threads(), before + 5);
    EXPECT_EQ(rt.workers(), 5u);
}

TEST_F(options, the_default_is_as_many_workers_as_usable_cpus) {
    weft::runtime rt;
    EXPECT_EQ(rt.workers(), weft::usable_cpus());
    EXPECT_GE(weft::usable_cpus(), 1u);
    EXPECT_LE(weft::usable_cpus(), static_cast<unsigned>(CPU_SETSIZE));
}

std::vector<int> cpus_of_caller() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    EXPECT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    std::vector<int> cpus;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &mask)) {
            cpus.push_back(i);
        }
    }
    return cpus;
}

TEST_F(options, pinned_workers_run_on_one_cpu_each_round_robin_over_the_maker_s_mask) {
    const std::vector<int> allowed = cpus_of_caller();
    weft::runtime rt({.workers = 4, .pin_workers = true});
    std::set<int> seen;
    for (int i = 0; i < 200; ++i) {
        rt.run([&] {
            const int worker = weft::this_task::worker();
            const std::vector<int> mine = cpus_of_caller();
            ASSERT_EQ(mine.size(), 1u);
            EXPECT_EQ(mine[0], allowed[static_cast<std::size_t>(worker) % allowed.size()]);
            seen.insert(worker);
            if (i % 10 == 0) { // the kernel thread may come back with another worker, and must be pinned where that one belongs
                weft::blocking([] { std::this_thread::sleep_for(100us); });
                ASSERT_EQ(cpus_of_caller().size(), 1u);
                EXPECT_EQ(cpus_of_caller()[0], allowed[static_cast<std::size_t>(weft::this_task::worker()) % allowed.size()]);
            }
        });
    }
    EXPECT_FALSE(seen.empty());
    EXPECT_EQ(cpus_of_caller(), allowed) << "the maker itself is not pinned";
}

TEST_F(options, unpinned_workers_have_the_maker_s_mask) {
    weft::runtime rt({.workers = 2});
    EXPECT_EQ(rt.run(cpus_of_caller), cpus_of_caller());
}

TEST_F(options, the_stack_size_is_what_was_asked_less_the_guard) {
    for (std::size_t size : {std::size_t{16 * 1024}, std::size_t{64 * 1024}, std::size_t{100'000}, std::size_t{8} << 20}) {
        weft::runtime rt({.workers = 1, .stack_size = size});
        rt.run([size] {
            const std::size_t usable = weft::scheduler::this_carrier()->core.stacks.usable_size();
            EXPECT_GE(usable, size - 4096 - 2048) << "one page for the guard, and tops are spread over half a page";
            EXPECT_LT(usable, size + 4096);
        });
    }
}

} // namespace
