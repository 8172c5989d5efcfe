// SPDX-License-Identifier: MIT
// clone_builder: clone(2), clone3(2) and a vfork-like spawn with one face and typed flags.
//
//   weft::clone_stack stack(256 * 1024);
//   weft::clone_child child = weft::clone_builder{}
//                                 .flags(weft::clone_flag::vm | weft::clone_flag::files)
//                                 .stack(stack.span())
//                                 .start([] { return 7; });
//   child.wait().value(); // 7
//
// The rules of clone_rules.hpp are asked first: what the kernel would refuse, or would take for something else, comes back as
// clone_error with the rule's name. clone3 is used where it answers, else clone (ENOSYS: Linux < 5.3; EPERM: an old seccomp
// profile), else the error names what only clone3 can do.
//
// The child runs the function and ends (exit(2)): exit handlers, destructors of the parent's objects and stdio's buffers are left
// alone. Who it may call, by what it shares:
//   - no CLONE_VM: a copy of the calling thread alone, as after fork(2), but without libc's fork handlers. Other threads' locks
//   stay taken in the copy,
//     so in a process that has any (weft's workers count) only what is safe in a signal handler is safe: raw calls, execve. With
//     one thread, ordinary code. libc's idea of the thread's id is brought up to date. weft's own objects do not survive: the
//     runtime's workers are not there. weft::process is the safe way to run programs.
//   - CLONE_VM: its creator's errno, malloc cache and thread_locals too, at the same time (CLONE_SETTLS alone does not make them:
//   weft::kernel_thread
//     does). Safe: what touches none of them. CLONE_VFORK stops the creator meanwhile.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <system_error>
#include <type_traits>
#include <utility>
#include <weft/clone_flags.hpp>
#include <weft/clone_rules.hpp>

namespace weft {

/// Why there is no child.
struct clone_refusal {
    int error = 0;                    // errno
    const clone_rule* rule = nullptr; // the rule that was broken; null: the kernel was asked and refused
    std::string sentence = {};        // the call, the flags, the reason

    [[nodiscard]] std::error_code code() const noexcept { return {error, std::generic_category()}; }
};

class clone_error : public std::system_error {
  public:
    explicit clone_error(const clone_refusal& why) : std::system_error(why.code(), why.sentence), rule_(why.rule) {}
    [[nodiscard]] const clone_rule* rule() const noexcept { return rule_; } // null: the kernel itself refused

  private:
    const clone_rule* rule_;
};

/// How a child ended.
class child_end {
  public:
    constexpr child_end() noexcept = default;
    constexpr explicit child_end(int wait_status) noexcept : status_(wait_status) {}
    [[nodiscard]] constexpr bool exited() const noexcept { return (status_ & 0x7f) == 0; }
    [[nodiscard]] constexpr int value() const noexcept { return exited() ? status_ >> 8 & 0xff : -1; } // exit status
    [[nodiscard]] constexpr int signal() const noexcept { return status_ & 0x7f; }                     // 0: none
    [[nodiscard]] constexpr bool dumped_core() const noexcept { return (status_ & 0x80) != 0; }
    [[nodiscard]] constexpr bool success() const noexcept { return status_ == 0; }

  private:
    int status_ = 0;
};

/// A child, and its pidfd when CLONE_PIDFD was asked for (closed with this object). It is the caller's duty to wait: a child that
/// nobody waits for stays a zombie until its parent ends, whatever its exit signal.
class clone_child {
  public:
    clone_child() noexcept = default;
    clone_child(pid_t pid, int pidfd, clone_call call, clone_flags flags) noexcept
        : pid_(pid), pidfd_(pidfd), call_(call), flags_(flags) {}
    clone_child(clone_child&& other) noexcept { swap(other); }
    clone_child& operator=(clone_child&& other) noexcept {
        clone_child taken(std::move(other));
        swap(taken);
        return *this;
    }
    ~clone_child();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] int pidfd() const noexcept { return pidfd_; } // -1: none
    [[nodiscard]] int release_pidfd() noexcept { return std::exchange(pidfd_, -1); }
    [[nodiscard]] clone_call made_by() const noexcept { return call_; }

