// SPDX-License-Identifier: MIT
// The unchecked door: clone(2) and its kin as the kernel takes them, for those who study errors.
//
// Sizes, pointers and flags go through as they are; the answer is the kernel's own: a value, or -1 and errno. No rule of
// weft is asked (clone.hpp is the door that asks them), no allocation is made, no libc state is kept up to date. All are callable
// on any thread, in a task (they block its worker), after fork and in a signal handler.
//
// The child of raw_clone/raw_clone3 without fn "returns twice" like fork: 0 in the child. What is safe there:
//   - without CLONE_VM it runs on a copy of everything, as after fork(2), but none of libc's fork handlers has run: another
//   thread's
//     locks (malloc's, stdio's) stay taken for ever when the parent had other threads, and libc's copy of the thread id is the
//     parent's. With one thread in the parent, ordinary code works; with several, only what is safe in a signal handler (raw
//     calls, write, execve, _exit).
//   - with CLONE_VM|CLONE_VFORK it runs on the parent's stack while the parent waits: call execve or raw_exit, change no variable
//     of the parent's that matters, and never return from the function that called raw_clone.
//   - with CLONE_VM alone parent and child would run on one stack at once: undefined. Use a form with fn and a stack.
//   - given a stack and no fn it has no frame to return to and ends with 127; use a form with fn.
// A child that has fn ends as its own thread (exit(2), not exit_group) with fn's result. With CLONE_VM and without CLONE_SETTLS
// it shares errno, malloc's cache and every other thread_local with its creator: let only one of the two run, or have fn make raw
// calls alone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <sys/types.h>
#include <type_traits>

struct clone_args; // <linux/sched.h>
struct rusage;     // <sys/resource.h>

namespace weft {

/// A number where another form of the call has a pointer: a null constant is then the pointer, and raw_clone(0, NULL, NULL, NULL, 0) and
/// raw_futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0) mean what they mean in C.
class raw_number {
  public:
    template <class Number>
        requires(std::is_convertible_v<Number, unsigned long> && !std::is_floating_point_v<std::remove_cvref_t<Number>>)
    constexpr raw_number(Number&& number) noexcept : value_(static_cast<unsigned long>(number)) {}
    [[nodiscard]] constexpr unsigned long value() const noexcept { return value_; }

  private:
    unsigned long value_;
};

/// clone(2) itself, arguments in this order on every machine. Returns twice.
[[gnu::returns_twice]] pid_t raw_clone(unsigned long flags, void* stack = nullptr, void* parent_tid = nullptr,
                                       void* child_tid = nullptr, unsigned long tls = 0) noexcept;

/// clone3(2) itself: `arguments` is a clone_args of any age, or anything else. Returns twice.
[[gnu::returns_twice]] pid_t raw_clone3(const void* arguments, std::size_t size) noexcept;

/// In place of glibc's clone(): `stack` is the top (the child pushes downwards from it); the exit signal is in flags' low byte.
/// As there, a null fn or a null stack is EINVAL. Returns the tid, once.
pid_t raw_clone(int (*fn)(void*), void* stack, raw_number flags, void* arg, void* parent_tid = nullptr, void* tls = nullptr,
                void* child_tid = nullptr) noexcept;

/// In place of __clone2: the lowest address and the size of the stack.
pid_t raw_clone2(int (*fn)(void*), void* stack_base, std::size_t stack_size, unsigned long flags, void* arg,
                 void* parent_tid = nullptr, void* tls = nullptr, void* child_tid = nullptr) noexcept;

/// clone3 with fn: the child starts at arguments->stack + stack_size, or without a stack on the parent's (its copy, or the
/// parent's own when CLONE_VM: then CLONE_VFORK too). A null fn is EINVAL.
pid_t raw_clone3(const void* arguments, std::size_t size, int (*fn)(void*), void* arg) noexcept;

/// fork(2) without libc's handlers: clone(SIGCHLD). Returns twice.
[[nodiscard]] pid_t raw_fork() noexcept;

int raw_unshare(unsigned long flags) noexcept;
int raw_setns(int descriptor, int namespace_type) noexcept;

int raw_pidfd_open(pid_t pid, unsigned flags = 0) noexcept;
int raw_pidfd_send_signal(int pidfd, int signal, void* siginfo = nullptr, unsigned flags = 0) noexcept;
int raw_pidfd_getfd(int pidfd, int target_descriptor, unsigned flags = 0) noexcept;

/// waitid(2) with the kernel's fifth argument, which libc hides. `siginfo` may be null.
int raw_waitid(int id_type, id_t id, void* siginfo, int options, rusage* usage = nullptr) noexcept;
pid_t raw_wait4(pid_t pid, int* status, int options, rusage* usage = nullptr) noexcept;

/// futex(2): the fourth argument is a timespec or a number, as the operation has it.
long raw_futex(void* word, int operation, std::uint32_t value, const void* timeout = nullptr, void* word2 = nullptr,
               std::uint32_t value3 = 0) noexcept;
long raw_futex(void* word, int operation, std::uint32_t value, raw_number value2, void* word2,
               std::uint32_t value3 = 0) noexcept;
long raw_futex_waitv(void* waiters, unsigned count, unsigned flags, const void* timeout, int clock) noexcept;
pid_t raw_set_tid_address(void* word) noexcept;
int raw_set_robust_list(void* head, std::size_t size) noexcept;
int raw_get_robust_list(pid_t tid, void* head_pointer, std::size_t* size) noexcept;

int raw_kill(pid_t pid, int signal) noexcept;
int raw_tgkill(pid_t process, pid_t thread, int signal) noexcept;

/// The kernel's answers, not libc's memory of them.
[[nodiscard]] pid_t raw_getpid() noexcept;
[[nodiscard]] pid_t raw_getppid() noexcept;
[[nodiscard]] pid_t raw_gettid() noexcept;

[[noreturn]] void raw_exit(int status) noexcept;       // this kernel thread
[[noreturn]] void raw_exit_group(int status) noexcept; // this process

} // namespace weft
