// SPDX-License-Identifier: MIT
// What clone(2), clone3(2) and unshare(2) refuse, as a table.
//
// weft asks the table before it asks the kernel, so that a refusal comes with the rule that was broken instead of a bare EINVAL.
// All of it is constexpr: a fixed combination can be checked when it is compiled,
//     static_assert(!weft::broken_clone_rule({.flags = weft::thread_flags}));
// tests/clone/walk_test.cpp asks the kernel about every pair and triple of flags and finds the same verdicts.
//
// A rule has a judge. `kernel`: the kernel answers with the rule's errno. `weft`: the kernel takes it and does something else
// than was asked (clone ignores bits above 31, takes CLONE_NEWTIME for a signal) or starts a child that cannot live; the typed
// door refuses that too, the raw one (raw.hpp) lets it pass. Not in the table, because they depend on who asks and when:
// privileges (EPERM), limits (EAGAIN, ENOSPC), descriptors (EBADF); the error's text explains those after the fact.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <weft/clone_flags.hpp>

namespace weft {

enum class clone_call : std::uint8_t {
    any, // clone3, else clone where nothing asked for needs clone3
    clone3,
    clone,
    unshare, // for the rules alone
};

/// What a rule looks at: the request itself, and the few facts about the caller and the kernel that decide.
struct clone_request {
    clone_flags flags{};
    clone_call call = clone_call::clone3; // never `any` when a rule is asked
    std::int64_t exit_signal = 0;
    std::uint64_t stack = 0; // lowest address
    std::uint64_t stack_size = 0;
    bool stack_needed = false; // the typed door runs a function in the child and would not survive a shared stack
    bool set_tid = false;      // an array of tids is given
    std::size_t set_tid_size = 0;
    std::int64_t cgroup = 0;
    std::uint64_t pidfd = 0;      // where clone3 stores the descriptor
    std::uint64_t parent_tid = 0; // where the tid goes
    unsigned kernel = 0x7fffffff; // version as 0xMMmm: 6.9 is 0x0609; newest when not known
    bool caller_is_init = false;  // pid 1 of its pid namespace
    bool caller_has_threads = false;
    bool caller_pid_namespace_pending = false; // children will be in another pid namespace than the caller
};

struct clone_rule {
    enum class judge : std::uint8_t { kernel, weft };
    using test = bool (*)(const clone_request&);

    const char* name;     // short, stable: "sighand needs vm"
    const char* sentence; // why
    int error;            // the errno
    judge who;
    std::uint8_t calls; // bit per clone_call
    clone_flags flags;  // those that the rule is about; empty: about the other arguments
    test broken;
    const char* source; // where the kernel decides it
};

namespace clone_rule_calls {
constexpr std::uint8_t bit(clone_call c) noexcept {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(c));
}
inline constexpr std::uint8_t only_clone = bit(clone_call::clone);
inline constexpr std::uint8_t only_clone3 = bit(clone_call::clone3);
inline constexpr std::uint8_t only_unshare = bit(clone_call::unshare);
inline constexpr std::uint8_t both = only_clone | only_clone3;
} // namespace clone_rule_calls

inline constexpr std::uint64_t smallest_clone_stack = 2048; // below it not even a signal frame fits
inline constexpr int clone_einval = 22;                     // EINVAL
inline constexpr std::size_t largest_set_tid = 32;          // the kernel's MAX_PID_NS_LEVEL