    /// Blocks the kernel thread until the child has ended and buries it. Works for every exit signal (__WALL). Throws
    /// std::system_error: invalid_argument for a CLONE_THREAD or CLONE_PARENT child (its creator is not its parent),
    /// no_child_process when it was waited for.
    child_end wait();
    /// Empty while it runs.
    [[nodiscard]] std::optional<child_end> try_wait();
    /// Through the pidfd when there is one. Throws std::system_error.
    void signal(int number) const;

    void swap(clone_child& other) noexcept {
        std::swap(pid_, other.pid_);
        std::swap(pidfd_, other.pidfd_);
        std::swap(call_, other.call_);
        std::swap(flags_, other.flags_);
    }

  private:
    std::optional<child_end> wait_with(int options);
    pid_t pid_ = -1;
    int pidfd_ = -1;
    clone_call call_ = clone_call::any;
    clone_flags flags_{};
};

/// A stack with a guard page below it. It must outlive a CLONE_VM child.
class clone_stack {
  public:
    /// At least `size` bytes, in whole pages. Throws std::system_error.
    explicit clone_stack(std::size_t size = 256 * 1024);
    ~clone_stack();
    clone_stack(clone_stack&& other) noexcept
        : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)), guard_(other.guard_) {}
    clone_stack& operator=(clone_stack&& other) noexcept {
        std::swap(base_, other.base_);
        std::swap(size_, other.size_);
        std::swap(guard_, other.guard_);
        return *this;
    }
    [[nodiscard]] std::span<std::byte> span() const noexcept { return {base_, size_}; }
    [[nodiscard]] void* top() const noexcept { return base_ + size_; }

  private:
    std::byte* base_ = nullptr;
    std::size_t size_ = 0;
    std::size_t guard_ = 0;
};

/// A child, or why there is none.
class clone_outcome {
  public:
    clone_outcome(clone_child child) noexcept : child_(std::move(child)) {}
    clone_outcome(clone_refusal why) noexcept : why_(std::move(why)) {}
    explicit operator bool() const noexcept { return why_.error == 0; }
    [[nodiscard]] clone_child& child() & noexcept { return child_; }
    [[nodiscard]] clone_child child() && noexcept { return std::move(child_); }
    [[nodiscard]] const clone_refusal& refusal() const noexcept { return why_; }
    /// The child, or throws clone_error.
    clone_child get() && {
        if (!*this) {
            throw clone_error(why_);
        }
        return std::move(child_);
    }

  private:
    clone_child child_;
    clone_refusal why_;
};

/// What clone_builder gathers.
struct clone_plan {
    clone_flags flags{};
    clone_call call = clone_call::any;
    std::optional<int> exit_signal{}; // empty: SIGCHLD, or 0 where there can be none (THREAD, PARENT)
    void* stack = nullptr;            // lowest address
    std::size_t stack_size = 0;
    void* tls = nullptr;
    pid_t* parent_tid = nullptr;
    void* child_tid = nullptr;
    std::span<const pid_t> set_tid{};
    bool set_tid_given = false;
    int cgroup = -1;
};

namespace abi {
/// Checks the rules and asks the kernel; the child calls fn(arg) and exits with its result.
[[nodiscard]] clone_outcome start_clone(const clone_plan& plan, int (*fn)(void*), void* arg);
[[nodiscard]] clone_outcome start_vfork(std::size_t stack_size, int (*fn)(void*), void* arg);
/// The rules alone; empty error: none is broken.
[[nodiscard]] clone_refusal judge_clone(const clone_plan& plan);

/// The function of a child: an exception that leaves it ends the child (std::terminate).
template <class F>
int call_in_child(void* callable) noexcept {
    auto& f = *static_cast<F*>(callable);
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        f();
        return 0;
    } else {
        return static_cast<int>(f());
    }
}
template <class F>
int call_and_destroy_in_child(void* callable) noexcept {
    const int status = call_in_child<F>(callable);
    std::destroy_at(static_cast<F*>(callable));
    return status;
}
} // namespace abi

