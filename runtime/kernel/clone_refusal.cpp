// SPDX-License-Identifier: MIT
// The sentence of a refusal: the call, the flags, and the rule that was broken or what the kernel's errno means here.
#include <cerrno>
#include <cstring>
#include <string>
#include <weft/clone.hpp>

namespace weft {

namespace {

const char* name_of_call(clone_call call) noexcept {
    switch (call) {
    case clone_call::clone:
        return "clone";
    case clone_call::unshare:
        return "unshare";
    case clone_call::clone3:
    case clone_call::any:
        break;
    }
    return "clone3";
}

std::string reason_for_eperm(clone_flags flags) {
    const clone_flags wanted = (flags & namespace_flags).without(clone_flag::newuser);
    if (flags.has(clone_flag::newuser)) {
        return "this process may make no user namespace (it stands in a chroot, its ids are not mapped, or a sysctl or security "
               "module forbids it)";
    }
    if (!wanted.empty()) {
        return to_string(wanted) + " needs CAP_SYS_ADMIN, or CLONE_NEWUSER beside it";
    }
    return "a privilege is missing: a tid of one's choice needs CAP_CHECKPOINT_RESTORE; else a seccomp filter answers so";
}

std::string reason_for(int error, clone_call call, clone_flags flags) {
    switch (error) {
    case EAGAIN:
        return "a limit on processes is reached (RLIMIT_NPROC, the pids cgroup, kernel.threads-max)";
    case ENOMEM:
        return "no memory is left, or the init of the pid namespace for children has ended";
    case EPERM:
        return reason_for_eperm(flags);
    case ENOSPC:
    case EUSERS:
        return "too many namespaces: the count of /proc/sys/user or the nesting of 32 is reached";
    case EBADF:
        return "the cgroup's descriptor is none, or none of a cgroup v2 directory";
    case EACCES:
        return "this process may not move a child into that cgroup";
    case EBUSY:
        return "that cgroup has controllers for its children and takes no processes itself";
    case EOPNOTSUPP:
        return "that cgroup is threaded in a way that takes no such child";
    case ENODEV:
        return "that cgroup is being removed";
    case EEXIST:
        return "a tid of set_tid is taken";
    case E2BIG:
        return "this kernel is older than the arguments that were given";
    case EMFILE:
    case ENFILE:
        return "no descriptor is left for the pidfd";
    case EFAULT:
        return "an array or a word is not in this process's memory";
    case ENOSYS:
        return std::string("this kernel or its filter has no ") + name_of_call(call);
    case EINVAL:
        return "this kernel knows a rule that weft does not: an older version (a pidfd of a thread: 6.9; time namespaces: 5.6; "
               "into a cgroup: 5.7), a "
               "kernel built without that namespace, or a tid out of its range";
    default:
        return "the kernel gives this reason in no case that weft knows";
    }
}

} // namespace

std::string explain_refusal(clone_call call, clone_flags flags, int error, const clone_rule* rule) {
    std::string text = std::string(name_of_call(call)) + "(" + to_string(flags) + "): ";
    if (rule) {
        return text + "refused by the rule '" + rule->name + "': " + rule->sentence + " (" + rule->source + ")";
    }
    return text + reason_for(error, call, flags);
}

} // namespace weft
