// SPDX-License-Identifier: MIT
// weft/readiness.hpp and weft/file_descriptor.hpp: a task waits through the driver, everybody else in ppoll(2).
#include "base/throw_errno.hpp"
#include "io/driver.hpp"
#include "kernel/clock.hpp"
#include "kernel/descriptor.hpp"
#include "kernel/syscall.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/suspend.hpp"
#include <cerrno>
#include <csignal>
#include <ctime>
#include <poll.h>
#include <string>
#include <system_error>
#include <utility>
#include <weft/blocking.hpp>
#include <weft/file_descriptor.hpp>
#include <weft/readiness.hpp>

namespace weft {

namespace {

using kernel::never;
using kernel::system_call;

/// ppoll until the deadline; true when the descriptor is ready. Blocks the kernel thread.
bool poll_until(int descriptor, short events, std::uint64_t deadline_ns) {
    const auto refuse_closed = [descriptor] {
        base::throw_errno(EBADF, "weft: waiting for descriptor " + std::to_string(descriptor) + ", which is not open");
    };
    if (descriptor < 0) { // ppoll would pass over it and wait for ever
        refuse_closed();
    }
    for (;;) {
        timespec left{};
        if (deadline_ns != never) {
            const std::uint64_t now = kernel::monotonic_ns();
            const std::uint64_t wait = deadline_ns > now ? deadline_ns - now : 0;
            left.tv_sec = static_cast<time_t>(wait / 1'000'000'000u);
            left.tv_nsec = static_cast<long>(wait % 1'000'000'000u);
        }
        pollfd one{descriptor, events, 0};
        const long answer = system_call(SYS_ppoll, &one, 1, deadline_ns == never ? nullptr : &left, nullptr, 0);
        if (answer > 0) {
            if ((one.revents & POLLNVAL) != 0) {
                refuse_closed();
            }
            return true;
        }
        if (answer == 0 && kernel::monotonic_ns() >= deadline_ns) {
            return false;
        }
        if (answer < 0 && answer != -EINTR) {
            base::throw_errno(static_cast<int>(-answer), "weft: waiting for descriptor " + std::to_string(descriptor) + " [ppoll]");
        }
    }
}

struct task_waiter : io::waiter {
    scheduler::task* self = nullptr;
};

void resume_task(io::waiter& w) noexcept {
    scheduler::resume(static_cast<task_waiter&>(w).self);
}

/// After the switch. When the driver has taken w, the task may already run elsewhere.
void hand_to_driver(void* argument, scheduler::task* self) noexcept {
    auto& w = *static_cast<task_waiter*>(argument);
    w.self = self;
    if (!io::the_driver().wait(w)) {
        w.outcome = io::wait_outcome::refused;
        scheduler::resume(self);
    }
}

/// write(2); a SIGPIPE that it raises on this thread is taken back.
long write_without_sigpipe(int descriptor, const void* bytes, std::size_t size) noexcept {
    constexpr std::uint64_t sigpipe = std::uint64_t{1} << (SIGPIPE - 1);
    std::uint64_t before = 0;
    std::uint64_t pending = 0;
    (void)system_call(SYS_rt_sigprocmask, SIG_BLOCK, &sigpipe, &before, sizeof before);
    (void)system_call(SYS_rt_sigpending, &pending, sizeof pending);
    const long answer = system_call(SYS_write, descriptor, bytes, size);
    if (answer == -EPIPE && (pending & sigpipe) == 0) {
        const timespec at_once{};
        (void)system_call(SYS_rt_sigtimedwait, &sigpipe, nullptr, &at_once, sizeof sigpipe);
    }
    (void)system_call(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof before);
    return answer;
}

} // namespace

bool abi::await_readiness(int descriptor, readiness what, std::uint64_t deadline_ns) {
    const auto events = static_cast<short>(what);
    if (poll_until(descriptor, events, 0)) {
        return true;
    }
    if (deadline_ns != never && kernel::monotonic_ns() >= deadline_ns) {
        return false;
    }
    if (!scheduler::suspending_carrier()) {
        return poll_until(descriptor, events, deadline_ns);
    }
    task_waiter w;
    w.deadline = deadline_ns;
    w.events = static_cast<std::uint32_t>(what);
    w.done = &resume_task;
    w.descriptor = kernel::duplicate_descriptor(descriptor);
    if (w.descriptor < 0) {
        base::throw_errno(-w.descriptor, "weft: no duplicate of descriptor " + std::to_string(descriptor) +
                                                 " for a task that waits for it (see RLIMIT_NOFILE)");
    }
    if (io::the_driver().enter() != 0) { // no thread to be had for the driver: this one blocks
        file_descriptor kept(w.descriptor);
        return blocking([&] { return poll_until(w.descriptor, events, deadline_ns); });
    }
    scheduler::suspend(&hand_to_driver, &w);
    if (w.outcome == io::wait_outcome::refused) {
        base::throw_errno(w.error, "weft: waiting for descriptor " + std::to_string(descriptor) + " [epoll_ctl]");
    }
    return w.outcome == io::wait_outcome::ready;
}

void file_descriptor::close() noexcept {
    kernel::close_descriptor(std::exchange(number_, -1));
}

std::size_t file_descriptor::read_some(void* into, std::size_t size) {
    for (;;) {
        await_readable(number_);
        const long got = system_call(SYS_read, number_, into, size);
        if (got >= 0) {
            return static_cast<std::size_t>(got);
        }
        if (got != -EAGAIN && got != -EINTR) {
            base::throw_errno(static_cast<int>(-got), "weft: reading descriptor " + std::to_string(number_));
        }
    }
}

std::string file_descriptor::read_all() {
    std::string all;
    char piece[4096];
    while (const std::size_t got = read_some(piece, sizeof piece)) {
        all.append(piece, got);
    }
    return all;
}

void file_descriptor::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        await_writable(number_);
        // A writable pipe takes PIPE_BUF bytes without waiting, whoever else writes; more could block the worker.
        const std::size_t piece = bytes.size() < 4096 ? bytes.size() : 4096;
        const long put = write_without_sigpipe(number_, bytes.data(), piece);
        if (put >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(put));
        } else if (put != -EAGAIN && put != -EINTR) {
            base::throw_errno(static_cast<int>(-put), "weft: writing to descriptor " + std::to_string(number_));
        }
    }
}

} // namespace weft