class clone_builder {
  public:
    /// Replaces the flags.
    clone_builder& flags(clone_flags all) noexcept { return plan_.flags = all, *this; }
    /// Adds some.
    clone_builder& with(clone_flags more) noexcept { return plan_.flags |= more, *this; }
    clone_builder& without(clone_flags those) noexcept { return plan_.flags = plan_.flags.without(those), *this; }
    /// clone's own flag word, whose low byte is the exit signal.
    clone_builder& flag_word(unsigned long word) noexcept {
        plan_.exit_signal = static_cast<int>(word & 0xff);
        return flags(clone_flags(word & ~0xffUL));
    }
    /// Sent to the parent when the child ends; 0: none. Waiting works with any.
    clone_builder& exit_signal(int number) noexcept { return plan_.exit_signal = number, *this; }
    /// Where the child's stack lies; the kernel's clone wants the other end of it, which weft works out.
    clone_builder& stack(std::span<std::byte> bytes) noexcept { return stack(bytes.data(), bytes.size()); }
    /// The same in __clone2's spelling: lowest address and size.
    clone_builder& stack(void* base, std::size_t size) noexcept { return plan_.stack = base, plan_.stack_size = size, *this; }
    /// CLONE_SETTLS: the thread pointer, as this machine's libc wants it.
    clone_builder& tls(void* pointer) noexcept { return plan_.tls = pointer, with(clone_flag::settls); }
    /// CLONE_PARENT_SETTID: the child's tid (not the parent's) is in this word, in the parent's memory, before the call returns.
    clone_builder& parent_tid(pid_t* word) noexcept { return plan_.parent_tid = word, with(clone_flag::parent_settid); }
    /// CLONE_CHILD_SETTID: the child's tid is in this word, in the child's memory, before it runs.
    clone_builder& child_set_tid(pid_t* word) noexcept { return plan_.child_tid = word, with(clone_flag::child_settid); }
    /// CLONE_CHILD_CLEARTID: when the child leaves its memory the word becomes 0 and a futex waiter on it is woken.
    clone_builder& child_clear_tid(void* word) noexcept { return plan_.child_tid = word, with(clone_flag::child_cleartid); }
    /// The word for either, without a flag: for clone and clone3 it is one argument.
    clone_builder& child_tid(void* word) noexcept { return plan_.child_tid = word, *this; }
    /// CLONE_PIDFD: clone_child::pidfd().
    clone_builder& pidfd() noexcept { return with(clone_flag::pidfd); }
    /// The tids to have, one for each pid namespace from the innermost out. The array must live until start. Needs clone3 and
    /// CAP_CHECKPOINT_RESTORE.
    clone_builder& set_tid(std::span<const pid_t> tids) noexcept {
        return plan_.set_tid = tids, plan_.set_tid_given = true, *this;
    }
    /// CLONE_INTO_CGROUP: a descriptor of a cgroup v2 directory. Needs clone3.
    clone_builder& cgroup(int descriptor) noexcept { return plan_.cgroup = descriptor, with(clone_flag::into_cgroup); }
    /// One call alone, without a fallback.
    clone_builder& by(clone_call call) noexcept { return plan_.call = call, *this; }

    [[nodiscard]] const clone_plan& plan() const noexcept { return plan_; }

    /// The rule that this would break, as start() would say it; error 0: none. Asks no kernel.
    [[nodiscard]] clone_refusal check() const { return abi::judge_clone(plan_); }

