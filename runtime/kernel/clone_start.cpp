// SPDX-License-Identifier: MIT
// clone_builder's start: the rules, then clone3, then clone.
//
// EPERM has two meanings: the kernel's "you may not", and a seccomp profile's "I do not know clone3". clone3(null, 0) tells them
// apart: a kernel that is reached answers EINVAL. Only the second, and ENOSYS, leads to clone; nothing is remembered, because a
// filter may come and a typed clone is not the hot path (clone_thread.cpp is).
#include "kernel/clone_stubs.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/syscall.hpp"
#include "kernel/thread_pointer.hpp"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <linux/sched.h>
#include <sys/stat.h>
#include <weft/clone.hpp>

namespace weft {

namespace {

std::uint64_t as_word(const void* p) noexcept {
    return reinterpret_cast<std::uintptr_t>(p);
}

int exit_signal_of(const clone_plan& p) noexcept {
    return p.exit_signal.value_or(p.flags.has_any(clone_flag::thread | clone_flag::parent) ? 0 : SIGCHLD);
}

clone_request request_of(const clone_plan& p, clone_call call) noexcept {
    clone_request r;
    r.flags = p.flags;
    r.call = call;
    r.exit_signal = exit_signal_of(p);
    r.stack = as_word(p.stack);
    r.stack_size = p.stack_size;
    r.stack_needed = true;
    r.set_tid = p.set_tid_given;
    r.set_tid_size = p.set_tid.size();
    r.cgroup = p.cgroup;
    r.pidfd = 1; // the holder keeps it, in a place of its own
    r.parent_tid = as_word(p.parent_tid);
    r.caller_is_init = p.flags.has(clone_flag::parent) && kernel::system_call(SYS_getpid) == 1;
    return r;
}

clone_refusal refusal(clone_call call, clone_flags flags, int error, const clone_rule* rule) {
    return {error, rule, explain_refusal(call, flags, error, rule)};
}

/// Which calls may be used. For `any`, clone3 is meant unless it alone has an objection.
struct choice {
    const clone_rule* clone3 = nullptr; // the rule in the way, null: none
    const clone_rule* clone = nullptr;
    bool may_clone3 = false;
    bool may_clone = false;

    explicit choice(const clone_plan& p) noexcept {
        if (p.call != clone_call::clone) {
            clone3 = broken_clone_rule(request_of(p, clone_call::clone3));
            may_clone3 = clone3 == nullptr;
        }
        if (p.call != clone_call::clone3) {
            clone = broken_clone_rule(request_of(p, clone_call::clone));
            may_clone = clone == nullptr;
        }
    }

