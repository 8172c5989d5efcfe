// SPDX-License-Identifier: MIT
// The unchecked door gives the kernel's own answers, and its children live as raw.hpp says.
#include "support/child.hpp"
#include "support/program.hpp"
#include <csignal>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <weft/clone_flags.hpp>
#include <weft/raw.hpp>

using namespace support;

namespace {

alignas(16) std::byte stack[64 * 1024];
int word = 0;

pid_t clone3_of(clone_args& a) {
    return weft::raw_clone3(&a, sizeof a);
}

[[noreturn]] void child_exit(int status) {
    weft::raw_exit(status);
}

void require_end(pid_t child, int status, int options = __WALL) {
    REQUIRE(child > 0);
    int got = -1;
    REQUIRE(waitpid(child, &got, options) == child);
    REQUIRE(WIFEXITED(got) && WEXITSTATUS(got) == status);
}

void clone_returns_twice() {
    word = 1;
    const pid_t child = weft::raw_clone(SIGCHLD);
    if (child == 0) {
        ++word; // in its copy
        child_exit(word == 2 && getppid() != 0 && weft::raw_getpid() == weft::raw_gettid() ? 42 : 1);
    }
    require_end(child, 42);
    REQUIRE(word == 1);
}

void clone3_returns_twice() {
    clone_args a{};
    a.exit_signal = SIGCHLD;
    const pid_t child = clone3_of(a);
    if (child == 0) {
        // A frame or two deeper: the copy of the stack is whole.
        char text[64];
        std::snprintf(text, sizeof text, "%d", 4711);
        child_exit(std::strcmp(text, "4711") == 0 ? 43 : 1);
    }
    require_end(child, 43);
}

void fork_returns_twice() {
    const pid_t child = weft::raw_fork();
    if (child == 0) {
        child_exit(44);
    }
    require_end(child, 44);
}

/// The child returns from raw_clone on the parent's own stack and calls; the parent's return address must have survived.
[[gnu::noinline]] pid_t vfork_way(bool three) {
    clone_args a{};
    a.flags = CLONE_VM | CLONE_VFORK;
    a.exit_signal = SIGCHLD;
    const pid_t child = three ? weft::raw_clone3(&a, sizeof a) : weft::raw_clone(CLONE_VM | CLONE_VFORK | SIGCHLD);
    if (child == 0) {
        word = 7; // in the parent's memory
        child_exit(45);
    }
    return child;
}

void like_vfork_on_the_parents_stack() {
    for (const bool three : {false, true}) {
        word = 0;
        require_end(vfork_way(three), 45);
        REQUIRE(word == 7);
    }
}

int write_and_return(void* argument) {
    *static_cast<int*>(argument) = 9;
    return 46;
}

void on_a_given_stack() {
    word = 0;
    require_end(weft::raw_clone(write_and_return, stack + sizeof stack, CLONE_VM | SIGCHLD, &word), 46);
    REQUIRE(word == 9);
    word = 0;
    require_end(weft::raw_clone2(write_and_return, stack, sizeof stack, CLONE_VM | SIGCHLD, &word), 46);
    REQUIRE(word == 9);
    word = 0;
    clone_args a{};
    a.flags = CLONE_VM;
    a.stack = reinterpret_cast<std::uintptr_t>(stack);
    a.stack_size = sizeof stack;
    require_end(weft::raw_clone3(&a, sizeof a, write_and_return, &word), 46);
    REQUIRE(word == 9);
    // Not the sharing of memory but a copy: the child's write stays its own.
    word = 0;
    require_end(weft::raw_clone(write_and_return, stack + sizeof stack, SIGCHLD, &word), 46);
    REQUIRE(word == 0);
    // An odd top is rounded down before fn runs.
    word = 0;
    require_end(weft::raw_clone(write_and_return, stack + sizeof stack - 5, CLONE_VM | SIGCHLD, &word), 46);
    REQUIRE(word == 9);
}

void tid_words() {
    pid_t parent = 0, child = -1;
    const pid_t tid = weft::raw_clone(write_and_return, stack + sizeof stack,
                                      CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, &word, &parent,
                                      nullptr, &child);
    require_end(tid, 46);
    REQUIRE(parent == tid && child == tid);
    int pidfd = -1;
    const pid_t second = weft::raw_clone(CLONE_PIDFD | SIGCHLD, nullptr, &pidfd);
    if (second == 0) {
        child_exit(0);
    }
    REQUIRE(second > 0 && pidfd >= 0);
    siginfo_t info{};
    REQUIRE(weft::raw_waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) == 0 && info.si_pid == second);
    close(pidfd);
}

