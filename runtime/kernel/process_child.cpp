// SPDX-License-Identifier: MIT
// The child's side of spawn_process: from its birth, with every signal blocked, to exec or to its function.
//
// It may share the parent's memory (CLONE_VM), so it makes system calls and nothing else: no malloc, no errno, no lock, no libc. It has its
// own descriptors, directory, umask and signal handlers: neither CLONE_FILES nor CLONE_FS nor CLONE_SIGHAND is given.
#include "kernel/process_child.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/signal_mask.hpp"
#include "kernel/syscall.hpp"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>

namespace weft::kernel {

namespace {

[[noreturn]] void leave(int code) noexcept {
    for (;;) {
        (void)system_call(SYS_exit_group, code);
    }
}

/// Tells the parent why, and ends.
[[noreturn]] void fail(process_start& s, process_step step, long answer, int detail = 0) noexcept {
    const process_report report{step, static_cast<int>(-answer), detail};
    if (s.shares_memory) {
        s.failed = report.failed;
        s.error = report.error;
        s.detail = report.detail;
    } else {
        (void)system_call(SYS_write, s.report_write, &report, sizeof report);
    }
    leave(127);
}

/// The kernel's struct sigaction, which is not glibc's.
struct kernel_sigaction {
    std::uint64_t handler;
    std::uint64_t flags;
#if defined(__x86_64__)
    std::uint64_t restorer;
#endif
    std::uint64_t mask;
};

constexpr std::uint64_t handler_default = 0, handler_ignore = 1; // SIG_DFL, SIG_IGN without the casts
constexpr int last_signal = 64;

void await_id_maps(process_start& s) noexcept {
    if (s.go_read < 0) {
        return;
    }
    (void)system_call(SYS_close, s.go_write); // else the parent's death would not end the read
    char go = 0;
    long got;
    do {
        got = system_call(SYS_read, s.go_read, &go, 1);
    } while (got == -EINTR);
    if (got != 1) {
        leave(127); // the parent gave up, and knows why
    }
    (void)system_call(SYS_close, s.go_read);
}

void join_namespaces(process_start& s) noexcept {
    for (const descriptor_move& m : s.wanted->joined) {
        if (const long answer = system_call(SYS_setns, m.source, m.target); answer < 0) {
            fail(s, process_step::join_namespace, answer, m.target);
        }
    }
}

void set_session(process_start& s) noexcept {
    if (s.wanted->new_session) {
        if (const long answer = system_call(SYS_setsid); answer < 0) {
            fail(s, process_step::session, answer);
        }
    }
    if (s.wanted->process_group >= 0) {
        if (const long answer = system_call(SYS_setpgid, 0, s.wanted->process_group); answer < 0) {
            fail(s, process_step::process_group, answer);
        }
    }
}

/// Puts a descriptor out of the targets' reach; answers its new number.
int lift(process_start& s, int descriptor, int above) noexcept {
    const long moved = system_call(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, above);
    if (moved < 0) {
        fail(s, process_step::descriptor, moved, descriptor);
    }
    return static_cast<int>(moved);
}

/// Sources may be targets of others (2 -> 1 and 1 -> 2), so those in reach of the targets first move out of it (~number: moved).
void place_descriptors(process_start& s) noexcept {
    const auto moves = s.wanted->descriptors;
    if (moves.empty()) {
        return;
    }
    const int above = moves.back().target + 1;
    for (descriptor_move& m : moves) {
        if (m.source < above) {
            m.source = ~lift(s, m.source, above);
        }
    }
    if (s.report_write >= 0 && s.report_write < above) {
        const int moved = lift(s, s.report_write, above);
        (void)system_call(SYS_close, s.report_write);
        s.report_write = moved;
    }
    for (const descriptor_move& m : moves) {
        const int source = m.source < 0 ? ~m.source : m.source;
        if (const long answer = system_call(SYS_dup3, source, m.target, 0); answer < 0) {
            fail(s, process_step::descriptor, answer, source);
        }
        if (m.source < 0) {
            (void)system_call(SYS_close, source);
        }
    }
}

void set_ids(process_start& s) noexcept {
    const process_request& w = *s.wanted;
    if (w.set_groups) {
        if (const long answer = system_call(SYS_setgroups, w.groups.size(), w.groups.data()); answer < 0) {
            fail(s, process_step::groups, answer);
        }
    }
    if (w.group != ~0u) {
        if (const long answer = system_call(SYS_setresgid, w.group, w.group, w.group); answer < 0) {
            fail(s, process_step::group, answer);
        }
    }
    if (w.user != ~0u) {
        if (const long answer = system_call(SYS_setresuid, w.user, w.user, w.user); answer < 0) {
            fail(s, process_step::user, answer);
        }
    }
}

void set_directory(process_start& s) noexcept {
    if (s.wanted->directory) {
        if (const long answer = system_call(SYS_chdir, s.wanted->directory); answer < 0) {
            fail(s, process_step::directory, answer);
        }
    }
}

/// After the ids: the kernel forgets it when they change.
void set_death_signal(process_start& s) noexcept {
    if (s.wanted->death_signal == 0) {
        return;
    }
    if (const long answer = system_call(SYS_prctl, PR_SET_PDEATHSIG, s.wanted->death_signal); answer < 0) {
        fail(s, process_step::death_signal, answer);
    }
    // A parent that ended before the call sends nothing. In a new pid namespace the parent's number is 0 as long as it lives and after.
    const long parent = system_call(SYS_getppid);
    if (parent != s.parent && parent != 0) {
        leave(127);
    }
}

void set_signals(process_start& s) noexcept {
    const process_request& w = *s.wanted;
    for (int signal = 1; signal <= last_signal; ++signal) {
        const std::uint64_t bit = std::uint64_t{1} << (signal - 1);
        kernel_sigaction act{};
        if (((w.default_signals | w.ignored_signals) & bit) == 0) {
            if (s.handlers_cleared) {
                continue;
            }
            if (system_call(SYS_rt_sigaction, signal, nullptr, &act, sizeof act.mask) < 0 || act.handler == handler_default ||
                act.handler == handler_ignore) {
                continue;
            }
            act = {};
        }
        act.handler = (w.ignored_signals & bit) != 0 ? handler_ignore : handler_default;
        (void)system_call(SYS_rt_sigaction, signal, &act, nullptr, sizeof act.mask); // SIGKILL and SIGSTOP refuse: they are as they are
    }
}

/// For kernels before 5.11: one by one, as /proc lists them.
long close_listed(unsigned first, unsigned last, bool at_exec) noexcept {
    const long folder = system_call(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return folder;
    }
    alignas(8) char entries[2048];
    long size;
    while ((size = system_call(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
        for (long at = 0; at < size;) {
            unsigned short length = 0;
            std::memcpy(&length, entries + at + 16, sizeof length); // linux_dirent64: d_reclen, and d_name at 19
            unsigned number = 0;
            const char* digit = entries + at + 19;
            for (; *digit >= '0' && *digit <= '9'; ++digit) {
                number = number * 10 + static_cast<unsigned>(*digit - '0');
            }
            if (*digit == '\0' && number >= first && number <= last && number != static_cast<unsigned>(folder)) {
                (void)(at_exec ? system_call(SYS_fcntl, number, F_SETFD, FD_CLOEXEC) : system_call(SYS_close, number));
            }
            at += length;
        }
    }
    (void)system_call(SYS_close, folder);
    return size;
}

void close_between(process_start& s, unsigned first, unsigned last) noexcept {
    if (first > last) {
        return;
    }
    const bool at_exec = s.wanted->function == nullptr;
    long answer = system_call(SYS_close_range, first, last, at_exec ? CLOSE_RANGE_CLOEXEC : 0u);
    if (answer == -ENOSYS || answer == -EINVAL) {
        answer = close_listed(first, last, at_exec);
    }
    if (answer < 0) {
        fail(s, process_step::other_descriptors, answer);
    }
}

bool is_target(const process_start& s, int descriptor) noexcept {
    const auto moves = s.wanted->descriptors;
    return std::any_of(moves.begin(), moves.end(), [descriptor](const descriptor_move& m) { return m.target == descriptor; });
}

/// What exec takes from a program has to be taken from a function by hand. The spawner's ends of the child's pipes and the files it
/// opened: a child that held the write end of its own input would never read its end. And what is close-on-exec at 0, 1 and 2, which is where
/// a parent that had them closed finds its next pipe or pidfd.
void drop_what_exec_would(const process_start& s) noexcept {
    for (const int descriptor : s.wanted->private_descriptors) {
        if (!is_target(s, descriptor)) {
            (void)system_call(SYS_close, descriptor);
        }
    }
    for (int descriptor = 0; s.wanted->close_others && descriptor < 3; ++descriptor) {
        if (descriptor != s.report_write && !is_target(s, descriptor) && system_call(SYS_fcntl, descriptor, F_GETFD) == FD_CLOEXEC) {
            (void)system_call(SYS_close, descriptor);
        }
    }
}

/// Everything but 0, 1, 2, the targets and, until it has spoken, the report's pipe.
void close_others(process_start& s) noexcept {
    if (!s.wanted->close_others) {
        return;
    }
    unsigned from = 3;
    const auto keep = [&](unsigned kept) {
        if (kept >= from) {
            close_between(s, from, kept - 1);
            from = kept + 1;
        }
    };
    const unsigned report = s.report_write >= 0 ? static_cast<unsigned>(s.report_write) : 0;
    bool report_kept = report < 3;
    for (const descriptor_move& m : s.wanted->descriptors) {
        const auto target = static_cast<unsigned>(m.target);
        if (!report_kept && report < target) {
            keep(report);
            report_kept = true;
        }
        keep(target);
    }
    if (!report_kept) {
        keep(report);
    }
    close_between(s, from, ~0u);
}

[[noreturn]] void become_program(process_start& s) noexcept {
    const process_request& w = *s.wanted;
    long answer = -ENOENT;
    long denied = 0;
    for (const char* const* path = w.paths; *path; ++path) {
        answer = system_call(SYS_execve, *path, w.arguments, w.environment);
        if (answer == -EACCES) {
            denied = answer; // a later candidate may do; if none does, this is the better reason
        } else if (answer != -ENOENT && answer != -ENOTDIR) {
            break;
        }
    }
    if (denied != 0 && (answer == -ENOENT || answer == -ENOTDIR)) {
        answer = denied;
    }
    fail(s, process_step::exec, answer);
}

/// EDGE copied-thread: a copy of a thread whose kernel thread is another. What glibc's fork() would put right in the descriptor.
void renew_thread_descriptor() noexcept {
    const glibc_facts& f = glibc();
    if (f.refused[0] != '\0') {
        return;
    }
    char* const tp = thread_pointer();
    const auto tid = static_cast<pid_t>(system_call(SYS_gettid));
    std::memcpy(tp + f.tid, &tid, sizeof tid);
    (void)system_call(SYS_set_robust_list, tp + f.robust_head, 24);
}

[[noreturn]] void become_function(process_start& s) noexcept {
    const process_report ready{process_step::none, 0, 0};
    (void)system_call(SYS_write, s.report_write, &ready, sizeof ready);
    (void)system_call(SYS_close, s.report_write);
    set_signal_mask(s.mask);
    leave(s.wanted->function(s.wanted->argument));
}

} // namespace

void run_process_child(process_start& s) noexcept {
    // EDGE borrowed-memory: system calls only, from here to exec, when the memory is the parent's.
    if (!s.shares_memory) {
        renew_thread_descriptor();
        (void)system_call(SYS_close, s.report_read);
    }
    await_id_maps(s);
    join_namespaces(s);
    set_session(s);
    place_descriptors(s);
    if (s.wanted->function) {
        drop_what_exec_would(s);
    }
    set_ids(s);
    set_directory(s);
    set_death_signal(s);
    set_signals(s);
    close_others(s);
    if (s.wanted->function) {
        become_function(s);
    }
    set_signal_mask(s.mask);
    become_program(s);
}

void start_process_child(void* start) {
    run_process_child(*static_cast<process_start*>(start));
}

} // namespace weft::kernel
