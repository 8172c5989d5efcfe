// SPDX-License-Identifier: MIT
// What follows a start: the wait, the signal, the stack; and the vfork-like spawn, which needs all three at once.
#include "base/throw_errno.hpp"
#include "kernel/clone_stubs.hpp"
#include "kernel/descriptor.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/signal_mask.hpp"
#include "kernel/syscall.hpp"
#include <cerrno>
#include <csignal>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <weft/clone.hpp>

namespace weft {

clone_child::~clone_child() {
    kernel::close_descriptor(pidfd_);
}

std::optional<child_end> clone_child::wait_with(int options) {
    if (pid_ <= 0) {
        base::throw_errno(ECHILD, "clone_child: there is no child");
    }
    if (flags_.has(clone_flag::thread)) {
        base::throw_errno(EINVAL,
                    "clone_child: a CLONE_THREAD child is a thread, which nobody waits for; watch its CLONE_CHILD_CLEARTID word");
    }
    if (flags_.has(clone_flag::parent)) {
        base::throw_errno(EINVAL, "clone_child: a CLONE_PARENT child is its creator's sibling; their parent waits for it");
    }
    for (;;) {
        int status = 0;
        const long answer = kernel::system_call(SYS_wait4, pid_, &status, options | __WALL, nullptr);
        if (answer == pid_) {
            return child_end(status);
        }
        if (answer == 0) {
            return std::nullopt;
        }
        if (answer != -EINTR) {
            base::throw_errno(static_cast<int>(-answer),
                        "clone_child: wait4 for " + std::to_string(pid_) + " (waited for already, or SIGCHLD is ignored)");
        }
    }
}

child_end clone_child::wait() {
    return *wait_with(0);
}

std::optional<child_end> clone_child::try_wait() {
    return wait_with(WNOHANG);
}

void clone_child::signal(int number) const {
    const long answer = pidfd_ != -1 ? kernel::system_call(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0)
                                     : kernel::system_call(SYS_kill, pid_, number);
    if (answer != 0) {
        base::throw_errno(static_cast<int>(-answer), "clone_child: signal " + std::to_string(number) + " to " + std::to_string(pid_));
    }
}

clone_stack::clone_stack(std::size_t size) : guard_(kernel::page_size()) {
    if (size < smallest_clone_stack || size > PTRDIFF_MAX / 2) {
        base::throw_errno(EINVAL, "clone_stack: " + std::to_string(size) + " bytes is no size for a stack");
    }
    size_ = (size + guard_ - 1) / guard_ * guard_;
    // Not MAP_GROWSDOWN: such a mapping grows into whatever lies below it.
    void* all = ::mmap(nullptr, guard_ + size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (all == MAP_FAILED) {
        base::throw_errno(errno, "clone_stack: mmap of " + std::to_string(guard_ + size_) + " bytes");
    }
    base_ = static_cast<std::byte*>(all) + guard_;
    if (::mprotect(base_, size_, PROT_READ | PROT_WRITE) != 0) {
        const int error = errno;
        ::munmap(all, guard_ + size_);
        base::throw_errno(error, "clone_stack: mprotect of " + std::to_string(size_) + " bytes");
    }
}

clone_stack::~clone_stack() {
    if (base_) {
        ::munmap(base_ - guard_, guard_ + size_);
    }
}

namespace abi {

namespace {

struct vfork_record {
    int (*fn)(void*);
    void* arg;
    std::uint64_t mask;
    bool handlers_are_default; // clone3 did it (CLONE_CLEAR_SIGHAND)
};

/// The child, in the parent's memory, with every signal blocked. Its table of handlers is a copy: a handler of the parent's would
/// run on the parent's data, so none may be left when the mask opens.
int begin_vfork_child(void* record) noexcept {
    const auto& r = *static_cast<vfork_record*>(record);
    if (!r.handlers_are_default) {
        for (int s = 1; s <= 64; ++s) {
            // The kernel's sigaction: handler, flags, restorer, mask; aarch64's has no restorer, and is shorter.
            unsigned long action[4] = {};
            if (kernel::system_call(SYS_rt_sigaction, s, nullptr, action, sizeof(std::uint64_t)) == 0 && action[0] > 1) {
                const unsigned long by_default[4] = {};
                (void)kernel::system_call(SYS_rt_sigaction, s, by_default, nullptr, sizeof(std::uint64_t));
            }
        }
    }
    kernel::set_signal_mask(r.mask);
    return r.fn(r.arg);
}

} // namespace

clone_outcome start_vfork(std::size_t stack_size, int (*fn)(void*), void* arg) {
    std::optional<clone_stack> stack;
    try {
        stack.emplace(stack_size);
    } catch (const std::system_error& e) {
        return clone_refusal{e.code().value(), nullptr, e.what()};
    }
    const int kept_errno = errno; // the child shares it
    const kernel::signals_blocked blocked;
    vfork_record record{fn, arg, blocked.before(), true};
    clone_builder how;
    how.flags(clone_flag::vm | clone_flag::vfork | clone_flag::clear_sighand).stack(stack->span());
    clone_outcome out = start_clone(how.plan(), begin_vfork_child, &record);
    if (!out && (out.refusal().error == ENOSYS || out.refusal().error == EPERM || out.refusal().error == EINVAL)) {
        // Before 5.5, or behind a filter: by hand.
        record.handlers_are_default = false;
        how.without(clone_flag::clear_sighand);
        out = start_clone(how.plan(), begin_vfork_child, &record);
    }
    errno = kept_errno;
    return out; // the child has left our memory: its stack may go
}

} // namespace abi

} // namespace weft