void a_stack_without_function_ends_with_127() {
    clone_args a{};
    a.exit_signal = SIGCHLD;
    a.stack = reinterpret_cast<std::uintptr_t>(stack);
    a.stack_size = sizeof stack;
    require_end(clone3_of(a), 127);
    require_end(weft::raw_clone(SIGCHLD, stack + sizeof stack), 127);
}

#define REFUSED(wanted, ...)                                                                                                     \
    do {                                                                                                                         \
        errno = 0;                                                                                                               \
        REQUIRE((__VA_ARGS__) == -1 && errno == (wanted));                                                                       \
    } while (false)

void the_kernels_own_answers() {
    const auto none = static_cast<std::byte*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(none != MAP_FAILED && mprotect(none + 4096, 4096, PROT_NONE) == 0);
    // Sizes.
    clone_args a{};
    a.exit_signal = SIGCHLD;
    REFUSED(EINVAL, weft::raw_clone3(&a, 0));
    REFUSED(EINVAL, weft::raw_clone3(&a, CLONE_ARGS_SIZE_VER0 - 1));
    REFUSED(E2BIG, weft::raw_clone3(&a, 1 << 20));
    struct {
        clone_args known;
        std::uint64_t newer[4];
    } bigger{};
    bigger.known.exit_signal = SIGCHLD;
    bigger.newer[3] = 1;
    REFUSED(E2BIG, weft::raw_clone3(&bigger, sizeof bigger));
    // Pointers.
    REFUSED(EFAULT, weft::raw_clone3(nullptr, sizeof a));
    REFUSED(EFAULT, weft::raw_clone3(none + 4096, sizeof a));
    REFUSED(EFAULT, weft::raw_clone3(none + 4096 - 8, sizeof a));
    // Flags and fields.
    a.flags = std::uint64_t{1} << 40;
    REFUSED(EINVAL, clone3_of(a));
    a.flags = CLONE_SIGHAND;
    REFUSED(EINVAL, clone3_of(a));
    REFUSED(EINVAL, weft::raw_clone(CLONE_THREAD | SIGCHLD));
    REFUSED(EINVAL, weft::raw_clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, nullptr, &word));
    a.flags = 0;
    a.exit_signal = 65;
    REFUSED(EINVAL, clone3_of(a));
    a.exit_signal = SIGCHLD;
    a.stack_size = 4096;
    REFUSED(EINVAL, clone3_of(a)); // a size without a stack
    a.stack = reinterpret_cast<std::uintptr_t>(stack);
    a.stack_size = 0;
    REFUSED(EINVAL, clone3_of(a)); // a stack without a size
    a.stack = 0;
    a.set_tid_size = 33;
    a.set_tid = reinterpret_cast<std::uintptr_t>(stack);
    REFUSED(EINVAL, clone3_of(a));
    a.set_tid_size = 1;
    a.set_tid = reinterpret_cast<std::uintptr_t>(none + 4096);
    REFUSED(EFAULT, clone3_of(a));
    a.set_tid = 0;
    a.set_tid_size = 0;
    a.flags = 0x2'0000'0000; // CLONE_INTO_CGROUP
    a.cgroup = 1'000'000;
    REFUSED(EBADF, clone3_of(a));
    // The other calls.
    REFUSED(EINVAL, weft::raw_unshare(CLONE_VFORK));
    REFUSED(EBADF, weft::raw_setns(-1, 0));
    const int plain = open("/proc/self/status", O_RDONLY);
    REFUSED(EINVAL, weft::raw_setns(plain, 0));
    close(plain);
    REFUSED(EINVAL, weft::raw_pidfd_open(-1));
    REFUSED(EINVAL, weft::raw_pidfd_open(getpid(), 0x10000000));
    REFUSED(ESRCH, weft::raw_pidfd_open(0x7ffffff));
    REFUSED(EBADF, weft::raw_pidfd_send_signal(-1, 0));
    REFUSED(EBADF, weft::raw_pidfd_getfd(-1, 0));
    const int self = weft::raw_pidfd_open(getpid());
    REQUIRE(self >= 0 && weft::raw_pidfd_send_signal(self, 0) == 0);
    REFUSED(EBADF, weft::raw_pidfd_getfd(self, 10'000));
    REFUSED(EINVAL, weft::raw_pidfd_getfd(self, 0, 1));
    REFUSED(EINVAL, weft::raw_pidfd_send_signal(self, 1000));
    close(self);
    REFUSED(ECHILD, weft::raw_waitid(P_ALL, 0, nullptr, WEXITED));
    REFUSED(EINVAL, weft::raw_waitid(99, 0, nullptr, WEXITED));
    REFUSED(EINVAL, weft::raw_waitid(P_ALL, 0, nullptr, 0));
    REFUSED(EAGAIN, weft::raw_futex(&word, FUTEX_WAIT, static_cast<std::uint32_t>(word + 1)));
    REFUSED(ENOSYS, weft::raw_futex(&word, 127, 0));
    REFUSED(EFAULT, weft::raw_futex(none + 4096, FUTEX_WAIT, 0));
    const timespec short_time{0, 1'000'000};
    REFUSED(ETIMEDOUT, weft::raw_futex(&word, FUTEX_WAIT, static_cast<std::uint32_t>(word), &short_time));
    REFUSED(EINVAL, weft::raw_clone(nullptr, stack + sizeof stack, SIGCHLD, nullptr));
    REFUSED(EINVAL, weft::raw_clone(write_and_return, nullptr, SIGCHLD, nullptr));
    REFUSED(EINVAL, weft::raw_clone(NULL, stack + sizeof stack, SIGCHLD, NULL));
    munmap(none, 8192);
}

/// Written as in C, with a nought for each argument that is not used.
void noughts() {
    const pid_t child = weft::raw_clone(0, NULL, NULL, NULL, 0); // no exit signal: __WCLONE's kind
    REQUIRE(child != -1);
    if (child == 0) {
        weft::raw_exit_group(47);
    }
    int status = 0;
    REQUIRE(weft::raw_wait4(child, &status, static_cast<int>(__WCLONE)) == child);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 47);
    std::uint32_t one = 0, other = 0;
    REQUIRE(weft::raw_futex(&one, FUTEX_WAKE, 1, NULL, NULL, 0) == 0);
    REQUIRE(weft::raw_futex(&one, FUTEX_REQUEUE, 1, 1, &other, 0) == 0);
}

