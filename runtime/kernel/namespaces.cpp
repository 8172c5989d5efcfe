// SPDX-License-Identifier: MIT
#include "kernel/namespaces.hpp"
#include "kernel/syscall.hpp"
#include <cerrno>
#include <linux/sched.h>

namespace weft::kernel {

namespace {

struct kind_name {
    std::uint64_t kind;
    const char* name;
};
// In the order in which they are made: a new mount namespace comes last but pid and time, which do not concern the thread itself.
constexpr kind_name kinds[] = {
    {CLONE_NEWUSER, "user"}, {CLONE_NEWUTS, "uts"}, {CLONE_NEWIPC, "ipc"}, {CLONE_NEWNET, "net"},
    {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"}, {CLONE_NEWTIME, "time"},
};

} // namespace

namespace_refusal enter_namespaces(std::span<const descriptor_move> joined, std::uint64_t fresh) noexcept {
    if (const long answer = system_call(SYS_unshare, CLONE_FS); answer < 0) {
        return {static_cast<int>(-answer), 0, false};
    }
    for (const descriptor_move& m : joined) {
        if (const long answer = system_call(SYS_setns, m.source, m.target); answer < 0) {
            return {static_cast<int>(-answer), static_cast<std::uint64_t>(m.target), true};
        }
    }
    for (const kind_name& k : kinds) {
        if ((fresh & k.kind) != 0) {
            if (const long answer = system_call(SYS_unshare, k.kind); answer < 0) {
                return {static_cast<int>(-answer), k.kind, false};
            }
        }
    }
    return {};
}

std::string name_namespaces(std::uint64_t which) {
    std::string names;
    for (const kind_name& k : kinds) {
        if ((which & k.kind) != 0) {
            names += names.empty() ? "" : ", ";
            names += k.name;
        }
    }
    return names.empty() ? "none" : names;
}

const char* explain_namespace_refusal(const namespace_refusal& why) noexcept {
    switch (why.error) {
    case EPERM:
        return "CAP_SYS_ADMIN is needed (in a new user namespace everybody has it), and a chroot or a filter may forbid it";
    case EINVAL:
        if ((why.kind & CLONE_NEWUSER) != 0) {
            return "a user namespace is a whole process's, no thread of several may change it: spawn a weft::process with it";
        }
        return why.joining ? "not a namespace of that kind, or one that a thread of several may not join (user)"
                           : "this kernel has no namespaces of that kind";
    case ENOSPC:
    case EUSERS:
        return "too many, or too deeply nested (see /proc/sys/user/max_*_namespaces); a time namespace is joined by single-threaded processes "
               "alone";
    case ENOMEM:
        return "no memory";
    case EBADF:
        return "the descriptor is not open";
    case ESRCH:
        return "the process has ended";
    default:
        return "the kernel refuses";
    }
}

} // namespace weft::kernel
