// SPDX-License-Identifier: MIT
// The flags' values held against the kernel's header, and their text.
#include <cerrno>
#include <cstdio>
#include <linux/sched.h>
#include <weft/clone_flags.hpp>
#include <weft/clone_rules.hpp>

namespace weft {

namespace {
consteval bool is(clone_flag flag, unsigned long long value) {
    return static_cast<std::uint64_t>(flag) == value;
}
} // namespace

static_assert(is(clone_flag::vm, CLONE_VM) && is(clone_flag::fs, CLONE_FS) && is(clone_flag::files, CLONE_FILES));
static_assert(is(clone_flag::sighand, CLONE_SIGHAND) && is(clone_flag::thread, CLONE_THREAD) &&
              is(clone_flag::parent, CLONE_PARENT));
static_assert(is(clone_flag::ptrace, CLONE_PTRACE) && is(clone_flag::untraced, CLONE_UNTRACED) &&
              is(clone_flag::vfork, CLONE_VFORK));
static_assert(is(clone_flag::settls, CLONE_SETTLS) && is(clone_flag::parent_settid, CLONE_PARENT_SETTID));
static_assert(is(clone_flag::child_settid, CLONE_CHILD_SETTID) && is(clone_flag::child_cleartid, CLONE_CHILD_CLEARTID));
static_assert(is(clone_flag::sysvsem, CLONE_SYSVSEM) && is(clone_flag::io, CLONE_IO) && is(clone_flag::detached, CLONE_DETACHED));
static_assert(is(clone_flag::newns, CLONE_NEWNS) && is(clone_flag::newuts, CLONE_NEWUTS) && is(clone_flag::newipc, CLONE_NEWIPC));
static_assert(is(clone_flag::newuser, CLONE_NEWUSER) && is(clone_flag::newpid, CLONE_NEWPID) &&
              is(clone_flag::newnet, CLONE_NEWNET));
#ifdef CLONE_PIDFD
static_assert(is(clone_flag::pidfd, CLONE_PIDFD));
#endif
#ifdef CLONE_NEWCGROUP
static_assert(is(clone_flag::newcgroup, CLONE_NEWCGROUP));
#endif
#ifdef CLONE_NEWTIME
static_assert(is(clone_flag::newtime, CLONE_NEWTIME));
#endif
#ifdef CLONE_CLEAR_SIGHAND
static_assert(is(clone_flag::clear_sighand, CLONE_CLEAR_SIGHAND));
#endif
#ifdef CLONE_INTO_CGROUP
static_assert(is(clone_flag::into_cgroup, CLONE_INTO_CGROUP));
#endif
static_assert(clone_einval == EINVAL);

std::string to_string(clone_flags flags) {
    std::string text;
    const auto add = [&text](std::string_view one) {
        text += text.empty() ? "" : "|";
        text += one;
    };
    for (const clone_flag_name& f : all_clone_flags) {
        if (flags.has(f.flag)) {
            add(f.name);
        }
    }
    if (const clone_flags rest = flags.without(known_clone_flags); !rest.empty()) {
        char number[32];
        std::snprintf(number, sizeof number, "%#llx", static_cast<unsigned long long>(rest.bits()));
        add(number);
    }
    return text.empty() ? "no flags" : text;
}

} // namespace weft