/// A raw thread on its own stack; its end is known by the cleared word.
void a_thread() {
    std::uint32_t alive = 1;
    const auto flags = weft::thread_flags.bits() | CLONE_CHILD_CLEARTID;
    word = 0;
    REQUIRE(weft::raw_clone(write_and_return, stack + sizeof stack, flags, &word, nullptr, nullptr, &alive) > 0);
    while (const std::uint32_t seen = __atomic_load_n(&alive, __ATOMIC_ACQUIRE)) {
        weft::raw_futex(&alive, FUTEX_WAIT, seen);
    }
    REQUIRE(word == 9);
}

} // namespace

int main(int argc, char** argv) {
    return run_cases(argc, argv,
                     {{"clone without a stack returns twice", clone_returns_twice},
                      {"clone3 without a stack returns twice", clone3_returns_twice},
                      {"raw_fork returns twice", fork_returns_twice},
                      {"clone and clone3 with VM and VFORK return twice on one stack", like_vfork_on_the_parents_stack},
                      {"a function runs on a given stack", on_a_given_stack},
                      {"tid words and pidfd", tid_words},
                      {"a stack without a function ends with 127", a_stack_without_function_ends_with_127},
                      {"bad sizes, pointers and flags get the kernel's own answers", the_kernels_own_answers},
                      {"noughts for arguments as in C", noughts},
                      {"a raw thread", a_thread}},
                     60);
}
