// SPDX-License-Identifier: MIT
// Who takes part, in the order of the reports. To add a contender: write its file, and name its entry here.
#pragma once
#include "lab/contender.hpp"
#include "lab/switcher.hpp"
#include <memory>
#include <vector>

namespace weft {
class runtime;
}

namespace weft::lab {

/// A contender that can be listed without being made. Those that spawn tasks do it in the runtime that they
/// are given.
struct creation_entry {
    contender_card card;
    std::unique_ptr<contender> (*make)(contender_card card, runtime& tasks);
};

struct switch_entry {
    contender_card card;
    std::unique_ptr<switcher> (*make)(contender_card card);
};

/// What the others are compared with.
inline constexpr const char* creation_baseline = "std_thread";
inline constexpr const char* ladder_baseline = "pthread_create";
inline constexpr const char* switch_baseline = "thread_futex_one_cpu";

std::vector<creation_entry> creation_roster();
std::vector<switch_entry> switch_roster();
/// The ladder: every way from a whole process down to a task.
std::vector<creation_entry> ladder_roster();

creation_entry std_thread_entry();
creation_entry pthread_create_entry();
creation_entry kernel_thread_cold_entry();
creation_entry kernel_thread_cached_entry();
creation_entry spawn_workers_asleep_entry();
creation_entry spawn_from_thread_entry();
creation_entry spawn_from_task_entry();

creation_entry fork_entry();
creation_entry vfork_entry();
creation_entry posix_spawn_entry();
creation_entry clone_nothing_entry();
creation_entry clone_vm_entry();
creation_entry clone_files_entry();
creation_entry clone_sighand_entry();
creation_entry clone_sysvsem_entry();
creation_entry clone_thread_entry();
creation_entry clone3_thread_entry();
creation_entry std_async_entry();
creation_entry task_entry();
creation_entry task_suspends_entry();

switch_entry thread_futex_one_cpu_entry();
switch_entry thread_futex_two_cpus_entry();
switch_entry thread_condition_variable_entry();
switch_entry sched_yield_entry();
switch_entry task_yield_entry();

} // namespace weft::lab
