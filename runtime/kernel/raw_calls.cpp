// SPDX-License-Identifier: MIT
// The doors of <weft/raw.hpp>: a system call each, and errno. The two that return twice are assembly
// (arch/<machine>/raw_clone.cpp).
#include "kernel/clone_stubs.hpp"
#include "kernel/syscall.hpp"
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <weft/raw.hpp>

namespace weft {

namespace {

/// The kernel's answer as libc gives it.
template <class T = int>
T answer(long said) noexcept {
    if (said < 0 && said > -4096) {
        errno = static_cast<int>(-said);
        return T(-1);
    }
    return static_cast<T>(said);
}

template <class T = int, class... Arguments>
T call(long number, Arguments... arguments) noexcept {
    return answer<T>(kernel::system_call(number, arguments...));
}

} // namespace

pid_t raw_clone(int (*fn)(void*), void* stack, raw_number flags, void* arg, void* parent_tid, void* tls,
                void* child_tid) noexcept {
    if (!fn || !stack) {
        return answer<pid_t>(-EINVAL);
    }
    return answer<pid_t>(weft_clone_call(flags.value(), stack, parent_tid, child_tid, reinterpret_cast<std::uintptr_t>(tls), fn, arg));
}

pid_t raw_clone2(int (*fn)(void*), void* stack_base, std::size_t stack_size, unsigned long flags, void* arg, void* parent_tid,
                 void* tls, void* child_tid) noexcept {
    if (!stack_base) {
        return answer<pid_t>(-EINVAL);
    }
    // As a number: base and size may be anything, and a sum of pointers may not leave its array.
    const std::uintptr_t top = reinterpret_cast<std::uintptr_t>(stack_base) + stack_size;
    return raw_clone(fn, reinterpret_cast<void*>(top), flags, arg, parent_tid, tls, child_tid);
}

pid_t raw_clone3(const void* arguments, std::size_t size, int (*fn)(void*), void* arg) noexcept {
    if (!fn) {
        return answer<pid_t>(-EINVAL);
    }
    return answer<pid_t>(weft_clone3_call(arguments, size, fn, arg));
}

pid_t raw_fork() noexcept {
    // Through the plain system call: the child's stack is a copy, so returning from this frame is safe on both sides.
    return answer<pid_t>(kernel::system_call(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

int raw_unshare(unsigned long flags) noexcept {
    return call(SYS_unshare, flags);
}
int raw_setns(int descriptor, int namespace_type) noexcept {
    return call(SYS_setns, descriptor, namespace_type);
}
int raw_pidfd_open(pid_t pid, unsigned flags) noexcept {
    return call(SYS_pidfd_open, pid, flags);
}
int raw_pidfd_send_signal(int pidfd, int signal, void* siginfo, unsigned flags) noexcept {
    return call(SYS_pidfd_send_signal, pidfd, signal, siginfo, flags);
}
int raw_pidfd_getfd(int pidfd, int target_descriptor, unsigned flags) noexcept {
    return call(SYS_pidfd_getfd, pidfd, target_descriptor, flags);
}
int raw_waitid(int id_type, id_t id, void* siginfo, int options, rusage* usage) noexcept {
    return call(SYS_waitid, id_type, id, siginfo, options, usage);
}
pid_t raw_wait4(pid_t pid, int* status, int options, rusage* usage) noexcept {
    return call<pid_t>(SYS_wait4, pid, status, options, usage);
}
long raw_futex(void* word, int operation, std::uint32_t value, const void* timeout, void* word2, std::uint32_t value3) noexcept {
    return call<long>(SYS_futex, word, operation, value, timeout, word2, value3);
}
long raw_futex(void* word, int operation, std::uint32_t value, raw_number value2, void* word2, std::uint32_t value3) noexcept {
    return call<long>(SYS_futex, word, operation, value, value2.value(), word2, value3);
}
long raw_futex_waitv(void* waiters, unsigned count, unsigned flags, const void* timeout, int clock) noexcept {
    return call<long>(SYS_futex_waitv, waiters, count, flags, timeout, clock);
}
pid_t raw_set_tid_address(void* word) noexcept {
    return call<pid_t>(SYS_set_tid_address, word);
}
int raw_set_robust_list(void* head, std::size_t size) noexcept {
    return call(SYS_set_robust_list, head, size);
}
int raw_get_robust_list(pid_t tid, void* head_pointer, std::size_t* size) noexcept {
    return call(SYS_get_robust_list, tid, head_pointer, size);
}
int raw_kill(pid_t pid, int signal) noexcept {
    return call(SYS_kill, pid, signal);
}
int raw_tgkill(pid_t process, pid_t thread, int signal) noexcept {
    return call(SYS_tgkill, process, thread, signal);
}
pid_t raw_getpid() noexcept {
    return call<pid_t>(SYS_getpid);
}
pid_t raw_getppid() noexcept {
    return call<pid_t>(SYS_getppid);
}
pid_t raw_gettid() noexcept {
    return call<pid_t>(SYS_gettid);
}

void raw_exit(int status) noexcept {
    for (;;) {
        (void)kernel::system_call(SYS_exit, status);
    }
}
void raw_exit_group(int status) noexcept {
    for (;;) {
        (void)kernel::system_call(SYS_exit_group, status);
    }
}

} // namespace weft