inline constexpr auto clone_rules = [] {
    using f = clone_flag;
    using r = clone_request;
    using enum clone_rule::judge;
    using namespace clone_rule_calls;
    constexpr int einval = clone_einval;
    return std::to_array<clone_rule>({
        // ---- bits -----------------------------------------------------------------------------------------------------------
        {"unknown flag",
         "a bit that no kernel of today gives a meaning",
         einval,
         kernel,
         only_clone3,
         {},
         [](const r& q) { return !q.flags.without(known_clone_flags).empty(); },
         "kernel/fork.c, clone3_args_valid"},
        {"unknown flag to clone",
         "clone would ignore bits above 31 in silence, and take those of the low byte for the exit signal",
         einval,
         weft,
         only_clone,
         {},
         [](const r& q) { return !q.flags.without(known_clone_flags).empty(); },
         "kernel/fork.c, SYSCALL_DEFINE5(clone)"},
        {"only clone3", "clone has no room for this flag: it ignores bits above 31 and reads CLONE_NEWTIME as a signal number",
         einval, weft, only_clone, clone3_only_flags, [](const r& q) { return q.flags.has_any(clone3_only_flags); },
         "kernel/fork.c, SYSCALL_DEFINE5(clone)"},
        {"detached is gone", "clone3 keeps the bit of CLONE_DETACHED free; clone still ignores it", einval, kernel, only_clone3,
         f::detached, [](const r& q) { return q.flags.has(f::detached); }, "kernel/fork.c, clone3_args_valid"},
        // ---- sharing --------------------------------------------------------------------------------------------------------
        {"thread needs sighand", "a thread group has one table of signal handlers", einval, kernel, both, f::thread | f::sighand,
         [](const r& q) { return q.flags.has(f::thread) && !q.flags.has(f::sighand); }, "kernel/fork.c, copy_process"},
        {"sighand needs vm", "a shared handler is an address, which means nothing in another memory", einval, kernel, both,
         f::sighand | f::vm, [](const r& q) { return q.flags.has(f::sighand) && !q.flags.has(f::vm); },
         "kernel/fork.c, copy_process"},
        {"clear_sighand against sighand", "handlers cannot be both shared and reset", einval, kernel, only_clone3,
         f::clear_sighand | f::sighand, [](const r& q) { return q.flags.has_all(f::clear_sighand | f::sighand); },
         "kernel/fork.c, clone3_args_valid"},
        // ---- namespaces -----------------------------------------------------------------------------------------------------
        {"fs against newns", "a root and a working directory shared with somebody else cannot move to other mounts", einval,
         kernel, both, f::fs | f::newns, [](const r& q) { return q.flags.has_all(f::fs | f::newns); },
         "kernel/fork.c, copy_process"},
        {"fs against newuser", "a process of another user namespace could chroot its parent", einval, kernel, both,
         f::fs | f::newuser, [](const r& q) { return q.flags.has_all(f::fs | f::newuser); }, "kernel/fork.c, copy_process"},
        {"thread against newuser", "one thread group has one user namespace", einval, kernel, both, f::thread | f::newuser,
         [](const r& q) { return q.flags.has_all(f::thread | f::newuser); }, "kernel/fork.c, copy_process"},
        {"thread against newpid", "one thread group has one pid namespace", einval, kernel, both, f::thread | f::newpid,
         [](const r& q) { return q.flags.has_all(f::thread | f::newpid); }, "kernel/fork.c, copy_process"},
        {"sysvsem against newipc", "an undo list belongs to the semaphores of one ipc namespace", einval, kernel, both,
         f::sysvsem | f::newipc, [](const r& q) { return q.flags.has_all(f::sysvsem | f::newipc); },
         "kernel/nsproxy.c, copy_namespaces"},
        {"pending pid namespace",
         "after unshare(CLONE_NEWPID) or setns the next child is in another pid namespace, so it can be no thread and open no "
         "further one",
         einval, kernel, both, f::thread | f::newpid,
         [](const r& q) { return q.caller_pid_namespace_pending && q.flags.has_any(f::thread | f::newpid); },
         "kernel/fork.c, copy_process; kernel/pid_namespace.c, copy_pid_ns"},
        // ---- kinship --------------------------------------------------------------------------------------------------------
        {"parent by init", "a sibling of init would have nobody to wait for it", einval, kernel, both, f::parent,
         [](const r& q) { return q.caller_is_init && q.flags.has(f::parent); }, "kernel/fork.c, copy_process"},
        {"exit signal of a thread", "a thread ends without a signal: with CLONE_THREAD the exit signal is 0", einval, kernel,
         only_clone3, f::thread, [](const r& q) { return q.flags.has(f::thread) && q.exit_signal != 0; },
         "kernel/fork.c, clone3_args_valid"},
        {"exit signal of a sibling", "with CLONE_PARENT the child takes over the caller's exit signal: it is 0 here", einval,
         kernel, only_clone3, f::parent, [](const r& q) { return q.flags.has(f::parent) && q.exit_signal != 0; },
         "kernel/fork.c, clone3_args_valid"},
        {"exit signal of a thread, to clone", "a thread ends without a signal: clone would drop the exit signal in silence",
         einval, weft, only_clone, f::thread, [](const r& q) { return q.flags.has(f::thread) && q.exit_signal != 0; },
         "kernel/fork.c, copy_process"},
        {"exit signal of a sibling, to clone",
         "with CLONE_PARENT the child takes over the caller's exit signal: clone would drop this one in silence", einval, weft,
         only_clone, f::parent, [](const r& q) { return q.flags.has(f::parent) && q.exit_signal != 0; },
         "kernel/fork.c, copy_process"},
        {"exit signal",
         "there is no such signal: 0 (none) to 64",
         einval,
         kernel,
         only_clone3,
         {},
         [](const r& q) { return q.exit_signal < 0 || q.exit_signal > 64; },
         "kernel/fork.c, copy_clone_args_from_user"},
        {"exit signal to clone",
         "there is no such signal: clone would take a low byte and tell nobody",
         einval,
         weft,
         only_clone,
         {},
         [](const r& q) { return q.exit_signal < 0 || q.exit_signal > 64; },
         "kernel/signal.c, do_notify_parent"},
        // ---- what the parent gets -------------------------------------------------------------------------------------------
        {"pidfd against detached", "the bit of CLONE_DETACHED is kept for a meaning beside CLONE_PIDFD", einval, kernel, both,
         f::pidfd | f::detached, [](const r& q) { return q.flags.has_all(f::pidfd | f::detached); },
         "kernel/fork.c, copy_process"},
        {"pidfd of a thread", "before Linux 6.9 a pidfd could not name a thread", einval, kernel, both, f::pidfd | f::thread,
         [](const r& q) { return q.kernel < 0x0609 && q.flags.has_all(f::pidfd | f::thread); },
         "kernel/fork.c, copy_process (until 6.8)"},
        {"pidfd against parent_settid", "clone returns the pidfd where it would put the tid; clone3 has a place for each", einval,
         kernel, only_clone, f::pidfd | f::parent_settid, [](const r& q) { return q.flags.has_all(f::pidfd | f::parent_settid); },
         "kernel/fork.c, kernel_clone"},
        {"pidfd and tid in one place", "the pidfd and the parent's tid word must not be the same", einval, kernel, only_clone3,
         f::pidfd | f::parent_settid,
         [](const r& q) { return q.flags.has_all(f::pidfd | f::parent_settid) && q.pidfd == q.parent_tid; },
         "kernel/fork.c, kernel_clone"},
        // ---- stack ----------------------------------------------------------------------------------------------------------
        {"stack without size",
         "clone3 wants the lowest address and the size: both or neither",
         einval,
         kernel,
         only_clone3,
         {},
         [](const r& q) { return (q.stack == 0) != (q.stack_size == 0); },
         "kernel/fork.c, clone3_stack_valid"},
        {"stack without size, to clone",
         "a stack is its lowest address and its size: both or neither",
         einval,
         weft,
         only_clone,
         {},
         [](const r& q) { return (q.stack == 0) != (q.stack_size == 0); },
         "clone takes the top alone"},
        {"no stack", "with CLONE_VM the child would run on its parent's stack, and each would destroy the other's frames", einval,
         weft, both, f::vm, [](const r& q) { return q.stack_needed && q.stack == 0 && q.stack_size == 0 && q.flags.has(f::vm); },
         "clone(2), CLONE_VM"},
        {"stack too small",
         "a stack below 2048 bytes does not hold a signal frame and one call",
         einval,
         weft,
         both,
         {},
         [](const r& q) { return q.stack_needed && q.stack_size != 0 && q.stack_size < smallest_clone_stack; },
         "signal(7), MINSIGSTKSZ"},
        {"stack misaligned",
         "the top of a stack (lowest address + size) must be a multiple of 16",
         einval,
         weft,
         both,
         {},
         [](const r& q) { return q.stack_needed && q.stack != 0 && (q.stack + q.stack_size) % 16 != 0; },
         "the psABI of x86-64 and aarch64"},
        // ---- clone3's own arguments -----------------------------------------------------------------------------------------
        {"set_tid size",
         "an array of tids has 1 to 32 of them, one for each pid namespace from the innermost out",
         einval,
         kernel,
         only_clone3,
         {},
         [](const r& q) { return q.set_tid != (q.set_tid_size != 0) || q.set_tid_size > largest_set_tid; },
         "kernel/fork.c, copy_clone_args_from_user"},
        {"set_tid to clone",
         "only clone3 can be asked for certain tids",
         einval,
         weft,
         only_clone,
         {},
         [](const r& q) { return q.set_tid || q.set_tid_size != 0; },
         "clone(2), set_tid"},
        {"cgroup descriptor", "CLONE_INTO_CGROUP wants the descriptor of a cgroup v2 directory", einval, kernel, only_clone3,
         f::into_cgroup, [](const r& q) { return q.flags.has(f::into_cgroup) && (q.cgroup < 0 || q.cgroup > 0x7fffffff); },
         "kernel/fork.c, copy_clone_args_from_user"},
        // ---- unshare --------------------------------------------------------------------------------------------------------
        {"unshare what it can",
         "unshare knows VM, FS, FILES, SIGHAND, THREAD, SYSVSEM and the namespaces",
         einval,
         kernel,
         only_unshare,
         {},
         [](const r& q) {
             return !q.flags.without(namespace_flags | f::vm | f::fs | f::files | f::sighand | f::thread | f::sysvsem).empty();
         },
         "kernel/fork.c, check_unshare_flags"},
        {"unshare alone", "memory, handlers, the thread group and the user namespace can be left only by a process of one thread",
         einval, kernel, only_unshare, f::vm | f::sighand | f::thread | f::newuser,
         [](const r& q) { return q.caller_has_threads && q.flags.has_any(f::vm | f::sighand | f::thread | f::newuser); },
         "kernel/fork.c, check_unshare_flags"},
        {"unshare newpid once", "the children's pid namespace can be chosen once", einval, kernel, only_unshare, f::newpid,
         [](const r& q) { return q.caller_pid_namespace_pending && q.flags.has(f::newpid); },
         "kernel/pid_namespace.c, copy_pid_ns"},
    });
}();

/// The first rule that the request breaks, null when it breaks none. With `kernel_only`, what the kernel itself would refuse.
[[nodiscard]] constexpr const clone_rule* broken_clone_rule(const clone_request& request, bool kernel_only = false) noexcept {
    for (const clone_rule& rule : clone_rules) {
        if ((rule.calls & clone_rule_calls::bit(request.call)) != 0 && (!kernel_only || rule.who == clone_rule::judge::kernel) &&
            rule.broken(request)) {
            return &rule;
        }
    }
    return nullptr;
}

} // namespace weft