    /// Starts fn(arg). Throws clone_error. Does not suspend; with CLONE_VFORK it blocks the kernel thread until the child has
    /// ended or called execve.
    clone_child start(int (*fn)(void*), void* arg) const { return try_start(fn, arg).get(); }
    [[nodiscard]] clone_outcome try_start(int (*fn)(void*), void* arg) const { return abi::start_clone(plan_, fn, arg); }

    /// Starts f(); its int (or void) is the exit status. A child with CLONE_VM gets it moved to the top of its own stack.
    template <class F>
    requires std::is_invocable_v < std::decay_t<F>
    & > clone_child start(F&& f) const { return try_start(std::forward<F>(f)).get(); }
    template <class F>
    requires std::is_invocable_v < std::decay_t<F>
    & > [[nodiscard]] clone_outcome try_start(F&& f) const {
        using callable = std::decay_t<F>;
        if (!plan_.flags.has(clone_flag::vm) || plan_.flags.has(clone_flag::vfork)) {
            // A copy of our memory, or our memory while we stand still.
            callable here(std::forward<F>(f));
            return abi::start_clone(plan_, &abi::call_in_child<callable>, std::addressof(here));
        }
        clone_plan lower = plan_;
        if (clone_refusal why = check(); why.error != 0) {
            return why;
        }
        constexpr std::size_t align = alignof(callable) > 16 ? alignof(callable) : 16;
        const auto base = reinterpret_cast<std::uintptr_t>(plan_.stack);
        const std::uintptr_t place = (base + plan_.stack_size - sizeof(callable)) & ~std::uintptr_t{align - 1};
        if (sizeof(callable) + align + smallest_clone_stack > plan_.stack_size) {
            return clone_refusal{12, nullptr, "clone: the stack does not hold the callable beside the frames"}; // ENOMEM
        }
        lower.stack_size = place - base;
        auto* there = ::new (reinterpret_cast<void*>(place)) callable(std::forward<F>(f));
        clone_outcome out = abi::start_clone(lower, &abi::call_and_destroy_in_child<callable>, there);
        if (!out) {
            std::destroy_at(there);
        }
        return out;
    }

  private:
    clone_plan plan_;
};

/// The vfork-like spawn: memory is shared and the caller stands still until the child has called execve or ended, so nothing is
/// copied and its price does not grow with the parent. The child has a stack of its own, default signal handlers (a handler of
/// ours must not run on both sides) and the caller's mask; signals are blocked meanwhile. f is to call execve or return: what it
/// writes, the caller sees. Blocks the kernel thread.
template <class F>
requires std::is_invocable_v < std::decay_t<F>
& > [[nodiscard]] clone_outcome try_vfork_spawn(F&& f, std::size_t stack_size = 64 * 1024) {
    std::decay_t<F> here(std::forward<F>(f));
    return abi::start_vfork(stack_size, &abi::call_in_child<std::decay_t<F>>, std::addressof(here));
}
template <class F>
requires std::is_invocable_v < std::decay_t<F>
& > clone_child vfork_spawn(F&& f, std::size_t stack_size = 64 * 1024) {
    return try_vfork_spawn(std::forward<F>(f), stack_size).get();
}

/// __clone2's signature behind the rules: the flag word carries the exit signal. Throws clone_error; returns the tid.
pid_t clone2(int (*fn)(void*), void* stack_base, std::size_t stack_size, unsigned long flag_word, void* arg,
             pid_t* parent_tid = nullptr, void* tls = nullptr, pid_t* child_tid = nullptr);

/// unshare(2) behind the rules, for the calling kernel thread. Not for a task: its worker would keep what it got (weft::run_in is
/// for that).
void unshare(clone_flags flags); // throws clone_error
[[nodiscard]] clone_refusal try_unshare(clone_flags flags);

/// What a refusal says: "clone3(CLONE_SIGHAND): refused by the rule 'sighand needs vm': ...".
[[nodiscard]] std::string explain_refusal(clone_call call, clone_flags flags, int error, const clone_rule* rule);

} // namespace weft
