// SPDX-License-Identifier: MIT
// Every rung of the ladder does the work, as what its card says, and liars are found. A line taken out of a
// rung (the copy back from shared memory, the wait) fails here.
#include "lab/experiment.hpp"
#include "lab/roster.hpp"
#include "lab/turn.hpp"
#include "support/gtest_watchdog.hpp"
#include <dirent.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/wait.h>
#include <weft/runtime.hpp>

namespace weft::lab {
namespace {

std::size_t open_descriptors() {
    std::size_t count = 0;
    DIR* folder = opendir("/proc/self/fd");
    while (folder && readdir(folder)) {
        ++count;
    }
    closedir(folder);
    return count;
}

TEST(ladder, has_every_way_from_a_process_to_a_task) {
    std::vector<std::string> names;
    for (const creation_entry& e : ladder_roster()) {
        names.push_back(e.card.name);
    }
    const std::vector<std::string> expected = {"fork",
                                               "vfork",
                                               "posix_spawn",
                                               "clone_nothing",
                                               "clone_vm",
                                               "clone_vm_fs_files",
                                               "clone_vm_fs_files_sighand",
                                               "clone_sysvsem_io",
                                               "clone_thread",
                                               "clone3_thread",
                                               "pthread_create",
                                               "std_thread",
                                               "std_async",
                                               "kernel_thread_cold",
                                               "kernel_thread_cached",
                                               "task",
                                               "task_suspends"};
    EXPECT_EQ(names, expected);
}

TEST(ladder, each_rung_does_the_work_elsewhere_and_says_when) {
    runtime tasks({.workers = 1});
    for (const creation_entry& e : ladder_roster()) {
        const auto one = e.make(e.card, tasks);
        if (!one->missing().empty()) {
            continue;
        }
        EXPECT_NO_THROW(check_identity(*one)) << e.card.name;
        std::uint64_t input = 5;
        stage_samples stages;
        EXPECT_GT(one_turn(*one, input, 0, &stages), 0) << e.card.name;
        ASSERT_EQ(stages.first_instruction.size(), 1u) << e.card.name;
        EXPECT_GT(stages.first_instruction[0], 0) << e.card.name;
        EXPECT_GT(stages.call_returned[0], 0) << e.card.name;
        EXPECT_GT(stages.end_to_joined[0], 0) << e.card.name;
    }
}

TEST(ladder, leaves_no_child_and_no_descriptor_behind) {
    const std::size_t before = open_descriptors();
    {
        runtime tasks({.workers = 1});
        for (const creation_entry& e : ladder_roster()) {
            const auto one = e.make(e.card, tasks);
            if (one->missing().empty()) {
                std::uint64_t input = 1;
                one_turn(*one, input, 0);
            }
        }
    }
    EXPECT_EQ(open_descriptors(), before);
    errno = 0;
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG | __WALL), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST(ladder, knows_whose_child_copies_the_memory_and_is_felt_by_the_next) {
    runtime tasks({.workers = 1});
    std::set<std::string> felt;
    for (const creation_entry& e : ladder_roster()) {
        if (e.make(e.card, tasks)->echo_ns() != 0) {
            felt.insert(e.card.name);
        }
    }
    EXPECT_EQ(felt, (std::set<std::string>{"fork", "clone_nothing"}));
}

TEST(ladder, measures_each_rung_once_a_round_with_its_stages) {
    runtime tasks({.workers = 1});
    contenders rungs;
    for (const creation_entry& e : {pthread_create_entry(), fork_entry(), task_suspends_entry()}) {
        rungs.push_back(e.make(e.card, tasks));
    }
    progress silent(nullptr);
    const experiment_result r = measure_ladder(rungs, {.rounds = 30}, 0, silent);
    ASSERT_EQ(r.contenders.size(), 3u);
    EXPECT_EQ(r.baseline, "pthread_create");
    for (const measured& m : r.contenders) {
        EXPECT_EQ(m.samples.size(), r.rounds);
        ASSERT_TRUE(m.stages) << m.card.name;
        EXPECT_GE(m.stages->first_instruction.count, r.rounds);
        EXPECT_GT(m.stages->first_instruction.p50, 0);
    }
    ASSERT_TRUE(r.noise);
    EXPECT_EQ(r.noise->card.name, "pthread_create");
}

/// Claims to be a process, and works itself.
class false_process final : public contender {
  public:
    false_process() : contender({"false", "false", "Works itself.", contender_kind::process}) {}
    void create_and_join(cell& c) override { perform(c); }
    void create_and_join_all(std::span<cell>) override {}
};

TEST(identity, of_a_process_contender_is_another_process) {
    false_process one;
    EXPECT_THROW(check_identity(one), verification_failed);
}

TEST(stages, that_lie_outside_of_creation_and_join_fail_the_run) {
    class backdated final : public contender {
      public:
        backdated() : contender({"backdated", "backdated", "", contender_kind::kernel_thread}) {}
        void create_and_join(cell& c) override {
            perform(c);
            note_created(c);
            c.began -= 1'000'000'000;
        }
        void create_and_join_all(std::span<cell>) override {}
    } one;
    std::uint64_t input = 1;
    stage_samples stages;
    EXPECT_THROW(one_turn(one, input, 0, &stages), verification_failed);
}

} // namespace
} // namespace weft::lab
