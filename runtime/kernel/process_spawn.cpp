// SPDX-License-Identifier: MIT
// The parent's side of spawn_process: the stack, the pipes, the clone, the id maps, and the wait until the child has come into its own.
//
//   parent                                    child that shares memory (a program)
//   blocks signals, clones                    waits for the pipe "go" if there are id maps
//   writes the id maps, then "go"             sets itself up; on failure writes step and errno into process_start, exits
//   sleeps while in_our_memory != 0           execve or exit: the kernel clears in_our_memory and wakes
//   reads step and errno                      (is another program, or gone)
//
// The kernel clears the word in mm_release, after the child's last access to our memory and before exec returns, so the stack and
// process_start may go as soon as it reads 0, and what the child wrote before is visible.
#include "kernel/descriptor.hpp"
#include "kernel/futex.hpp"
#include "kernel/glibc_facts.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/memory.hpp"
#include "kernel/process_child.hpp"
#include "kernel/signal_mask.hpp"
#include "kernel/syscall.hpp"
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

namespace weft::kernel {

namespace {

struct entry_record {
    void (*entry)(void*);
    void* argument;
};

extern "C" {
// kernel/arch/<machine>/clone_thread.cpp
long weft_clone3_thread(clone_args* arguments, std::size_t size, void (*entry)(void*), void* argument) noexcept;
long weft_clone_thread(unsigned long flags, void* stack_top, pid_t* parent_tid, void* child_tid, void* tls,
                       const entry_record* start) noexcept;
}

constexpr std::size_t stack_size = 64 * 1024; // the child needs about 4 KiB of it

/// One stack is kept for the next spawn; more are made when several kernel threads spawn at once.
constinit std::atomic<char*> spare_stack{nullptr}; // atomic, see mo

class borrowed_stack {
  public:
    borrowed_stack() noexcept {
        // mo: acquire -> give back's release: whoever used it last is done.
        low_ = spare_stack.exchange(nullptr, std::memory_order_acquire);
        if (!low_) {
            const long answer = map_memory(stack_size, MAP_NORESERVE | MAP_STACK);
            if (answer < 0 && answer > -4096) {
                error_ = static_cast<int>(-answer);
                return;
            }
            low_ = reinterpret_cast<char*>(answer);
            if (install_guard(low_, page_size()) != 0) {
                (void)system_call(SYS_mprotect, low_, page_size(), PROT_NONE);
            }
        }
    }
    ~borrowed_stack() {
        char* none = nullptr;
        // mo: release -> the constructor's acquire: we are done with it. Failure relaxed: another is kept already.
        if (low_ && !spare_stack.compare_exchange_strong(none, low_, std::memory_order_release, std::memory_order_relaxed)) {
            unmap_memory(low_, stack_size);
        }
    }
    borrowed_stack(const borrowed_stack&) = delete;
    borrowed_stack& operator=(const borrowed_stack&) = delete;
    [[nodiscard]] char* low() const noexcept { return low_; }
    [[nodiscard]] int error() const noexcept { return error_; }

  private:
    char* low_ = nullptr;
    int error_ = 0;
};

/// Both ends of a pipe, closed in the end unless closed before.
struct pipe_ends {
    int read = -1;
    int write = -1;
    pipe_ends() = default;
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends() {
        close_read();
        close_write();
    }
    [[nodiscard]] int open() noexcept {
        int ends[2];
        const long answer = system_call(SYS_pipe2, ends, O_CLOEXEC);
        if (answer == 0) {
            read = ends[0];
            write = ends[1];
        }
        return static_cast<int>(-answer);
    }
    void close_read() noexcept { close_end(read); }
    void close_write() noexcept { close_end(write); }

