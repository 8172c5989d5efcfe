// SPDX-License-Identifier: MIT
// What parent and child share: memory, root and directory, descriptors, handlers, semaphore undo, I/O context, thread group.
#include "flags/gallery.hpp"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weft/raw.hpp>

namespace weft::gallery {

namespace {

using f = clone_flag;

observation vm(bool on) {
    static volatile int word;
    word = 1;
    clone_stack stack;
    auto write_two = [] { word = 2; };
    start_or_say(clone_builder{}.flags(half({}, f::vm, on)).stack(stack.span()), write_two).wait();
    return {word == 2, "the child wrote 2 over a 1; the parent reads " + std::to_string(word)};
}

observation fs(bool on) {
    if (::chdir("/proc") != 0) {
        throw unavailable("there is no /proc");
    }
    ::umask(022);
    auto move = [] {
        ::umask(077);
        return ::chdir("/");
    };
    start_or_say(clone_builder{}.flags(half({}, f::fs, on)), move).wait();
    char where[256] = "";
    const bool moved = ::getcwd(where, sizeof where) && std::strcmp(where, "/") == 0;
    const mode_t mask = ::umask(022);
    char text[128];
    std::snprintf(text, sizeof text, "the child went from /proc to / with umask 077; the parent is in %s with umask %03o", where,
                  mask);
    return {moved && mask == 077, text};
}

observation files(bool on) {
    const int descriptor = ::open("/dev/null", O_RDONLY);
    auto close_it = [descriptor] { return ::close(descriptor); };
    start_or_say(clone_builder{}.flags(half({}, f::files, on)), close_it).wait();
    const bool closed = ::fcntl(descriptor, F_GETFD) == -1;
    return {closed, std::string("the child closed a descriptor; the parent's is ") + (closed ? "closed (EBADF)" : "still open")};
}

void nothing(int) {}

observation sighand(bool on) {
    std::signal(SIGUSR1, SIG_DFL);
    clone_stack stack;
    auto change = [] {
        std::signal(SIGUSR1, nothing);
        sigset_t all;
        sigfillset(&all);
        return ::sigprocmask(SIG_BLOCK, &all, nullptr);
    };
    start_or_say(clone_builder{}.flags(half(f::vm | f::vfork, f::sighand, on)).stack(stack.span()), change).wait();
    struct sigaction now {};
    ::sigaction(SIGUSR1, nullptr, &now);
    sigset_t mask;
    ::sigprocmask(SIG_BLOCK, nullptr, &mask);
    const bool changed = now.sa_handler == nothing;
    return {changed, std::string("the child set a handler and blocked all signals; the parent's handler is ") +
                         (changed ? "the child's" : "the old one") + ", its mask " +
                         (sigismember(&mask, SIGUSR1) ? "changed" : "its own (a mask is never shared)")};
}

observation clear_sighand(bool on) {
    std::signal(SIGUSR1, nothing);
    std::signal(SIGUSR2, SIG_IGN);
    auto look = [] {
        struct sigaction one {
        }, two{};
        ::sigaction(SIGUSR1, nullptr, &one);
        ::sigaction(SIGUSR2, nullptr, &two);
        return (one.sa_handler == SIG_DFL ? 1 : 0) | (two.sa_handler == SIG_IGN ? 2 : 0);
    };
    const int saw = start_or_say(clone_builder{}.flags(half({}, f::clear_sighand, on)), look).wait().value();
    return {saw == 3, std::string("a signal with a handler: in the child it has ") +
                          (saw & 1 ? "the default action" : "the handler") + "; an ignored one " +
                          (saw & 2 ? "stays ignored" : "is not ignored")};
}

int count_tasks() {
    int n = 0;
    DIR* folder = ::opendir("/proc/self/task");
    while (const dirent* entry = folder ? ::readdir(folder) : nullptr) {
        n += entry->d_name[0] != '.';
    }
    if (folder) {
        ::closedir(folder);
    }
    return n;
}

observation thread(bool on) {
    static pid_t pid, tid;
    static int tasks;
    clone_stack stack;
    // CLONE_VFORK: the parent stands still while the child uses its libc.
    auto look = [] {
        pid = raw_getpid();
        tid = raw_gettid();
        tasks = count_tasks();
    };
    auto child =
        start_or_say(clone_builder{}.flags(half(f::vm | f::sighand | f::vfork, f::thread, on)).stack(stack.span()), look);
    if (!on) {
        child.wait();
    }
    return {pid == ::getpid() && tid != pid && tasks == 2,
            std::string("in the child getpid() is ") + (pid == ::getpid() ? "the parent's" : "its own") + ", gettid() is " +
                (tid == pid ? "the same" : "another number") + ", /proc/self/task lists " + std::to_string(tasks)};
}

observation sysvsem(bool on) {
    const int set = ::semget(IPC_PRIVATE, 1, 0600 | IPC_CREAT);
    if (set == -1) {
        throw unavailable("this kernel has no System V semaphores");
    }
    ::semctl(set, 0, SETVAL, 1);
    auto take = [set] {
        sembuf down{0, -1, SEM_UNDO};
        return ::semop(set, &down, 1);
    };
    start_or_say(clone_builder{}.flags(half({}, f::sysvsem, on)), take).wait();
    const int value = ::semctl(set, 0, GETVAL);
    ::semctl(set, 0, IPC_RMID);
    return {value == 0, "the child took a semaphore with SEM_UNDO and ended; its value is " + std::to_string(value) +
                            (value == 0 ? ": the undo waits for the last sharer" : ": undone at the child's end")};
}

observation io(bool on) {
    constexpr int who_process = 1;
    constexpr long best_effort = 2L << 13;
    if (::syscall(SYS_ioprio_set, who_process, 0, best_effort | 4) != 0) {
        throw unavailable(std::string("ioprio_set: ") + std::strerror(errno));
    }
    auto lower = [] { return static_cast<int>(::syscall(SYS_ioprio_set, who_process, 0, best_effort | 7)); };
    start_or_say(clone_builder{}.flags(half({}, f::io, on)), lower).wait();
    const long level = ::syscall(SYS_ioprio_get, who_process, 0) & 7;
    return {level == 7, "the child lowered its I/O priority from 4 to 7; the parent's is " + std::to_string(level)};
}

constexpr experiment table[] = {
    {f::vm, "one memory: what one writes, the other reads", "does the parent see what the child writes?", vm},
    {f::fs, "one root, working directory and umask", "does the parent move when the child calls chdir and umask?", fs},
    {f::files, "one table of descriptors", "does the parent's descriptor close when the child closes its own?", files},
    {f::sighand, "one table of signal handlers (not the mask, which is each one's own)",
     "is the child's handler the parent's too?", sighand},
    {f::thread, "one thread group: a thread of the same process", "whose pid does the child have?", thread},
    {f::sysvsem, "one list of System V semaphore adjustments", "when is a SEM_UNDO undone?", sysvsem},
    {f::io, "one I/O context: the disk scheduler takes both for one", "does the parent's I/O priority follow the child's?", io},
    {f::clear_sighand, "handlers back to the default in the child", "what handlers does the child have?", clear_sighand},
};

} // namespace

std::span<const experiment> sharing_experiments() {
    return table;
}

} // namespace weft::gallery