    /// Both refuse: what to say. Rather the rule that is about the combination than "clone cannot be asked for this".
    clone_refusal why(const clone_plan& p) const {
        const bool say_clone = clone && (!clone3 || clone->who == clone_rule::judge::kernel);
        return refusal(say_clone ? clone_call::clone : clone_call::clone3, p.flags, (say_clone ? clone : clone3)->error,
                       say_clone ? clone : clone3);
    }
};

struct start_record {
    int (*fn)(void*);
    void* arg;
    bool copied; // the child has a copy of our memory
};

/// libc's descriptor of this thread is the parent's in a copied child: it gets its own tid, and the kernel its robust list again,
/// as fork(2)'s child does.
void adopt_copied_thread() noexcept {
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
    const kernel::glibc_facts& facts = kernel::glibc();
    if (facts.refused[0] != '\0') {
        return;
    }
    char* self = kernel::thread_pointer();
    if (facts.tid != 0) {
        const auto tid = static_cast<pid_t>(kernel::system_call(SYS_gettid));
        std::memcpy(self + facts.tid, &tid, sizeof tid);
    }
    if (facts.robust_head != 0) {
        (void)kernel::system_call(SYS_set_robust_list, self + facts.robust_head, std::size_t{24});
    }
#endif
}

int begin_copied_child(void* record) noexcept {
    const start_record start = *static_cast<start_record*>(record);
    adopt_copied_thread();
    return start.fn(start.arg);
}

long ask_clone3(const clone_plan& p, int* pidfd, int (*fn)(void*), void* arg) noexcept {
    ::clone_args a{};
    a.flags = p.flags.bits();
    a.pidfd = as_word(pidfd);
    a.child_tid = as_word(p.child_tid);
    a.parent_tid = as_word(p.parent_tid);
    a.exit_signal = static_cast<unsigned>(exit_signal_of(p));
    a.stack = as_word(p.stack);
    a.stack_size = p.stack_size;
    a.tls = as_word(p.tls);
    a.set_tid = as_word(p.set_tid.data());
    a.set_tid_size = p.set_tid.size();
    a.cgroup = p.cgroup < 0 ? 0u : static_cast<unsigned>(p.cgroup);
    // The oldest size that says it all, so that every kernel that knows what is asked takes it.
    std::size_t size = CLONE_ARGS_SIZE_VER0;
    if (p.set_tid_given) {
        size = CLONE_ARGS_SIZE_VER1;
    }
    if (p.flags.has(clone_flag::into_cgroup)) {
        size = CLONE_ARGS_SIZE_VER2;
    }
    return weft_clone3_call(&a, size, fn, arg);
}

long ask_clone(const clone_plan& p, int* pidfd, int (*fn)(void*), void* arg) noexcept {
    void* top = p.stack ? static_cast<char*>(p.stack) + p.stack_size : nullptr;
    void* word = p.flags.has(clone_flag::pidfd) ? static_cast<void*>(pidfd) : p.parent_tid;
    return weft_clone_call(p.flags.bits() | static_cast<unsigned>(exit_signal_of(p)), top, word, p.child_tid, as_word(p.tls), fn,
                           arg);
}

/// False when a filter or an old kernel answers for it.
bool clone3_is_there() noexcept {
    return weft_clone3_call(nullptr, 0, nullptr, nullptr) == -EINVAL;
}

} // namespace

namespace abi {

clone_refusal judge_clone(const clone_plan& plan) {
    const choice c(plan);
    return c.may_clone3 || c.may_clone ? clone_refusal{} : c.why(plan);
}

clone_outcome start_clone(const clone_plan& plan, int (*fn)(void*), void* arg) {
    if (!fn) {
        return clone_refusal{EINVAL, nullptr, "clone: there is no function for the child to run"};
    }
    const choice c(plan);
    if (!c.may_clone3 && !c.may_clone) {
        return c.why(plan);
    }
    start_record record{fn, arg, !plan.flags.has(clone_flag::vm)};
    int (*begin)(void*) = fn;
    void* with = arg;
    if (record.copied && !plan.flags.has(clone_flag::settls)) {
        begin = begin_copied_child;
        with = &record; // the copy of this frame stays, the child never returns through it
#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
        (void)kernel::glibc(); // found out here, not in the child
#endif
    }
    int pidfd = -1;
    long answer = -ENOSYS;
    clone_call call = clone_call::clone3;
    if (c.may_clone3) {
        answer = ask_clone3(plan, &pidfd, begin, with);
        if ((answer == -ENOSYS || answer == -EPERM) && !clone3_is_there()) {
            if (!c.may_clone && plan.call == clone_call::any) {
                const clone_flags only = plan.flags & c.clone->flags;
                std::string what = only.empty() ? std::string(c.clone->name) : to_string(only);
                return clone_refusal{static_cast<int>(-answer), nullptr,
                                     "clone3 answered " + std::string(answer == -ENOSYS ? "ENOSYS" : "EPERM") +
                                         " (an old kernel or a seccomp filter), and clone cannot do it in its place: " + what +
                                         ": " + c.clone->sentence};
            }
            call = c.may_clone ? clone_call::clone : clone_call::clone3;
        }
    } else {
        call = clone_call::clone;
    }
    if (call == clone_call::clone) {
        answer = ask_clone(plan, &pidfd, begin, with);
    }
    if (answer < 0) {
        return refusal(call, plan.flags, static_cast<int>(-answer), nullptr);
    }
    return clone_child(static_cast<pid_t>(answer), pidfd, call, plan.flags);
}

} // namespace abi

pid_t clone2(int (*fn)(void*), void* stack_base, std::size_t stack_size, unsigned long flag_word, void* arg, pid_t* parent_tid,
             void* tls, pid_t* child_tid) {
    clone_builder b;
    b.flag_word(flag_word).stack(stack_base, stack_size).child_tid(child_tid);
    clone_plan plan = b.plan();
    plan.tls = tls;
    plan.parent_tid = parent_tid;
    clone_child child = abi::start_clone(plan, fn, arg).get();
    if (const int fd = child.release_pidfd(); fd != -1 && parent_tid) {
        *parent_tid = fd; // where clone itself puts it
    }
    return child.pid();
}

clone_refusal try_unshare(clone_flags flags) {
    clone_request r;
    r.flags = flags;
    r.call = clone_call::unshare;
    struct stat tasks {};
    // One link for each thread, beside "." and "..".
    r.caller_has_threads = ::stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3;
    if (const clone_rule* rule = broken_clone_rule(r)) {
        return refusal(clone_call::unshare, flags, rule->error, rule);
    }
    if (const long answer = kernel::system_call(SYS_unshare, flags.bits()); answer != 0) {
        return refusal(clone_call::unshare, flags, static_cast<int>(-answer), nullptr);
    }
    return {};
}

void unshare(clone_flags flags) {
    if (clone_refusal why = try_unshare(flags); why.error != 0) {
        throw clone_error(why);
    }
}

} // namespace weft