  private:
    static void close_end(int& end) noexcept {
        close_descriptor(end);
        end = -1;
    }
};

std::uint64_t as_word(const void* p) noexcept {
    return reinterpret_cast<std::uintptr_t>(p);
}

/// clone3 where it does, else clone; the child with a stack goes to start_process_child, the one without returns 0 here.
long clone_process(process_start& s, std::uint64_t flags, char* stack, int* pidfd) noexcept {
    clone_args arguments{};
    arguments.flags = flags | CLONE_CLEAR_SIGHAND;
    arguments.pidfd = as_word(pidfd);
    arguments.child_tid = stack ? as_word(&s.in_our_memory) : 0;
    arguments.stack = as_word(stack);
    arguments.stack_size = stack ? stack_size : 0;
    std::size_t size = CLONE_ARGS_SIZE_VER0; // the smallest that says it all: older kernels refuse the rest
    if (s.wanted->cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<std::uint64_t>(s.wanted->cgroup);
        size = CLONE_ARGS_SIZE_VER2;
    }
    const auto clone3 = [&] {
        return stack ? weft_clone3_thread(&arguments, size, &start_process_child, &s) : system_call(SYS_clone3, &arguments, size);
    };
    s.handlers_cleared = true;
    long answer = clone3();
    if (answer == -EINVAL) { // Linux < 5.5 knows no CLONE_CLEAR_SIGHAND
        arguments.flags &= ~std::uint64_t{CLONE_CLEAR_SIGHAND};
        s.handlers_cleared = false;
        answer = clone3();
    }
    // ENOSYS: before 5.3. EPERM: a filter that does not know clone3, or no right to a namespace: clone answers that again.
    constexpr std::uint64_t clone3_only = CLONE_NEWTIME; // its bit lies in clone's exit signal
    if ((answer != -ENOSYS && answer != -EPERM) || s.wanted->cgroup >= 0 || (flags & clone3_only) != 0) {
        return answer;
    }
    s.handlers_cleared = false;
    if (!stack) {
        return system_call(SYS_clone, flags, nullptr, pidfd, nullptr, nullptr);
    }
    auto* const first = reinterpret_cast<entry_record*>(stack + stack_size - sizeof(entry_record));
    *first = {&start_process_child, &s};
    static_assert(sizeof(entry_record) == 16, "the stack stays 16-byte aligned");
    return weft_clone_thread(static_cast<unsigned long>(flags), first, pidfd, &s.in_our_memory, nullptr, first);
}

/// Writes one of the child's files in /proc; 0 or errno.
int write_process_file(pid_t pid, std::string_view name, std::string_view text) noexcept {
    char path[64] = "/proc/";
    char* at = std::to_chars(path + 6, path + 20, pid).ptr;
    *at++ = '/';
    std::memcpy(at, name.data(), name.size());
    at[name.size()] = '\0';
    const long file = system_call(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return static_cast<int>(-file);
    }
    const long answer = system_call(SYS_write, file, text.data(), text.size());
    close_descriptor(static_cast<int>(file));
    if (answer < 0) {
        return static_cast<int>(-answer);
    }
    return static_cast<std::size_t>(answer) == text.size() ? 0 : EIO;
}

void write_id_maps(const process_request& w, spawned& child) noexcept {
    const auto step = [&](process_step which, std::string_view name, const char* text) {
        if (child.failed == process_step::none && text) {
            if (const int error = write_process_file(child.pid, name, text)) {
                child.failed = which;
                child.error = error;
            }
        }
    };
    step(process_step::setgroups_file, "setgroups", w.group_map && w.deny_setgroups ? "deny" : nullptr);
    step(process_step::user_map, "uid_map", w.user_map);
    step(process_step::group_map, "gid_map", w.group_map);
}

/// What a child with memory of its own has to say; one that dies before it speaks has been made, and its status tells the rest.
process_report await_report(int report, int pidfd) noexcept {
    for (;;) {
        pollfd both[2] = {{report, POLLIN, 0}, {pidfd, POLLIN, 0}};
        (void)system_call(SYS_ppoll, both, 2, nullptr, nullptr, 0);
        if ((both[1].revents & POLLIN) != 0) { // it has ended: whatever it said is in the pipe by now
            both[0].revents = 0;
            (void)system_call(SYS_ppoll, both, 1, nullptr, nullptr, 0);
        }
        process_report said{};
        if ((both[0].revents & POLLIN) != 0 && system_call(SYS_read, report, &said, sizeof said) == sizeof said) {
            return said;
        }
        if (both[1].revents != 0 || both[0].revents != 0) {
            return {process_step::none, 0, 0};
        }
    }
}

} // namespace

spawned spawn_process(const process_request& wanted) noexcept {
    spawned child;
    const auto refused = [&child](process_step step, int error) {
        child = {};
        child.failed = step;
        child.error = error;
        return child;
    };
    process_start s;
    s.wanted = &wanted;
    s.parent = static_cast<pid_t>(system_call(SYS_getpid));
    s.shares_memory = wanted.function == nullptr;
    pipe_ends go;
    pipe_ends report;
    const bool maps = wanted.user_map || wanted.group_map;
    if (const int error = maps ? go.open() : 0) {
        return refused(process_step::pipe, error);
    }
    if (const int error = s.shares_memory ? 0 : report.open()) {
        return refused(process_step::pipe, error);
    }
    s.go_read = go.read;
    s.go_write = go.write;
    s.report_read = report.read;
    s.report_write = report.write;

    const signals_blocked blocked;
    s.mask = wanted.set_mask ? wanted.mask : blocked.before();
    std::uint64_t flags = wanted.new_namespaces | CLONE_PIDFD;
    long answer = 0;
    if (s.shares_memory) {
        const borrowed_stack stack;
        if (!stack.low()) {
            return refused(process_step::memory, stack.error());
        }
        flags |= CLONE_VM | CLONE_CHILD_CLEARTID;
        answer = clone_process(s, maps ? flags : flags | CLONE_VFORK, stack.low(), &child.pidfd);
        if (answer < 0) {
            return refused(process_step::clone, static_cast<int>(-answer));
        }
        child.pid = static_cast<pid_t>(answer);
        go.close_read();
        if (maps) {
            write_id_maps(wanted, child);
            if (child.failed == process_step::none) {
                (void)system_call(SYS_write, go.write, "g", 1);
            }
        }
        go.close_write();
        // mo: acquire -> the kernel's clearing of the word: the child's last write to our memory.
        while (s.in_our_memory.load(std::memory_order_acquire) != 0) {
            futex_wait(s.in_our_memory, 1, never, futex_scope::shared);
        }
    } else {
        (void)glibc(); // found out here: the child may have no working malloc
        answer = clone_process(s, flags, nullptr, &child.pidfd);
        if (answer == 0) {
            run_process_child(s);
        }
        if (answer < 0) {
            return refused(process_step::clone, static_cast<int>(-answer));
        }
        child.pid = static_cast<pid_t>(answer);
        go.close_read();
        report.close_write();
        if (maps) {
            write_id_maps(wanted, child);
            if (child.failed == process_step::none) {
                (void)system_call(SYS_write, go.write, "g", 1);
            }
            go.close_write();
        }
        const process_report said = await_report(report.read, child.pidfd);
        s.failed = said.failed;
        s.error = said.error;
        s.detail = said.detail;
    }
    if (child.failed == process_step::none) {
        child.failed = s.failed;
        child.error = s.error;
        child.detail = s.detail;
    }
    if (child.failed != process_step::none) { // it has exited, or is about to
        (void)take_process_end(child.pidfd, true);
        close_descriptor(child.pidfd);
        child.pidfd = -1;
        child.pid = 0;
    }
    return child;
}

namespace {

/// The end of a process whose status somebody else took, from the pidfd itself: Linux >= 6.15 keeps it there.
bool recall_end(int pidfd, process_end& end) noexcept {
    struct {
        std::uint64_t mask;
        std::uint64_t cgroup;
        std::uint32_t ids[11];
        std::int32_t exit_code;
    } info{}; // the first 64 bytes of struct pidfd_info (linux/pidfd.h), in no header of Debian 12
    constexpr std::uint64_t with_exit = 8;                  // PIDFD_INFO_EXIT
    constexpr unsigned get_info = _IOWR(0xff, 11, char[64]); // PIDFD_GET_INFO
    static_assert(sizeof info == 64);
    info.mask = with_exit;
    if (system_call(SYS_ioctl, pidfd, get_info, &info) != 0 || (info.mask & with_exit) == 0) {
        return false;
    }
    const int status = info.exit_code;
    end.ended = true;
    end.how = WIFEXITED(status) ? CLD_EXITED : WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
    end.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    return true;
}

} // namespace

result<process_end> take_process_end(int pidfd, bool wait) noexcept {
    for (;;) {
        siginfo_t info{};
        const long answer = system_call(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | __WALL | (wait ? 0 : WNOHANG), nullptr);
        if (answer == -EINTR) {
            continue;
        }
        if (process_end recalled; answer == -ECHILD && recall_end(pidfd, recalled)) {
            return recalled;
        }
        if (answer < 0) {
            return refusal{static_cast<int>(-answer), "waitid"};
        }
        if (info.si_pid == 0) {
            return process_end{};
        }
        return process_end{true, info.si_code, info.si_status};
    }
}

result<void> signal_process(int pidfd, int signal) noexcept {
    if (const long answer = system_call(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0); answer < 0) {
        return refusal{static_cast<int>(-answer), "pidfd_send_signal"};
    }
    return {};
}

} // namespace weft::kernel
