// SPDX-License-Identifier: MIT
// examine_machine(): every feature and limit that weft's behaviour depends on, for `weft doctor`.
//
// A system call is asked for in a form that the kernel must refuse when it knows the call at all: EINVAL or EFAULT means "present",
// ENOSYS "unknown", EPERM or EACCES "forbidden here" (seccomp, a sysctl). So nothing is created and nothing changes.
#include "kernel/cgroup.hpp"
#include "kernel/features.hpp"
#include "kernel/text_file.hpp"
#include <cerrno>
#include <sys/resource.h>
#include <sys/utsname.h>

namespace weft::kernel {

namespace {

// Newer than the headers that we support; the numbers are the same on every machine of ours.
constexpr long number_futex_waitv = 449;
constexpr long number_futex_wake = 454;

/// What an answer that must be a refusal says about a system call.
finding judge(const char* what, long answer, const char* how, const char* without) {
    finding f{what, false, "", how};
    switch (-answer) {
    case ENOSYS:
        f.detail = std::string("unknown to this kernel (ENOSYS); ") + without;
        break;
    case EPERM:
    case EACCES:
        f.detail = std::string("forbidden here (seccomp, or a sysctl); ") + without;
        break;
    default:
        f.present = true;
    }
    return f;
}

finding kernel_version() {
    utsname name{};
    const bool known = uname(&name) == 0;
    return {"kernel", known, known ? std::string(name.sysname) + " " + name.release + " " + name.machine : "unknown", "uname"};
}

std::string first_line(const char* path) {
    text_file file(path);
    std::string_view line;
    return file.next_line(line) ? std::string(line) : std::string();
}

finding number_in(const char* what, const char* path, const char* meaning) {
    const std::string line = first_line(path);
    return {what, !line.empty(), line.empty() ? "not readable" : line + " " + meaning, path};
}

finding cpus() {
    const unsigned quota = cgroup_cpus();
    std::string detail = std::to_string(usable_cpus()) + " usable; cgroup quota: ";
    detail += quota == 0 ? "none" : std::to_string(quota) + (quota == 1 ? " CPU" : " CPUs") + " (rounded up)";
    return {"CPUs", true, detail, "sched_getaffinity; cpu.max and cpu.cfs_quota_us of our cgroups"};
}

finding cgroup_quota() {
    const unsigned quota = cgroup_cpus();
    return {"cgroup CPU quota", quota != 0, quota == 0 ? "none: the affinity mask alone counts" : std::to_string(quota) + " CPUs, rounded up",
            "cpu.max (v2) and cpu.cfs_quota_us (v1) of our cgroup and those above it"};
}

finding tasks_limit() {
    const std::uint64_t limit = cgroup_tasks();
    return {"pids.max", limit != 0, limit == 0 ? "no limit" : std::to_string(limit) + " threads in our cgroup",
            "pids.max of our cgroup and those above it"};
}

finding resource(const char* what, int which, const char* unit) {
    rlimit limit{};
    if (system_call(SYS_prlimit64, 0, which, nullptr, &limit) != 0) {
        return {what, false, "not readable", "prlimit64"};
    }
    const bool bounded = limit.rlim_cur != RLIM_INFINITY;
    return {what, bounded, bounded ? std::to_string(limit.rlim_cur) + " " + unit : "no limit", "prlimit64"};
}

} // namespace

std::vector<finding> examine_machine() {
    std::vector<finding> all;
    all.push_back(kernel_version());
    all.push_back(judge("clone3", system_call(SYS_clone3, nullptr, 0), "clone3 with size 0 answers EINVAL", "clone is used"));
    all.push_back(judge("rseq", system_call(SYS_rseq, nullptr, 0, 1 << 30, 0), "rseq with unknown flags answers EINVAL",
                        "the rseq area of our threads says \"no CPU number\""));
    const bool guards = has_guard_advice();
    all.push_back({"MADV_GUARD_INSTALL", guards,
                   guards ? "guard pages cost no mapping" : "mprotect makes guard pages, two mappings each, up to vm.max_map_count",
                   "a guard installed on a scratch page, and EFAULT for a read of it"});
    all.push_back({"FSGSBASE", has_user_fsbase(),
                   has_user_fsbase() ? "user code may change its TLS base" : "arch_prctl changes the TLS base, a system call each",
                   "getauxval(AT_HWCAP2)"});
    all.push_back(judge("futex_waitv", system_call(number_futex_waitv, nullptr, 0, 0, nullptr, 0), "futex_waitv of no futex answers EINVAL",
                        "futex is used"));
    all.push_back(judge("futex2", system_call(number_futex_wake, nullptr, 0, 0, 0), "futex_wake of an impossible size answers EINVAL",
                        "futex is used"));
    all.push_back(judge("io_uring", system_call(SYS_io_uring_setup, 1, nullptr), "io_uring_setup without parameters answers EFAULT",
                        "epoll is used"));
    all.push_back(judge("pidfd", system_call(SYS_pidfd_open, 0, 0), "pidfd_open of process 0 answers EINVAL", "waiting is by wait4"));
    all.push_back(judge("close_range", system_call(SYS_close_range, 1, 0, 0), "close_range of an empty range answers EINVAL",
                        "descriptors are closed one by one"));
    all.push_back(cpus());
    all.push_back(cgroup_quota());
    all.push_back(number_in("vm.max_map_count", "/proc/sys/vm/max_map_count", "mappings a process"));
    all.push_back(number_in("kernel.threads-max", "/proc/sys/kernel/threads-max", "threads on the machine"));
    all.push_back(tasks_limit());
    all.push_back(resource("RLIMIT_NPROC", RLIMIT_NPROC, "threads of this user"));
    all.push_back(resource("RLIMIT_AS", RLIMIT_AS, "bytes of address space"));
    all.push_back(number_in("transparent huge pages", "/sys/kernel/mm/transparent_hugepage/enabled", "(task stacks opt out)"));
    all.push_back(number_in("vm.overcommit_memory", "/proc/sys/vm/overcommit_memory", "(2: stacks count against the commit limit)"));
    return all;
}

} // namespace weft::kernel
