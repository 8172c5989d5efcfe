// SPDX-License-Identifier: MIT
#include "lab/roster.hpp"

namespace weft::lab {

namespace {

template <class Entry>
std::vector<Entry> numbered(std::vector<Entry> entries) {
    for (unsigned i = 0; i < entries.size(); ++i) {
        entries[i].card.place = i;
    }
    return entries;
}

} // namespace

std::vector<creation_entry> creation_roster() {
    return numbered<creation_entry>({std_thread_entry(), pthread_create_entry(), kernel_thread_cold_entry(),
                                     kernel_thread_cached_entry(), spawn_workers_asleep_entry(),
                                     spawn_from_thread_entry(), spawn_from_task_entry()});
}

std::vector<creation_entry> ladder_roster() {
    return numbered<creation_entry>(
        {fork_entry(), vfork_entry(), posix_spawn_entry(), clone_nothing_entry(), clone_vm_entry(),
         clone_files_entry(), clone_sighand_entry(), clone_sysvsem_entry(), clone_thread_entry(),
         clone3_thread_entry(), pthread_create_entry(), std_thread_entry(), std_async_entry(),
         kernel_thread_cold_entry(), kernel_thread_cached_entry(), task_entry(), task_suspends_entry()});
}

std::vector<switch_entry> switch_roster() {
    return numbered<switch_entry>({thread_futex_one_cpu_entry(), thread_futex_two_cpus_entry(),
                                   thread_condition_variable_entry(), sched_yield_entry(),
                                   task_yield_entry()});
}

} // namespace weft::lab
