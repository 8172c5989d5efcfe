// SPDX-License-Identifier: MIT
// What the control groups of this process allow it: CPU time, number of threads.
//
// A limit holds for a group and everything below it, so the strictest on the way from our group up to the root of what we can
// see counts. Where our group lies is in /proc/self/cgroup, where the hierarchy is mounted in /proc/self/mountinfo; in a container
// the mount may begin inside the hierarchy (fourth field), which is then cut off the front of our path.
// Version 2 (cpu.max, pids.max) and version 1 (cpu.cfs_quota_us, pids.max) are both read: hybrid systems mount both.
// Reference: Linux Documentation/admin-guide/cgroup-v2.rst, proc_pid_mountinfo(5), cgroups(7).
#pragma once
#include <cstdint>

namespace weft::kernel {

/// How many CPUs' worth of time we may use, rounded up; 0: no quota. `root` stands before every path (tests build a tree).
[[nodiscard]] unsigned cgroup_cpus(const char* root = "") noexcept;

/// How many tasks (threads) our groups may have; 0: no limit.
[[nodiscard]] std::uint64_t cgroup_tasks(const char* root = "") noexcept;

} // namespace weft::kernel
